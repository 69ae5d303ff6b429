"""Images, and why some did not come."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai

from gemini_otel import simulator
from support import Telemetry, invoke, make_vertex_client

pytestmark = pytest.mark.filterwarnings("ignore:.*([Ee]xperimental|deprecated)")


def generate(url: str, mode: str, **config: Any) -> Any:
    return invoke(
        make_vertex_client(url),
        mode,
        "models.generate_images",
        model="imagen-4",
        prompt="a secret",
        config=config,
    )


def test_the_whole_span(telemetry: Telemetry, vertex: genai.Client, mode: str) -> None:
    """Generated images are a span with the number asked for and the number given, and a duration."""
    sent = invoke(
        vertex,
        mode,
        "models.generate_images",
        model="imagen-4",
        prompt="a secret",
        config={"number_of_images": 3},
    )
    assert len(sent.responses[0].generated_images) == 3
    attributes = telemetry.attributes
    assert attributes.pop("server.port")
    assert attributes == {
        "gen_ai.operation.name": "generate_images",
        "gen_ai.provider.name": "gcp.vertex_ai",
        "gen_ai.request.model": "imagen-4",
        "gen_ai.request.choice.count": 3,
        "gen_ai.output.type": "image",
        "gemini.images.count": 3,
        "gemini.request.api_version": "v1beta1",
        "gemini.request.max_attempts": 1,
        "gemini.response.outcome": "ok",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
    }
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    assert duration.attributes["gen_ai.operation.name"] == "generate_images"


def test_filtered_images(telemetry: Telemetry, mode: str) -> None:
    """Where every image was filtered the outcome is blocked, and the reason is shown."""
    with simulator.serve("images_filtered") as url:
        generate(str(url), mode, number_of_images=2, include_rai_reason=True)
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "blocked"
    assert (attributes["gemini.images.count"], attributes["gemini.images.filtered"]) == (0, 2)
    assert attributes["gemini.hint.id"] == "image.filtered"
    (reason,) = attributes["gemini.images.filtered_reasons"]
    assert "Support codes: 58061214" in reason


def test_one_filtered_image(telemetry: Telemetry, mode: str) -> None:
    """Where an image is left the outcome is ok, and the filtered ones are counted."""
    with simulator.serve("images_partly_filtered") as url:
        generate(str(url), mode, number_of_images=2, include_rai_reason=True)
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "ok"
    assert (attributes["gemini.images.count"], attributes["gemini.images.filtered"]) == (1, 1)


@pytest.mark.parametrize("scenario", ["images_none", "images_filtered"])
def test_no_image_and_no_reason(telemetry: Telemetry, mode: str, scenario: str) -> None:
    """Without an image and without a reason the outcome is empty."""
    with simulator.serve(scenario) as url:
        generate(str(url), mode)
    assert telemetry.attributes["gemini.response.outcome"] == "empty"
    assert telemetry.attributes["gemini.images.count"] == 0
    assert telemetry.attributes["gemini.hint.id"] == "image.none"


def test_a_refused_prompt(telemetry: Telemetry, vertex: genai.Client, mode: str) -> None:
    """A prompt that is refused with an HTTP error has the facts of that error."""
    sent = invoke(
        vertex, mode, "models.generate_images", model="imagen-4", prompt="simulate:invalid_argument"
    )
    assert sent.error is not None
    assert telemetry.attributes["error.type"] == "400"
