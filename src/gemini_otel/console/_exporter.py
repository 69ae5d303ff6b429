"""A span exporter for the terminal: each trace as a tree, one line for each call, with its hint below. Needs the extra `console`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from typing import NamedTuple

try:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from rich.console import Console
    from rich.tree import Tree

    from gemini_otel.console._tree import context_of, is_problem, trace_trees
except ImportError as missing:
    raise ImportError(
        f"gemini_otel.console needs {missing.name}. Install it with: pip install 'gemini-otel[console]'",
        name=missing.name,
    ) from missing

from gemini_otel._settings import in_force

__all__ = ["ConsoleTraceExporter"]

_MAX_PENDING = 1000  # spans whose root has not ended
_MAX_WAIT = 60  # seconds to wait for a root to end
_UNBROKEN = 100_000  # columns; in a file or a pipe, lines may have any length
# A closed pipe, for which rich would end the program, or a closed file.
_NOT_WRITTEN = (OSError, ValueError, SystemExit)


class ConsoleTraceExporter(SpanExporter):
    """Prints a trace as a tree as soon as its root span is exported: one line for each span, with its hints below.

    With `problems_only` (a bool), traces in which nothing went wrong are left out; the default is the environment variable
    GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY. It prints to `console`, a `rich.console.Console`; the default is standard error,
    because standard output belongs to the program. Spans whose root does not end are printed after a minute, when more than
    1000 wait, on `force_flush()` and on `shutdown()`. Raises TypeError or ValueError for any other argument, and ImportError
    without the extra `console`.

    OTEL_TRACES_EXPORTER knows it under the name `gemini_console`.
    """

    def __init__(self, console: Console | None = None, problems_only: bool | None = None) -> None:
        if console is not None and not isinstance(console, Console):
            raise TypeError(f"console={console!r} is not valid; it takes a rich.console.Console")
        self._problems_only = in_force.problems_only(problems_only)
        self._given = console
        self._reset()
        _exporters.add(self)

    def _reset(self) -> None:
        """Start with no pending spans, because in a child process the earlier ones are the parent's to print."""
        self._console = self._given or _standard_error()
        self._pending: dict[int, _Pending] = {}
        self._due: list[list[ReadableSpan]] = []
        self._printing = False
        # A span may end and be exported while the garbage collector runs in the thread that prints.
        self._lock = threading.RLock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Print the traces that these spans complete; FAILURE if there is nothing to print to."""
        with self._lock:
            self._take([trace_id for span in spans if (trace_id := self._add(span)) is not None])
            self._take(self._overdue())
            return self._print()

    def shutdown(self) -> None:
        """Print the spans whose root has not ended."""
        self.force_flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Print the spans whose root has not ended; spans that end later become separate trees."""
        with self._lock:
            self._take(list(self._pending))
            return self._print() is SpanExportResult.SUCCESS

    def _add(self, span: ReadableSpan) -> int | None:
        """Keep the span; return the id of its trace if the trace is complete now."""
        trace_id = context_of(span).trace_id
        self._pending.setdefault(trace_id, _Pending([], time.monotonic())).spans.append(span)
        return trace_id if span.parent is None or span.parent.is_remote else None

    def _overdue(self) -> list[int]:
        """The traces to print although their root has not ended: those that have waited long, and the oldest if there are
        too many.
        """
        latest = time.monotonic() - _MAX_WAIT
        excess = sum(len(trace.spans) for trace in self._pending.values()) - _MAX_PENDING
        overdue = []
        for trace_id, trace in self._pending.items():
            if excess <= 0 and trace.since > latest:
                break
            overdue.append(trace_id)
            excess -= len(trace.spans)
        return overdue

    def _take(self, trace_ids: Sequence[int]) -> None:
        """Remove the pending spans of these traces, to be printed next."""
        taken = [self._pending.pop(trace_id).spans for trace_id in dict.fromkeys(trace_ids)]
        self._due += [spans for spans in taken if not self._problems_only or any(map(is_problem, spans))]

    def _print(self) -> SpanExportResult:
        result = SpanExportResult.SUCCESS
        if self._printing:  # In this thread, while it prints: the traces that are due now come next.
            return result
        self._printing = True
        try:
            while self._due:
                self._show([*trace_trees(self._due.pop(0), self._console.width)])
        except _NOT_WRITTEN:
            result = SpanExportResult.FAILURE
            with contextlib.suppress(*_NOT_WRITTEN):
                self._unwritten()
        finally:
            self._printing = False
            self._due.clear()
        return result

    def _show(self, trees: list[Tree]) -> None:
        """Print the trees of a trace, and a blank line to separate it from the next."""
        try:
            self._console.print(*trees, "", sep="\n", highlight=False)
        except UnicodeEncodeError:  # a name has characters that the output's encoding lacks
            encoding = self._console.encoding
            text = self._unwritten().encode(encoding, "backslashreplace").decode(encoding)
            self._console.file.write(text)
            self._console.file.flush()

    def _unwritten(self) -> str:
        """Remove from rich what could not be written; otherwise rich would write it before the next tree."""
        with self._console.capture() as kept:
            pass
        return kept.get()


class _Pending(NamedTuple):
    """The spans of a trace whose root has not ended, and since when they wait."""

    spans: list[ReadableSpan]
    since: float


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Do nothing when nobody reads standard error any more; rich would end the program and close its standard output as
        well.
        """
        raise BrokenPipeError


def _standard_error() -> Console:
    try:
        terminal = sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, the program's own, or closed
        terminal = False
    width = None if terminal or "COLUMNS" in os.environ else _UNBROKEN
    return _Terminal(stderr=True, width=width, highlight=False)


_exporters: weakref.WeakSet[ConsoleTraceExporter] = weakref.WeakSet()


def _reset_after_fork() -> None:
    """A thread that the child does not have may hold a lock."""
    for exporter in list(_exporters):
        exporter._reset()  # noqa: SLF001  # its own module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
