"""Live music: a span for the connection, which has neither turns nor tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google import genai

from gemini_otel import simulator
from support import Telemetry
from support.live import listen, live_client, needs_live

pytestmark = needs_live


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[genai.Client]:
    with simulator.serve() as url:
        monkeypatch.setenv("SSL_CERT_FILE", url.certificate)  # music takes no context of the caller's
        yield live_client(url)


async def test_music(client: genai.Client, telemetry: Telemetry) -> None:
    """The connection says how much sound came, and when the first of it."""
    heard = await listen(client, "simulate:live_music", 2)
    assert heard[0].server_content.audio_chunks[0].data
    assert telemetry.span.name == "live_music lyria-realtime-exp"
    attributes = telemetry.attributes
    assert attributes["gemini.live.output.audio_bytes"] == 24_000
    assert attributes["gemini.live.output.audio_seconds"] == 0.5
    assert attributes["gemini.response.outcome"] == "ok"
    assert attributes["gemini.live.time_to_first_audio"] > 0
    assert not [name for name in attributes if "usage" in name]


async def test_a_filtered_prompt(client: genai.Client, telemetry: Telemetry) -> None:
    """That a prompt was filtered is counted and explained; the prompt is not told."""
    await listen(client, "simulate:live_music_filtered", 2)
    assert telemetry.attributes["gemini.live.filtered_prompts"] == 1
    assert telemetry.attributes["gemini.hint.id"] == "live.prompts_filtered"
    assert "somebody" not in telemetry.span.to_json()


async def test_music_that_breaks(client: genai.Client, telemetry: Telemetry) -> None:
    """A close in the middle fails the connection, with its code and a hint."""
    with pytest.raises(Exception, match="1011"):
        await listen(client, "simulate:live_music_breaks", 9)
    assert telemetry.attributes["error.type"] == "1011"
    assert telemetry.attributes["gemini.live.close_code"] == 1011
    assert telemetry.attributes["gemini.hint.id"] == "live.internal"
    assert telemetry.span.status.status_code.name == "ERROR"
