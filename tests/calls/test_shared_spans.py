"""One inference, one span: what becomes of a call inside of another instrumentation's span for it."""

from __future__ import annotations

import gc
import inspect
import logging
import time
import weakref
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
from gemini_otel._telemetry import spans as spans_module
from gemini_otel._telemetry.draft import Draft
from gemini_otel._telemetry.spans import current_host
from support import MODEL, Telemetry, make_client, send

THEIRS = {"gen_ai.operation.name": "chat", "gen_ai.request.model": f"google-gla:{MODEL}"}
OPENINFERENCE = {"openinference.span.kind": "LLM", "llm.model_name": MODEL}
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
    assert attributes["gen_ai.request.model"] == f"google-gla:{MODEL}"
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
    with foreign(telemetry, THEIRS, **{UTIL_GENAI_KEY: data}):
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


@pytest.mark.parametrize("key", [UTIL_GENAI_KEY, OPENLLMETRY_KEY])
def test_what_the_context_says(telemetry: Telemetry, client: genai.Client, key: str) -> None:
    """That somebody has this call does not make the current span his span for it."""
    with foreign(telemetry, {}, **{key: SimpleNamespace()}):
        send(client, "call", "simulate:daily_quota")
    ours, theirs = telemetry.spans
    assert ours.name == f"generate_content {MODEL}"
    assert hints(ours) == ["http.429.rate_day"]
    assert (dict(theirs.attributes or {}), theirs.events, theirs.status.status_code) == (
        {},
        (),
        StatusCode.UNSET,
    )


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER])
@pytest.mark.parametrize("context", [{}, {OPENLLMETRY_KEY: True}, {UTIL_GENAI_KEY: SimpleNamespace()}])
@pytest.mark.parametrize("attributes", [{}, THEIRS, OPENINFERENCE])
def test_a_span_that_handles_a_request(
    telemetry: Telemetry,
    client: genai.Client,
    kind: SpanKind,
    context: dict[str, Any],
    attributes: dict[str, str],
) -> None:
    """It is no call, whatever it says and whatever stands in the context: it gets nothing, no status either."""
    with telemetry.tracer_provider.get_tracer("app").start_as_current_span(
        "POST /chat", kind=kind, attributes=attributes
    ):
        token = otel_context.attach(current_with(context))
        send(client, "call", "simulate:daily_quota")
        otel_context.detach(token)
    _, theirs = telemetry.spans
    assert dict(theirs.attributes or {}) == attributes
    assert (theirs.events, theirs.status.status_code) == ((), StatusCode.UNSET)


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (MODEL, True),
        (f"models/{MODEL}", True),
        (f"google-vertex:{MODEL.upper()}", True),
        (f"publishers/google/models/{MODEL}", True),
        ("gemini-2.5-pro", False),
        (f"fallback:gemini-2.5-pro,{MODEL}", False),
    ],
)
def test_another_model(telemetry: Telemetry, client: genai.Client, theirs: str, same: bool) -> None:
    """A span of another model is not that of this call, which has a span and a measurement of its own."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": theirs}
    with foreign(telemetry, attributes):
        send(client, "call", "hello")
    assert names(telemetry) == (["theirs"] if same else [f"generate_content {MODEL}", "theirs"])
    assert dict(telemetry.spans[-1].attributes or {}) != attributes or not same
    assert measured(telemetry) == (0 if same else 1)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.operation.name": "invoke_agent"},
        {"openinference.span.kind": "CHAIN"},
        {"traceloop.span.kind": "workflow", "gen_ai.operation.name": "chat"},
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
        owner = current_host(operation, "gemini_otel", telemetry.tracer_provider.resource, MODEL)
    assert (owner is not None) == shared


def test_another_provider(telemetry: Telemetry, client: genai.Client) -> None:
    """A span that goes elsewhere gets nothing: whoever looks at ours must find the call."""
    elsewhere = Telemetry()
    with foreign(elsewhere, THEIRS):
        send(client, "call", "hello")
    assert names(telemetry) == [f"generate_content {MODEL}"]
    assert elsewhere.attributes == THEIRS
    assert measured(telemetry) == 1


def test_two_inferences(telemetry: Telemetry, client: genai.Client, url: str, shape: str) -> None:
    """A span that covers two requests is neither's: each has a span of its own below it, with its own times and hints."""
    with foreign(telemetry, THEIRS):
        send(client, shape, "simulate:overloaded")
        between = time.time_ns()
        send(make_client(url), shape, "simulate:finish_safety")
        send(make_client(url), shape, "hello")
    first, second, third, theirs = telemetry.spans
    assert [(s.attributes or {})["gemini.response.outcome"] for s in (first, second, third)] == [
        "error",
        "blocked",
        "ok",
    ]
    assert [hints(s) for s in telemetry.spans] == [["http.503.overloaded"], ["finish.safety"], [], []]
    assert {s.parent.span_id for s in (first, second, third) if s.parent} == {theirs.context.span_id}
    assert (first.name, first.kind) == (f"generate_content {MODEL}", SpanKind.CLIENT)
    assert first.start_time is not None
    assert first.end_time is not None
    assert theirs.start_time is not None
    assert theirs.start_time < first.start_time < first.end_time < between
    assert {event.name for event in first.events} == {"gemini.hint", "gemini.attempt"}
    assert all(first.start_time <= event.timestamp <= first.end_time for event in first.events)
    assert first.status.description == "503 UNAVAILABLE"
    assert dict(theirs.attributes or {}) == THEIRS
    assert (theirs.events, theirs.status.status_code) == ((), StatusCode.UNSET)
    assert measured(telemetry) == 0
    assert sum(point.value for point in telemetry.points("gemini.client.responses")) == 3
    assert sum(point.value for point in telemetry.points("gemini.client.hints")) == 2


def test_two_inferences_at_once(telemetry: Telemetry, client: genai.Client, url: str) -> None:
    """A request that is still under way when another one begins goes on in a span of its own, under its own name for it."""
    with foreign(telemetry, THEIRS):
        stream = client.models.generate_content_stream(model=MODEL, contents="simulate:finish_max_tokens")
        next(stream)
        send(make_client(url), "call", "hello")
        list(stream)
    second, first, theirs = telemetry.spans
    assert (second.attributes or {})["gemini.response.outcome"] == "ok"
    assert (first.attributes or {})["gemini.response.outcome"] == "truncated"
    assert (first.attributes or {})["gen_ai.request.model"] == MODEL
    assert dict(theirs.attributes or {}) == THEIRS


def test_a_failure_that_was_handled(telemetry: Telemetry, client: genai.Client) -> None:
    """Where their span says no error, a failed request inside was not its end: that has a span of its own."""
    with foreign(telemetry, THEIRS):
        send(client, "call", "simulate:daily_quota")
    ours, theirs = telemetry.spans
    assert ours.name == f"generate_content {MODEL}"
    assert ours.status.description == "429 RESOURCE_EXHAUSTED"
    assert hints(ours) == ["http.429.rate_day"]
    assert (dict(theirs.attributes or {}), theirs.events) == (THEIRS, ())
    assert theirs.status.status_code is StatusCode.UNSET


def test_an_error(telemetry: Telemetry, url: str) -> None:
    """Where they say that it failed, attempts, the error and its hint are on their span; status and description are theirs."""
    with foreign(telemetry, THEIRS) as span:
        send(make_client(url, attempts=2), "call", "simulate:daily_quota")
        span.set_status(Status(StatusCode.ERROR, "theirs"))
    assert len(telemetry.events("gemini.attempt")) == 2
    assert telemetry.attributes["error.type"] == "429"
    assert telemetry.attributes["gemini.error.kind"] == "daily_quota"
    assert telemetry.span.status.description == "theirs"
    assert hints(telemetry.span) == ["http.429.rate_day"]


@pytest.mark.parametrize("status", [StatusCode.UNSET, StatusCode.OK])
def test_their_status_stays(client: genai.Client, status: StatusCode) -> None:
    """A status of ours never replaces theirs, not even one that was asked for."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, error_outcomes=("truncated",))
    try:
        with foreign(telemetry, THEIRS) as span:
            span.set_status(Status(status))
            send(client, "call", "simulate:finish_max_tokens")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"
    assert telemetry.span.status.status_code is status


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


def test_a_loop_and_another_request(telemetry: Telemetry, client: genai.Client, url: str) -> None:
    """What a loop says of itself is not theirs either, where another request follows."""
    with foreign(telemetry, THEIRS):
        send(client, "call", "simulate:tool_chain", tools=[get_weather])
        send(make_client(url), "call", "hello")
    *_, loop, second, theirs = telemetry.spans
    assert [loop.name, second.name] == [f"automatic_function_calling {MODEL}", f"generate_content {MODEL}"]
    assert loop.kind is SpanKind.INTERNAL
    assert (loop.attributes or {})["gemini.afc.rounds"] == 3
    assert (loop.attributes or {})["gen_ai.operation.name"] == "invoke_workflow"
    assert dict(theirs.attributes or {}) == THEIRS


def test_a_loop_after_another_request(telemetry: Telemetry, client: genai.Client, url: str) -> None:
    """A loop that follows a request is a span of ours, with its rounds below it."""
    with foreign(telemetry, THEIRS):
        send(make_client(url), "call", "hello")
        send(client, "call", "simulate:tool_chain", tools=[get_weather])
    first, *inside, loop, theirs = telemetry.spans
    assert loop.name == f"automatic_function_calling {MODEL}"
    assert {span.parent.span_id for span in inside if span.parent} == {loop.context.span_id}
    assert {span.parent.span_id for span in (first, loop) if span.parent} == {theirs.context.span_id}


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


def test_an_ended_span_is_left_alone(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is written to a span that has ended, and it is never ended by us; each thing that a span takes is taken."""
    tracer = telemetry.tracer_provider.get_tracer("somebody.else")
    span = tracer.start_span("theirs")
    draft = Draft(span, lambda start_time: tracer.start_span("ours", start_time=start_time))
    draft.end()
    assert telemetry.spans == []
    span.end()
    with caplog.at_level(logging.WARNING):
        draft.set_attribute("gemini.response.outcome", "ok")
        draft.add_event("gemini.attempt")
        draft.add_link(span.get_span_context())
        draft.record_exception(ValueError())
        draft.set_status(Status(StatusCode.ERROR))
        draft.update_name("ours")
    assert caplog.records == []
    assert telemetry.attributes == {}
    assert draft.get_span_context() == span.get_span_context()
    assert not draft.is_recording()


@pytest.mark.parametrize("moves", [True, False])
def test_everything_gets_there(telemetry: Telemetry, moves: bool) -> None:
    """On whichever span it ends up, all that was written is there."""
    tracer = telemetry.tracer_provider.get_tracer("somebody.else")
    other = tracer.start_span("other").get_span_context()
    with tracer.start_as_current_span("theirs") as span:
        draft = Draft(span, lambda start_time: tracer.start_span("ours", start_time=start_time))
        draft.set_attribute("gemini.response.outcome", "ok")
        draft.add_event("gemini.attempt", {"gemini.attempt.number": 1})
        draft.record_exception(ValueError())
        if moves:
            draft.move()
        draft.add_link(other)
        draft.end()
    written = telemetry.spans[0]
    assert written.name == ("ours" if moves else "theirs")
    assert dict(written.attributes or {}) == {"gemini.response.outcome": "ok"}
    assert [event.name for event in written.events] == ["gemini.attempt", "exception"]
    assert [link.context for link in written.links] == [other]


def test_nothing_is_kept(telemetry: Telemetry, client: genai.Client) -> None:
    """Their span can be freed once it has ended, and once nobody holds it where it never does."""
    gc.collect()
    before = len(spans_module._drafts)
    telemetry.exporter.shutdown()
    with foreign(telemetry, THEIRS):
        send(client, "call", "hello")
    span = telemetry.tracer_provider.get_tracer("somebody.else").start_span("theirs", attributes=THEIRS)
    token = otel_context.attach(trace.set_span_in_context(span))
    send(client, "call", "hello")
    otel_context.detach(token)
    alive = weakref.ref(span)
    del span
    gc.collect()
    assert alive() is None
    assert len(spans_module._drafts) <= before


class BareSpan(trace.NonRecordingSpan):
    """A span of an implementation that has nothing but the API, or `attributes` to read besides."""

    def __init__(self, **readable: Any) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self.__dict__.update(readable)
        self.written: dict[str, Any] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "end":
            raise AttributeError(name)
        super().__setattr__(name, value)

    def is_recording(self) -> bool:
        return True

    def set_attributes(self, attributes: Any) -> None:
        self.written.update(attributes)


def test_another_implementation(telemetry: Telemetry, client: genai.Client) -> None:
    """A span that cannot be read is not known to be the call's, and one whose end cannot be seen is written to at once."""
    unreadable = BareSpan()
    readable = BareSpan(attributes=THEIRS)
    for span in (unreadable, readable):
        context = trace.set_span_in_context(span, current_with({UTIL_GENAI_KEY: SimpleNamespace()}))
        token = otel_context.attach(context)
        send(client, "call", "hello")
        otel_context.detach(token)
    assert unreadable.written == {}
    assert names(telemetry) == [f"generate_content {MODEL}"]
    assert readable.written["gemini.response.outcome"] == "ok"


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
