"""How often a Live message is read, and by whom."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import pytest
from google import genai
from google.genai import errors

import gemini_otel
from gemini_otel import simulator
from support import ROOT, Telemetry
from support.live import LIVE_MODEL, live_client, needs_live

pytestmark = needs_live

OURS = str(ROOT / "src" / "gemini_otel")


class Readers:
    """Which functions of ours were given which object of the SDK's that the service sent, and how often each was called."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.given: Counter[tuple[str, str, int]] = Counter()  # file, function, object
        self._kept: list[object] = []  # else another object might get its id

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        self.calls[code.co_name] += 1
        for name in code.co_varnames[: code.co_argcount]:
            value = frame.f_locals.get(name)
            if hasattr(type(value), "model_fields"):
                self._kept.append(value)
                self.given[code.co_filename.removeprefix(OURS), code.co_name, id(value)] += 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)


@pytest.fixture
def readers() -> Readers:
    return Readers()


async def listen(client: genai.Client, scenario: str, readers: Readers) -> list[Any]:
    async with client.aio.live.connect(model=LIVE_MODEL, config={"response_modalities": ["TEXT"]}) as session:  # type: ignore[arg-type]
        await session.send_client_content(turns={"parts": [{"text": f"simulate:{scenario}"}]})
        with readers.watching():
            return [message async for message in session.receive()]


@pytest.mark.parametrize("scenario", ["live_text", "live_server_tools", "live_audio"])
async def test_a_message_is_read_once(telemetry: Telemetry, readers: Readers, scenario: str) -> None:
    """Each object in it is looked at once, and OpenTelemetry's side looks at none: it hands the message to the user's hook."""
    with simulator.serve() as url:
        messages = await listen(live_client(url), scenario, readers)
    assert readers.calls["read_received"] == readers.calls["_is_complete"] == len(messages) > 2
    assert set(readers.given.values()) == {1}
    telemetrys = [each for each in readers.given if each[0].startswith("/_telemetry/")]
    assert {function for _, function, _ in telemetrys} == {"received", "observe"}
    assert {read for _, _, read in telemetrys} == set(map(id, messages))


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(
            "live_server_error",
            marks=pytest.mark.skipif(
                not hasattr(errors.APIError, "raise_error"), reason="this SDK drops error messages"
            ),
        ),
        "live_internal",
    ],
)
async def test_an_exception_is_read_once(telemetry: Telemetry, readers: Readers, scenario: str) -> None:
    """What cuts off a turn, an error message or a close, is read for the turn and for its connection at once."""
    with simulator.serve() as url, readers.watching(), suppress(Exception):
        async with live_client(url).aio.live.connect(model=LIVE_MODEL) as session:
            await session.send_client_content(turns={"parts": [{"text": f"simulate:{scenario}"}]})
            async for _ in session.receive():
                pass
    assert [span.status.is_ok for span in telemetry.spans] == [False, False]
    assert readers.calls["read_error"] == 1


async def test_the_hook_gets_the_message() -> None:
    """A response hook is given each message of a turn as the SDK gives it, with the span of the turn."""
    telemetry, heard = Telemetry(), []
    gemini_otel.instrument(
        **telemetry.providers, response_hook=lambda span, message: heard.append((span.name, message))
    )
    try:
        with simulator.serve() as url:
            messages = await listen(live_client(url), "live_text", Readers())
    finally:
        gemini_otel.uninstrument()
    assert [(name, id(message)) for name, message in heard] == [
        (f"live {LIVE_MODEL}", id(message)) for message in messages
    ]
