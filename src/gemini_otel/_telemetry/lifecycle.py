"""What a round, a turn and a tool run have in common: a context to run in, and exactly one end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.exceptions import is_cancellation
from gemini_otel._facts.sendable import text
from gemini_otel._guard import safely


class Observed:
    """Inside `with observed:` its context is current; an exception that leaves the block ends it.

    A stream enters once for each step, so that the consumer's own context is current in his loop's body.
    """

    __slots__ = ("__weakref__", "_context", "_end", "_token", "ended")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._end = threading.Lock()
        self.ended = False

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A coroutine that is thrown away is closed in whatever context the garbage collector runs: ours is gone then.
        if kind is not GeneratorExit or otel_context.get_current() is self._context:
            otel_context.detach(self._token)
        self._end_with(error)

    def _end_with(self, error: BaseException | None) -> None:
        """End with the exception that left the block, unless it says that a stream is exhausted."""
        if error is not None and not isinstance(error, StopIteration | StopAsyncIteration):
            self.finish(error)

    def observe(self, response: object) -> None:
        """Read a response, or the next chunk of a stream."""

    def owner_ended(self) -> None:
        """End because what is around this has ended."""
        self.abandon()

    def abandon(self) -> None:
        """End because the consumer stopped reading."""
        self.finish(GeneratorExit())

    def finish(self, error: BaseException | None = None) -> None:
        """End, with the exception that ended it where there is one. Only the first end counts."""
        if self._end.acquire(blocking=False):
            self.ended = True
            safely(self._record, error)
            safely(self._close)

    def _record(self, error: BaseException | None) -> None:
        """Write down how it ended; whatever becomes of that, `_close` follows."""

    def _close(self) -> None:
        """End the span."""


@contextlib.contextmanager
def current(context: Context) -> Iterator[None]:
    """Makes `context` current for a few statements; never across an `await`."""
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)


def set_error(span: Span, failure: ErrorFacts) -> None:
    """Give the span status ERROR; the description is never an exception's own text, which may quote a prompt."""
    description = f"{failure.code} {failure.status}" if failure.status else failure.type
    span.set_status(Status(StatusCode.ERROR, text(description)))


def outcome_of(error: BaseException) -> str:
    """How a call ended that `error` ended."""
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return "cancelled" if is_cancellation(error) else "error"
