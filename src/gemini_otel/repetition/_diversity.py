"""Running text that says the same few words over and over, in changing order."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

__all__ = ["WINDOW", "Sameness", "find_sameness"]

WINDOW = 1_600
_FEWEST_WORDS = 120
_FEWEST_DISTINCT, _DISTINCT = 8, 0.11
_DISTINCT_FOURS = 0.6
_COMMONEST, _COMMONEST_SHARE = 4, 0.65
_CODE_MARKS = b'(){}[]<>=;_/\\|#"`@$*+&%~^0123456789'
_MOST_MARKS = 0.02


class Sameness(NamedTuple):
    """How often the commonest four words came in the window."""

    times: int
    period: int


def find_sameness(tail: bytes) -> Sameness | None:
    """Return what repeats in the last `WINDOW` bytes of running text, None when they are varied."""
    marks = len(tail) - len(tail.translate(None, _CODE_MARKS))
    if marks > _MOST_MARKS * len(tail):
        return None
    words = tail.split()
    if len(words) < _FEWEST_WORDS:
        return None
    if not _FEWEST_DISTINCT <= len(set(words)) <= _DISTINCT * len(words):
        return None
    if sum(seen for _, seen in Counter(words).most_common(_COMMONEST)) > _COMMONEST_SHARE * len(words):
        return None
    fours = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    if len(fours) > _DISTINCT_FOURS * len(words):
        return None
    times = fours.most_common(1)[0][1]
    return Sameness(times, max(1, len(tail) // times))
