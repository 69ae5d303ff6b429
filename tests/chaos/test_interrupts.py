"""Ctrl-C at whatever line of this package: spans end and nothing stays attached, but for the lines between two steps of Python.

No program can be safe at each of them: OpenTelemetry has begun a span and not yet given it to us, or it is about to be ended.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
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
_BEFORE_DETACHED = {"__exit__", "_steps", "call"}


def _interrupted(work: Callable[[], Any], line: int) -> str | None:
    """Do the work, with a KeyboardInterrupt at the line of this number that is run; the function where that was."""
    left, where = line, None

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left, where
        if not frame.f_code.co_filename.startswith(_SOURCES) or frame.f_code.co_filename.startswith(
            _SIMULATOR
        ):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                where = frame.f_code.co_name
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
    return where


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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it came in a finalizer
@pytest.mark.parametrize("work", [_call, _failing, _stream, _tools])
def test_an_interrupt_at_every_line(work: Callable[[genai.Client], None]) -> None:
    """Where it comes, what has begun ends; and none ends twice."""
    client = Memory().client()
    ledger = Ledger()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(ledger)
    gemini_otel.instrument(tracer_provider=provider)
    before = otel_context.get_current()
    open_at: Counter[str] = Counter()
    attached_at: Counter[str] = Counter()
    number, where = 1, "the beginning"
    try:
        work(client)
        while where is not None:
            ledger.clear()
            where = _interrupted(lambda: work(client), number)
            gc.collect(1)
            dropped.flush()
            assert ledger.twice == []
            open_at[str(where)] += bool(ledger.open)
            attached_at[str(where)] += otel_context.get_current() is not before
            otel_context.attach(before)
            before = otel_context.get_current()
            number += _EVERY
    finally:
        gemini_otel.uninstrument()
    assert {where for where, count in attached_at.items() if count} <= _BEFORE_DETACHED
    # Between a span's begin and the line that keeps it nobody can end it.
    assert open_at.total() < number / _EVERY * 0.1, open_at
