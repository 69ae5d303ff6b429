"""What the tests of the detector share."""

from __future__ import annotations

from collections.abc import Iterator

from gemini_otel import Repetition, RepetitionDetector


def pieces(text: str, size: int) -> Iterator[str]:
    """Yield the text in pieces of `size` characters."""
    for start in range(0, len(text), size):
        yield text[start : start + size]


def feed(text: str, *, structured: bool = False, size: int = 50) -> Repetition | None:
    """Return the verdict on a text delivered in pieces."""
    detector = RepetitionDetector(structured=structured)
    verdict = None
    for piece in pieces(text, size):
        verdict = detector.feed(piece)
    return verdict
