"""What the tests of Live share."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import pytest
from google import genai
from google.genai import types

from gemini_otel import simulator

LIVE_MODEL = "gemini-live-2.5-flash-preview"
MUSIC_MODEL = "models/lyria-realtime-exp"
SOUND = b"\x00\x01" * 1600  # a tenth of a second at 16 kHz
SILENCE = bytes(3200)

needs_live = pytest.mark.skipif(
    importlib.util.find_spec("trustme") is None, reason="the SDK opens Live connections over TLS only"
)


def live_client(url: simulator.Simulator, *, vertex: bool = False) -> genai.Client:
    """A client that trusts the simulator's certificate."""
    options: Any = {"base_url": str(url), "async_client_args": {"ssl": url.ssl_context()}}
    return genai.Client(vertexai=vertex, api_key="test-key", http_options=options)


async def listen(client: genai.Client, prompt: str, count: int) -> list[Any]:
    """Messages of one session."""
    heard: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental, says the SDK
        manager = client.aio.live.music.connect(model=MUSIC_MODEL)
    async with manager as session:
        await session.set_weighted_prompts(prompts=[types.WeightedPrompt(text=prompt, weight=1.0)])
        await session.set_music_generation_config(config=types.LiveMusicGenerationConfig(bpm=90))
        await session.play()
        async for message in session.receive():
            heard.append(message)
            if len(heard) == count:
                break
        await session.stop()
    return heard
