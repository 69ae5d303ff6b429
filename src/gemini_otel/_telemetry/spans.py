"""Where a round is recorded: on a span of its own, or on the one that another instrumentation has around it already."""

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
_PROMPTED = frozenset({"generate_content", "invoke_agent", "live"})  # operations that a prompt is for
# Of an operation of ours, the names that it has on others' spans.
_SAME = {
    INFERENCE: frozenset({INFERENCE, "chat", "text_completion", "interactions.create"}),
    "embeddings": frozenset({"embeddings"}),
    "invoke_agent": frozenset({"invoke_agent", "interactions.create"}),
}
_OPENINFERENCE_KIND = "openinference.span.kind"
_OPENINFERENCE_OPERATIONS = {"LLM": INFERENCE, "EMBEDDING": "embeddings"}
_OPENINFERENCE_MODEL = "llm.model_name"
_OPENLLMETRY_KIND = "traceloop.span.kind"  # of a workflow, a task, an agent or a tool; its calls have none
_HANDLES_REQUESTS = (SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER)
# Set in the context around an inference: what opentelemetry-util-genai passes outwards.
_UTIL_GENAI_KEY = "opentelemetry.genai.client.inference.context"

# What the first request inside of a span has to say of it. The span itself keeps that alive, as long as it is open.
_drafts: weakref.WeakKeyDictionary[Span, weakref.ref[Draft]] = weakref.WeakKeyDictionary()


class SpanChoice(NamedTuple):
    """The span, and the context in which the round runs."""

    span: Span
    context: Context
    measured: bool  # whether the standard metrics are for us to record
    own: Mapping[str, Any]  # attributes of the user's own, and what the program says of the call
    start: Mapping[str, Any]  # what is known before the request
    recording: bool
    host: HostSpan | None = None  # where the span is a draft, for this one's
    given: dict[str, Any] | None = None  # what is kept of what the span gets, where it is ours and records

    @property
    def attributes(self) -> dict[str, Any]:
        """Those that the round starts with."""
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
    """Begin the span of a round, unless it has one already that nobody of ours has written to.

    Its parent is the current span, or that in `parent`. It may have begun before now, at `start_time`.
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
    except BaseException:  # Ctrl-C: nobody will hold it
        span.end()
        raise


def share(instrumentation: Instrumentation, host: HostSpan, begin: Callable[[int], Span]) -> Draft | None:
    """What to write to for the host's span, which gets hints, too; None where a request inside of it was first."""
    processor = instrumentation.providers.hint_processor
    if processor is not None and host.span.is_recording():
        processor.watch(host.span)
    return host.share(begin)


class HostSpan(NamedTuple):
    """A span of somebody else's that stands for the inference already."""

    span: Span
    measures: bool  # its instrumentation records the standard metrics
    data: Any  # what its instrumentation takes from those inside; None with most

    @guarded
    def share(self, begin: Callable[[int], Span]) -> Draft | None:
        """What to write to instead of a span; None where this is not the first request inside of the host's span.

        Then each has a span of its own, the first one too, for which that is made now by what it gave as `begin`.
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
    """Who has a span for a call of `operation` that begins now; None where that is for us to begin.

    That span says itself that it is one: what stands in the context says so of the call, not of the span that is current. It is
    of the same `model` where both are known. Spans of our own `scope` are no host, nor are those of another provider than the
    one with this `resource`: they go elsewhere.
    """
    same = _SAME.get(operation)
    if same is None:
        return None
    context = otel_context.get_current()
    span = trace.get_current_span(context)
    data = context.get(_UTIL_GENAI_KEY)
    if not span.is_recording():
        # Its span is not sampled; its metrics are recorded all the same.
        return None if data is None else HostSpan(span, True, data)
    ours = getattr(getattr(span, "instrumentation_scope", None), "name", None) == scope
    if ours or (resource is not None and getattr(span, "resource", resource) is not resource):
        return None
    kind, attributes = getattr(span, "kind", None), getattr(span, "attributes", None) or {}
    theirs, measures = _operation_of(attributes)
    if theirs not in same or kind in _HANDLES_REQUESTS:
        return None
    if theirs == "invoke_agent" and kind is SpanKind.INTERNAL:
        return None  # an agent that runs here may well invoke another one at the service
    return None if _is_of_another_model(attributes, model) else HostSpan(span, measures, data)


def _operation_of(attributes: Mapping[str, Any]) -> tuple[str | None, bool]:
    """What a span says that it stands for, and whether who writes so records metrics: OpenInference has none.

    OpenLLMetry's LlamaIndex instrumentation gives a workflow the operation of the call inside, and leaves it open where that fails.
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
    """A model's name without what may stand before it, such as `models/` or `google-gla:`."""
    return model.replace(":", "/").rpartition("/")[2].lower()


def without_owner(context: Context) -> Context:
    """`context`, for what runs inside of an inference and is none, such as a tool."""
    if _UTIL_GENAI_KEY in context:
        return otel_context.set_value(_UTIL_GENAI_KEY, None, context)
    return context
