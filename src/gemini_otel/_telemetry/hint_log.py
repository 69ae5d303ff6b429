"""Hints as log events, for back ends that show logs: the same name and attributes as the span event."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._telemetry.log_events import EventLog

_SEVERITIES = {"info": SeverityNumber.INFO, "warning": SeverityNumber.WARN, "error": SeverityNumber.ERROR}


class HintLog:
    """Emits log events to a provider, or to the global one where none is given."""

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._log = EventLog(provider)

    def emit(self, span: Span, event: Mapping[str, str], end_time: int | None) -> None:
        """One log event, which belongs to `span`."""
        conversation = (getattr(span, "attributes", None) or {}).get(names.CONVERSATION_ID)
        known = {} if conversation is None else {names.CONVERSATION_ID: conversation}
        self._log.emit(
            names.EVENT_HINT,
            span,
            _SEVERITIES[event[names.HINT_SEVERITY]],
            {**event, **known},
            body=event[names.HINT_SUMMARY],
            timestamp=end_time,
        )
