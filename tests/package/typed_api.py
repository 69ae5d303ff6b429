"""Every public signature, as a program would use it. Not run: `mypy --strict tests/package/typed_api.py` checks it."""

from __future__ import annotations

import tenacity
from google.genai import errors, types
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from rich.console import Console
from typing_extensions import assert_type

import gemini_otel
from gemini_otel import (
    Advice,
    GeminiInstrumentor,
    Hint,
    HintSpanProcessor,
    Repetition,
    RepetitionDetector,
    cli,
    simulator,
)
from gemini_otel.advice import retry_if_it_helps, wait_as_told
from gemini_otel.console import ConsoleTraceExporter
from gemini_otel.pytest import CallHint, GeminiCalls


def instrumenting(tracers: TracerProvider, meters: MeterProvider) -> None:
    gemini_otel.instrument()
    gemini_otel.instrument(tracer_provider=tracers, meter_provider=meters, logger_provider=None)
    gemini_otel.instrument(error_outcomes=["blocked"], hints=True, hint_level="info", repetition=False)
    gemini_otel.instrument(
        request_hook=print, span_attributes={"team": "search"}, metric_attributes={"up": bool}
    )
    gemini_otel.instrument(capture_content="span_only", redact=str.upper, content_limit=1000)
    with gemini_otel.conversation("id"):
        gemini_otel.uninstrument()
    assert_type(gemini_otel.check(connect=True).ok, bool)
    GeminiInstrumentor().instrument(tracer_provider=tracers)
    GeminiInstrumentor().uninstrument()
    assert_type(gemini_otel.__version__, str)


def hints(provider: TracerProvider) -> None:
    mine = Hint(
        id="mine",
        severity="info",
        summary="",
        cause="",
        remedy=("",),
        retry="no",
        reference="",
        when=lambda attributes: attributes.get("gen_ai.request.model") == "gemini-2.5-flash",
        evidence=("{gen_ai.request.model}",),
    )
    Hint("mine", "error", "", "", (), "wait", "")
    assert_type(gemini_otel.default_hints(), list[Hint])
    processor: SpanProcessor = HintSpanProcessor()
    provider.add_span_processor(processor)
    HintSpanProcessor(hints=[*gemini_otel.default_hints(), mine], hint_level="info", all_spans=True)
    HintSpanProcessor((mine,), "error", True)


def explaining(error: errors.APIError, response: types.GenerateContentResponse) -> None:
    assert_type(gemini_otel.explain("MAX_TOKENS"), list[Hint])
    gemini_otel.explain(429)
    gemini_otel.explain(types.FinishReason.SAFETY)
    gemini_otel.explain(error)
    gemini_otel.explain(response)
    gemini_otel.explain(None)  # type: ignore[arg-type]


def advising(error: errors.APIError) -> None:
    retry, wait, hint = gemini_otel.advise(error)
    assert_type((retry, wait, hint), tuple[bool, float | None, Hint | None])
    assert_type(gemini_otel.advise(TimeoutError(), attempt=2), Advice)
    gemini_otel.advise(429)  # type: ignore[arg-type]
    tenacity.Retrying(retry=retry_if_it_helps(), wait=wait_as_told(jitter=0.5))
    tenacity.AsyncRetrying(retry=retry_if_it_helps() | tenacity.retry_if_exception_type(KeyError))


def testing(gemini_calls: GeminiCalls) -> None:
    assert_type((len(gemini_calls), gemini_calls.tokens, gemini_calls.seconds), tuple[int, int, float])
    assert_type((gemini_calls.input_tokens, gemini_calls.output_tokens), tuple[int, int])
    assert_type(gemini_calls.spans, list[ReadableSpan])
    assert_type(gemini_calls.hints, list[CallHint])
    for found in gemini_calls.hints:
        assert_type(
            (found.id, found.hint, found.evidence, found.span), tuple[str, Hint, str | None, ReadableSpan]
        )


def repetition() -> None:
    detector = RepetitionDetector()
    assert_type(detector.feed("text"), Repetition | None)
    assert_type(detector.feed_call("name", {"key": 1}), Repetition | None)
    verdict = RepetitionDetector(structured=True).feed("")
    if verdict is not None:
        assert_type((verdict.kind, verdict.period, verdict.count), tuple[str, int, int])
        assert_type((verdict.start, verdict.share), tuple[int, float])


def simulating(exchange: dict[str, object]) -> None:
    with simulator.serve() as url:
        assert_type(url, simulator.Simulator)
        address: str = url
        assert_type(url.requests, list[simulator.Request])
        assert_type(url.port, int)
        address.encode()
    reply = simulator.Reply(503, ending="no_answer")
    mine = simulator.Scenario("mine", "What it is.", (reply,))
    simulator.serve(mine, port=0).close()
    simulator.serve("mine", scenarios=[mine, simulator.replay(exchange)])
    simulator.serve(["processing", mine]).close()
    simulator.serve_forever("ok", port=8000, on_start=print)
    assert_type(simulator.SCENARIOS, dict[str, simulator.Scenario])


def printing() -> None:
    exporter: SpanExporter = ConsoleTraceExporter()
    exporter.force_flush()
    ConsoleTraceExporter(Console(width=100))
    assert_type(cli.main(["explain", "429"]), int)
