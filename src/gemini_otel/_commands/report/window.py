"""Counts each call once: if several spans stand for one call, ours counts, else the innermost.

Spans arrive in any order, so the last ones wait in a window until the spans inside and around them have arrived.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from gemini_otel._commands.report.calls import Read

_WAITING = 10_000  # spans
_DEEPEST = 50
_MOST_CALLS = 100  # our calls in one trace with which a framework's span is compared
_SLACK = 0.001  # seconds of tolerance at a span's ends

_Key = tuple[str, str]


class Decided(NamedTuple):
    """A span, and whether it is `counted` as a call; one that is not counted may still have its own hint."""

    read: Read
    counted: bool
    duplicate: bool = False


class _Waiting:
    __slots__ = ("outside", "read")

    def __init__(self, read: Read) -> None:
        self.read = read
        self.outside = not read.is_call


class Window:
    def __init__(self, waiting: int = _WAITING) -> None:
        self._most = waiting
        self._spans: OrderedDict[_Key, _Waiting] = OrderedDict()
        self._inner: OrderedDict[_Key, _Waiting] = (
            OrderedDict()
        )  # by the id of a span that has not arrived: the span inside it
        self._ours: OrderedDict[str, list[tuple[float, float]]] = OrderedDict()

    def add(self, read: Read) -> Iterator[Decided]:
        """Add a span, and return those that have waited long enough."""
        key = (read.trace, read.id)
        if read.id and key in self._spans:
            yield Decided(read, counted=False, duplicate=True)
            return
        waiting = self._spans[key if read.id else (read.trace, f"#{id(read)}")] = _Waiting(read)
        if read.is_ours and read.is_call:
            calls = self._ours.setdefault(read.trace, [])
            if len(calls) < _MOST_CALLS:
                calls.append((read.start, read.start + read.seconds))
            _shorten(self._ours, self._most)
        if (inner := self._inner.pop(key, None)) is not None:
            self._choose(inner, waiting)
        if read.is_call:
            self._look_around(waiting)
        elif inner is not None and not read.is_tool:
            self._look_around(inner, read.parent)
        if len(self._spans) > self._most:
            yield self._decide(self._spans.popitem(last=False)[1])

    def rest(self) -> Iterator[Decided]:
        """The spans that still wait."""
        while self._spans:
            yield self._decide(self._spans.popitem(last=False)[1])

    def _look_around(self, inner: _Waiting, parent: str | None = None) -> None:
        trace = inner.read.trace
        parent = inner.read.parent if parent is None else parent
        for _ in range(_DEEPEST):
            if not parent:
                return
            around = self._spans.get((trace, parent))
            if around is None:
                self._inner[trace, parent] = inner
                _shorten(self._inner, self._most)
                return
            if around.read.is_tool:  # a program's own function, which may make calls
                return
            self._choose(inner, around)
            parent = around.read.parent

    @staticmethod
    def _choose(inner: _Waiting, around: _Waiting) -> None:
        """Count one of two nested spans for one call: ours, else the inner one."""
        if around.read.is_call and around.read.is_ours and not inner.read.is_ours:
            inner.outside = True
        elif not around.read.is_tool:
            around.outside = True

    def _decide(self, waiting: _Waiting) -> Decided:
        read = waiting.read
        if read.is_second and not waiting.outside:
            begun, ended = read.start - _SLACK, read.start + read.seconds + _SLACK
            calls = self._ours.get(read.trace, ())
            waiting.outside = any(begun <= start and end <= ended for start, end in calls)
        return Decided(read, counted=not waiting.outside)


def _shorten(
    remembered: OrderedDict[_Key, _Waiting] | OrderedDict[str, list[tuple[float, float]]], most: int
) -> None:
    if len(remembered) > most:
        remembered.popitem(last=False)
