"""Whose inference it is: the span of another instrumentation around a call of ours gets our facts, instead of a sibling."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import wrapt
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

from gemini_otel._facts import names
from gemini_otel._guard import guarded

if TYPE_CHECKING:
    from gemini_otel._telemetry.lifecycle import Observed

INFERENCE = "generate_content"
# Of an operation of ours, the names that it has on others' spans.
_SAME = {
    INFERENCE: frozenset({INFERENCE, "chat", "text_completion", "interactions.create"}),
    "embeddings": frozenset({"embeddings"}),
    "invoke_agent": frozenset({"invoke_agent", "interactions.create"}),
}
_OPENINFERENCE_KIND = "openinference.span.kind"
_OPENINFERENCE_OPERATIONS = {"LLM": INFERENCE, "EMBEDDING": "embeddings"}
# Set in the context by whoever has a span for an inference. The first holds what opentelemetry-util-genai passes outwards.
_UTIL_GENAI_KEY = "opentelemetry.genai.client.inference.context"
_OPENLLMETRY_KEY = "suppress_language_model_instrumentation"

_claimed: weakref.WeakSet[Span] = weakref.WeakSet()


class Owner(NamedTuple):
    """A span of somebody else's that stands for the inference already."""

    span: Span
    measures: bool  # its instrumentation records the standard metrics
    data: Any  # what its instrumentation takes from those inside; None with most

    def claim(self) -> bool:
        """Whether nobody has added to this span yet: one inference has one span, and a second one needs its own."""
        if not self.span.is_recording() or self.span in _claimed:
            return False
        _claimed.add(self.span)
        return True

    def pass_outwards(self, attributes: Mapping[str, Any]) -> None:
        """Fill in what the owner's data lacks, so that its metrics and events have it: `gen_ai.response.id` is `response_id`."""
        for name, value in attributes.items():
            field = name.removeprefix("gen_ai.").replace(".", "_")
            if name.startswith("gen_ai.") and getattr(self.data, field, value) is None:
                setattr(self.data, field, list(value) if isinstance(value, tuple) else value)


@guarded
def current_owner(operation: str, scope: str, resource: object) -> Owner | None:
    """Who has a span for a call of `operation` that begins now; None where that is for us to begin.

    Spans of our own `scope` are no owner, nor are those of another provider than the one with this `resource`: they go elsewhere.
    """
    same = _SAME.get(operation)
    if same is None:
        return None
    context = otel_context.get_current()
    span = trace.get_current_span(context)
    data = context.get(_UTIL_GENAI_KEY)
    if not span.is_recording():
        # Its span is not sampled; its metrics are recorded all the same.
        return None if data is None else Owner(span, True, data)
    if getattr(getattr(span, "instrumentation_scope", None), "name", None) == scope:
        return None
    if resource is not None and getattr(span, "resource", resource) is not resource:
        return None
    theirs, measures = _operation_of(span)
    if theirs is None and (data is not None or context.get(_OPENLLMETRY_KEY)):
        theirs = INFERENCE
    if theirs not in same or (theirs == "invoke_agent" and getattr(span, "kind", None) is SpanKind.INTERNAL):
        return None  # something else; an agent that runs here may well invoke another one at the service
    return Owner(span, measures, data)


def _operation_of(span: Any) -> tuple[str | None, bool]:
    """What the span says that it stands for, and whether who writes so records metrics: OpenInference has none."""
    if getattr(span, "kind", None) is SpanKind.SERVER:
        return None, True
    attributes: Mapping[str, Any] = getattr(span, "attributes", None) or {}
    operation = attributes.get(names.OPERATION_NAME)
    if operation is not None:
        return operation, True
    operation = _OPENINFERENCE_OPERATIONS.get(attributes.get(_OPENINFERENCE_KIND, ""))
    return operation, operation is None


def without_owner(context: Context) -> Context:
    """`context`, for what runs inside of an inference and is none, such as a tool."""
    for key in (_UTIL_GENAI_KEY, _OPENLLMETRY_KEY):
        if key in context:
            context = otel_context.set_value(key, None, context)
    return context


def guest(span: Span) -> Span:
    """The span as we may write to it: what it lacks, as long as it records, and never its end."""
    return cast("Span", _Guest(span))


class _Guest(wrapt.ObjectProxy):  # type: ignore[type-arg]  # not to be subscripted before wrapt 2
    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        span = self.__wrapped__
        if span.is_recording():
            theirs = getattr(span, "attributes", None) or {}
            span.set_attributes(
                {n: value for n, value in attributes.items() if n.startswith("gemini.") or n not in theirs}
            )

    def add_event(self, *args: Any, **kwargs: Any) -> None:
        if self.__wrapped__.is_recording():
            self.__wrapped__.add_event(*args, **kwargs)

    def set_status(self, *args: Any, **kwargs: Any) -> None:
        span = self.__wrapped__
        status = getattr(span, "status", None)
        if span.is_recording() and (status is None or status.status_code is StatusCode.UNSET):
            span.set_status(*args, **kwargs)

    def end(self, end_time: int | None = None) -> None:
        """Its owner ends it."""


@guarded
def finish_before(span: Any, observed: Observed) -> None:
    """See to it that `observed` is over when the owner ends its span: a stream may be dropped from the outside in."""
    end, reference = span.end, weakref.ref(observed)

    def end_after_us(end_time: int | None = None) -> None:
        with contextlib.suppress(AttributeError):
            del span.end
        inside = reference()
        if inside is not None:
            inside.owner_ended()
        end(end_time)

    span.end = end_after_us
