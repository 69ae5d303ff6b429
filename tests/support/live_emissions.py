"""Plays every Live scenario of the simulator."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import warnings
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from google import genai
from google.genai import types

import gemini_otel
from gemini_otel import simulator
from support import make_client
from support.live import LIVE_MODEL, SILENCE, SOUND, listen, live_client

# Scenarios that do not end by themselves, on a Live connection and on one for music; all others are read to their end.
_ENDLESS = ("live_slow", "live_silent", "live_music")
_ENDLESS_MUSIC = ("live_tool_call", "live_blocked", "live_silent")
_SECONDS = 1.0  # then an endless one is left
_PATIENCE = 60.0
_SETTING = {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}
SAFETY: dict[str, Any] = (
    {"safety_settings": [_SETTING]} if "safety_settings" in types.LiveConnectConfig.model_fields else {}
)
_CONFIGS: tuple[dict[str, Any], ...] = (
    {"response_modalities": ["TEXT"]},
    {
        "response_modalities": ["AUDIO"],
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 40.0,
        "seed": 7,
        "max_output_tokens": 100,
        "thinking_config": {"thinking_budget": 10},
        "tools": [{"function_declarations": [{"name": "get_weather"}]}, {"google_search": {}}],
        **SAFETY,
        "session_resumption": {"handle": "h1"},
    },
)


def play_live() -> None:
    """One connection for each scenario and configuration, text and sound sent over each."""
    with simulator.serve() as url, patch.dict(os.environ, SSL_CERT_FILE=url.certificate):
        asyncio.run(_play(live_client(url)))
        asyncio.run(_play_music(live_client(url)))
        if importlib.util.find_spec("google.genai._interactions_websocket") is not None:
            asyncio.run(_play_interactions(make_client(str(url))))
    with simulator.serve("live_rejected") as url:
        if importlib.util.find_spec("google.genai._interactions_websocket") is not None:
            asyncio.run(_interact(make_client(str(url)), "completed"))


async def _play(client: genai.Client) -> None:
    runs = [_run(client, name, config) for name in simulator.LIVE_SCENARIOS for config in _CONFIGS]
    await asyncio.gather(*runs)
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


async def _play_music(client: genai.Client) -> None:
    for name in simulator.LIVE_SCENARIOS:
        with suppress(Exception), gemini_otel.conversation("order-4711"):
            await asyncio.wait_for(listen(client, f"simulate:{name}", 2), _seconds(name, _ENDLESS_MUSIC))
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


async def _play_interactions(client: genai.Client) -> None:
    for ending in ("completed", "failed", "cancelled", "reconnect", "completed", "closes", "dies", "garbage"):
        await _interact(client, ending)


async def _interact(client: Any, ending: str) -> None:
    with warnings.catch_warnings(), suppress(Exception), gemini_otel.conversation("order-4711"):
        warnings.simplefilter("ignore")  # the SDK says that live interactions are experimental
        async with client.aio.interactions.connect("i1") as connection:
            await connection.send(f"simulate:live_interaction_{ending}")
            async for _ in connection.receive():
                pass


async def _run(client: genai.Client, name: str, config: dict[str, Any]) -> None:
    with suppress(Exception), gemini_otel.conversation("order-4711"):
        async with client.aio.live.connect(model=LIVE_MODEL, config=config) as session:  # type: ignore[arg-type]
            await asyncio.wait_for(_talk(session, name), _seconds(name, _ENDLESS))


def _seconds(name: str, endless: tuple[str, ...]) -> float:
    return _SECONDS if name in endless else _PATIENCE


async def _talk(session: Any, name: str) -> None:
    await session.send_client_content(turns={"role": "user", "parts": [{"text": f"simulate:{name}"}]})
    await _listen(session)
    await session.send_realtime_input(media=types.Blob(data=b"picture", mime_type="image/jpeg"))
    for sound in (SOUND, SILENCE):
        await session.send_realtime_input(audio=types.Blob(data=sound, mime_type="audio/pcm;rate=16000"))
    await session.send_realtime_input(audio_stream_end=True)
    await _listen(session)


async def _listen(session: Any) -> None:
    async for message in session.receive():
        for call in (message.tool_call and message.tool_call.function_calls) or ():
            answer = types.FunctionResponse(id=call.id, name=call.name, response={"result": "sunny"})
            await session.send_tool_response(function_responses=[answer])
