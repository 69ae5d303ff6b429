"""The user's own functions, called with a span that records."""

from __future__ import annotations

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Span

from gemini_otel._guard import call_back
from gemini_otel._settings.table import Settings


def call_hook(settings: Settings, name: str, span: Span, subject: object) -> None:
    """Call the hook of this name, where there is one. What it raises is logged; what it returns is not looked at."""
    hook = getattr(settings, name)
    if hook is not None:
        with suppress_instrumentation():  # a hook that calls Gemini would be called for that as well
            # An owner's span itself, not our view of it.
            call_back(name, hook, getattr(span, "__wrapped__", span), subject)
