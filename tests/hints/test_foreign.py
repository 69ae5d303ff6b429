"""Other instrumentations' spans, as they were seen to write them, get their hints."""

import contextlib
from typing import Any

import google.auth.exceptions
import pytest
from opentelemetry.trace import Status, StatusCode

import gemini_otel
from gemini_otel import HintSpanProcessor
from support import Telemetry, hint_ids

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
    return list(hint_ids(telemetry.attributes))


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
            "x", attributes={"llm.model_name": "gemini-2.5-pro"}
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


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "error", "none"])
def test_words_that_stand_for_no_gemini_reason(hinting: Telemetry, reason: str) -> None:
    """A mapped finish reason that could be anything gives no hint: never more is claimed than the span shows."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": (reason,)}
    hinting.tracer_provider.get_tracer("t").start_span("x", attributes=attributes).end()
    assert ended(hinting) == []


@pytest.mark.parametrize(
    ("reasons", "hints"),
    [
        ('["stop"]', []),
        ('["stop","length"]', ["finish.max_tokens"]),
        ('["tool_calls"]', []),
        ("[]", []),
        ("[", []),
        ("[7]", ["finish.unknown"]),
        ("[" * 100_000, []),
        ('["' + "x" * 100_000, []),
    ],
)
def test_reasons_in_json(hinting: Telemetry, reasons: str, hints: list[str]) -> None:
    """An array that is written as JSON is read; what is none says nothing."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": reasons}
    assert (
        ended_with(hinting, "logfire.openai", attributes | {"gen_ai.request.model": "gemini-2.5-flash"})
        == hints
    )


def ended_with(hinting: Telemetry, scope: str, attributes: dict[str, Any]) -> list[str]:
    hinting.tracer_provider.get_tracer(scope).start_span("x", attributes=attributes).end()
    return ended(hinting)


@pytest.mark.parametrize(
    ("provider", "model", "theirs"),
    [
        ("openai", "gpt-4o", True),
        ("anthropic", "claude-4", True),
        ("gcp.vertex_ai", "publishers/anthropic/models/claude-sonnet", True),
        ("openai", None, True),
        ("openai", "gemini-2.5-flash", False),
        ("openrouter", "google/gemini-2.5-pro", False),
        ("gcp.vertex_ai", "projects/p/locations/l/endpoints/123", False),
        ("gemini", None, False),
        (None, None, False),
    ],
)
def test_models_of_others_are_left_alone(
    hinting: Telemetry, provider: str | None, model: str | None, theirs: bool
) -> None:
    """A call of a model that is not Google's gets no hint; one of Google's does, whatever client and provider it went through."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ("length",)}
    named = {"gen_ai.provider.name": provider, "gen_ai.request.model": model}
    found = ended_with(hinting, "mine", attributes | {name: value for name, value in named.items() if value})
    assert found == ([] if theirs else ["finish.max_tokens"])


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "invoke_agent", "error.type": "429"},
        {"gen_ai.operation.name": "execute_tool", "error.type": "429"},
        {"openinference.span.kind": "CHAIN", "llm.model_name": "gemini-2.5-pro", "error.type": "429"},
    ],
)
def test_spans_around_calls_get_no_hint(hinting: Telemetry, attributes: dict[str, Any]) -> None:
    """The error of a call is explained on its own span, not again on those around it."""
    assert ended_with(hinting, "mine", {**attributes, "llm.x": 1}) == []


def test_an_exception_of_the_network(hinting: Telemetry) -> None:
    """The class of an exception that only an event tells stands in for error.type."""

    class ReadTimeout(Exception):
        pass

    tracer = hinting.tracer_provider.get_tracer("t")
    with (
        pytest.raises(ReadTimeout),
        tracer.start_as_current_span("x", attributes={"gen_ai.system": "gemini"}),
    ):
        raise ReadTimeout
    assert ended(hinting) == ["net.timeout"]


def test_a_failure_that_nobody_describes(hinting: Telemetry) -> None:
    """A span that only has the status ERROR is not explained."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    assert ended(hinting) == []


def test_an_exception_of_google_auth(hinting: Telemetry) -> None:
    """Its TransportError is not that of httpx: it has no credentials to call with."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.record_exception(google.auth.exceptions.TransportError())  # type: ignore[no-untyped-call]
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    assert ended(hinting) == ["auth.credentials"]


@pytest.mark.parametrize(
    ("text", "hint_ids"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate",
            ["net.tls"],
        ),
        ("[Errno 24] Too many open files", ["net.too_many_files"]),
        ("407 Proxy Authentication Required", ["http.407.proxy_auth"]),
        ("403 Forbidden. {'message': '<html>', 'status': 'Forbidden'}", ["http.gateway"]),
        ("[Errno 111] Connection refused", ["net.unreachable"]),
    ],
)
def test_the_text_of_an_exception_tells_its_cause(hinting: Telemetry, text: str, hint_ids: list[str]) -> None:
    """httpx has one class for whatever kept it from connecting."""

    class ConnectError(Exception):
        pass

    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.record_exception(ConnectError(text))
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    assert ended(hinting) == hint_ids


def test_an_exception_that_was_overcome(hinting: Telemetry) -> None:
    """An exception event on a span that did not fail is no failure."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.record_exception(RuntimeError("503 UNAVAILABLE. {}"))
    span.end()
    assert ended(hinting) == []


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        # Cut off by a limit on the length of attributes, as JSON, and with several quotas.
        ("429 RESOURCE_EXHAUSTED. {'error': {'details': [{'quotaId': 'PerMinuteX', 'quotaValue': '1", None),
        ('429 RESOURCE_EXHAUSTED {"quotaId": "xPerDay", "quotaValue": "7"}', "quota xPerDay, limit 7"),
        (
            "429 RESOURCE_EXHAUSTED. {'quotaId': 'aPerMinute', 'quotaValue': '1', 'quotaId': 'bPerDay', 'quotaValue': '2'}",
            "quota bPerDay, limit 2",
        ),
        ("429 RESOURCE_EXHAUSTED. {'quotaId': 'aPerDay', 'quotaValue': 'many', 'retryDelay': 'soon'}", None),
    ],
)
def test_details_in_a_text(hinting: Telemetry, text: str, evidence: str | None) -> None:
    """Quota and limit are read from whatever is left of the body in a text."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.set_status(Status(StatusCode.ERROR, text))
    span.end()
    (event,) = hinting.events("gemini.hint")
    assert event["gemini.hint.id"].startswith("http.429.rate_")
    assert (event.get("gemini.hint.evidence") or "").startswith(evidence or "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"thinking_config": {"thinking_budget": 5}, "max_output_tokens": 9}', "max_output_tokens 9"),
        ("{", None),
        ("[1]", None),
        ('{"max_output_tokens": [1]}', None),
        ("[" * 15_000, None),
        ('{"max_output_tokens": 9, "x": "' + "y" * 30_000 + '"}', None),
    ],
)
def test_parameters_in_json(hinting: Telemetry, text: str, shown: str | None) -> None:
    """Parameters are read from JSON of a sensible size, and anything else is passed over."""
    attributes = {"llm.finish_reason": "MAX_TOKENS", "llm.invocation_parameters": text}
    assert ended_with(hinting, "openinference.instrumentation.google_genai", attributes) == [
        "finish.max_tokens"
    ]
    (event,) = hinting.events("gemini.hint")
    assert event.get("gemini.hint.evidence") == shown


@pytest.mark.parametrize(
    ("answer", "hints"),
    [
        ('{"prompt_feedback": {"block_reason": "SAFETY"}, "x": "' + "y" * 20_000 + '"}', ["block.safety"]),
        ('{"x": "' + "y" * 20_000 + '", "promptFeedback":{"blockReason":"OTHER"}}', ["block.other"]),
        ('{"text": "she wrote \\"block_reason\\": \\"SAFETY\\" here"}', []),
        (7, []),
    ],
)
def test_block_reason_in_json(hinting: Telemetry, answer: object, hints: list[str]) -> None:
    """The block reason is read from either end of an answer in JSON, and never from a text in it."""
    assert (
        ended_with(hinting, "openinference.instrumentation.google_genai", {"output.value": answer}) == hints
    )


def test_our_own_finish_reason_wins(hinting: Telemetry) -> None:
    """A span that has our scalar finish reason is not read again from the list."""
    attributes = {"gemini.response.finish_reason": "SPII", "gen_ai.response.finish_reasons": ("stop",)}
    assert ended_with(hinting, "mine", {"gen_ai.system": "gemini", **attributes}) == ["finish.spii"]


def test_the_last_exception_event_counts(hinting: Telemetry) -> None:
    """Other events of the span, before and after the exception, do not hide it."""
    span = hinting.tracer_provider.get_tracer("t").start_span("x", attributes={"gen_ai.system": "gemini"})
    span.record_exception(RuntimeError("500 INTERNAL. {}"))
    span.record_exception(RuntimeError("503 UNAVAILABLE. {}"))
    span.add_event("gen_ai.choice")
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    assert ended(hinting) == ["http.503.overloaded"]


LANGCHAIN = {"openinference.span.kind": "LLM", "llm.provider": "google", "llm.model_name": "gemini-2.5-flash"}
TRACELOOP = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "gcp.gen_ai",
    "gen_ai.request.model": "gemini-2.5-flash",
}
OI_LANGCHAIN, OI_LLAMA_INDEX = (
    f"openinference.instrumentation.{framework}" for framework in ("langchain", "llama_index")
)
OPENLLMETRY_LANGCHAIN = "opentelemetry.instrumentation.langchain"


@pytest.mark.parametrize(
    ("scope", "attributes", "hints"),
    [
        (OI_LANGCHAIN, {**LANGCHAIN, "llm.finish_reason": "SAFETY"}, ["finish.safety"]),
        (OI_LANGCHAIN, {**LANGCHAIN, "llm.finish_reason": "STOP"}, []),
        (OI_LANGCHAIN, {"openinference.span.kind": "CHAIN", "llm.finish_reason": "SAFETY"}, []),
        (OI_LANGCHAIN, {"openinference.span.kind": "PROMPT"}, []),
        (
            OI_LANGCHAIN,
            {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5", "llm.finish_reason": "length"},
            [],
        ),
        (
            OI_LLAMA_INDEX,
            {
                "openinference.span.kind": "LLM",
                "llm.model_name": "gemini-2.5-flash",
                "llm.finish_reason": "FinishReason.MAX_TOKENS",
            },
            ["finish.max_tokens"],
        ),
        (
            OPENLLMETRY_LANGCHAIN,
            {**TRACELOOP, "gen_ai.response.finish_reasons": ("SAFETY",)},
            ["finish.safety"],
        ),
        (OPENLLMETRY_LANGCHAIN, {"traceloop.span.kind": "workflow"}, []),
    ],
)
def test_frameworks(hinting: Telemetry, scope: str, attributes: dict[str, Any], hints: list[str]) -> None:
    """Spans of frameworks say only when they end what they are: those of calls get hints, those around them none."""
    with hinting.tracer_provider.get_tracer(scope).start_as_current_span("x") as span:
        span.set_attributes(attributes)
    assert ended(hinting) == hints


@pytest.mark.parametrize(
    ("scope", "exception", "hints"),
    [
        (OI_LLAMA_INDEX, RuntimeError("Response was terminated early: SAFETY []"), ["finish.safety"]),
        (OI_LLAMA_INDEX, RuntimeError("Response was terminated early: NO_SUCH []"), []),
        (OI_LLAMA_INDEX, ValueError("Response has no candidates"), []),
        (OI_LANGCHAIN, LookupError("mine"), []),
        (OI_LANGCHAIN, RuntimeError("503 UNAVAILABLE. {}"), ["http.503.overloaded"]),
        (
            OPENLLMETRY_LANGCHAIN,
            google.auth.exceptions.DefaultCredentialsError("none"),
            ["auth.credentials"],
        ),
    ],
)
def test_frameworks_that_raise(
    hinting: Telemetry, scope: str, exception: Exception, hints: list[str]
) -> None:
    """An exception of a framework's own says nothing of the service, unless its text has a finish reason."""
    with (
        contextlib.suppress(type(exception)),
        hinting.tracer_provider.get_tracer(scope).start_as_current_span("x") as span,
    ):
        span.set_attributes({**LANGCHAIN, **TRACELOOP})
        raise exception
    assert ended(hinting) == hints


@pytest.mark.parametrize(
    ("name", "exception", "hints"),
    [
        ("call_llm", RuntimeError("429 RESOURCE_EXHAUSTED. {}"), ["http.429.unspecified"]),
        ("call_llm", google.auth.exceptions.DefaultCredentialsError("none"), ["auth.credentials"]),
        ("call_llm", LookupError("mine"), []),
        ("call_llm", ValueError("mine"), []),
        ("agent_run [agent]", RuntimeError("429 RESOURCE_EXHAUSTED. {}"), []),
        ("invocation", LookupError("mine"), []),
    ],
)
def test_adk_1(hinting: Telemetry, name: str, exception: Exception, hints: list[str]) -> None:
    """Spans of google-adk 1 that fail have names only: that of a call gets the service's errors, those around it nothing."""
    tracer = hinting.tracer_provider.get_tracer("gcp.vertex.agent")
    with pytest.raises(type(exception)), tracer.start_as_current_span(name):
        raise exception
    assert ended(hinting) == hints


def test_a_block_in_other_words(hinting: Telemetry) -> None:
    """A framework's word for a blocked prompt, beside our facts, is no second reason that contradicts the first."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.finish_reasons": ("content_filter",),
        "gemini.response.block_reason": "SAFETY",
        "gemini.response.outcome": "blocked",
    }
    assert ended_with(hinting, "pydantic-ai", attributes) == ["block.safety"]


def test_beside_ours() -> None:
    """Where calls of the SDK have spans of ours, a framework's second span for one repeats no hint; without ours it has it."""
    telemetry = Telemetry()
    second = {**LANGCHAIN, "llm.finish_reason": "SAFETY"}
    attempt = {**TRACELOOP, "pydantic_ai.model_request.attempt": 0, "error.type": "503"}
    gemini_otel.instrument(**telemetry.providers)
    try:
        assert ended_with(telemetry, OI_LANGCHAIN, second) == []
        telemetry.exporter.clear()
        assert ended_with(telemetry, "pydantic-ai", attempt) == []
        telemetry.exporter.clear()
        alone = Telemetry()
        alone.tracer_provider.add_span_processor(HintSpanProcessor())
        assert ended_with(alone, "pydantic-ai", attempt) == ["http.503.overloaded"]
    finally:
        gemini_otel.uninstrument()
