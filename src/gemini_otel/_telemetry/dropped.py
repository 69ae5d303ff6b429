"""Streams and connections that were dropped unread are noted at once, and ended later, where that is safe.

The garbage collector runs wherever Python allocates, also inside a metric reader, a processor or an exporter that holds a
lock. Ending a call takes these locks. From `__del__`, from a weakref's callback or from the `finally` of a generator that
the collector closes, it could wait for its own thread for ever. There, only `later` may be called. What it notes is done at
the beginning and end of observed calls, when spans are flushed, at exit, at `uninstrument()`, and by a thread of its own.
"""

# Without `from __future__ import annotations`, which would slow down the start-up: typing compiles each annotation of a
# NamedTuple that is text.

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from gemini_otel._facts.guard import safely

if TYPE_CHECKING:
    from typing import Protocol

    class _Held(Protocol):
        def abandon(self) -> None: ...


Task = Callable[[], object]


class Moment(NamedTuple):
    """A time on both clocks: that for durations, and that for spans."""

    seconds: float
    nanoseconds: int


def now() -> Moment:
    """The current time."""
    return Moment(time.perf_counter(), time.time_ns())


class _State:
    """The state that a forked child starts anew, because the parent ends its own streams."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Task] = SimpleQueue()  # its `put` may be interrupted by itself
        self.busy: set[int] = set()  # threads that are working on it
        self.open: weakref.WeakSet[_Held] = weakref.WeakSet()  # whose streams the user holds
        self.worker: threading.Thread | None = None


_state = _State()
pending: set[Task] = set()  # noted and not done yet
forks = 0  # number of forks before this process; a child does not end what its parent began


def later(task: Task) -> None:
    """Note what is to be done. It may be called from a finalizer: it takes no lock that its own thread could hold."""
    pending.add(task)
    _state.queue.put(task)


def end_dropped() -> None:
    """Do what was noted. It is called when the program has called us and we hold no lock."""
    state = _state
    while not state.queue.empty():
        with contextlib.suppress(Empty):
            _do(state, state.queue.get_nowait())


def flush(seconds: float = 5.0) -> bool:
    """Do what was noted, and wait for other threads that are doing it. Returns whether everything is done."""
    deadline = time.monotonic() + seconds
    end_dropped()
    if threading.get_ident() in _state.busy:
        return False  # this is called by a hook that flushes, and would wait for itself
    while pending and time.monotonic() < deadline:
        time.sleep(0.001)
    return not pending


def _do(state: _State, task: Task) -> None:
    state.busy.add(threading.get_ident())
    try:
        safely(task)
    finally:
        state.busy.discard(threading.get_ident())
        pending.discard(task)


def hold_open(stream: "_Held") -> None:
    """Note a stream that the user gets. It ends with the interpreter, or a moment after the user drops it."""
    state = _state
    state.open.add(stream)
    if state.worker is None:
        state.worker = threading.Thread(target=_work, args=(state,), name="gemini-otel-dropped", daemon=True)
        with contextlib.suppress(RuntimeError):  # no more threads can start; the next call ends it
            state.worker.start()


def let_go(stream: "_Held") -> None:
    """Forget a stream that has ended."""
    _state.open.discard(stream)


def end_open_streams() -> None:
    """End the streams that are open when the interpreter exits, while exporters still export."""
    for stream in list(_state.open):
        stream.abandon()
    flush()


def _work(state: _State) -> None:
    while True:
        _do(state, state.queue.get())


def _reset_after_fork() -> None:
    global _state, pending, forks
    _state, pending, forks = _State(), set(), forks + 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
