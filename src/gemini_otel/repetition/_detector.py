"""The detector: it takes text and function calls, and returns a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from ._calls import CallLoops, long_strings
from ._text import TextLoops
from ._thresholds import read_thresholds
from ._verdict import Repetition

__all__ = ["RepetitionDetector"]


class RepetitionDetector:
    """Watches one reply for loops; feed it text and function calls in the order in which they arrive.

    It recognises the six forms of https://ai.google.dev/gemini-api/docs/troubleshooting. `structured` is True if the reply
    was asked for as JSON or in another format that is not plain text. `thresholds` replaces limits by name;
    docs/repetition.md has names, units and bounds. A detector serves one stream, and one thread at a time. Its state stays
    under 40 KiB, whatever the length of the reply. Raises TypeError if `structured` is not a bool, and ValueError for an
    unknown or bad threshold; the other methods raise nothing.
    """

    __slots__ = ("_calls", "_due", "_limits", "_loops", "_text", "_verdict")

    def __init__(self, structured: bool = False, *, thresholds: Mapping[str, int] | None = None) -> None:
        if not isinstance(structured, bool):
            raise TypeError(f"structured must be a bool, not {type(structured).__name__}")
        limits = read_thresholds(thresholds)
        self._limits = limits
        self._loops: TextLoops | None = TextLoops(structured, limits)
        self._calls: CallLoops | None = None
        self._text = ""
        self._due = self._loops.pace
        self._verdict: Repetition | None = None

    def feed(self, text: str) -> Repetition | None:
        """Take the next piece of text; None until a loop is found, then always the same verdict."""
        try:
            gathered = self._text + text
        except TypeError:
            return self._verdict
        if len(gathered) < self._due:
            self._text = gathered
            return None
        return self._look(gathered)

    def feed_call(self, name: str, args: object, result: object = None) -> Repetition | None:
        """Take the next function call of the model; None until a loop is found, then always the same verdict.

        `result` is the function's result, if it is known: calls with different results are not a loop. Create a new detector
        for each turn of the user.
        """
        if self._verdict is None:
            self._conclude(self._call_loops().look(name, args, result) or self._loop_in(args))
        return self._verdict

    def recall_call(self, name: str, args: object, result: object = None) -> Repetition | None:
        """Take a function call of an earlier answer. It counts towards a loop of calls; the texts in its arguments are not
        searched.
        """
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

    def _look(self, text: str) -> Repetition | None:
        """Search the text block by block, and keep its end, which is too short for another search."""
        start = 0
        while self._loops is not None and len(text) - start >= self._due:
            end = start + self._due
            self._due = self._loops.look(text[start:end])
            start = end
            self._conclude(self._loops.verdict)
        self._text = "" if self._loops is None else text[start:]
        return self._verdict

    def _conclude(self, verdict: Repetition | None) -> None:
        if verdict is not None:
            self._verdict = verdict
            self._loops = None
            self._text = ""
            self._due = 0
