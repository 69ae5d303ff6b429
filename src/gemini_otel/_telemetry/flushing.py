"""Lets the tracer provider's flush wait for what the program has dropped, where there is no hint processor that does."""

from __future__ import annotations

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
