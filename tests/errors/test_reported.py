"""Errors as people paste them into bug reports: each line of tests/data/reported.jsonl says which hints are right for it.

What is right was written down before the text was tried. `none` stands for no hint at all.
"""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from gemini_otel import HintSpanProcessor, explain
from gemini_otel._commands.logs import read_errors
from support import DATA

_FILE = DATA / "reported.jsonl"
CASES = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]


def _of_text(text: str) -> list[str]:
    """What the command explains."""
    hits = read_errors(io.StringIO(text).readline)
    return [hint.id for hint in hits[0].hints] if hits else []


def _of_close(code: int, reason: str | None) -> list[str]:
    from websockets.exceptions import ConnectionClosedError
    from websockets.frames import Close

    return [hint.id for hint in explain(ConnectionClosedError(Close(code, reason or ""), None, None))]


def _of_span(attrs: dict[str, Any], kind: str, text: str) -> list[str]:
    """What another client's span gets."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(HintSpanProcessor())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    span = provider.get_tracer("a.client").start_span("chat", attributes=attrs)
    span.add_event("exception", {"exception.type": kind, "exception.message": text})
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    (finished,) = exporter.get_finished_spans()
    return [
        str((event.attributes or {})["gemini.hint.id"])
        for event in finished.events
        if event.name == "gemini.hint"
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_reported(case: dict[str, Any]) -> None:
    """The first hint is a right one, and none is untrue."""
    if "text" in case:
        hints = _of_text(case["text"])
    elif "close" in case:
        hints = _of_close(*case["close"])
    else:
        hints = _of_span(**case["span"])
    assert (hints[0] if hints else "none") in case["right"]
    assert set(hints).isdisjoint(case.get("wrong", ()))
