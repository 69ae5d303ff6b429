"""Reads what the model writes and reports the first loop in it."""

from __future__ import annotations

from collections.abc import Mapping

from gemini_otel._facts.guard import report, safely
from gemini_otel.repetition import Repetition, RepetitionDetector

MAX_CHARACTERS = 500_000  # of one answer: about twice what a model may write
SHORT = 256  # characters: a detector searches no shorter text, so none is made for one


class RepetitionWatch:
    """One detector for each candidate, and one for its thoughts; the first verdict of any of them stays."""

    heard = False
    verdict: Repetition | None = None

    def __init__(self, structured: bool, thresholds: Mapping[str, int] | None = None) -> None:
        self._structured, self._thresholds = structured, thresholds
        self._detectors: dict[tuple[int, bool], RepetitionDetector] = {}
        self._gathered: dict[tuple[int, bool], str] = {}  # too short to be searched
        self._room = MAX_CHARACTERS
        self._history: list[tuple[str, object, object]] = []

    def recall(self, name: str, args: object, result: object) -> None:
        """Take a function call that the request answers, and its result; it precedes the calls of every candidate."""
        self._tell(safely(self._detector(0, False).recall_call, name, args, result))
        self._history.append((name, args, result))

    def text(self, candidate: int, thought: bool, text: str) -> None:
        if len(text) > self._room:
            text = text[: self._room]
        if not text:
            return
        self._room -= len(text)
        self.heard = True
        key = candidate, thought
        detector = self._detectors.get(key)
        if detector is None:
            text = self._gathered.pop(key, "") + text
            if len(text) < SHORT:
                self._gathered[key] = text
                return
            detector = self._detector(candidate, thought)
        try:
            verdict = detector.feed(text)
        except Exception:
            report("RepetitionDetector.feed")
        else:
            if verdict is not None and self.verdict is None:
                self.verdict = verdict

    def function_call(self, candidate: int, name: str, args: object) -> None:
        self._tell(safely(self._detector(candidate, False).feed_call, name, args))

    def code(self, text: str) -> None:
        """Take code that the model wrote to be run; each piece of code is searched separately."""
        said = text[: self._room]
        if said:
            self._room -= len(said)
            self._tell(safely(RepetitionDetector(thresholds=self._thresholds).feed, said))

    def _detector(self, candidate: int, thought: bool) -> RepetitionDetector:
        detector = self._detectors.get((candidate, thought))
        if detector is None:
            structured = self._structured and not thought
            detector = RepetitionDetector(structured=structured, thresholds=self._thresholds)
            self._detectors[candidate, thought] = detector
            if gathered := self._gathered.pop((candidate, thought), ""):
                safely(detector.feed, gathered)
            if candidate and not thought:
                for name, args, result in self._history:
                    safely(detector.recall_call, name, args, result)
        return detector

    def _tell(self, verdict: Repetition | None) -> None:
        self.heard = True
        if verdict is not None and self.verdict is None:
            self.verdict = verdict
