"""Counts what this package does in one call: its frames, the files they are in, and its byte-code steps. No clock.

    python tests/support/hot_path.py

prints the counts of a plain call, sampled and with metrics, and of a hundred chunks in the middle of a stream. It is a program of its own because coverage, too, is a
tracer, and an interpreter has room for one.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from google import genai
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

import gemini_otel
from gemini_otel import simulator

_REQUEST: dict[str, Any] = {"model": "gemini-2.5-flash", "contents": "hello"}
_STREAM: dict[str, Any] = _REQUEST | {"contents": "simulate:long_stream"}
_PACKAGE = str(Path(gemini_otel.__file__).parent)
_NOT_OURS = str(Path(simulator.__file__).parent)  # the other end of the connection


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_PACKAGE) and not code.co_filename.startswith(_NOT_OURS)


def frames(work: Callable[[], object]) -> list[str]:
    """The file of each frame of this package that `work` enters, including resumed generators."""
    entered = []

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and _is_ours(frame.f_code):
            entered.append(frame.f_code.co_filename)

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return entered


def steps(work: Callable[[], object]) -> int:
    """The byte-code instructions of this package that `work` runs."""
    taken = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal taken
        if not _is_ours(frame.f_code):
            return None
        frame.f_trace_opcodes = True
        taken += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return taken


def counts(prepare: Callable[[], Callable[[], object]]) -> dict[str, int]:
    """The counts of two runs of the callables that `prepare` returns; both runs do the same."""
    entered = frames(prepare())
    return {"frames": len(entered), "files": len(set(entered)), "steps": steps(prepare())}


def measure(url: str) -> dict[str, dict[str, int]]:
    client = genai.Client(api_key="any", http_options={"base_url": url})

    def call() -> None:
        client.models.generate_content(**_REQUEST)

    def chunks() -> Callable[[], object]:
        stream = client.models.generate_content_stream(**_STREAM)
        next(stream)
        return lambda: [next(stream) for _ in range(100)]

    call()
    list(client.models.generate_content_stream(**_STREAM))  # after everything that is made only once
    gc.collect()
    gc.disable()  # no other call ends inside these
    return {"call": counts(lambda: call), "100 chunks": counts(chunks)}


def main() -> None:
    gemini_otel.instrument(
        tracer_provider=TracerProvider(), meter_provider=MeterProvider([InMemoryMetricReader()])
    )
    with simulator.serve() as url:
        print(json.dumps(measure(str(url))))  # noqa: T201


if __name__ == "__main__":
    main()
