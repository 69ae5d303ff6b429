"""Running text that says the same again in another order, or with some words changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ._bytes import DIGITS

__all__ = ["WINDOW", "Sameness", "find_sameness"]

# Bytes of which the last are judged by what was said before in them, and how many words are read: lists of short words
# have more.
WINDOW, _MOST_WORDS = 3_600, 700
_ENOUGH = 1_600  # bytes of a text; cumulative songs and rhymes that are shorter say nearly all again
# Two lengths are judged. Of the phrases in the last bytes a share was said before (it counts .7) and one twice before
# (.3); marks and different words speak against a loop. Chosen on 14,000 ordinary texts of the development half: three
# of them reach the first limit (two songs and SQL), two the second (licences that stand there twice).
_WORDS, _SAID_ONCE, _SAID_TWICE = 4, 0.7, 0.3
# Text with more digits, double blanks or lines (of 33 bytes) a byte is a table or verse. Lists of two or three answers
# ("yes no no yes") say no sentence.
_MOST_MARKS, _MOST_DIGITS, _MOST_GAPS, _MOST_LINES, _COMMONEST_FOUR = 0.1, 0.03, 0.05, 0.03, 0.55
_FEWEST_WORDS, _MOST_DIFFERENT = 8, 0.5
_CODE_MARKS = b'(){}[]<>=;_/\\#"`@$*+&%~^0123456789'
# Bytes a word from which on the script has no blanks. There a phrase has so many characters, one in _EVERY is looked up,
# and a share of those in the last bytes, said more often than twice, decides, since few characters make all words.
_LONG_WORD, _CHARACTERS, _EVERY, _LAST, _TIMES, _SAID, _DIFFERENT, _ASCII = 24, 8, 16, 400, 2, 0.6, 0.3, 127


class _Limit(NamedTuple):
    last: int  # bytes
    marks: float  # how much the marks a byte weigh,
    different: float  # and the different words a word
    least: float


_LIMITS = (_Limit(800, 4, 0.3, 0.37), _Limit(2_400, 2, 1, 0.42))


class Sameness(NamedTuple):
    """How often the commonest phrase came, and the characters from one time to the next."""

    times: int
    period: int


def find_sameness(text: bytearray) -> Sameness | None:
    """Return what repeats in the last `WINDOW` bytes of a text, None when its end says something new."""
    last = text[-_LIMITS[0].last :]
    if len(text) < _ENOUGH or not _is_running_text(last):
        return None
    words, tail = bytes(last).split(), bytes(text[-WINDOW:])
    if len(words) * _LONG_WORD < len(last):
        return _in_characters("".join(_decode(tail).split())) if max(last) > _ASCII else None
    return _in_words(tail) if len(set(words)) <= _MOST_DIFFERENT * len(words) else None


def _is_running_text(last: bytearray) -> bool:
    """Return whether it is neither code nor set in columns nor in verse."""
    size = len(last)
    return (
        _marks(last) <= _MOST_MARKS * size
        and size - len(last.translate(None, DIGITS)) <= _MOST_DIGITS * size
        and last.count(b"  ") <= _MOST_GAPS * size
        and last.count(b"\n") <= _MOST_LINES * size
    )


def _marks(last: bytes | bytearray) -> int:
    return len(last) - len(last.translate(None, _CODE_MARKS))


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "ignore")


def _in_words(tail: bytes) -> Sameness | None:
    words = _decode(tail).split()[-_MOST_WORDS:]
    before: Counter[tuple[str, ...]] = Counter()
    said = [0] * (_WORDS - 1)
    for phrase in zip(*(words[start:] for start in range(_WORDS)), strict=False):
        said.append(before[phrase])
        before[phrase] += 1
    for limit in _LIMITS:
        last = tail[-limit.last :]
        fresh = len(last.split())
        end, late = words[-fresh:], said[-fresh:]
        share = _SAID_ONCE * sum(map(bool, late)) + _SAID_TWICE * sum(times > 1 for times in late)
        different = limit.different * len(set(end))
        least = limit.least + limit.marks * _marks(last) / len(last)
        if len(tail) > limit.last and share - different >= least * fresh and not _says_little(end):
            times = max(before.values())
            return Sameness(times, max(1, len(" ".join(words)) // times))
    return None


def _in_characters(text: str) -> Sameness | None:
    last = text[-_LAST:]
    if len(set(last)) > _DIFFERENT * len(last):
        return None
    phrases = [last[start : start + _CHARACTERS] for start in range(0, len(last) - _CHARACTERS, _EVERY)]
    said = [times for times in map(text.count, phrases) if times > _TIMES]
    if len(said) < _SAID * len(phrases) or _says_little(last):
        return None
    return Sameness(max(said), max(1, len(text) // max(said)))


def _says_little(words: Sequence[str]) -> bool:
    """Return whether a few answers, or signs of a box, are nearly all."""
    times = Counter(words)
    most = sum(count for _, count in times.most_common(4))
    return len(times) < _FEWEST_WORDS or most > _COMMONEST_FOUR * len(words)
