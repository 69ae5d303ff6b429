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
from gemini_otel._telemetry.instrumentation import SCOPE, Instrumentation
from gemini_otel._telemetry.prompt import prompt_attributes
from gemini_otel._telemetry.spans import HostSpan, current_host
from gemini_otel._telemetry.uncut import keep

_PROMPTED = frozenset({"generate_content", "invoke_agent", "live"})  # operations that a prompt is for


class SpanChoice(NamedTuple):
    """The span, and the context in which the round runs."""

    span: Span
    context: Context
    measured: bool  # whether the standard metrics are for us to record
    attributes: Mapping[str, Any]  # those that the round starts with
    host: HostSpan | None = None  # where the span is a draft, for this one's


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
    host = current_host(operation, SCOPE, instrumentation.providers.resource, start.model)
    measured = host is None or not host.measures
    attributes = {**instrumentation.span_attributes(), **start_attributes(operation, start, stream)}
    if operation in _PROMPTED:
        attributes.update(prompt_attributes())
    if tracer is None:
        span: Span = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
        return SpanChoice(span, trace.set_span_in_context(span), measured, attributes)
    neighbours.warn_of_two_spans()
    name = " ".join(filter(None, (operation, start.model or start.agent)))
    if host is not None:
        inside = trace.set_span_in_context(host.span)
        begin = functools.partial(tracer.start_span, name, inside, SpanKind.CLIENT, attributes, links)
        if (draft := share(instrumentation, host, begin)) is not None:
            draft.set_attributes(attributes)
            return SpanChoice(draft, otel_context.get_current(), measured, attributes, host)
    span = tracer.start_span(name, parent, SpanKind.CLIENT, attributes, links, start_time)
    keep(span, attributes)
    return SpanChoice(span, trace.set_span_in_context(span), measured, attributes)


def share(instrumentation: Instrumentation, host: HostSpan, begin: Callable[[int], Span]) -> Draft | None:
    """What to write to for the host's span, which gets hints, too; None where a request inside of it was first."""
    processor = instrumentation.providers.hint_processor
    if processor is not None and host.span.is_recording():
        processor.watch(host.span)
    return host.share(begin)
