"""Sees the spans of Gemini calls at every tracer provider, and leaves the program's own telemetry unchanged.

An in-memory processor is added to each tracer provider that spans go to: the global one, and those that the program gives to
`instrument()`. If nothing instruments the SDK, the watch does, with its own provider, until the program calls
`instrument()`.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from gemini_otel import _instrumentor
from gemini_otel._facts.guard import guarded
from gemini_otel._settings import in_force
from gemini_otel._telemetry import neighbours
from gemini_otel._telemetry.instrumentation import is_placeholder
from gemini_otel.pytest._calls import Record

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from gemini_otel._settings.table import Settings
    from gemini_otel._telemetry.instrumentation import Instrumentation

OUTSIDE = "(outside of tests)"


class Watch:
    """Assigns each span to the test in which it started."""

    def __init__(self) -> None:
        self.outside = Record(OUTSIDE)
        self._current: Record | None = None
        self._started: dict[int, Record] = {}  # open spans, by their ids
        self._processor = _InMemory(self)
        self._watched: list[weakref.ref[Any]] = []
        self._lent: Instrumentation | None = None
        _instrumentor.listeners.append(self._watch)

    def begin(self, name: str) -> Record:
        """From now on spans belong to the test of this name."""
        self.look()
        self._current = Record(name)
        return self._current

    def look(self) -> None:
        """Find the providers that spans go to at this moment."""
        provider = trace.get_tracer_provider()
        if not is_placeholder(provider):
            self._watch(provider)
        instrumentation = _instrumentor.active_instrumentation()
        if instrumentation is not None:
            if instrumentation is not self._lent and instrumentation.providers.given[0] is not None:
                self._watch(instrumentation.providers.given[0])
        elif is_placeholder(provider) or not neighbours.active():
            own = TracerProvider(sampler=ALWAYS_ON, resource=Resource({}), shutdown_on_exit=False)
            self._lent = _instrumentor.lend(tracer_provider=own, meter_provider=metrics.NoOpMeterProvider())

    def end(self) -> None:
        """Spans that start from now on belong to no test."""
        self._current = None

    def close(self) -> None:
        """Undo what the watch did. Processors cannot be removed, so those that stay do nothing."""
        self.end()
        self._processor.active = False
        _instrumentor.listeners.remove(self._watch)
        if self._lent is not None:
            _instrumentor.take_back(self._lent)

    def started(self, span: Span) -> None:
        """Remember the test in which the span started."""
        if self._current is not None:
            self._started[span.context.span_id] = self._current

    def ended(self, span: ReadableSpan) -> None:
        """Add the span to its test; ignore it if that test is over."""
        calls = self._started.pop(span.context.span_id, None) if span.context is not None else None
        instrumentation = _instrumentor.active_instrumentation()
        settings = _of_environment() if instrumentation is None else instrumentation.settings
        record = calls if calls is not None and calls is self._current else self.outside
        record.add(span, tuple(settings.disabled_hints))

    @guarded
    def _watch(self, provider: Any) -> None:
        self._watched = [watched for watched in self._watched if watched() is not None]
        if hasattr(provider, "add_span_processor") and all(each() is not provider for each in self._watched):
            self._watched.append(weakref.ref(provider))
            provider.add_span_processor(self._processor)


@functools.cache  # an error in it is logged once
def _of_environment() -> Settings:
    return in_force.load({})


class _InMemory(SpanProcessor):
    """Passes ended spans to the watch until the watch is closed."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.active = True

    @guarded
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if self.active:
            self._watch.started(span)

    @guarded
    def on_end(self, span: ReadableSpan) -> None:
        if self.active:
            self._watch.ended(span)
