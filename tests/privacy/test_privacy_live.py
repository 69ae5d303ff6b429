"""The privacy proof for Live: what is said, heard, called and sent back, in every scenario of the simulator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from google import genai
from google.genai import types

from gemini_otel import simulator
from support import make_client, send
from support.live import LIVE_MODEL, listen, live_client, needs_live
from support.privacy import CAPTURES, Exported, found

pytestmark = needs_live

CONFIG: dict[str, Any] = {
    "response_modalities": ["TEXT"],
    "system_instruction": "Zyqxvinstruction",
    "session_resumption": {"handle": "Zyqxvhandle"},
    "tools": [
        {
            "function_declarations": [
                {
                    "name": "get_weather",
                    "description": "Zyqxvdescription",
                    "parameters": {"type": "OBJECT", "properties": {"zyqxv_field": {"type": "STRING"}}},
                }
            ]
        }
    ],
}
_SECONDS = 1.0  # what hangs is left


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Any:
    with simulator.serve() as url:
        monkeypatch.setenv("SSL_CERT_FILE", url.certificate)  # music takes no context of the caller's
        yield url


async def converse(client: genai.Client) -> None:
    for name in simulator.LIVE_SCENARIOS:
        for model in (LIVE_MODEL, "Tell me Zyqxvmodel"):
            with suppress(Exception):
                async with client.aio.live.connect(model=model, config=CONFIG) as session:  # type: ignore[arg-type]
                    await asyncio.wait_for(talk(session, f"Zyqxvprompt simulate:{name}"), _SECONDS)
        with suppress(Exception):
            await asyncio.wait_for(listen(client, f"Zyqxvmusic simulate:{name}", 2), _SECONDS)
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


async def talk(session: Any, prompt: str) -> None:
    await session.send_client_content(
        turns=[
            types.UserContent(types.Part.from_bytes(data=b"Zyqxvinline data", mime_type="image/png")),
            types.UserContent(prompt),
        ]
    )
    async for message in session.receive():
        for call in (message.tool_call and message.tool_call.function_calls) or ():
            answer = types.FunctionResponse(id=call.id, name=call.name, response={"zyqxv_out": "Zyqxvresult"})
            await session.send_tool_response(function_responses=[answer])
    await session.send_realtime_input(text="Zyqxvtext")
    await session.send_realtime_input(audio=types.Blob(data=b"Zyqxvsound!", mime_type="audio/pcm;rate=16000"))
    await session.send_realtime_input(media=types.Blob(data=b"Zyqxvpicture", mime_type="image/jpeg"))
    await session.send_tool_response(function_responses="Zyqxvbad")


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
def test_live(service: simulator.Simulator, exported: Exported, settings: Any, secrets: Any) -> None:
    """Every input of a connection, and what the simulated model says and calls."""

    def calls() -> None:
        asyncio.run(converse(live_client(service)))
        send(make_client(str(service)), "call", "simulate:finish_max_tokens")  # something of each signal

    assert found(secrets, exported.of(calls, **settings)) == []
