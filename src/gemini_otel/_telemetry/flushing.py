"""Lets the tracer provider's flush wait for what the program has dropped, where there is no hint processor that does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from gemini_otel._telemetry.dropped import flush


class FlushProcessor(SpanProcessor):
    """Takes no spans."""

    def shutdown(self) -> None:
        """End what was dropped unread, while spans can still be exported."""
        flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """End what was dropped unread."""
        return flush(timeout_millis / 1000)


def install_on(provider: Any) -> None:
    """Have one flush processor at the provider."""
    if not any(isinstance(processor, FlushProcessor) for processor in registered(provider)):
        provider.add_span_processor(FlushProcessor())


def registered(provider: Any) -> Iterator[Any]:
    """The provider's span processors. The SDK has no public way to ask; where this finds none, hints are added once all the same."""
    pending = [getattr(provider, "_active_span_processor", None)]
    while pending:
        processor = pending.pop()
        yield processor
        pending.extend(getattr(processor, "_span_processors", ()))
