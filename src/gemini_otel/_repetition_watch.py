"""Listens to what the model says and tells the first loop in it."""

from __future__ import annotations

from collections.abc import Mapping

from gemini_otel.repetition import Repetition, RepetitionDetector


class RepetitionWatch:
    """One detector for each candidate, and one for its thoughts; the first verdict of any of them stays."""

    __slots__ = ("_detectors", "_structured", "_thresholds", "heard", "verdict")

    def __init__(self, structured: bool, thresholds: Mapping[str, int] | None = None) -> None:
        self._structured, self._thresholds = structured, thresholds
        self._detectors: dict[tuple[int, bool], RepetitionDetector] = {}
        self.heard = False
        self.verdict: Repetition | None = None

    def text(self, candidate: int, thought: bool, text: str) -> None:
        self._tell(self._detector(candidate, thought).feed(text))

    def function_call(self, name: str, args: object) -> None:
        self._tell(self._detector(0, False).feed_call(name, args))

    def _detector(self, candidate: int, thought: bool) -> RepetitionDetector:
        detector = self._detectors.get((candidate, thought))
        if detector is None:
            structured = self._structured and not thought
            detector = RepetitionDetector(structured=structured, thresholds=self._thresholds)
            self._detectors[candidate, thought] = detector
        return detector

    def _tell(self, verdict: Repetition | None) -> None:
        self.heard = True
        if verdict is not None and self.verdict is None:
            self.verdict = verdict
