"""Where a round is recorded: on a span of its own, or on the one that another instrumentation has for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from gemini_otel._facts.calls import StartFacts
from gemini_otel._telemetry import neighbours
from gemini_otel._telemetry.attributes import start_attributes
from gemini_otel._telemetry.draft import Draft
from gemini_otel._telemetry.instrumentation import SCOPE, Session
from gemini_otel._telemetry.prompt import prompt_attributes
from gemini_otel._telemetry.spans import Owner, current_owner
from gemini_otel._telemetry.uncut import keep

_PROMPTED = frozenset({"generate_content", "invoke_agent", "live"})  # operations that a prompt is for


class RoundSpan(NamedTuple):
    """The span, and the context in which the round runs."""

    span: Span
    context: Context
    measured: bool  # whether the standard metrics are for us to record
    attributes: Mapping[str, Any]  # those that the round starts with
    owner: Owner | None = None  # where the span is a draft, for this one's


def start_span(
    session: Session,
    operation: str,
    start: StartFacts,
    stream: bool,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    start_time: int | None = None,
) -> RoundSpan:
    """Begin the span of a round, unless it has one already that nobody of ours has written to.

    Its parent is the current span, or that in `parent`. It may have begun before now, at `start_time`.
    """
    tracer = session.instruments.tracer()
    owner = current_owner(operation, SCOPE, session.instruments.resource, start.model)
    measured = owner is None or not owner.measures
    attributes = {**session.span_attributes(), **start_attributes(operation, start, stream)}
    if operation in _PROMPTED:
        attributes.update(prompt_attributes())
    if tracer is None:
        span: Span = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
        return RoundSpan(span, trace.set_span_in_context(span), measured, attributes)
    neighbours.warn_of_two_spans()
    name = " ".join(filter(None, (operation, start.model or start.agent)))
    if owner is not None:
        inside = trace.set_span_in_context(owner.span)
        begin = functools.partial(tracer.start_span, name, inside, SpanKind.CLIENT, attributes, links)
        if (draft := share(session, owner, begin)) is not None:
            draft.set_attributes(attributes)
            return RoundSpan(draft, otel_context.get_current(), measured, attributes, owner)
    span = tracer.start_span(name, parent, SpanKind.CLIENT, attributes, links, start_time)
    keep(span, attributes)
    return RoundSpan(span, trace.set_span_in_context(span), measured, attributes)


def share(session: Session, owner: Owner, begin: Callable[[int], Span]) -> Draft | None:
    """What to write to for the owner's span, which gets hints, too; None where a request inside of it was first."""
    if session.instruments.on_shared_span is not None and owner.span.is_recording():
        session.instruments.on_shared_span(owner.span)
    return owner.share(begin)
