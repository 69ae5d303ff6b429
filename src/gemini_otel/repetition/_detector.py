"""Text and calls in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from ._calls import CallLoops, long_strings
from ._text import TextLoops
from ._thresholds import read_thresholds
from ._verdict import Repetition

__all__ = ["RepetitionDetector"]

_HANDFUL, _MANY = 112, 36


class RepetitionDetector:
    """Watches one reply for loops; feed it text and function calls in the order they arrive.

    `structured` says that the reply was asked for as JSON. `thresholds` replaces limits by name (docs/repetition.md).
    One detector serves one stream and one thread at a time. Its state stays under 40 KiB whatever the length.
    """

    __slots__ = ("_calls", "_due", "_limits", "_missing", "_parts", "_rest", "_text", "_verdict")

    def __init__(self, structured: bool = False, *, thresholds: Mapping[str, int] | None = None) -> None:
        if not isinstance(structured, bool):
            raise TypeError(f"structured must be a bool, not {type(structured).__name__}")
        limits = read_thresholds(thresholds)
        self._text: TextLoops | None = TextLoops(structured, limits)
        self._limits = limits
        self._calls: CallLoops | None = None
        self._parts: list[str] = []
        self._due = self._text.pace
        self._missing, self._rest = 0, self._due
        self._verdict: Repetition | None = None

    def feed(self, text: str) -> Repetition | None:
        """Take the next piece of text; None until a loop is found, then always the same verdict."""
        try:
            self._missing = missing = self._missing - len(text)
            if text:
                self._parts.append(text)
        except (TypeError, ValueError):
            return self._verdict
        if missing > 0:
            return None
        return self._gather()

    def feed_call(self, name: str, args: object, result: object = None) -> Repetition | None:
        """Take the next function call of the model; None until a loop is found, then always the same verdict.

        `result` is what the function gave back, where that is known: calls with different results are no loop. Begin
        a new detector with each turn of the user.
        """
        if self._verdict is None:
            self._conclude(self._call_loops().look(name, args, result) or self._loop_in(args))
        return self._verdict

    def recall_call(self, name: str, args: object, result: object = None) -> Repetition | None:
        """Take a function call of an earlier answer: it counts, and the texts in its arguments were that answer's."""
        if self._verdict is None:
            self._conclude(self._call_loops().look(name, args, result))
        return self._verdict

    def _call_loops(self) -> CallLoops:
        if self._calls is None:
            self._calls = CallLoops(self._limits)
        return self._calls

    def _loop_in(self, args: object) -> Repetition | None:
        for text in long_strings(args):
            loops = RepetitionDetector(thresholds=asdict(self._limits))
            if (verdict := loops.feed(text)) is not None:
                return verdict
        return None

    def _gather(self) -> Repetition | None:
        """Go on to gather until a look is due, and keep the pieces few: single characters would take much memory."""
        rest = self._rest + self._missing
        if rest <= 0 or len(self._parts) > _MANY:
            rest = self._join()
        self._missing = missing = rest if rest < _HANDFUL else _HANDFUL  # noqa: FURB136 - min() costs twice as much
        self._rest = rest - missing
        return self._verdict

    def _join(self) -> int:
        """Make one text of the pieces, look when it is long enough, and return how much is missing then."""
        try:
            text = "".join(self._parts)
        except TypeError:
            text = "".join(part for part in self._parts if isinstance(part, str))
        if len(text) >= self._due:
            text = self._advance(text)
        self._parts = [text]
        return self._due - len(text)

    def _advance(self, text: str) -> str:
        """Look at the text block by block; return its end, too short for another look."""
        loops = self._text
        if loops is None:
            return ""
        start = 0
        while len(text) - start >= self._due:
            end = start + self._due
            self._due = loops.look(text[start:end])
            start = end
            if loops.verdict is not None:
                self._conclude(loops.verdict)
                return ""
        return text[start:]

    def _conclude(self, verdict: Repetition | None) -> None:
        if verdict is not None:
            self._verdict = verdict
            self._text = None
            self._parts = []
            self._due = self._missing = self._rest = 0
