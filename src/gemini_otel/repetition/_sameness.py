"""Running text that says the same again in another order, or with some words changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from ._bytes import DIGITS

__all__ = ["LAST", "WINDOW", "Sameness", "find_sameness", "is_running_text"]

# Bytes of which most must have been said twice before, and those in which they were said. In shorter ones choruses and
# licences that stand twice in a file look like loops; longer ones find a loop later.
LAST, WINDOW = 1_600, 4_800
# Of the phrases in LAST, the share said at least twice before, and the most different words for a word in it. Chosen on
# the development half and the sample: next to the first pair is a chapter of the Bible with .72, next to the second a
# table with .49; the third is for lines of a few words, below it are answers like "yes no no yes".
_LIMITS = ((0.74, 0.5), (0.55, 0.28), (0.35, 0.11))
# Marks a byte, digits a byte and double blanks a byte: above this it is a list, a table or code, which repeat words by
# their nature. More marks are allowed where the ends of several looks came before.
_FEW_MARKS, _MOST_MARKS, _MOST_GAPS = 0.03, 0.08, 0.05
_CODE_MARKS = b'(){}[]<>=;_/\\#"`@$*+&%~^0123456789'
# Lists of two or three answers ("yes no no yes") say no sentence.
_FEWEST, _FEWEST_WORDS, _COMMONEST_FOUR = 120, 8, 0.55
# The words of a phrase, and how many words are read: lists of short words have more in a window.
_WORDS, _MOST_WORDS = 4, 700
# Bytes a word from which on the script has no blanks. There a phrase has so many characters, one in _EVERY is looked up,
# and a share of it decides, since few characters make all words.
_LONG_WORD, _CHARACTERS, _EVERY, _SAID, _DIFFERENT = 24, 8, 4, 0.6, 0.3


class Sameness(NamedTuple):
    """How often the commonest phrase came, and the characters from one time to the next."""

    times: int
    period: int


def is_running_text(last: bytes | bytearray, surely: bool) -> bool:
    """Return whether it has no more marks than prose and is not set in columns."""
    marks = len(last) - len(last.translate(None, _CODE_MARKS))
    if marks > (_MOST_MARKS if surely else _FEW_MARKS) * len(last):
        return False
    digits = len(last) - len(last.translate(None, DIGITS))
    return digits <= _FEW_MARKS * len(last) and last.count(b"  ") < _MOST_GAPS * len(last)


def find_sameness(tail: bytes) -> Sameness | None:
    """Return what repeats in the last `WINDOW` bytes of a text, None when its end says something new."""
    last = tail[-LAST:]
    if len(last.split()) * _LONG_WORD < len(last) and len(_decode(last)) * 2 < len(last):
        return _in_characters("".join(_decode(tail).split()), len("".join(_decode(last).split())))
    return _in_words(_decode(tail).split()[-_MOST_WORDS:], _decode(last).split())


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "ignore")


def _in_words(words: list[str], last: list[str]) -> Sameness | None:
    fresh, different = len(last), len(set(last))
    if fresh < _FEWEST or different > _LIMITS[0][1] * fresh or _says_little(last):
        return None
    phrases = list(zip(*(words[start:] for start in range(_WORDS)), strict=False))
    before = Counter(phrases[:-fresh])
    share = sum(before[phrase] > 1 for phrase in phrases[-fresh:]) / fresh
    if any(share >= said and different <= most * fresh for said, most in _LIMITS):
        return _sameness(before, sum(map(len, words)) + len(words))
    return None


def _in_characters(text: str, fresh: int) -> Sameness | None:
    if len(set(text[-fresh:])) > _DIFFERENT * fresh or _says_little(text[-fresh:]):
        return None
    before = Counter(text[start : start + _CHARACTERS] for start in range(len(text) - fresh))
    late = range(len(text) - fresh, len(text) - _CHARACTERS, _EVERY)
    share = sum(before[text[start : start + _CHARACTERS]] > 1 for start in late) / len(late)
    return _sameness(before, len(text)) if share >= _SAID else None


def _says_little(words: Sequence[str]) -> bool:
    """Return whether a few answers, or signs of a box, are nearly all."""
    times = Counter(words)
    most = sum(count for _, count in times.most_common(4))
    return len(times) < _FEWEST_WORDS or most > _COMMONEST_FOUR * len(words)


def _sameness(phrases: Counter[Any], length: int) -> Sameness:
    times = phrases.most_common(1)[0][1]
    return Sameness(times, max(1, length // times))
