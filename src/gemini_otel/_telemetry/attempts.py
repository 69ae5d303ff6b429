"""The HTTP attempts of one call, in order, and the exceptions that ended them; each exception is read once."""

from __future__ import annotations

import time

from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.bounded import bounded
from gemini_otel._facts.errors.exceptions import read_error, unread_error
from gemini_otel._facts.guard import safely
from gemini_otel._telemetry.attributes import (
    Attributes,
    attempt_attributes,
    error_attributes,
    failed_attempt_attributes,
)


class LastError:
    """Reads exceptions and keeps the facts of the last one, because the same exception usually ends attempt, call and loop."""

    __slots__ = ("_error", "_facts", "_vertex")

    def __init__(self, *, vertex: bool = False) -> None:
        self._vertex = vertex
        self._error: BaseException | None = None
        self._facts = ErrorFacts(type="")

    def read(self, error: BaseException) -> ErrorFacts:
        """The facts of `error`."""
        if error is not self._error:
            self.keep(error, safely(self._read, error) or bounded(unread_error(error)))
        return self._facts

    def _read(self, error: BaseException) -> ErrorFacts:
        return bounded(read_error(error, vertex=self._vertex))

    def keep(self, error: BaseException, facts: ErrorFacts) -> None:
        """Keep facts of `error` that were read elsewhere."""
        self._error, self._facts = error, facts

    def forget(self) -> None:
        """Release the exception, whose traceback holds the frames of the call."""
        self._error = None


class AttemptLog:
    """Counts attempts and resends, and writes a `gemini.attempt` event for each that failed.

    An event is written when the next attempt begins, so that it has the SDK's wait; `close` writes the last one.
    """

    # Class attributes until something happens, because most calls have one attempt, which succeeds.
    _event: tuple[Attributes, int] | None = None
    _failed_at = 0.0
    _answered: int | None = None
    answers = 0
    number = 0
    resends = 0
    status_code: int | None = None
    last_error: ErrorFacts | None = None

    def __init__(self, span: Span) -> None:
        self._span = span

    def started(self) -> None:
        """Note that an HTTP attempt begins."""
        self._answered = None
        self.number += 1
        if self._event is not None:
            safely(self._resent, self._event[0])

    def _resent(self, failed: Attributes) -> None:
        self.resends += 1
        failed[names.ATTEMPT_WAIT] = time.monotonic() - self._failed_at
        self.close()

    def answered(self, status_code: int) -> None:
        """Note the status of an answer that the SDK may still reject with an exception that lacks the status."""
        self._answered = status_code

    def succeeded(self) -> None:
        """Note status 200, the only one that the SDK accepts as a success."""
        self.status_code = 200
        self.answers += 1

    def failed(self, error: ErrorFacts, ago: float = 0.0) -> None:
        self.status_code = self._answered if error.code is None else error.code
        self.last_error = error
        self._event = attempt_attributes(error, self.number), time.time_ns() - int(ago * 1e9)
        self._failed_at = time.monotonic() - ago

    def attributes(self, failure: ErrorFacts | None, *, continued: bool) -> Attributes:
        """The span's attributes about its attempts, after the last one; `failure` is what the caller gets.

        An answer that can be `continued` may take several requests.
        """
        if self._event is not None:
            self.close()
        attributes: Attributes = {}
        status_code = self.status_code
        if failure is not None and self.number == 0 and status_code is None:
            status_code = failure.code  # a replaying or patched client, in which no attempt was seen
        if status_code is not None:
            attributes[names.HTTP_STATUS_CODE] = status_code
        if self.resends:
            attributes[names.HTTP_RESEND_COUNT] = self.resends
        if continued and self.answers > 1:
            attributes[names.CONTINUATION_COUNT] = self.answers - 1
        if failure is not None:
            attributes.update(error_attributes(failure))
        elif self.last_error is not None:
            attributes.update(failed_attempt_attributes(self.last_error))
        return attributes

    def close(self) -> None:
        """Write the event of the last failed attempt, if it is not written yet."""
        if self._event is not None:
            attributes, timestamp = self._event
            self._event = None
            self._span.add_event(names.EVENT_ATTEMPT, attributes, timestamp)
