"""RepetitionDetector: text and calls in, verdict out."""

from gemini_otel.repetition import RepetitionDetector


def test_equal_sentences_are_text() -> None:
    """A reply of 100 equal sentences is flagged as text."""
    verdict = RepetitionDetector().feed("I should check this again. " * 100)
    assert verdict is not None
    assert (verdict.kind, verdict.period) == ("text", 27)
