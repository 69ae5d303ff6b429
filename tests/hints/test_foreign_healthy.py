"""Most healthy spans of other instrumentations are recognised without translating them, and none of these has a hint."""

import itertools
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import Status, StatusCode

from gemini_otel.hints import Catalogue, default_hints
from gemini_otel.hints._foreign.healthy import nothing_to_find
from gemini_otel.hints._foreign.reading import translate
from gemini_otel.hints._foreign.sources import ANYONE, SOURCES
from gemini_otel.hints._trigger import NO_CALL

PROVIDER = TracerProvider()
HEALTHY: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "gcp.gemini",
    "gen_ai.request.model": "gemini-2.5-flash",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.output_tokens": 5,
}
# One name of a scope for each source, and one that nobody knows.
SCOPES = (*((source.scopes or source.shared_scopes)[0] for source in SOURCES), "mine")
ALIASES = sorted(
    {
        name
        for source in (*SOURCES, ANYONE)
        for name in (*source.finish_reasons, *itertools.chain(*source.aliases.values()))
    }
)
FINDER = Catalogue(default_hints()).at("warning")
NEEDED = FINDER.needed_of_healthy or frozenset()
VALUES = (True, False, 0, 7, "MAX_TOKENS", "priority", ("max_tokens",), ("stop", "safety"))
OTHERS: tuple[dict[str, Any], ...] = (
    {},
    *({name: value} for name in (*ALIASES, *sorted(NEEDED)) for value in VALUES),
    {"gen_ai.operation.name": "execute_tool", "gemini.tool.failure": "raised"},
    *({"gen_ai.operation.name": name} for name in ("execute_tool", "invoke_agent", "generate_content")),
    *({"openinference.span.kind": kind} for kind in ("TOOL", "AGENT", "LLM")),
    *(
        {"gen_ai.response.finish_reasons": reason}
        for reason in ("stop", ("STOP",), ("length",), ("stop", "stop"), 7)
    ),
    *({"gen_ai.usage.output_tokens": count} for count in (0, "5", 5.5, True)),
    *({"gen_ai.usage.reasoning.output_tokens": count} for count in (4, 5, "4")),
    {"error.type": "503"},
    {"gemini.response.finish_reason": "SAFETY"},
    {"gen_ai.request.model": "gpt-4o"},
    {"llm.invocation_parameters": '{"max_tokens": 5, "temperature": 0.1, "thinking_budget": 3}'},
    {"output.value": '{"prompt_feedback": {"block_reason": "SAFETY"}}'},
)


def ended(scope: str, attributes: dict[str, Any], status: StatusCode = StatusCode.UNSET) -> ReadableSpan:
    span = PROVIDER.get_tracer(scope).start_span("call", attributes=attributes)
    span.set_status(Status(status))
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


@pytest.mark.parametrize("scope", SCOPES)
def test_told_at_once(scope: str) -> None:
    """A span that is recognised as healthy has no hint when it is translated, whatever other attributes it has."""
    told = nothing_to_find(NEEDED)
    quiet = 0
    for left_out, other in itertools.product((None, *HEALTHY), OTHERS):
        attributes = {name: value for name, value in HEALTHY.items() if name != left_out} | other
        span = ended(scope, attributes)
        if told(span, attributes):
            quiet += 1
            found = dict(attributes)
            if translate(span, found):
                assert FINDER.find(found) == [], attributes
                assert (
                    found["gen_ai.operation.name"] in NO_CALL or found["gemini.response.outcome"] == "ok"
                ), attributes
    assert quiet > len(HEALTHY)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_healthy_span_is_told_at_once(scope: str) -> None:
    """The usual span of a healthy call is recognised, with and without thinking tokens, unless its status is an error."""
    told = nothing_to_find(NEEDED)
    for more in (
        {},
        {"gen_ai.usage.reasoning.output_tokens": 3},
        {"gen_ai.response.finish_reasons": ("STOP",)},
    ):
        assert told(ended(scope, HEALTHY | more), HEALTHY | more)
    assert not told(ended(scope, HEALTHY, StatusCode.ERROR), HEALTHY)


def test_where_any_call_may_have_a_hint() -> None:
    """If any call may get a hint, as with the level "info", no span is recognised."""
    assert Catalogue(default_hints()).at("info").needed_of_healthy is None
    assert not nothing_to_find(None)(ended("mine", HEALTHY), HEALTHY)
