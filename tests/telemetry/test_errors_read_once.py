"""What an exception says is read once, whoever writes it down: attempt, round, loop, metrics."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

import gemini_otel
from gemini_otel._facts.errors import bodies, exceptions
from support import SHAPES, Telemetry, make_client, send

READS = {exceptions.read_error.__code__: "exception", bodies.said_by.__code__: "body"}


ATTEMPTS = 3
DUPLICATED = "gen_ai_latest_experimental/dup"  # with a metric of the whole loop, which has the error's type


class Readings:
    """What is read inside of the block, by the real functions."""

    def __init__(self) -> None:
        self.exceptions: list[BaseException] = []  # held, so that no two have the same id
        self.bodies = 0

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        what = READS.get(frame.f_code) if event == "call" else None
        if what == "body":
            self.bodies += 1
        elif what == "exception":
            self.exceptions.append(frame.f_locals["error"])

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)


def get_weather(city: str) -> str:
    """A tool, so that the SDK begins a loop."""
    return city


@pytest.mark.parametrize("tools", [[], [get_weather]], ids=["plain", "loop"])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_exception_is_read_once(url: str, shape: str, tools: list[Any]) -> None:
    """Three attempts raise three exceptions: three bodies are parsed, though round, loop, log and metrics tell of the last."""
    telemetry, readings = Telemetry(), Readings()
    client = make_client(url, attempts=ATTEMPTS)
    gemini_otel.instrument(**telemetry.providers, semconv=DUPLICATED, exception_events=True)
    try:
        with readings.counting():
            sent = send(client, shape, "simulate:rate_limited", tools=tools)
    finally:
        gemini_otel.uninstrument()
    assert sent.error is readings.exceptions[-1]
    assert Counter(map(id, readings.exceptions)).most_common(1)[0][1] == 1
    assert len(readings.exceptions) == readings.bodies == ATTEMPTS
    assert all(span.attributes["error.type"] == "429" for span in telemetry.spans)
    assert len(telemetry.spans) == 1 + bool(tools)
