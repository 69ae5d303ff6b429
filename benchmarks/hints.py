"""What the hint processor adds to a span: a span of others, a healthy GenAI span, spans with one hint.

    python benchmarks/hints.py [--rounds 60] [--json FILE]

Each figure is the CPU time of this thread for start, attributes and end of one span, the minimum over all rounds; rounds with
and without the processor alternate. The ratio compares what is added with a bare start and end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from gemini_otel import HintSpanProcessor

REPEAT = 1000
_SDK_PART = "the SDK's part of one hint: an event and two attributes"
REQUEST = {
    "gen_ai.operation.name": "generate_content",
    "gen_ai.provider.name": "gcp.gemini",
    "gen_ai.request.model": "gemini-2.5-flash",
    "server.address": "generativelanguage.googleapis.com",
    "server.port": 443,
}
ANSWER = {
    "gen_ai.response.model": "gemini-2.5-flash",
    "gen_ai.response.id": "r-1",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 50,
    "http.response.status_code": 200,
    "gemini.response.finish_reason": "STOP",
    "gemini.response.outcome": "ok",
    "gemini.repetition.detected": False,
}
TRUNCATED = {
    **ANSWER,
    "gen_ai.response.finish_reasons": ("max_tokens",),
    "gemini.response.finish_reason": "MAX_TOKENS",
    "gemini.response.outcome": "truncated",
}
QUOTA = {
    "error.type": "429",
    "http.response.status_code": 429,
    "gemini.error.status": "RESOURCE_EXHAUSTED",
    "gemini.error.kind": "minute_quota",
    "gemini.quota.id": "GenerateRequestsPerMinutePerProjectPerModel",
    "gemini.quota.limit": 10,
    "gemini.retry.delay": 34.0,
    "gemini.response.outcome": "error",
}
OTHER = {
    "http.request.method": "GET",
    "url.full": "http://localhost/",
    "server.address": "localhost",
    "server.port": 80,
    "network.protocol.version": "1.1",
}
OFFICIAL = {"gen_ai.operation.name": "generate_content", "gen_ai.request.model": "gemini-2.5-flash"}
OFFICIAL_OK = {
    "gen_ai.provider.name": "gemini",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 50,
}
OFFICIAL_CUT = {"gen_ai.provider.name": "gemini", "gen_ai.response.finish_reasons": ("max_tokens",)}


class Case(NamedTuple):
    name: str
    scope: str
    start: dict[str, Any]
    end: dict[str, Any]
    target_us: float | None


CASES = (
    Case("not GenAI, without attributes", "app", {}, {}, 0.3),
    Case("not GenAI, five attributes", "opentelemetry.instrumentation.httpx", OTHER, {}, 0.3),
    Case("healthy, ours", "gemini_otel", REQUEST, ANSWER, 3),
    Case("healthy, official", "opentelemetry.instrumentation.google_genai", OFFICIAL, OFFICIAL_OK, 3),
    Case("one hint, truncated, ours", "gemini_otel", REQUEST, TRUNCATED, 15),
    Case("one hint, quota, ours", "gemini_otel", REQUEST, QUOTA, 15),
    Case(
        "one hint, truncated, official",
        "opentelemetry.instrumentation.google_genai",
        OFFICIAL,
        OFFICIAL_CUT,
        15,
    ),
)


# What the SDK needs to write down one hint, whoever found it.
EVENT = {
    "gemini.hint.id": "finish.max_tokens",
    "gemini.hint.severity": "warning",
    "gemini.hint.summary": "The reply was cut off at the output token limit.",
    "gemini.hint.cause": "max_output_tokens was reached; thinking tokens count towards it.",
    "gemini.hint.remedy": "Raise max_output_tokens, or leave it out. Ask for less.",
    "gemini.hint.retry": "after_change",
    "gemini.hint.reference": "https://ai.google.dev/gemini-api/docs/tokens",
    "gemini.hint.evidence": "50 output tokens",
}
IDS = {"gemini.hint.id": "finish.max_tokens", "gemini.hint.ids": ("finish.max_tokens",)}


def cpu_time(tracer: Tracer, case: Case, *, event: bool = False) -> float:
    """Microseconds of CPU for one span."""
    start, end = case.start, case.end
    begun = time.thread_time()
    for _ in range(REPEAT):
        span = tracer.start_span("call", attributes=start)
        if end:
            span.set_attributes(end)
        if event:
            span.add_event("gemini.hint", EVENT)
            span.set_attributes(IDS)
        span.end()
    return (time.thread_time() - begun) / REPEAT * 1e6


def measured(case: Case, rounds: int, with_processor: Callable[[], TracerProvider]) -> tuple[float, float]:
    """The best bare time and the best with the processor."""
    bare = TracerProvider().get_tracer(case.scope)
    hinting = with_processor().get_tracer(case.scope)
    times = [(cpu_time(bare, case), cpu_time(hinting, case)) for _ in range(rounds)]
    return min(time[0] for time in times), min(time[1] for time in times)


def written_by_hand(rounds: int) -> float:
    """What an event like a hint's, and its two attributes, add to a span that gets no hint from anybody."""
    tracer = TracerProvider().get_tracer("app")
    times = [(cpu_time(tracer, CASES[4]), cpu_time(tracer, CASES[4], event=True)) for _ in range(rounds)]
    return min(time[1] for time in times) - min(time[0] for time in times)


def _provider() -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(HintSpanProcessor())
    return provider


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    unit = measured(CASES[0], options.rounds, TracerProvider)[0]
    print(f"bare start and end of a span: {unit:.2f} us")
    print(f"{'':34}{'bare':>9}{'with':>9}{'added':>9}{'of a bare span':>16}{'target':>9}")
    rows = []
    for case in CASES:
        bare, hinting = measured(case, options.rounds, _provider)
        added = hinting - bare
        rows.append({"case": case.name, "bare_us": bare, "added_us": added, "of_a_bare_span": added / unit})
        print(
            f"{case.name:34}{bare:6.2f} us{hinting:6.2f} us{added:6.2f} us{added / unit:16.3f}{case.target_us:6} us"
        )
    floor = written_by_hand(options.rounds)
    rows.append({"case": "the SDK's part of a hint", "added_us": floor, "of_a_bare_span": floor / unit})
    print(f"{_SDK_PART:52}{floor:6.2f} us{floor / unit:16.3f}")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
