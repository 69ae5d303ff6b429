"""Log events by name, with whatever API the installed release of OpenTelemetry has for them: for hints and for exceptions.

An exception's event has its class and its stack. It has neither its text nor source code, because both may quote a prompt.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry import _logs
from opentelemetry._logs import Logger, LoggerProvider, SeverityNumber
from opentelemetry.trace import Span, set_span_in_context

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.exceptions import class_name
from gemini_otel._facts.sendable import structure, text
from gemini_otel._facts.version import __version__

SCOPE = "gemini_otel"

_SEVERITIES = {"info": SeverityNumber.INFO, "warning": SeverityNumber.WARN, "error": SeverityNumber.ERROR}
_MOST_FRAMES = 48  # frames on either side of the call
_LONGEST = 16_384  # characters of a stack
_OURS = str(Path(__file__).parents[1])

Emit = Callable[[Logger, str, Span, dict[str, Any]], None]


class EventLog:
    """Emits log events to a provider, or to the global one if none is given."""

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
        """Emit one log event, which belongs to `span`."""
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
    """The way that the installed release supports: keywords (1.38), records with a name and a context (1.36), records
    (1.33).
    """
    if "event_name" in inspect.signature(Logger.emit).parameters:
        return _emit_keywords
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    return _emit_named if "event_name" in inspect.signature(LogRecord).parameters else _emit_old


def _emit_keywords(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    logger.emit(event_name=name, context=set_span_in_context(span), **record)


def _emit_named(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    _emit_record(logger, event_name=name, context=set_span_in_context(span), **record)


def _emit_old(logger: Logger, name: str, span: Span, record: dict[str, Any]) -> None:
    """Emit with the event's name as an attribute, as it was then."""
    record["attributes"]["event.name"] = name
    context = span.get_span_context()
    ids = {"trace_id": context.trace_id, "span_id": context.span_id, "trace_flags": context.trace_flags}
    _emit_record(logger, **ids, **record)


def _emit_record(logger: Logger, **record: Any) -> None:
    from opentelemetry.sdk._logs import LogRecord  # type: ignore[attr-defined]  # gone from newer releases

    logger.emit(LogRecord(resource=getattr(logger, "resource", None), **record))


class HintLog:
    """Emits hints as log events to a provider, or to the global one if none is given."""

    def __init__(self, provider: LoggerProvider | None = None) -> None:
        self._log = EventLog(provider)

    def emit(self, span: Span, event: Mapping[str, str], end_time: int | None) -> None:
        """Emit one log event, which belongs to `span`."""
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


class ExceptionLog:
    """Emits exceptions as log events to a provider, or to the global one if none is given."""

    def __init__(self, provider: LoggerProvider | None) -> None:
        self._provider = provider
        self._log: EventLog | None = None

    def emit(
        self, span: Span, error: BaseException, failure: ErrorFacts, attributes: Mapping[str, Any]
    ) -> None:
        """Emit one log event, which belongs to `span`; `attributes` are those that the call started with."""
        if self._log is None:
            self._log = EventLog(self._provider)
        event = {**attributes, names.ERROR_TYPE: failure.type, names.EXCEPTION_TYPE: text(class_name(error))}
        if failure.message is not None:
            event[names.EXCEPTION_MESSAGE] = text(failure.message)
        event[names.EXCEPTION_STACKTRACE] = text(_stack(error), _LONGEST)
        self._log.emit(names.EVENT_EXCEPTION, span, SeverityNumber.WARN, event)


def _stack(error: BaseException) -> str:
    """The stack from the program's outermost frame to the one that raised, without our frames."""
    callers = itertools.islice(_theirs(traceback.walk_stack(sys._getframe(1))), _MOST_FRAMES)  # noqa: SLF001  # as traceback does
    below = itertools.islice(_theirs(traceback.walk_tb(error.__traceback__)), _MOST_FRAMES)
    return "\n".join(("Traceback (most recent call last):", *reversed([*callers]), *below, class_name(error)))


def _theirs(frames: Iterable[tuple[FrameType, int]]) -> Iterator[str]:
    for frame, line in frames:
        if not frame.f_code.co_filename.startswith(_OURS):
            yield f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}'
