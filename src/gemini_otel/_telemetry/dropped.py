"""What nobody holds any more is noted where it is dropped, and ended where that harms nobody.

The garbage collector runs wherever Python allocates: also inside a metric reader, a processor or an exporter that holds a
lock. An end takes these locks, so from `__del__`, from a weakref's callback or from the `finally` of a generator that the
collector closes it could wait for its own thread for ever. There `later` is the only thing to call. What it notes is done at
the begin and the end of observed calls, when spans are flushed, at exit, at `uninstrument()`, and by a thread of its own.
"""

# Annotations are no text here: typing compiles those of a NamedTuple that are, which a start-up need not wait for.

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
    """A time on both clocks: that of durations, and that of spans."""

    seconds: float
    nanoseconds: int


def now() -> Moment:
    """The present moment."""
    return Moment(time.perf_counter(), time.time_ns())


class _State:
    """What a forked child begins anew: the parent's streams are the parent's to end."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Task] = SimpleQueue()  # its `put` may interrupt itself
        self.busy: set[int] = set()  # threads that do some of it
        self.open: weakref.WeakSet[_Held] = weakref.WeakSet()  # whose streams are in the user's hands
        self.worker: threading.Thread | None = None


_state = _State()
pending: set[Task] = set()  # noted, and not yet done
forks = 0  # before this process: nothing is ended by a child of what began it


def later(task: Task) -> None:
    """Note what is to be done; from a finalizer, too. It takes no lock that its own thread could hold."""
    pending.add(task)
    _state.queue.put(task)


def end_dropped() -> None:
    """Do what was noted; where the program has called us, and nothing of ours is held."""
    state = _state
    while not state.queue.empty():
        with contextlib.suppress(Empty):
            _do(state, state.queue.get_nowait())


def flush(seconds: float = 5.0) -> bool:
    """Do what was noted, and wait for what another thread is doing of it; whether all is done."""
    deadline = time.monotonic() + seconds
    end_dropped()
    if threading.get_ident() in _state.busy:
        return False  # a hook that flushes, called by what it would wait for
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
    """Note a stream that the user is given; it ends with the interpreter, or a moment after he drops it."""
    state = _state
    state.open.add(stream)
    if state.worker is None:
        state.worker = threading.Thread(target=_work, args=(state,), name="gemini-otel-dropped", daemon=True)
        with contextlib.suppress(RuntimeError):  # no more threads: the next call ends it
            state.worker.start()


def let_go(stream: "_Held") -> None:
    """Forget a stream that has ended."""
    _state.open.discard(stream)


def end_open_streams() -> None:
    """End what is still open when the interpreter exits, while exporters still export."""
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
