"""What endpoints answer that generate nothing: embeddings, images, files. A generating call gets a short answer."""

from __future__ import annotations

from dataclasses import replace

from .._scenario import Scenario
from .answers import OK


def _variants(name: str, description: str, *variants: str) -> Scenario:
    return Scenario(name, description, tuple(replace(OK, variant=each) for each in variants))


ALL = (
    _variants(
        "embeddings_truncated", "The text to embed was too long and was cut off (Vertex AI).", "truncated"
    ),
    _variants(
        "embeddings_without_usage", "Embeddings without token counts, as older API versions give.", "no_usage"
    ),
    _variants(
        "images_filtered", "Every image was filtered; with include_rai_reason each shows why.", "filtered"
    ),
    _variants("images_partly_filtered", "One of the images was filtered.", "partly_filtered"),
    _variants("images_none", "No image and no reason.", "none"),
)
