"""Runs whose units differ only in their numbers, and how the numbers move."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise

from ._bytes import DIGITS, suffix_with_digits

__all__ = ["Motion", "read_motion"]

# A clock is one number: 00:12:07,500 of subtitles, 12:07 of a transcript.
_NUMBER = re.compile(rb"[0-9]+(?::[0-9]{2}){1,2}(?:[.,][0-9]+)?|[0-9]+(?:\.[0-9]+)?")
_CUT = DIGITS + b":.,"  # the last number may be cut off
_MOST_SLOTS = 40  # numbers in a unit; a unit with more is data
_LONGEST = 18  # digits of a number that counts; longer ones are ids
# Loops skip a number now and then, and days begin again each month. Logs and data of the development half have columns in
# which no step occurs in 40 % of the places.
_STEADY, _TURNS = 0.6, 0.2
_WIDEST = 5  # the largest step of an unsteady counter, as a multiple of the smallest: overlapping years
# How much the paces of two counters of one loop may differ; the columns of a computed table differ by a factor of 1.8 and
# more.
_SAME_PACE = 0.3


class Motion(Enum):
    """How the numbers of a run move."""

    TOGETHER = auto()  # they stand still or move at one pace, as in a loop
    GROWING = auto()  # each has its own pace or never falls: clocks, computed values
    JUMPING = auto()


def read_motion(tail: bytes, period: int) -> Motion:
    """Return how the numbers in `tail` move, whose bytes other than digits have the period."""
    slots = _numbers_in(tail, 2 * period + 1) - _numbers_in(tail, period + 1)
    if not 0 < slots <= _MOST_SLOTS:
        return Motion.JUMPING
    numbers = _NUMBER.findall(tail.rstrip(_CUT))
    numbers.reverse()
    units = len(numbers) // slots
    return _motion([numbers[slot::slots][: max(1, units - 1)] for slot in range(slots)])


def _numbers_in(tail: bytes, bare: int) -> int:
    return len(_NUMBER.findall(tail[-suffix_with_digits(tail, bare) :]))


def _motion(columns: Sequence[Sequence[bytes]]) -> Motion:
    if any(max(map(len, column), default=0) > _LONGEST for column in columns):
        return Motion.JUMPING
    steps = [
        _steps([_value(number) for number in reversed(column)]) for column in columns if len(set(column)) > 1
    ]
    paces = [_pace(each) for each in steps]
    moving = [pace for pace in paces if pace]
    clock = any(b":" in column[0] for column in columns if len(set(column)) > 1)
    if (
        not clock
        and None not in paces
        and _is_one_pace(moving)
        and (not moving or any(map(_is_steady, steps)))
    ):
        return Motion.TOGETHER
    growing = all(pace is not None or min(each) >= 0 for pace, each in zip(paces, steps, strict=True))
    return Motion.GROWING if growing else Motion.JUMPING


def _is_one_pace(paces: Sequence[float]) -> bool:
    return not paces or max(paces) - min(paces) <= _SAME_PACE * max(map(abs, paces))


def _is_steady(steps: Sequence[float]) -> bool:
    return Counter(steps).most_common(1)[0][1] >= _STEADY * len(steps)


def _steps(values: list[float]) -> list[float]:
    return [round(later - earlier, 6) for earlier, later in pairwise(values)]


def _value(number: bytes) -> float:
    value = 0.0
    for part in number.replace(b",", b".").split(b":"):
        value = value * 60 + float(part)
    return value


def _pace(steps: list[float]) -> float | None:
    """Return the usual step of a counter, without restarts; None if the numbers jump."""
    moves = [step > 0 for step in steps if step]
    if sum(a != b for a, b in pairwise(moves)) > max(2, _TURNS * len(steps)):
        return None
    if _is_steady(steps) and Counter(steps).most_common(1)[0][0] == 0:
        return 0.0
    upwards = sum(moves) * 2 > len(moves)
    forward = [abs(step) for step in steps if (step >= 0) == upwards]
    if not _is_steady(steps) and max(forward) > _WIDEST * max(1.0, min(forward)):
        return None
    return sum(forward) / len(forward) * (1 if upwards else -1)
