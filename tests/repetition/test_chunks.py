"""The verdict does not depend on how the text is cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gemini_otel import Repetition, RepetitionDetector
from support.repetition import feed

UNITS = st.text(min_size=1, max_size=60)
LINES = st.sampled_from(
    ["Step {i}: look again.\n", "| {i} | N/A |\n", '{{"id": {i}}}, ', "{i}\n", "a{i} is here. "]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """An opening, then perhaps a loop, then perhaps more text."""
    body = draw(UNITS) * draw(st.integers(0, 120))
    if draw(st.booleans()):
        line = draw(LINES)
        body = "".join(line.format(i=i) for i in range(draw(st.integers(0, 150))))
    return draw(st.text(max_size=200)) + body + draw(st.text(max_size=900))


def by_cuts(text: str, cuts: list[int], structured: bool) -> Repetition | None:
    detector = RepetitionDetector(structured=structured)
    verdict, start, turn = None, 0, 0
    while start < len(text):
        size = cuts[turn % len(cuts)]
        verdict = detector.feed(text[start : start + size])
        start, turn = start + size, turn + 1
    return verdict


@settings(max_examples=250, deadline=None)
@given(texts(), st.lists(st.integers(1, 1_500), min_size=1, max_size=9), st.booleans())
def test_any_cuts_give_one_verdict(text: str, cuts: list[int], structured: bool) -> None:
    """However a text is cut into chunks, the verdict is the one for the whole text at once."""
    whole = RepetitionDetector(structured=structured).feed(text)
    assert by_cuts(text, cuts, structured) == whole
    assert feed(text, structured=structured, size=1) == whole


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=700) | st.text(alphabet="\ud800\udc00a1|-\n\\", max_size=700), max_size=12))
def test_any_unicode_is_taken(chunks: list[str]) -> None:
    """No text makes the detector raise."""
    detector = RepetitionDetector(structured=len(chunks) % 2 == 0)
    for chunk in chunks:
        detector.feed(chunk)
        detector.feed(chunk * 9)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=150), st.integers(0, 700))
def test_every_exact_loop_is_found(unit: str, before: int) -> None:
    """Any unit repeated for 4000 characters is found, and the numbers of the verdict are consistent."""
    opening = "".join(chr(97 + i * i % 23) + " " * (i % 5 == 0) for i in range(before))
    text = opening + unit * (4_000 // len(unit) + 2)
    verdict = feed(text)
    assert verdict is not None
    assert 0 < verdict.share <= 1
    assert verdict.count >= 2
    assert 0 <= verdict.start <= len(text)
    assert verdict.period * verdict.count <= len(text)
