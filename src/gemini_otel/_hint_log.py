"""Hints as log events, for back ends that show logs: the same name and attributes as the span event."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import _logs
from opentelemetry._logs import Logger, LoggerProvider, SeverityNumber
from opentelemetry.trace import Span, set_span_in_context

from gemini_otel import _semconv as names
from gemini_otel._version import __version__

SCOPE = "gemini_otel"
_SEVERITIES = {"info": SeverityNumber.INFO, "warning": SeverityNumber.WARN, "error": SeverityNumber.ERROR}

Emit = Callable[[Logger, Span, dict[str, Any]], None]


class HintLog:
    """Emits log events to a provider, or to the global one where none is given."""

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._logger = _logs.get_logger(SCOPE, __version__, logger_provider=provider)

    def emit(self, span: Span, event: Mapping[str, str], end_time: int | None) -> None:
        """One log event, which belongs to `span`."""
        severity = _SEVERITIES[event[names.HINT_SEVERITY]]
        conversation = (getattr(span, "attributes", None) or {}).get(names.CONVERSATION_ID)
        known = {} if conversation is None else {names.CONVERSATION_ID: conversation}
        record: dict[str, Any] = {
            "timestamp": time.time_ns() if end_time is None else end_time,
            "observed_timestamp": time.time_ns(),
            "severity_number": severity,
            "severity_text": severity.name,
            "body": event[names.HINT_SUMMARY],
            "attributes": {**event, **known},
        }
        _way_to_emit()(self._logger, span, record)


@functools.cache
def _way_to_emit() -> Emit:
    """What the installed release can do: keywords (1.38), records with a name and a context (1.36), records (1.33)."""
    if "event_name" in inspect.signature(Logger.emit).parameters:
        return _emit_keywords
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    return _emit_named if "event_name" in inspect.signature(LogRecord).parameters else _emit_old


def _emit_keywords(logger: Logger, span: Span, record: dict[str, Any]) -> None:
    logger.emit(event_name=names.EVENT_HINT, context=set_span_in_context(span), **record)


def _emit_named(logger: Logger, span: Span, record: dict[str, Any]) -> None:
    _emit_record(logger, event_name=names.EVENT_HINT, context=set_span_in_context(span), **record)


def _emit_old(logger: Logger, span: Span, record: dict[str, Any]) -> None:
    """The name of an event was an attribute then."""
    record["attributes"]["event.name"] = names.EVENT_HINT
    context = span.get_span_context()
    ids = {"trace_id": context.trace_id, "span_id": context.span_id, "trace_flags": context.trace_flags}
    _emit_record(logger, **ids, **record)


def _emit_record(logger: Logger, **record: Any) -> None:
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    logger.emit(LogRecord(resource=getattr(logger, "resource", None), **record))
