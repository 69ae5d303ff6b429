"""Ctrl-C at whatever line of this package: it reaches the program, no span stays open, and nothing stays attached."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from google import genai
from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import TracerProvider

import gemini_otel
from chaos.ledger import Ledger
from chaos.memory import Memory
from gemini_otel._telemetry import dropped
from support import MODEL

_SOURCES = str(Path(gemini_otel.__file__).parent)
_SIMULATOR = str(Path(_SOURCES, "simulator"))
_EVERY = 5  # lines


def _interrupted(work: Callable[[], Any], line: int) -> bool:
    """Do the work, with a KeyboardInterrupt at the line of this number that is run; whether it came so far."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(_SOURCES) or frame.f_code.co_filename.startswith(
            _SIMULATOR
        ):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return left <= 0


def _call(client: genai.Client) -> None:
    client.models.generate_content(model=MODEL, contents="hi")


def _failing(client: genai.Client) -> None:
    with pytest.raises(genai.errors.APIError):
        client.models.generate_content(model=MODEL, contents="simulate:rate_limited")


def _stream(client: genai.Client) -> None:
    for _ in client.models.generate_content_stream(model=MODEL, contents="hi"):
        pass


def _tools(client: genai.Client) -> None:
    def get_weather(city: str) -> str:
        """Say how the weather is."""
        return "sunny"

    get_weather.__annotations__ = {"city": str, "return": str}
    client.models.generate_content(
        model=MODEL,
        contents="simulate:tool_call",
        config={"tools": [get_weather]},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("work", [_call, _failing, _stream, _tools])
def test_an_interrupt_at_every_line(work: Callable[[genai.Client], None]) -> None:
    """Each span that has begun ends."""
    client = Memory().client()
    ledger = Ledger()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ledger)
    gemini_otel.instrument(tracer_provider=provider)
    before = otel_context.get_current()
    open_at = {}
    attached = []
    try:
        work(client)
        line, more = 1, True
        while more:
            ledger.clear()
            more = _interrupted(lambda: work(client), line)
            gc.collect(1)
            dropped.flush()
            if ledger.open or ledger.twice:
                open_at[line] = [*ledger.open.values(), *ledger.twice]
            if otel_context.get_current() is not before:
                attached.append(line)
            line += _EVERY
    finally:
        gemini_otel.uninstrument()
    assert line > 100
    assert (open_at, attached) == ({}, [])
