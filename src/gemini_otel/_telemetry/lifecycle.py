"""The common part of a round, a user call and a tool run: a context to run in, and exactly one end."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from gemini_otel._facts import names
from gemini_otel._facts.errors.cancellation import is_cancellation
from gemini_otel._facts.guard import report
from gemini_otel._facts.outcomes import REPETITION
from gemini_otel._facts.sendable import text
from gemini_otel._telemetry import dropped
from gemini_otel._telemetry.dropped import Moment
from gemini_otel._telemetry.sayings import detach_quietly

if TYPE_CHECKING:
    from gemini_otel._facts.calls import ErrorFacts
    from gemini_otel._telemetry.rounds import Round, RoundEnd

_ROUND_KEY = otel_context.create_key("gemini_otel.round")
LOOP_KEY = otel_context.create_key("gemini_otel.loop")


class RoundParent(Protocol):
    """The parent of rounds; it is called when each starts and ends."""

    @property
    def moment(self) -> Moment | None: ...

    def round_started(self, call: Round) -> None: ...

    def round_ended(self, call: Round, ended: RoundEnd) -> None: ...


# Contexts hold these weakly, so that dropping a stream ends it at once.
def round_context(call: Round, base: Context) -> Context:
    """`base` with `call` as the round whose request is sent in it."""
    return otel_context.set_value(_ROUND_KEY, weakref.ref(call), base)


def current_round() -> Round | None:
    """The round whose request is being sent in this context."""
    reference: Any = otel_context.get_value(_ROUND_KEY)
    call: Round | None = None if reference is None else reference()
    return None if call is None or call.ended else call


def loop_context(loop: RoundParent | None, base: Context) -> Context:
    """`base` with `loop` as the parent of rounds."""
    return otel_context.set_value(LOOP_KEY, None if loop is None else weakref.ref(loop), base)


def loop_in(context: Context) -> Any:
    """The parent of rounds that start in this context; None if there is none."""
    reference: Any = context.get(LOOP_KEY)
    return None if reference is None else reference()


class Observation:
    """In `with observed:` its context is current; an exception that leaves the block ends it.

    A stream enters the block once for each step, so that the consumer's own context is current in the body of its loop.
    After it is `settled` it does so no more, and other objects report what is still to come.
    """

    settled = False
    __slots__ = (
        "__weakref__",
        "_around",
        "_context",
        "_end",
        "_forks",
        "_moment",
        "_token",
        "ended",
        "is_stream",
    )

    def __init__(self, context: Context, around: RoundParent | None = None) -> None:
        self._context = context
        self._around = around  # the parent, with which it ends
        self._end = threading.Lock()
        self._forks = dropped.forks
        self._moment: Moment | None = None  # when it was dropped, if it was
        self.ended = False
        self.is_stream = (
            False  # while it is read step by step; elsewhere the end of an iteration is a failure
        )

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        left = otel_context.get_current()
        if kind is GeneratorExit:
            # A dropped coroutine is closed in whatever context the collector runs, which is not ours.
            if left is self._context:
                detach_quietly(self._token)
        else:
            otel_context.detach(self._token)
            if left is not self._context:
                _keep(left, self._context)
        if error is not None:
            self._end_with(error)

    def _end_with(self, error: BaseException) -> None:
        """End with the exception that left the block, unless it means that a stream is exhausted."""
        if isinstance(error, GeneratorExit):
            self.drop()
        elif not (self.is_stream and isinstance(error, StopIteration | StopAsyncIteration)):
            self.finish(error)

    def observe(self, response: object) -> None:
        """Read a response, or the next chunk of a stream."""

    def owner_ended(self) -> None:
        """End because the parent has ended, possibly in its own finalizer."""
        self.end(GeneratorExit())

    def abandon(self) -> None:
        """End because the consumer stopped reading and said so."""
        self.finish(GeneratorExit())

    def drop(self) -> None:
        """Note the time at which the last reference was dropped. A finalizer may call nothing else: see `dropped`."""
        if not self.ended:
            self.ended = True
            self._moment = dropped.now()
            dropped.later(self._end_dropped)

    def _end_dropped(self) -> None:
        self.end(GeneratorExit())

    def __del__(self) -> None:
        if not getattr(self, "ended", True):
            self._end = threading.Lock()  # a KeyboardInterrupt may have come between it and the end
            self.drop()

    def finish(self, error: BaseException | None = None) -> None:
        """End, with the exception that ended it, if there is one. Only the first end counts."""
        self.end(error)
        if dropped.pending:
            dropped.end_dropped()

    def end(self, error: BaseException | None = None, moment: Moment | None = None) -> None:
        """End without further steps; at `moment`, if that was before now. A forked child leaves the end to its parent."""
        if not self._end.acquire(blocking=False):
            return
        if self._forks != dropped.forks:
            self.ended = True
            return
        try:
            try:
                self.ended = True
                if moment is not None or self._around is not None:
                    self._moment = self._first_moment(moment)
                self._record(error, time.perf_counter() if self._moment is None else self._moment.seconds)
            finally:
                self._close()
        except Exception:
            report(f"{type(self).__qualname__}.end")

    def _first_moment(self, moment: Moment | None) -> Moment | None:
        """The time when it was over. The collector runs finalizers in any order, but what is inside ended before what is
        around it.

        Another thread may be about to end the latter.
        """
        around = None if self._around is None else self._around.moment
        return min((each for each in (self._moment, moment, around) if each is not None), default=None)

    @property
    def moment(self) -> Moment | None:
        """When it was dropped, or ended before now; None if neither happened."""
        return self._moment

    def _end_span(self, span: Span) -> None:
        """End `span` now, or at the time when this was over."""
        span.end(None if self._moment is None else self._moment.nanoseconds)

    def _record(self, error: BaseException | None, now: float) -> None:
        """Record how it ended, at `now` on the clock of durations; `_close` follows in any case."""

    def _close(self) -> None:
        """End the span."""


def _keep(left: Context, ours: Context) -> None:
    """Keep what the program attached inside and never detached, without our own entries."""
    added = {key: value for key, value in left.items() if ours.get(key, ours) is not value}
    if added:
        otel_context.attach(Context({**otel_context.get_current(), **added}))


@contextlib.contextmanager
def current(context: Context) -> Iterator[None]:
    """Makes `context` current for a few statements, never across an `await`."""
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)


def set_error(span: Span, failure: ErrorFacts) -> None:
    """Set the span's status to ERROR. The description is never an exception's own text, which may quote a prompt."""
    description = f"{failure.code} {failure.status}" if failure.status else failure.type
    span.set_status(Status(StatusCode.ERROR, text(description)))


def set_error_by_outcome(span: Span, attributes: Mapping[str, Any], error_outcomes: Collection[str]) -> None:
    """Set the span's status to ERROR if `error_outcomes` has the outcome, or the repetition, that its attributes show."""
    outcome, reason = attributes[names.OUTCOME], attributes.get(names.FINISH_REASON)
    loop = attributes.get(names.REPETITION_KIND)
    if outcome in error_outcomes:
        told = (outcome, reason or attributes.get(names.BLOCK_REASON))
    elif loop and REPETITION in error_outcomes:
        told = (REPETITION, loop)
    else:
        return
    span.set_status(Status(StatusCode.ERROR, " ".join(str(part) for part in told if part)))


def outcome_of(error: BaseException) -> str:
    """The outcome of a call that ended with `error`."""
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return "cancelled" if is_cancellation(error) else "error"
