"""Chooses the span of a round: our own, or one that another instrumentation already has around the call."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from gemini_otel._facts import names
from gemini_otel._facts.calls import StartFacts
from gemini_otel._facts.guard import guarded
from gemini_otel._telemetry import neighbours
from gemini_otel._telemetry.attributes import keep, start_attributes
from gemini_otel._telemetry.draft import Draft
from gemini_otel._telemetry.instrumentation import SCOPE, Instrumentation

INFERENCE = "generate_content"
_PROMPTED = frozenset({"generate_content", "invoke_agent", "live"})  # operations that have prompt attributes
# The names that an operation of ours may have on other libraries' spans.
_SAME = {
    INFERENCE: frozenset({INFERENCE, "chat", "text_completion", "interactions.create"}),
    "embeddings": frozenset({"embeddings"}),
    "invoke_agent": frozenset({"invoke_agent", "interactions.create"}),
}
_OPENINFERENCE_KIND = "openinference.span.kind"
_OPENINFERENCE_OPERATIONS = {"LLM": INFERENCE, "EMBEDDING": "embeddings"}
_OPENINFERENCE_MODEL = "llm.model_name"
_OPENLLMETRY_KIND = "traceloop.span.kind"  # of a workflow, a task, an agent or a tool, whose calls have none
_HANDLES_REQUESTS = (SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER)
# In the context around an inference: the data that opentelemetry-util-genai passes outwards.
_UTIL_GENAI_KEY = "opentelemetry.genai.client.inference.context"

# The draft of the first request inside a host's span. The span keeps it alive as long as it is open.
_drafts: weakref.WeakKeyDictionary[Span, weakref.ref[Draft]] = weakref.WeakKeyDictionary()


class SpanChoice(NamedTuple):
    """The chosen span, and the context in which the round runs."""

    span: Span
    context: Context
    measured: bool  # whether we record the standard metrics
    own: Mapping[str, Any]  # the user's own attributes, and the program's conversation and prompt
    start: Mapping[str, Any]  # what is known before the request
    recording: bool
    host: HostSpan | None = None  # if the span is a draft, the host's span that it writes to
    given: dict[str, Any] | None = None  # the attributes as they were set, if the span is ours and records

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes with which the round starts."""
        return {**self.own, **self.start}


def start_span(
    instrumentation: Instrumentation,
    operation: str,
    start: StartFacts,
    stream: bool,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    start_time: int | None = None,
) -> SpanChoice:
    """Begin the span of a round, unless a host's span stands for it and we have not used that span yet.

    Its parent is the current span, or the one in `parent`. `start_time` may be before now.
    """
    tracer = instrumentation.providers.tracer()
    context = otel_context.get_current()
    around = trace.get_current_span(context)
    host = None
    if around.is_recording() or _UTIL_GENAI_KEY in context:
        host = current_host(operation, SCOPE, instrumentation.providers.resource, start.model)
    measured = host is None or not host.measures
    own = instrumentation.span_attributes(context, prompted=operation in _PROMPTED)
    known = start_attributes(operation, start, stream)
    if tracer is None:
        span: Span = trace.NonRecordingSpan(around.get_span_context())
        return SpanChoice(span, trace.set_span_in_context(span, context), measured, own, known, False)
    neighbours.warn_of_two_spans()
    attributes = {**own, **known}
    subject = start.model or start.agent
    name = f"{operation} {subject}" if subject else operation
    if host is not None:
        inside = trace.set_span_in_context(host.span)
        begin = functools.partial(tracer.start_span, name, inside, SpanKind.CLIENT, attributes, links)
        if (draft := share(instrumentation, host, begin)) is not None:
            draft.set_attributes(attributes)
            return SpanChoice(draft, context, measured, own, known, draft.is_recording(), host)
    span = tracer.start_span(
        name, context if parent is None else parent, SpanKind.CLIENT, attributes, links, start_time
    )
    try:
        given = {**attributes} if span.is_recording() else None
        if given is not None:
            keep(span, given)
        inside = trace.set_span_in_context(span, context)
        return SpanChoice(span, inside, measured, own, known, given is not None, given=given)
    except BaseException:  # after Ctrl-C, too, because nobody will hold it
        span.end()
        raise


def share(instrumentation: Instrumentation, host: HostSpan, begin: Callable[[int], Span]) -> Draft | None:
    """The draft for the host's span, which gets hints, too; None if an earlier request inside it has used it."""
    processor = instrumentation.providers.hint_processor
    if processor is not None and host.span.is_recording():
        processor.watch(host.span)
    return host.share(begin)


class HostSpan(NamedTuple):
    """A span of another library that already stands for the inference."""

    span: Span
    measures: bool  # whether its instrumentation records the standard metrics
    data: Any  # what its instrumentation accepts from calls inside; None for most

    @guarded
    def share(self, begin: Callable[[int], Span]) -> Draft | None:
        """The draft to write to instead of a span; None if this is not the first request inside the host's span.

        In that case each request has its own span, and the one for the first request is made now with its `begin`.
        """
        if not self.span.is_recording():
            return None
        first = _drafts.get(self.span)
        if first is None:
            draft = Draft(self.span, begin)
            _drafts[self.span] = weakref.ref(draft)
            return draft
        draft_of_first = first()
        if draft_of_first is not None and (draft_of_first.ended or not draft_of_first.has_rounds):
            draft_of_first.move()
        return None

    def pass_outwards(self, attributes: Mapping[str, Any]) -> None:
        """Fill in what the host's data lacks, so that its metrics and events have it: `gen_ai.response.id` is `response_id`."""
        for name, value in attributes.items():
            field = name.removeprefix("gen_ai.").replace(".", "_")
            if name.startswith("gen_ai.") and getattr(self.data, field, value) is None:
                setattr(self.data, field, list(value) if isinstance(value, tuple) else value)


@guarded
def current_host(operation: str, scope: str, resource: object, model: str | None) -> HostSpan | None:
    """The host of a call of `operation` that begins now: a span that already stands for it. None if we must begin one.

    The span itself must say that it is an inference, because a flag in the context describes the call and not the current
    span. Its model must be `model`, if both are known. Spans of our own `scope` are not hosts, nor are spans of another
    provider than the one with this `resource`, because they go elsewhere.
    """
    same = _SAME.get(operation)
    if same is None:
        return None
    context = otel_context.get_current()
    span = trace.get_current_span(context)
    data = context.get(_UTIL_GENAI_KEY)
    if not span.is_recording():
        # Its span is not sampled, but its metrics are recorded.
        return None if data is None else HostSpan(span, True, data)
    ours = getattr(getattr(span, "instrumentation_scope", None), "name", None) == scope
    if ours or (resource is not None and getattr(span, "resource", resource) is not resource):
        return None
    kind, attributes = getattr(span, "kind", None), getattr(span, "attributes", None) or {}
    theirs, measures = _operation_of(attributes)
    if theirs not in same or kind in _HANDLES_REQUESTS:
        return None
    if theirs == "invoke_agent" and kind is SpanKind.INTERNAL:
        return None  # an agent that runs here may invoke another one at the service
    return None if _is_of_another_model(attributes, model) else HostSpan(span, measures, data)


def _operation_of(attributes: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The operation that a span stands for, and whether its instrumentation records metrics; OpenInference's does not.

    OpenLLMetry's LlamaIndex instrumentation gives a workflow the operation of the call inside, and leaves the workflow's
    span open if the call fails.
    """
    if _OPENLLMETRY_KIND in attributes:
        return None, True
    operation = attributes.get(names.OPERATION_NAME)
    if operation is not None:
        return operation, True
    operation = _OPENINFERENCE_OPERATIONS.get(attributes.get(_OPENINFERENCE_KIND, ""))
    return operation, operation is None


def _is_of_another_model(attributes: Mapping[str, Any], model: str | None) -> bool:
    theirs = attributes.get(names.REQUEST_MODEL) or attributes.get(_OPENINFERENCE_MODEL)
    return isinstance(theirs, str) and model is not None and _bare(theirs) != _bare(model)


def _bare(model: str) -> str:
    """A model's name without a prefix such as `models/` or `google-gla:`."""
    return model.replace(":", "/").rpartition("/")[2].lower()


def without_owner(context: Context) -> Context:
    """`context` for what runs inside an inference but is not one, such as a tool."""
    if _UTIL_GENAI_KEY in context:
        return otel_context.set_value(_UTIL_GENAI_KEY, None, context)
    return context
