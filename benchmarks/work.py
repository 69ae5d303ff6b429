"""The calls that are measured: the real SDK with canned answers instead of HTTP attempts, so that only its own work is
timed.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from google import genai
from google.genai import _api_client, errors
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider, sampling

USAGE = {"promptTokenCount": 12, "candidatesTokenCount": 40, "thoughtsTokenCount": 8, "totalTokenCount": 60}
CHUNKS = 200


def _answer(text: str, **candidate: Any) -> str:
    parts = {"role": "model", "parts": [{"text": text}]}
    return json.dumps(
        {
            "candidates": [{"content": parts, "index": 0, **candidate}],
            "usageMetadata": USAGE,
            "modelVersion": "gemini-2.5-flash",
            "responseId": "id-1",
        }
    )


# 25 characters a chunk, all different: the detector has to read all of it and finds no loop.
WORDS = [f"{number * 7919 % 10007:05d} words of the answer " for number in range(CHUNKS)]
UNARY = [_answer("".join(WORDS[:6]), finishReason="STOP")]
STREAM = [*(_answer(text) for text in WORDS[:-1]), _answer(WORDS[-1], finishReason="STOP")]


# What a hostile program or service may send. The limits of what is read: docs/content.md#limits
MEGABYTES = 10
_LARGE = "".join(f"{number:07d} word\n" for number in range(MEGABYTES * 10**6 // 13))
LARGE_ANSWER = [_answer(_LARGE, finishReason="STOP")]
_ASKED_FOR_ERROR = "error\n" + _LARGE
LARGE_ERROR = errors.ClientError(
    400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": _LARGE, "details": [_LARGE]}}
)


def _canned(self: Any, http_request: Any, stream: bool = False) -> Any:
    asked = http_request.data["contents"][0]["parts"][0]["text"]
    if asked is _ASKED_FOR_ERROR:
        raise LARGE_ERROR.with_traceback(None)
    if asked is _LARGE:
        return _api_client.HttpResponse({"content-type": "application/json"}, list(LARGE_ANSWER))
    return _api_client.HttpResponse({"content-type": "application/json"}, list(STREAM if stream else UNARY))


def answer_by_hand() -> genai.Client:
    """A client whose requests are answered here. It must be made before anything is instrumented, because that may wrap the
    attempt.
    """
    _api_client.BaseApiClient._request_once = _canned  # type: ignore[method-assign]
    return genai.Client(api_key="benchmark")


def call(client: genai.Client) -> None:
    client.models.generate_content(model="gemini-2.5-flash", contents="Why is the sky blue?")


def stream(client: genai.Client) -> None:
    for _ in client.models.generate_content_stream(model="gemini-2.5-flash", contents="Why is the sky blue?"):
        pass


def large_call(client: genai.Client) -> None:
    client.models.generate_content(model="gemini-2.5-flash", contents=_LARGE)


def large_error(client: genai.Client) -> None:
    with contextlib.suppress(errors.ClientError):
        client.models.generate_content(model="gemini-2.5-flash", contents=_ASKED_FOR_ERROR)


CALL, LONG_STREAM = "call", f"{CHUNKS}-chunk stream"
SHAPES = {
    CALL: (call, 300, 1),
    LONG_STREAM: (stream, 4, CHUNKS),
    f"{MEGABYTES} MB call": (large_call, 1, 1),
    f"{MEGABYTES} MB error": (large_error, 1, 1),
}  # work, calls in a measurement, units in a call


def _sdk(sampler: sampling.Sampler) -> dict[str, Any]:
    return {
        "tracer_provider": TracerProvider(sampler=sampler),
        "meter_provider": MeterProvider(metric_readers=[InMemoryMetricReader()]),
    }


SAMPLED, NO_PROVIDER, SAMPLED_OUT = "SDK provider", "no provider", "always_off"
PROVIDERS: dict[str, Callable[[], dict[str, Any]]] = {
    SAMPLED: lambda: _sdk(sampling.ALWAYS_ON),
    NO_PROVIDER: dict,
    SAMPLED_OUT: lambda: _sdk(sampling.ALWAYS_OFF),
}


def cpu_time(work: Callable[[genai.Client], None], client: genai.Client, repeat: int) -> float:
    """Seconds of CPU for one call, averaged over `repeat` calls."""
    start = time.thread_time()
    for _ in range(repeat):
        work(client)
    return (time.thread_time() - start) / repeat


def measure(client: genai.Client, shapes: tuple[str, ...]) -> dict[str, float]:
    """Microseconds of CPU for each shape: the minimum of five measurements."""
    return {
        shape: min(cpu_time(work, client, repeat) for _ in range(5)) * 1e6
        for shape, (work, repeat, _) in SHAPES.items()
        if shape in shapes
    }


def steps(client: genai.Client, shape: str) -> int:
    """The byte-code instructions of one call, in all code; they are the same however busy the machine is. C functions are
    not included.
    """
    taken = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal taken
        frame.f_trace_opcodes = True
        taken += event == "opcode"
        return trace

    work, _, _ = SHAPES[shape]
    for _ in range(3):
        work(client)  # after everything that is made only once
    sys.settrace(trace)
    try:
        work(client)
    finally:
        sys.settrace(None)
    return taken
