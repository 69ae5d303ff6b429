"""Listens to what the model says and tells the first loop in it."""

from __future__ import annotations

from gemini_otel.repetition import Repetition, RepetitionDetector


class RepetitionWatch:
    """One detector for each candidate, and one for its thoughts; the first verdict of any of them stays."""

    __slots__ = ("_detectors", "_structured", "heard", "verdict")

    def __init__(self, structured: bool) -> None:
        self._structured = structured
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
            detector = RepetitionDetector(structured=self._structured and not thought)
            self._detectors[candidate, thought] = detector
        return detector

    def _tell(self, verdict: Repetition | None) -> None:
        self.heard = True
        if verdict is not None and self.verdict is None:
            self.verdict = verdict
