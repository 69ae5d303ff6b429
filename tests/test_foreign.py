"""Other instrumentations' spans, as they were seen to write them, get their hints."""

from typing import Any

import pytest
from opentelemetry.trace import Status, StatusCode

from gemini_otel import HintSpanProcessor
from support import Telemetry

SPANS: dict[str, tuple[str, dict[str, Any], str]] = {
    "official": (
        "opentelemetry.instrumentation.google_genai",
        {"gen_ai.system": "gemini", "gen_ai.response.finish_reasons": ("recitation",)},
        "finish.recitation",
    ),
    "official error": (
        "opentelemetry.instrumentation.google_genai",
        {"gen_ai.system": "gemini", "error.type": "503"},
        "http.503.overloaded",
    ),
    "openinference": (
        "openinference.instrumentation.google_genai",
        {"openinference.span.kind": "LLM", "llm.finish_reason": "MALFORMED_FUNCTION_CALL"},
        "finish.malformed_call",
    ),
    "traceloop": (
        "opentelemetry.instrumentation.google_generativeai",
        {
            "gen_ai.provider.name": "gcp.gen_ai",
            "gen_ai.response.finish_reasons": ("length",),
            "llm.usage.total_tokens": 5,
        },
        "finish.max_tokens",
    ),
    "openlit": (
        "openlit",
        {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ("FinishReason.SPII",)},
        "finish.spii",
    ),
    "worst of several": (
        "mine",
        {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ("stop", "prohibited_content")},
        "finish.prohibited",
    ),
    "block reason": (
        "telemetrydev",
        {
            "gen_ai.operation.name": "generate_content",
            "google_genai.response.block_reason": "PROHIBITED_CONTENT",
        },
        "block.prohibited",
    ),
}


def ended(telemetry: Telemetry) -> list[str]:
    return list(telemetry.attributes.get("gemini.hint.ids", ()))


@pytest.fixture
def hinting() -> Telemetry:
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    return telemetry


@pytest.mark.parametrize("who", SPANS)
def test_foreign_spans(hinting: Telemetry, who: str) -> None:
    """A span of another instrumentation gets the hint that its attributes stand for."""
    scope, attributes, hint = SPANS[who]
    hinting.tracer_provider.get_tracer(scope).start_span("call", attributes=attributes).end()
    assert hint in ended(hinting)


def test_an_error_that_only_its_text_tells(hinting: Telemetry) -> None:
    """Code, status and cause are read from the exception event that others leave."""
    text = "429 RESOURCE_EXHAUSTED. {'error': {'message': 'limit: 0, model: x'}}"
    with (
        pytest.raises(RuntimeError),
        hinting.tracer_provider.get_tracer("t").start_as_current_span(
            "x", attributes={"llm.model_name": "m"}
        ),
    ):
        raise RuntimeError(text)
    assert ended(hinting) == ["http.429.zero_limit"]


def test_an_error_that_only_the_status_tells(hinting: Telemetry) -> None:
    """The status description serves where no exception event is."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.set_status(Status(StatusCode.ERROR, "504 DEADLINE_EXCEEDED"))
    span.end()
    assert ended(hinting) == ["http.504.deadline"]


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "content_filter", "error", "none"])
def test_words_that_stand_for_no_gemini_reason(hinting: Telemetry, reason: str) -> None:
    """A mapped finish reason that could be anything gives no hint: never more is claimed than the span shows."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": (reason,)}
    hinting.tracer_provider.get_tracer("t").start_span("x", attributes=attributes).end()
    assert ended(hinting) == []
