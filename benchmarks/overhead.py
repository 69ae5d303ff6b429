"""What gemini-otel adds to a call: the ratio of an instrumented SDK call to the bare one, measured in one run.

    python benchmarks/overhead.py [--rounds 5] [--json FILE]

One HTTP attempt is replaced by a canned answer, so that only the SDK's own work and ours is timed. Each configuration runs in
an interpreter of its own, because patching and unpatching one costs it its caches; they take turns, and each figure is the
least CPU time over all rounds. Ratios are reliable, absolute times depend on the machine. Below them: what `instrument()` takes
with OpenTelemetry imported, beside the import of OpenTelemetry's SDK in the same interpreter.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google import genai
from google.genai import _api_client, errors
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider, sampling

import gemini_otel

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


# 25 characters a chunk, no two alike: the detector has to read all of it and finds no loop.
WORDS = [f"{number * 7919 % 10007:05d} words of the answer " for number in range(CHUNKS)]
UNARY = [_answer("".join(WORDS[:6]), finishReason="STOP")]
STREAM = [*(_answer(text) for text in WORDS[:-1]), _answer(WORDS[-1], finishReason="STOP")]


# What a hostile program or service may send. The limits of what is read of it: docs/content.md#limits
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


def _sdk(sampler: sampling.Sampler) -> dict[str, Any]:
    return {
        "tracer_provider": TracerProvider(sampler=sampler),
        "meter_provider": MeterProvider(metric_readers=[InMemoryMetricReader()]),
    }


CONFIGURATIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "SDK provider": lambda: _sdk(sampling.ALWAYS_ON),
    "no provider": dict,
    "always_off": lambda: _sdk(sampling.ALWAYS_OFF),
}
BARE = "bare"
SHAPES = {
    "call": (call, 300, 1),
    "200-chunk stream": (stream, 4, CHUNKS),
    f"{MEGABYTES} MB call": (large_call, 1, 1),
    f"{MEGABYTES} MB error": (large_error, 1, 1),
}  # work, calls a measurement, units a call


def measure(configuration: str) -> dict[str, float]:
    """Microseconds of CPU for each shape, in this interpreter."""
    _api_client.BaseApiClient._request_once = _canned  # type: ignore[method-assign]  # before instrument(): ours wraps it
    client = genai.Client(api_key="benchmark")
    if configuration != BARE:
        gemini_otel.instrument(**CONFIGURATIONS[configuration]())
    return {
        shape: min(cpu_time(work, client, repeat) for _ in range(5)) * 1e6
        for shape, (work, repeat, _) in SHAPES.items()
    }


def cpu_time(work: Callable[[genai.Client], None], client: genai.Client, repeat: int) -> float:
    """Seconds of CPU for one call, averaged over `repeat` calls."""
    start = time.thread_time()
    for _ in range(repeat):
        work(client)
    return (time.thread_time() - start) / repeat


def measure_apart(configuration: str) -> dict[str, float]:
    """`measure` in a fresh interpreter."""
    command = [sys.executable, __file__, "--measure", configuration]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


_START_UP = """
import json, time
begun = time.process_time()
import opentelemetry.sdk.trace
imported = time.process_time()
from opentelemetry import metrics, trace
import opentelemetry.sdk.metrics, opentelemetry.instrumentation.instrumentor
trace.set_tracer_provider(opentelemetry.sdk.trace.TracerProvider())
metrics.set_meter_provider(opentelemetry.sdk.metrics.MeterProvider())
before = time.process_time()
import gemini_otel
gemini_otel.instrument()
print(json.dumps({"sdk": imported - begun, "instrument": time.process_time() - before}))
"""


def _start_up() -> dict[str, float]:
    """Seconds of CPU in a fresh interpreter that, as an installed program does, finds compiled modules."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", _START_UP], env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--measure", choices=[BARE, *CONFIGURATIONS], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return 0
    rounds = [{name: measure_apart(name) for name in (BARE, *CONFIGURATIONS)} for _ in range(options.rounds)]
    rows = []
    print(f"{'':34}{'bare':>12}{'with':>12}{'ratio':>8}{'added':>12}")
    for shape, (_, _, units) in SHAPES.items():
        bare = min(each[BARE][shape] for each in rounds)
        for name in CONFIGURATIONS:
            with_us = min(each[name][shape] for each in rounds)
            added = (with_us - bare) / units
            rows.append({"configuration": name, "shape": shape, "ratio": with_us / bare, "added_us": added})
            unit = "us/chunk" if units > 1 else "us"
            print(
                f"{shape + ', ' + name:34}{bare:9.0f} us{with_us:9.0f} us{with_us / bare:8.3f}{added:9.1f} {unit}"
            )
    start_up = [_start_up() for _ in range(options.rounds * 3)]
    instrumenting = min(each["instrument"] for each in start_up)
    beside = min(each["sdk"] for each in start_up)
    print(
        f"instrument(), with providers: {instrumenting * 1e3:.1f} ms, "
        f"{instrumenting / beside:.2f} of the import of opentelemetry.sdk.trace ({beside * 1e3:.0f} ms)"
    )
    rows.append({"configuration": "start-up", "shape": "instrument()", "ratio": instrumenting / beside})
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
