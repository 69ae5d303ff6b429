"""What endpoints answer that generate nothing: embeddings, images, files. A call that generates refuses them."""

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
    _variants(
        "processing_then_active",
        "A file is processed at first, and active when it is asked for the third time.",
        "processing",
        "processing",
        "",
    ),
    _variants("processing", "A file that is still processed, a job that runs.", "processing"),
    _variants("failed", "A file that could not be processed, a job that failed.", "failed"),
    _variants("job_cancelled", "A job that was cancelled.", "cancelled"),
    _variants("job_partly_failed", "A batch job of which one request failed.", "partly"),
    _variants("upload_cut", "The connection breaks off in the middle of an upload.", "upload_cut"),
    _variants("upload_refused", "503 to a piece of an upload.", "upload_refused"),
    _variants(
        "upload_busy",
        "503 twice to a piece of an upload, and then it is taken.",
        "upload_busy",
        "upload_busy",
        "",
    ),
    _variants("upload_always_busy", "503 to a piece of an upload, however often it is sent.", "upload_busy"),
    _variants(
        "upload_never_final", "An upload that the service ends before its last piece.", "upload_never_final"
    ),
    _variants(
        "upload_unconfirmed",
        "An upload whose last answer does not say that it is complete, as a proxy may leave it.",
        "upload_unconfirmed",
    ),
    _variants(
        "upload_without_address",
        "An upload whose first answer does not say where to send the file.",
        "upload_without_address",
    ),
    _variants(
        "operation_without_result",
        "An operation that is done, with neither a result nor an error.",
        "nothing",
    ),
    _variants("cache_too_small", "400: the content is too small for a cache.", "too_small"),
    _variants("images_none", "No image and no reason.", "none"),
    _variants("interaction_failed", "An interaction that failed: the daily quota was exceeded.", "failed"),
    _variants("interaction_cancelled", "An interaction that was cancelled.", "cancelled"),
    _variants("interaction_budget_exceeded", "An interaction that ran out of its budget.", "budget_exceeded"),
    _variants("interaction_unknown_status", "An interaction with a status that no SDK knows.", "on_holiday"),
    _variants("interaction_stream_error", "An error event in the stream of an interaction.", "error"),
    _variants(
        "interaction_background",
        "An interaction in the background: two requests find it at work, the third one done.",
        "in_progress",
        "in_progress",
        "",
    ),
)
