"""Where the OpenTelemetry context keeps the conversation: apart from what sets it, so that start-up need not import that."""

from __future__ import annotations

from opentelemetry import context as otel_context

KEY = otel_context.create_key("gemini_otel.conversation")


def conversation_id() -> str | None:
    """The id of the conversation that this context is in."""
    found = otel_context.get_value(KEY)
    return found if isinstance(found, str) else None
