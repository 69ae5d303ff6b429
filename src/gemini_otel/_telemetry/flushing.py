"""Ends dropped streams when the tracer provider is flushed, if it has no hint processor, which would do so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from gemini_otel._telemetry.dropped import flush


class FlushProcessor(SpanProcessor):
    """A span processor that ignores spans."""

    def shutdown(self) -> None:
        """End streams that were dropped unread, while spans can still be exported."""
        flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """End streams that were dropped unread."""
        return flush(timeout_millis / 1000)


def install_on(provider: Any) -> None:
    """Add one flush processor to the provider."""
    if not any(isinstance(processor, FlushProcessor) for processor in registered(provider)):
        provider.add_span_processor(FlushProcessor())


def registered(provider: Any) -> Iterator[Any]:
    """The provider's span processors. The SDK has no public way to list them; even if this finds none, hints are added only
    once.
    """
    pending = [getattr(provider, "_active_span_processor", None)]
    while pending:
        processor = pending.pop()
        yield processor
        pending.extend(getattr(processor, "_span_processors", ()))
