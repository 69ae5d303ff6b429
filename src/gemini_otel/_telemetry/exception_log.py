"""Exceptions of calls as log events of the conventions: what was raised, and where in the program the call stands.

Neither the text of the exception nor lines of source code are in it: both may quote a prompt.
"""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.exceptions import class_name
from gemini_otel._facts.sendable import text
from gemini_otel._telemetry.log_events import EventLog

_MOST_FRAMES = 48  # on either side of the call
_LONGEST = 16_384  # characters of a stack
_OURS = str(Path(__file__).parents[1])


class ExceptionLog:
    """Emits them to a provider, or to the global one where none is given."""

    def __init__(self, provider: LoggerProvider | None) -> None:
        self._provider = provider
        self._log: EventLog | None = None

    def emit(
        self, span: Span, error: BaseException, failure: ErrorFacts, attributes: Mapping[str, Any]
    ) -> None:
        """One log event, which belongs to `span`; `attributes` are those that the call started with."""
        if self._log is None:
            self._log = EventLog(self._provider)
        event = {**attributes, names.ERROR_TYPE: failure.type, names.EXCEPTION_TYPE: text(class_name(error))}
        if failure.message is not None:
            event[names.EXCEPTION_MESSAGE] = text(failure.message)
        event[names.EXCEPTION_STACKTRACE] = text(_stack(error), _LONGEST)
        self._log.emit(names.EVENT_EXCEPTION, span, SeverityNumber.WARN, event)


def _stack(error: BaseException) -> str:
    """From the program's outermost frame to the one that raised, without our own."""
    callers = itertools.islice(_theirs(traceback.walk_stack(sys._getframe(1))), _MOST_FRAMES)  # noqa: SLF001  # as traceback does
    below = itertools.islice(_theirs(traceback.walk_tb(error.__traceback__)), _MOST_FRAMES)
    return "\n".join(("Traceback (most recent call last):", *reversed([*callers]), *below, class_name(error)))


def _theirs(frames: Iterable[tuple[FrameType, int]]) -> Iterator[str]:
    for frame, line in frames:
        if not frame.f_code.co_filename.startswith(_OURS):
            yield f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}'
