"""Running text that says the same again in another order, or with some words changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ._bytes import DIGITS

__all__ = ["ENOUGH", "WINDOW", "Sameness", "find_sameness", "is_running_text"]

# Bytes in which phrases are counted, and how many words are read: lists of short words have more.
WINDOW, _MOST_WORDS = 3_600, 640
ENOUGH = 1_900  # bytes of a text; cumulative songs and rhymes that are shorter say nearly all again
# Two lengths are judged: of the phrases in the last bytes a share must have been said before, in the window. Marks and
# different words speak against a loop. Chosen on 12,749 ordinary outputs of the development half and 914 of the sample:
# all limits of the detector together are reached by seven of them; next below is JavaScript of the sample (.36).
_WORDS = 4
# Text with more digits, double blanks or lines (of 33 bytes) a byte is a table or verse. Lists of two or three answers
# ("yes no no yes") say no sentence.
_MOST_MARKS, _MOST_DIGITS, _MOST_GAPS, _MOST_LINES, _COMMONEST_FOUR = 0.1, 0.03, 0.05, 0.03, 0.55
_FEWEST_WORDS, _MOST_DIFFERENT = 8, 0.5
_CODE_MARKS = b'(){}[]<>=;_/\\#"`@$*+&%~^0123456789'
# Bytes a word from which on the script has no blanks. There a phrase has so many characters, one in _EVERY is looked up,
# and a share of those in the last bytes, said more often than twice, decides, since few characters make all words.
_LONG_WORD, _CHARACTERS, _EVERY, _LAST, _TIMES, _SAID, _DIFFERENT = 24, 8, 16, 400, 2, 0.6, 0.3


class _Limit(NamedTuple):
    last: int  # bytes
    marks: float  # how much the marks a byte weigh,
    different: float  # and the different words a word
    least: float


_LIMITS = (_Limit(800, 4, 0.5, 0.37), _Limit(2_400, 1, 1.5, 0.37))


class Sameness(NamedTuple):
    """How often the commonest phrase came, and the characters from one time to the next."""

    times: int
    period: int


def find_sameness(text: bytearray) -> Sameness | None:
    """Return what repeats in the last `WINDOW` bytes of running text, None when its end says something new."""
    tail = bytes(text[-WINDOW:])
    if _has_blanks(tail[-_LIMITS[0].last :].split(), _LIMITS[0].last):
        return _in_words(tail)
    return _in_characters("".join(_decode(tail).split()))


def is_running_text(text: bytearray) -> bool:
    """Return whether the end is neither code nor set in columns nor in verse, and says words more than once."""
    last = text[-_LIMITS[0].last :]
    size = len(last)
    if (
        last.count(b"\n") > _MOST_LINES * size
        or last.count(b"  ") > _MOST_GAPS * size
        or _marks(last) > _MOST_MARKS * size
        or size - len(last.translate(None, DIGITS)) > _MOST_DIGITS * size
    ):
        return False
    words = bytes(last).split()
    if _has_blanks(words, size):
        return len(set(words)) <= _MOST_DIFFERENT * len(words)
    return len(_decode(last)) * 2 < size


def _has_blanks(words: list[bytes], size: int) -> bool:
    return len(words) * _LONG_WORD >= size


def _marks(last: bytes | bytearray) -> int:
    return len(last) - len(last.translate(None, _CODE_MARKS))


def _decode(text: bytes | bytearray) -> str:
    return text.decode("utf-8", "ignore")


def _in_words(tail: bytes) -> Sameness | None:
    words = _decode(tail).split()[-_MOST_WORDS:]
    one: dict[str, str] = {}
    words = list(map(one.setdefault, words, words))  # equal words are one object, and compare faster
    phrases = list(zip(*(words[start:] for start in range(_WORDS)), strict=False))
    for limit in _LIMITS:
        last = tail[-limit.last :]
        fresh = len(last.split())
        end, late = words[-fresh:], phrases[-fresh:]
        said = len(late) - len(set(late).difference(phrases[:-fresh]))
        least = limit.least + limit.marks * _marks(last) / len(last)
        if (
            len(tail) > limit.last
            and said - limit.different * len(set(end)) >= least * fresh
            and not _says_little(end)
        ):
            times = Counter(phrases).most_common(1)[0][1]
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
