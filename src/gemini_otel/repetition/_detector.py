"""Text and calls in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping

from ._calls import CallLoops
from ._text import TextLoops
from ._thresholds import read_thresholds
from ._verdict import Repetition

__all__ = ["RepetitionDetector"]


class RepetitionDetector:
    """Watches one reply for loops; feed it text and function calls in the order they arrive.

    `structured` says that the reply was asked for as JSON. `thresholds` replaces limits by name (docs/repetition.md).
    One detector serves one stream and one thread at a time. Its state stays under 40 KiB whatever the length.
    """

    __slots__ = ("_calls", "_due", "_pending", "_text", "_verdict")

    def __init__(self, structured: bool = False, *, thresholds: Mapping[str, int] | None = None) -> None:
        if not isinstance(structured, bool):
            raise TypeError(f"structured must be a bool, not {type(structured).__name__}")
        limits = read_thresholds(thresholds)
        self._text: TextLoops | None = TextLoops(structured, limits)
        self._calls = CallLoops(limits)
        self._pending = ""
        self._due = self._text.pace
        self._verdict: Repetition | None = None

    def feed(self, text: str) -> Repetition | None:
        """Take the next piece of text; None until a loop is found, then always the same verdict."""
        try:
            pending = self._pending + text
        except TypeError:
            return self._verdict
        if len(pending) < self._due:
            self._pending = pending
            return None
        return self._advance(pending)

    def feed_call(self, name: str, args: object) -> Repetition | None:
        """Take the next function call of the model; None until a loop is found, then always the same verdict."""
        if self._verdict is None:
            self._conclude(self._calls.look(name, args))
        return self._verdict

    def _advance(self, pending: str) -> Repetition | None:
        loops = self._text
        if loops is None:
            return self._verdict
        start = 0
        while len(pending) - start >= self._due:
            end = start + self._due
            self._due = loops.look(pending[start:end])
            start = end
            if loops.verdict is not None:
                self._conclude(loops.verdict)
                return self._verdict
        self._pending = pending[start:]
        return None

    def _conclude(self, verdict: Repetition | None) -> None:
        if verdict is not None:
            self._verdict = verdict
            self._text = None
            self._pending = ""
            self._due = 0
