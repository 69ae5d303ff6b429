"""What the hint processor adds to a span: a span of others, a healthy GenAI span, spans with one hint.

    python benchmarks/hints.py [--rounds 600] [--json FILE]

Each figure is the CPU time of this thread for start, attributes and end of one span, the minimum over all rounds; rounds with
and without the processor alternate. The targets were set on a machine where a bare start and end takes 8.2 us; the last but one
column is what is added, put to that scale. The floors are processors that do one thing of what a hint processor must, by the
SDK's public names: nothing at all, look at a span's first attributes, copy them before the end, write down a hint that is known.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Tracer

from gemini_otel import HintSpanProcessor

REPEAT = 100
REFERENCE_US = 8.2  # a bare start and end on the machine on which the targets were set
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
    target_us: float


HTTPX, OFFICIAL_SCOPE = "opentelemetry.instrumentation.httpx", "opentelemetry.instrumentation.google_genai"
CASES = (
    Case("not GenAI, a library's", HTTPX, OTHER, {}, 0.8),
    Case("not GenAI, an application's", "app", {}, {}, 0.8),
    Case("not GenAI, an application's, five attributes", "app", OTHER, {}, 0.8),
    Case("healthy, ours", "gemini_otel", REQUEST, ANSWER, 3),
    Case("healthy, official", OFFICIAL_SCOPE, OFFICIAL, OFFICIAL_OK, 3),
    Case("one hint, truncated, ours", "gemini_otel", REQUEST, TRUNCATED, 20),
    Case("one hint, quota, ours", "gemini_otel", REQUEST, QUOTA, 20),
    Case("one hint, truncated, official", OFFICIAL_SCOPE, OFFICIAL, OFFICIAL_CUT, 20),
)


# What the SDK needs to write one known hint.
SUMMARY = "The reply was cut off at the output token limit."
REMEDY = "Raise max_output_tokens, or leave it out.\nAsk for less."
ON_SPAN = {
    "gemini.hint.id": "finish.max_tokens",
    "gemini.hint.summary": SUMMARY,
    "gemini.hint.remedy": REMEDY,
    "gemini.hint.severity": "warning",
}
EVENT = {
    "gemini.hint.advice": f"{SUMMARY}\n{REMEDY}",
    "gemini.hint.evidence": "50 output tokens",
    "gemini.hint.reference": "https://ai.google.dev/gemini-api/docs/tokens",
    "gemini.hint.retry": "after_change",
    "gemini.hint.cause": "max_output_tokens was reached; thinking tokens count towards it.",
    **ON_SPAN,
}


class Nothing(SpanProcessor):
    """The cost of any processor."""

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        pass

    def on_end(self, span: Any) -> None:
        pass


class FirstAttributes(Nothing):
    """The cost of reading a span's attributes at its start."""

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        span.attributes.copy()


class LastAttributes(Nothing):
    """The cost of reading a span's attributes at its end, while it can still be changed."""

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        span.end = partial(self.before_end, span, span.end)

    def before_end(self, span: Any, end: Any, end_time: int | None = None) -> None:
        del span.end
        self.look(span)
        end(end_time)

    def look(self, span: Any) -> None:
        span.attributes.copy()


class KnownHint(LastAttributes):
    """The cost of writing a hint without finding it."""

    def look(self, span: Any) -> None:
        span.attributes.copy()
        span.add_event("gemini.hint", EVENT, span.start_time)
        span.set_attributes(ON_SPAN)


FLOORS = (
    ("floor: a processor that does nothing", CASES[1], Nothing),
    ("floor: looks at five first attributes", CASES[2], FirstAttributes),
    ("floor: copies attributes before the end", CASES[3], LastAttributes),
    ("floor: writes down a hint that is known", CASES[5], KnownHint),
)


def cpu_time(tracer: Tracer, case: Case) -> float:
    """Microseconds of CPU for one span."""
    start, end = case.start, case.end
    begun = time.thread_time()
    for _ in range(REPEAT):
        span = tracer.start_span("call", attributes=start)
        if end:
            span.set_attributes(end)
        span.end()
    return (time.thread_time() - begun) / REPEAT * 1e6


def measured(case: Case, rounds: int, processor: type[SpanProcessor]) -> tuple[float, float]:
    """The best bare time and the best with the processor."""
    provider = TracerProvider()
    provider.add_span_processor(processor())
    bare, watched = TracerProvider().get_tracer(case.scope), provider.get_tracer(case.scope)
    times = [(cpu_time(bare, case), cpu_time(watched, case)) for _ in range(rounds)]
    return min(time[0] for time in times), min(time[1] for time in times)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=600)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    compared = (*((case.name, case, HintSpanProcessor) for case in CASES), *FLOORS)
    times = [measured(case, options.rounds, processor) for _, case, processor in compared]
    unit = min(bare for (bare, _), (_, case, _) in zip(times, compared, strict=True) if case is CASES[1])
    print(f"bare start and end of a span: {unit:.2f} us")
    print(f"{'':46}{'bare':>9}{'with':>9}{'added':>9}{'at 8.2 us':>12}{'target':>9}")
    rows = []
    for (name, case, processor), (bare, watched) in zip(compared, times, strict=True):
        added, scaled = watched - bare, (watched - bare) / unit * REFERENCE_US
        rows.append({"case": name, "bare_us": bare, "added_us": added, "added_at_reference_us": scaled})
        target = f"{case.target_us:6} us" if processor is HintSpanProcessor else ""
        print(f"{name:46}{bare:6.2f} us{watched:6.2f} us{added:6.2f} us{scaled:9.2f} us{target}")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
