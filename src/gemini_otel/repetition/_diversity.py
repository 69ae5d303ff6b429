"""Running text that says the same again in other order, or with a few words changed."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

__all__ = ["WINDOWS", "Sameness", "find_sameness"]

# Bytes, and the share of phrases said before in them. No ordinary text of the development half has .60 in the longer one;
# of 22,586 others one has .65. Every drifting loop has more in one of the two; the shorter finds it early.
WINDOWS = ((1_600, 0.7), (3_600, 0.66))
# A text of hardly any different words says less before it is one.
_FEW_WORDS, _SAID_BEFORE = 0.11, 0.4
_MOST_MARKS = 0.03
_CODE_MARKS = b'(){}[]<>=;_/\\|#"`@$*+&%~^0123456789'
# Lists of two or three answers ("yes no no yes") have few phrases and say no sentence.
_FEWEST_DISTINCT, _COMMONEST_FOUR = 8, 0.65
_LONG_WORD, _CHARACTERS = (
    24,
    8,
)  # bytes a word from which on the script has no blanks; characters in a phrase of it


class Sameness(NamedTuple):
    """How often the commonest phrase came in the window."""

    times: int
    period: int


def find_sameness(tail: bytes, said_before: float) -> Sameness | None:
    """Return what repeats in some running text, None when they are varied."""
    marks = len(tail) - len(tail.translate(None, _CODE_MARKS))
    if marks > _MOST_MARKS * len(tail):
        return None
    words: list[str] | list[bytes] = tail.split()
    text = tail.decode("utf-8", "ignore")
    if len(words) * _LONG_WORD < len(tail) and len(text) * 2 < len(tail):
        words, phrases = list(text), [text[i : i + _CHARACTERS] for i in range(len(text) - _CHARACTERS)]
    else:
        phrases = list(zip(words, words[1:], words[2:], words[3:], strict=False))  # type: ignore[arg-type]
    if len(set(words)) <= _FEW_WORDS * len(words):
        said_before = _SAID_BEFORE
    if not phrases or len(set(phrases)) > (1 - said_before) * len(phrases):
        return None
    common = Counter(words).most_common(4)
    if len(set(words)) < _FEWEST_DISTINCT or sum(n for _, n in common) > _COMMONEST_FOUR * len(words):
        return None
    times = Counter(phrases).most_common(1)[0][1]
    return Sameness(times, max(1, len(tail) // times))
