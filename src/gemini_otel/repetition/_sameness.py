"""Running text that says the same again in another order, or with some words changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ._bytes import DIGITS

__all__ = ["WINDOW", "Sameness", "find_sameness", "may_be_same"]

# What follows was chosen on the 19,932 ordinary outputs and 336 such loops of the development half and its earlier draws.
# Bytes in which phrases of so many words are counted, and those at the end that are judged; of 600, 800, 1,000, 1,200 and
# 2,400 bytes, 1,000 find most loops at the same number of false alarms.
WINDOW, _LAST, _WORDS = 3_600, 1_000, 4
_MOST_PHRASES = 640  # lists of short words have more, and would take longer
# Songs, prayers, scenarios and acceptance criteria that somebody asked for say the same in other words for as many bytes.
_LEAST = 1_900
# Before anything is counted, half of some bits of the end must have come before, one of the last two of them nearby.
_BIT, _PLACES, _MOST_NEW, _NEAR = 16, range(0, 720, 90), 4, 1_280
# Text with more digits, double blanks or lines (of 33 bytes) a byte is a table or verse. In lists of answers ("yes no no
# yes") the four commonest words are more than half. Text with more different words than half says something new.
_MOST_DIGITS, _MOST_GAPS, _MOST_LINES = 0.03, 0.05, 0.03
_ENDS_OF_CODE, _MOST_ENDS = (b";\n", b"{\n", b"}\n"), 2  # declarations resemble each other
_COMMONEST_FOUR, _FEWEST_WORDS, _MOST_DIFFERENT = 0.55, 8, 0.5
_CODE_MARKS = b'(){}[]<>=;_/\\#"`@$*+&%~^0123456789'
# Bytes a word from which on the script has no blanks. There a phrase has so many characters, one in _EVERY is looked up,
# and a share of those in the last characters, said more often than twice, decides, since few characters make all words.
_LONG_WORD, _CHARACTERS, _EVERY, _LAST_CHARACTERS, _TIMES, _SAID, _FEW = 24, 8, 16, 400, 2, 0.6, 0.3


class _Limit(NamedTuple):
    """How many of the phrases must have been said before: more where the text has marks or many different words."""

    marks: float  # how much the marks a byte weigh
    least: float

    def allows(self, said: float, marks: float, different: float) -> bool:
        return said - 2 * different - self.marks * marks >= self.least


# Said before at all, and said all the time. The first leaves features of seven scenarios (.05) alone. Three ordinary outputs in
# 19,932 are over the second (.07 and more), the next at -.20: licences of several authors.
_BEFORE, _ALWAYS = _Limit(4, 0.1), _Limit(2, -0.16)


class Sameness(NamedTuple):
    """How often the commonest phrase came, and the characters from one time to the next."""

    times: int
    period: int


def may_be_same(text: bytearray) -> bool:
    """Return whether bits of the end have come before and it is running text of few words: cheap, and seldom true."""
    size = len(text)
    if size < _LEAST:
        return False
    near, second = max(0, size - _NEAR), size - _PLACES[1]
    if (
        text.rfind(text[second - _BIT : second], near, second - 1) < 0
        and text.rfind(text[-_BIT:], near, size - 1) < 0
    ):
        return False
    last = bytes(text[-_LAST:])
    return (
        last.count(b"\n") <= _MOST_LINES * _LAST
        and last.count(b"  ") <= _MOST_GAPS * _LAST
        and _LAST - len(last.translate(None, DIGITS)) <= _MOST_DIGITS * _LAST
        and sum(map(last.count, _ENDS_OF_CODE)) <= _MOST_ENDS
        and sum(_is_new(text, size - place, size - WINDOW) for place in _PLACES) <= _MOST_NEW
        and (_has_no_blanks(words := last.split()) or len(set(words)) <= _MOST_DIFFERENT * len(words))
    )


def find_sameness(text: bytearray) -> Sameness | None:
    """Return what repeats at the end of running text, None when it says something new."""
    tail = bytes(text[-WINDOW:])
    end = tail[-_LAST:].split()
    if _has_no_blanks(end):
        decoded = tail.decode("utf-8", "ignore")
        return _in_characters("".join(decoded.split())) if len(decoded) * 2 < len(tail) else None
    return None if _says_little(end) or _is_cumulative(tail) else _in_words(tail, end)


def _is_new(text: bytearray, end: int, begin: int) -> bool:
    return text.rfind(text[end - _BIT : end], max(0, begin), end - 1) < 0


def _has_no_blanks(words: list[bytes]) -> bool:
    return len(words) * _LONG_WORD < _LAST


def _in_words(tail: bytes, end: list[bytes]) -> Sameness | None:
    words, count = tail.split()[-_MOST_PHRASES:], len(end)
    phrases = list(zip(*(words[start:] for start in range(_WORDS)), strict=False))
    early, late = phrases[:-count], phrases[-count:]
    marks = 1 - len(tail[-_LAST:].translate(None, _CODE_MARKS)) / _LAST
    different = len(set(end)) / count
    before = (len(late) - len(set(late).difference(early))) / count
    if not _BEFORE.allows(before, marks, different) and not (
        _ALWAYS.allows(before, marks, different)
        and _ALWAYS.allows(_said_always(early, late) / count, marks, different)
    ):
        return None
    most = max(Counter(phrases).values())
    return Sameness(most, max(1, len(b" ".join(words).decode("utf-8", "ignore")) // most))


def _said_always(early: list[tuple[bytes, ...]], late: list[tuple[bytes, ...]]) -> int:
    """Return how many of the late phrases stand in three of four parts of the text, the first half of the late ones is one."""
    size = len(early) // 3
    parts = [set(early[start : start + size]) for start in (0, size, 2 * size)]
    parts.append(set(late[: len(late) // 2]))
    return sum(sum(phrase in part for part in parts) > 2 for phrase in late)


def _in_characters(text: str) -> Sameness | None:
    last = text[-_LAST_CHARACTERS:]
    if len(set(last)) > _FEW * len(last) or _says_little(last):
        return None
    phrases = [last[start : start + _CHARACTERS] for start in range(0, len(last) - _CHARACTERS, _EVERY)]
    said = [times for times in map(text.count, phrases) if times > _TIMES]
    if len(said) < _SAID * len(phrases):
        return None
    return Sameness(max(said), max(1, len(text) // max(said)))


def _is_cumulative(tail: bytes) -> bool:
    """Return whether each line says more than the one before, as a cumulative song does."""
    sizes = [len(line) for line in tail.split(b"\n")[1:-1] if line]
    return len(sizes) > 2 and all(before < after for before, after in pairwise(sizes))


def _says_little(words: Sequence[object]) -> bool:
    """Return whether a few answers, or signs of a box, are nearly all."""
    times = Counter(words)
    most = sum(count for _, count in times.most_common(4))
    return len(times) < _FEWEST_WORDS or most > _COMMONEST_FOUR * len(words)
