"""One inference, one span: what becomes of a call inside of another instrumentation's span for it."""

from __future__ import annotations

import gc
import inspect
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest
from google import genai
from google.genai import types
from google.genai.models import AsyncModels, Models
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind, Status, StatusCode

import gemini_otel
from gemini_otel._telemetry.spans import current_owner, guest
from support import MODEL, Telemetry, make_client, send

THEIRS = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "theirs"}
OPENINFERENCE = {"openinference.span.kind": "LLM", "llm.model_name": "theirs"}
UTIL_GENAI_KEY = "opentelemetry.genai.client.inference.context"
OPENLLMETRY_KEY = "suppress_language_model_instrumentation"
TURN_METHODS = [
    (owner, name)
    for owner in (Models, AsyncModels)
    for name in ("generate_content", "generate_content_stream")
]
STANDARD = ("gen_ai.client.operation.duration", "gen_ai.client.token.usage")


@contextmanager
def foreign(telemetry: Telemetry, attributes: dict[str, Any], **context: Any) -> Iterator[trace.Span]:
    """A current span of another instrumentation, and what it sets in the context."""
    tracer = telemetry.tracer_provider.get_tracer("somebody.else")
    with tracer.start_as_current_span("theirs", attributes=attributes) as span:
        token = otel_context.attach(current_with(context))
        yield span
        otel_context.detach(token)


def current_with(values: dict[str, Any]) -> otel_context.Context:
    context = otel_context.get_current()
    for key, value in values.items():
        context = otel_context.set_value(key, value, context)
    return context


def names(telemetry: Telemetry) -> list[str]:
    return [span.name for span in telemetry.spans]


def measured(telemetry: Telemetry) -> int:
    """How many calls the standard duration metric counts."""
    return sum(point.count for point in telemetry.points(STANDARD[0]))


def hints(span: ReadableSpan) -> list[Any]:
    return [(e.attributes or {})["gemini.hint.id"] for e in span.events if e.name == "gemini.hint"]


def test_one_span(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """In each shape their span is the only one: it keeps what it said and gets what it lacks, and hints."""
    with foreign(telemetry, THEIRS):
        send(client, shape, "simulate:finish_max_tokens")
    assert names(telemetry) == ["theirs"]
    attributes = telemetry.attributes
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.request.model"] == "theirs"
    assert attributes["gen_ai.provider.name"] == "gcp.gen_ai"
    assert attributes["gen_ai.response.finish_reasons"] == ("max_tokens",)
    assert attributes["gemini.response.outcome"] == "truncated"
    assert attributes["http.response.status_code"] == 200
    assert attributes["gemini.repetition.detected"] is False
    assert hints(telemetry.span)[0].startswith("finish.max_tokens")


def test_metrics_are_theirs(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """The standard metrics are not recorded a second time; our counters are."""
    with foreign(telemetry, THEIRS):
        send(client, shape, "hello")
    assert [telemetry.points(metric) for metric in STANDARD] == [[], []]
    (point,) = telemetry.points("gemini.client.responses")
    assert point.value == 1


def test_openinference(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A span of the kind LLM is shared, too; who writes those records no metrics, so ours are."""
    with foreign(telemetry, OPENINFERENCE):
        send(client, shape, "hello")
    assert names(telemetry) == ["theirs"]
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
    assert measured(telemetry) == 1


def test_util_genai(telemetry: Telemetry, client: genai.Client) -> None:
    """Under opentelemetry-util-genai's context key the span is shared, and its data gets what it lacks."""
    data = SimpleNamespace(usage_input_tokens=None, response_finish_reasons=None, response_model="theirs")
    with foreign(telemetry, {}, **{UTIL_GENAI_KEY: data}):
        send(client, "call", "hello")
    assert names(telemetry) == ["theirs"]
    assert telemetry.points(STANDARD[0]) == []
    assert data.usage_input_tokens == telemetry.attributes["gen_ai.usage.input_tokens"]
    assert data.response_finish_reasons == ["stop"]
    assert data.response_model == "theirs"


def test_util_genai_not_sampled(telemetry: Telemetry, client: genai.Client) -> None:
    """An owner whose span is not sampled records its metrics all the same, so we do not."""
    unsampled = TracerProvider(sampler=ParentBased(ALWAYS_OFF)).get_tracer("somebody.else")
    with unsampled.start_as_current_span("theirs"):
        token = otel_context.attach(current_with({UTIL_GENAI_KEY: SimpleNamespace()}))
        send(client, "call", "hello")
        otel_context.detach(token)
    assert (telemetry.spans, telemetry.points(STANDARD[0])) == ([], [])
    assert len(telemetry.points("gemini.client.responses")) == 1


def test_openllmetry(telemetry: Telemetry, client: genai.Client) -> None:
    """OpenLLMetry's frameworks say in the context that their span stands for the inference."""
    with foreign(telemetry, {}, **{OPENLLMETRY_KEY: True}):
        send(client, "call", "hello")
    assert names(telemetry) == ["theirs"]


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.operation.name": "invoke_agent"},
        {"openinference.span.kind": "CHAIN"},
        {"http.route": "/"},
    ],
)
def test_other_spans_are_parents(
    telemetry: Telemetry, client: genai.Client, attributes: dict[str, str]
) -> None:
    """A span that is no inference is the parent of ours and gets nothing."""
    with foreign(telemetry, attributes):
        send(client, "call", "hello")
    ours, theirs = telemetry.spans
    assert ours.parent is not None
    assert ours.parent.span_id == theirs.context.span_id
    assert dict(theirs.attributes or {}) == attributes
    assert measured(telemetry) == 1


@pytest.mark.parametrize(
    ("operation", "attributes", "kind", "shared"),
    [
        ("generate_content", {"gen_ai.operation.name": "interactions.create"}, SpanKind.CLIENT, True),
        ("invoke_agent", {"gen_ai.operation.name": "interactions.create"}, SpanKind.CLIENT, True),
        ("invoke_agent", {"gen_ai.operation.name": "invoke_agent"}, SpanKind.CLIENT, True),
        ("invoke_agent", {"gen_ai.operation.name": "invoke_agent"}, SpanKind.INTERNAL, False),
        ("embeddings", {"gen_ai.operation.name": "embeddings"}, SpanKind.CLIENT, True),
        ("embeddings", {"openinference.span.kind": "EMBEDDING"}, SpanKind.INTERNAL, True),
        ("embeddings", {"gen_ai.operation.name": "chat"}, SpanKind.CLIENT, False),
        ("count_tokens", {"gen_ai.operation.name": "count_tokens"}, SpanKind.CLIENT, False),
    ],
)
def test_which_spans_stand_for_what(
    telemetry: Telemetry, operation: str, attributes: dict[str, str], kind: SpanKind, shared: bool
) -> None:
    """An operation shares the spans that others have for the same one."""
    tracer = telemetry.tracer_provider.get_tracer("somebody.else")
    with tracer.start_as_current_span("theirs", attributes=attributes, kind=kind):
        owner = current_owner(operation, "gemini_otel", telemetry.tracer_provider.resource)
    assert (owner is not None) == shared


def test_another_provider(telemetry: Telemetry, client: genai.Client) -> None:
    """A span that goes elsewhere gets nothing: whoever looks at ours must find the call."""
    elsewhere = Telemetry()
    with foreign(elsewhere, THEIRS):
        send(client, "call", "hello")
    assert names(telemetry) == [f"generate_content {MODEL}"]
    assert elsewhere.attributes == THEIRS
    assert measured(telemetry) == 1


def test_a_second_inference(telemetry: Telemetry, client: genai.Client) -> None:
    """A span is one inference's: the next one inside has a span of its own; the owner measures both."""
    with foreign(telemetry, THEIRS):
        send(client, "call", "hello")
        send(client, "call", "simulate:finish_safety")
    second, theirs = telemetry.spans
    assert second.parent is not None
    assert second.parent.span_id == theirs.context.span_id
    assert (second.attributes or {})["gemini.response.outcome"] == "blocked"
    assert (theirs.attributes or {})["gemini.response.outcome"] == "ok"
    assert measured(telemetry) == 0


def test_an_error(telemetry: Telemetry, url: str) -> None:
    """Attempts, the error and its hint are on their span, whose status is set where they leave it open."""
    with foreign(telemetry, THEIRS):
        send(make_client(url, attempts=2), "call", "simulate:daily_quota")
    assert len(telemetry.events("gemini.attempt")) == 2
    assert telemetry.attributes["error.type"] == "429"
    assert telemetry.attributes["gemini.error.kind"] == "daily_quota"
    assert telemetry.span.status.description == "429 RESOURCE_EXHAUSTED"
    assert hints(telemetry.span) == ["http.429.rate_day"]


def test_their_status_stays(telemetry: Telemetry, client: genai.Client) -> None:
    """A status that they set is not replaced."""
    with foreign(telemetry, THEIRS) as span:
        span.set_status(Status(StatusCode.ERROR, "theirs"))
        send(client, "call", "simulate:daily_quota")
    assert telemetry.span.status.description == "theirs"


def get_weather(city: str = "Paris") -> str:
    """Say how the weather is."""
    return f"sunny in {city}"


def test_a_loop(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Of a function calling loop their span is the parent: it gets what ours would have, the rounds are its children."""
    with foreign(telemetry, THEIRS):
        send(client, shape, "simulate:tool_chain", tools=[get_weather])
    *inside, theirs = telemetry.spans
    operations = Counter(span.name.split()[0] for span in inside)
    assert operations == {"generate_content": 3, "execute_tool": 2}
    assert {span.parent.span_id for span in inside if span.parent} == {theirs.context.span_id}
    attributes = dict(theirs.attributes or {})
    assert attributes["gen_ai.operation.name"] == "chat"
    assert (attributes["gemini.afc.rounds"], attributes["gemini.afc.tools"]) == (3, 2)
    assert attributes["gemini.usage.input_tokens"] > 40
    assert measured(telemetry) == 0
    assert sum(point.value for point in telemetry.points("gemini.client.responses")) == 3


def test_a_loop_at_its_limit(telemetry: Telemetry, client: genai.Client) -> None:
    """The hint of a loop that used up its rounds is on their span."""
    limit = types.AutomaticFunctionCallingConfig(maximum_remote_calls=2)
    with foreign(telemetry, THEIRS):
        send(client, "call", "simulate:tool_loop", tools=[get_weather], automatic_function_calling=limit)
    assert hints(telemetry.spans[-1]) == ["afc.exhausted"]


def test_layers_come_back(telemetry: Telemetry, client: genai.Client, url: str, shape: str) -> None:
    """Somebody who restores the methods that he found before we came takes our layer out; the second call has it again."""
    for owner, name in TURN_METHODS:
        setattr(owner, name, inspect.unwrap(vars(owner)[name]))
    send(client, shape, "simulate:tool_chain", tools=[get_weather])
    telemetry.exporter.clear()
    send(make_client(url), shape, "simulate:tool_chain", tools=[get_weather])
    assert telemetry.spans[-1].name == f"automatic_function_calling {MODEL}"


def test_tools_that_have_spans(telemetry: Telemetry, client: genai.Client) -> None:
    """A tool that the official instrumentation has wrapped begins its span itself; the loop counts its run all the same."""

    def wrapped(city: str = "Paris") -> str:
        """Say how the weather is."""
        return f"sunny in {city}"

    module = "opentelemetry.instrumentation.google_genai.tool_call_wrapper"
    tool = FunctionType(wrapped.__code__, {"__name__": module, "__builtins__": {}}, "wrapped", ("Paris",))
    tool.__annotations__ = {"city": str, "return": str}
    send(client, "call", "simulate:tool_chain", tools=[tool])
    assert [name.split()[0] for name in names(telemetry)] == [
        *["generate_content"] * 3,
        "automatic_function_calling",
    ]
    assert (telemetry.spans[-1].attributes or {})["gemini.afc.tools"] == 2
    assert telemetry.points("gen_ai.execute_tool.duration") == []


def test_a_call_of_a_tool(telemetry: Telemetry, client: genai.Client) -> None:
    """A Gemini call that a tool makes is an inference of its own, whatever the owner set in the context."""

    def ask() -> str:
        """Ask another model, inside a span of the application."""
        with telemetry.tracer_provider.get_tracer("app").start_as_current_span("app"):
            return str(send(client, "call", "hello").responses[0].text)

    with foreign(telemetry, THEIRS, **{UTIL_GENAI_KEY: SimpleNamespace(), OPENLLMETRY_KEY: True}):
        send(client, "call", "simulate:parallel_tools", tools=[ask])
    assert [name.split()[0] for name in names(telemetry)] == [
        "generate_content",
        *["generate_content", "app", "execute_tool"] * 2,
        "generate_content",
        "theirs",
    ]


def test_their_span_ends_first(
    telemetry: Telemetry, client: genai.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Where they end it while the stream is open, the call is over: nothing is lost, and nothing written later."""
    with foreign(telemetry, THEIRS):
        stream = client.models.generate_content_stream(model=MODEL, contents="hello")
        next(stream)
    with caplog.at_level(logging.WARNING):
        rest = list(stream)
    assert rest
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"
    assert names(telemetry) == ["theirs"]
    assert caplog.records == []


def test_their_span_ends_at_the_reason(telemetry: Telemetry, client: genai.Client) -> None:
    """Where they end it once they have seen why the answer ends, it is whole, though the stream is open."""
    with foreign(telemetry, THEIRS):
        stream = client.models.generate_content_stream(model=MODEL, contents="simulate:finish_max_tokens")
        for chunk in stream:
            if chunk.candidates and chunk.candidates[0].finish_reason:
                break
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"


def test_a_guest_leaves_an_ended_span_alone(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is written to a span that has ended, and it is never ended by us."""
    span = telemetry.tracer_provider.get_tracer("somebody.else").start_span("theirs")
    ours = guest(span)
    ours.end()
    assert telemetry.spans == []
    span.end()
    with caplog.at_level(logging.WARNING):
        ours.set_attributes({"gemini.response.outcome": "ok"})
        ours.add_event("gemini.attempt", {})
        ours.set_status(Status(StatusCode.ERROR))
    assert caplog.records == []
    assert telemetry.attributes == {}


def test_nothing_is_kept(telemetry: Telemetry, client: genai.Client) -> None:
    """Their span can be freed once it has ended."""
    from gemini_otel._telemetry import spans as _owner

    gc.collect()
    before = len(_owner._claimed)
    telemetry.exporter.shutdown()
    with foreign(telemetry, THEIRS):
        send(client, "call", "hello")
    gc.collect()
    assert len(_owner._claimed) <= before


class BareSpan(trace.NonRecordingSpan):
    """A span of an implementation that has nothing but the API."""

    def __init__(self) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self.written: dict[str, Any] = {}

    def is_recording(self) -> bool:
        return True

    def set_attributes(self, attributes: Any) -> None:
        self.written.update(attributes)


def test_another_implementation(telemetry: Telemetry, client: genai.Client) -> None:
    """A span that cannot be read is shared where the context says what it is."""
    span = BareSpan()
    context = trace.set_span_in_context(span, current_with({UTIL_GENAI_KEY: SimpleNamespace()}))
    token = otel_context.attach(context)
    send(client, "call", "hello")
    otel_context.detach(token)
    assert span.written["gemini.response.outcome"] == "ok"
    assert telemetry.spans == []


def test_without_hints(client: genai.Client) -> None:
    """With hints off, their span is shared all the same and gets none."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, hints=False)
    try:
        with foreign(telemetry, THEIRS):
            send(client, "call", "simulate:finish_max_tokens")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"
    assert telemetry.events("gemini.hint") == []


def test_hooks_get_the_span_itself(client: genai.Client) -> None:
    """What a hook writes is the user's decision: it gets their span, not our view of it."""
    telemetry = Telemetry()

    def hook(span: trace.Span, request: Any) -> None:
        span.set_attributes({"gen_ai.request.model": "the user's"})

    gemini_otel.instrument(**telemetry.providers, request_hook=hook)
    try:
        with foreign(telemetry, THEIRS):
            send(client, "call", "hello")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gen_ai.request.model"] == "the user's"
