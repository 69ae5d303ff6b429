"""Where a round is recorded: on a span of its own, or on the one that another instrumentation has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from gemini_otel._facts.calls import StartFacts
from gemini_otel._telemetry import neighbours
from gemini_otel._telemetry.attributes import start_attributes
from gemini_otel._telemetry.instrumentation import SCOPE, Session
from gemini_otel._telemetry.spans import Owner, current_owner, guest


class RoundSpan(NamedTuple):
    """The span, and the context in which the round runs."""

    span: Span
    context: Context
    measured: bool  # whether the standard metrics are for us to record
    attributes: Mapping[str, Any]  # those that the round starts with
    owner: Owner | None = None  # where the span is not ours


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
    owner = current_owner(operation, SCOPE, session.instruments.resource)
    measured = owner is None or not owner.measures
    attributes = {**session.span_attributes(), **start_attributes(operation, start, stream)}
    if tracer is None:
        span: Span = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
        return RoundSpan(span, trace.set_span_in_context(span), measured, attributes)
    neighbours.warn_of_two_spans()
    if owner is not None and owner.claim():
        span = share(session, owner)
        span.set_attributes(attributes)
        return RoundSpan(span, otel_context.get_current(), measured, attributes, owner)
    name = " ".join(filter(None, (operation, start.model or start.agent)))
    span = tracer.start_span(name, parent, SpanKind.CLIENT, attributes, links, start_time)
    return RoundSpan(span, trace.set_span_in_context(span), measured, attributes)


def share(session: Session, owner: Owner) -> Span:
    """The owner's span, for us to add to; it gets hints, too."""
    if session.instruments.on_shared_span is not None:
        session.instruments.on_shared_span(owner.span)
    return guest(owner.span)
