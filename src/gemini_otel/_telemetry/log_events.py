"""Log events by name, with whatever API the installed release of OpenTelemetry has for them."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from typing import Any

from opentelemetry import _logs
from opentelemetry._logs import Logger, LoggerProvider, SeverityNumber
from opentelemetry.trace import Span, set_span_in_context

from gemini_otel._facts.sendable import structure
from gemini_otel._facts.version import __version__

SCOPE = "gemini_otel"

Emit = Callable[[Logger, str, Span, dict[str, Any]], None]


class EventLog:
    """Emits log events to a provider, or to the global one where none is given."""

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._logger = _logs.get_logger(SCOPE, __version__, logger_provider=provider)

    def emit(
        self,
        name: str,
        span: Span,
        severity: SeverityNumber,
        attributes: dict[str, Any],
        *,
        body: str | None = None,
        timestamp: int | None = None,
    ) -> None:
        """One log event, which belongs to `span`."""
        record: dict[str, Any] = {
            "timestamp": time.time_ns() if timestamp is None else timestamp,
            "observed_timestamp": time.time_ns(),
            "severity_number": severity,
            "severity_text": severity.name,
            "body": structure(body),
            "attributes": structure(attributes),
        }
        _way_to_emit()(self._logger, name, span, record)


def takes_structures() -> bool:
    """Whether the attributes of a log event may be lists of objects."""
    return _way_to_emit() is _emit_keywords


@functools.cache
def _way_to_emit() -> Emit:
    """What the installed release can do: keywords (1.38), records with a name and a context (1.36), records (1.33)."""
    if "event_name" in inspect.signature(Logger.emit).parameters:
        return _emit_keywords
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    return _emit_named if "event_name" in inspect.signature(LogRecord).parameters else _emit_old


def _emit_keywords(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    logger.emit(event_name=name, context=set_span_in_context(span), **record)


def _emit_named(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    _emit_record(logger, event_name=name, context=set_span_in_context(span), **record)


def _emit_old(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    """The name of an event was an attribute then."""
    record["attributes"]["event.name"] = name
    context = span.get_span_context()
    ids = {"trace_id": context.trace_id, "span_id": context.span_id, "trace_flags": context.trace_flags}
    _emit_record(logger, **ids, **record)


def _emit_record(logger: Logger, **record: Any) -> None:
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    logger.emit(LogRecord(resource=getattr(logger, "resource", None), **record))
