"""Runs whose units differ only in their numbers: a loop when the numbers stand still or move together."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from ._bytes import DIGITS, run_length, unit_with_digits

__all__ = ["CounterRun", "read_counters"]

_NUMBER = re.compile(rb"[0-9]+")
_TIME = re.compile(rb"(?<![0-9:])(?:[0-9]{1,2}:)?[0-9]{1,2}:[0-9]{2}(?:[.,][0-9]{1,3})?(?![0-9:])")
_LARGEST = 18  # digits of the numbers that are read; longer ones are ids
_STEADY_SHARE = 0.6  # of the steps that must be the commonest one: loops skip a number now and then
_TURNS_IN_TEN = 2  # counters that begin again, as days of a month
_SAME_PACE = (
    0.3  # how far the paces of two counters of one loop may be apart: 1.8 times is a conversion table
)


class CounterRun(NamedTuple):
    """The end of a text, periodic but for its numbers: bytes, units, and whether the numbers move as a loop's."""

    length: int
    units: int
    steady: bool


class _Column(NamedTuple):
    """How one number of the unit moves: its mean step without restarts, 0 for one that stands still."""

    regular: bool
    pace: float


def read_counters(tail: bytes, period: int) -> CounterRun:
    """Describe the numbers in `tail`, whose bytes other than digits have the period."""
    shape = _NUMBER.sub(b"0", tail)
    unit = unit_with_digits(shape, period)
    run = run_length(shape, unit)
    units = run // unit
    slots = shape[-unit:].count(b"0")
    numbers = _NUMBER.findall(tail)
    if tail[-1] in DIGITS:
        numbers.pop()
    numbers = numbers[::-1][: slots * (units - 1)]
    steady = _is_one_loop([numbers[slot::slots] for slot in range(slots)]) or _is_one_clock(tail)
    return CounterRun(_length(tail, shape, run), units, steady)


def _length(tail: bytes, shape: bytes, run: int) -> int:
    cut = _NUMBER.sub(b"0", tail)[: len(shape) - run]
    skipped = cut.count(b"0")
    digits = sum(map(len, _NUMBER.findall(tail)[:skipped]))
    return len(tail) - (len(cut) - skipped + digits)


def _is_one_loop(columns: list[list[bytes]]) -> bool:
    """Return whether the moving numbers move at one pace; those of a computed table each have their own."""
    read = [_read(column) for column in columns]
    moving = [column for column in read if column is None or column.pace]
    if not moving:
        return True
    paces = [column.pace for column in moving if column is not None]
    if len(paces) < len(moving) or not any(column.regular for column in moving if column is not None):
        return False
    return max(paces) - min(paces) <= _SAME_PACE * max(map(abs, paces))


def _read(column: list[bytes]) -> _Column | None:
    """Return how the numbers move, None where they jump."""
    if len(set(column)) <= 1:
        return _Column(True, 0.0)
    if max(map(len, column)) > _LARGEST:
        return None
    values = list(map(int, column))
    steps = [later - earlier for earlier, later in pairwise(values)]
    moves = [step > 0 for step in steps if step]
    turns = sum(a != b for a, b in pairwise(moves))
    if turns > max(2, _TURNS_IN_TEN * len(values) // 10):
        return None
    step, times = Counter(steps).most_common(1)[0]
    if step == 0 and times >= _STEADY_SHARE * len(steps):
        return _Column(True, 0.0)
    up = sum(moves) * 2 > len(moves)
    forward = [step for step in steps if (step >= 0) == up]
    if times < _STEADY_SHARE * len(steps) and max(map(abs, forward)) > 5 * max(1, min(map(abs, forward))):
        return None
    return _Column(times >= _STEADY_SHARE * len(steps), sum(forward) / len(forward))


def _is_one_clock(tail: bytes) -> bool:
    """Return whether all numbers are time codes that never fall, but for one steady counter: subtitles, transcripts."""
    codes = _TIME.findall(tail)
    fine = any(code.count(b":") == 2 or b"." in code or b"," in code for code in codes)
    if not codes or not ((len(codes) >= 6 and fine) or b"[" + codes[-1] + b"]" in tail):
        return False
    times = list(map(_seconds, codes))
    others = _NUMBER.findall(_TIME.sub(b"", tail))
    return all(a <= b for a, b in pairwise(times)) and all(
        0 <= int(b) - int(a) <= 1 for a, b in pairwise(others[:-1]) if max(len(a), len(b)) < _LARGEST
    )


def _seconds(code: bytes) -> float:
    seconds = 0.0
    for part in code.replace(b",", b".").split(b":"):
        seconds = seconds * 60 + float(part)
    return seconds
