"""What gemini-otel adds to a call: the ratio of an instrumented SDK call to the bare one, measured in one run.

    python benchmarks/overhead.py [--rounds 15] [--json FILE]

One HTTP attempt is replaced by a canned answer, so that only the SDK's own work and ours is timed. Bare and instrumented
rounds alternate; each figure is the CPU time of this thread, the minimum over all rounds. Ratios are reliable, absolute times
depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google import genai
from google.genai import _api_client
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


def _canned(self: Any, http_request: Any, stream: bool = False) -> Any:
    return _api_client.HttpResponse({"content-type": "application/json"}, list(STREAM if stream else UNARY))


def call(client: genai.Client) -> None:
    client.models.generate_content(model="gemini-2.5-flash", contents="Why is the sky blue?")


def stream(client: genai.Client) -> None:
    for _ in client.models.generate_content_stream(model="gemini-2.5-flash", contents="Why is the sky blue?"):
        pass


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


def cpu_time(work: Callable[[genai.Client], None], client: genai.Client, repeat: int) -> float:
    """Seconds of CPU for one call, averaged over `repeat` calls; first the interpreter gets used to the (un)patched SDK."""
    for _ in range(max(repeat // 4, 1)):
        work(client)
    start = time.thread_time()
    for _ in range(repeat):
        work(client)
    return (time.thread_time() - start) / repeat


def compare(
    work: Callable[[genai.Client], None], settings: dict[str, Any], rounds: int, repeat: int
) -> tuple[float, float]:
    """The best bare and the best instrumented time."""
    client = genai.Client(api_key="benchmark")
    bare, instrumented = [], []
    for _ in range(rounds):
        bare.append(cpu_time(work, client, repeat))
        gemini_otel.instrument(**settings)
        instrumented.append(cpu_time(work, client, repeat))
        gemini_otel.uninstrument()
    return min(bare), min(instrumented)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    _api_client.BaseApiClient._request_once = _canned  # type: ignore[method-assign]  # before instrument(): ours wraps it
    rows = []
    print(f"{'':28}{'bare':>12}{'with':>12}{'ratio':>8}{'added':>16}")
    for name, settings in CONFIGURATIONS.items():
        for label, work, repeat, unit in (("call", call, 200, 1), ("200-chunk stream", stream, 4, CHUNKS)):
            bare, instrumented = compare(work, settings(), options.rounds, repeat)
            added = (instrumented - bare) / unit * 1e6
            rows.append(
                {"configuration": name, "shape": label, "ratio": instrumented / bare, "added_us": added}
            )
            print(
                f"{label + ', ' + name:28}{bare * 1e6:9.0f} us{instrumented * 1e6:9.0f} us"
                f"{instrumented / bare:8.3f}{added:9.1f} us" + ("/chunk" if unit > 1 else "")
            )
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
