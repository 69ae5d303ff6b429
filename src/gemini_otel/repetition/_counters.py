"""Runs whose units differ only in their numbers: a loop when the numbers stand still or move steadily."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from ._bytes import DIGITS, run_length, unit_with_digits

__all__ = ["CounterRun", "read_counters"]

_NUMBER = re.compile(rb"[0-9]+")
_LARGEST = 18
_STEADY_SHARE = 0.65
_TURNS_IN_TEN = 2


class CounterRun(NamedTuple):
    """The end of a text, periodic but for its numbers: bytes, units, and whether every number moves steadily."""

    length: int
    units: int
    steady: bool


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
    steady = all(_is_steady(numbers[slot::slots]) for slot in range(slots))
    return CounterRun(_length(tail, shape, run), units, steady)


def _length(tail: bytes, shape: bytes, run: int) -> int:
    cut = _NUMBER.sub(b"0", tail)[: len(shape) - run]
    skipped = cut.count(b"0")
    digits = sum(map(len, _NUMBER.findall(tail)[:skipped]))
    return len(tail) - (len(cut) - skipped + digits)


def _is_steady(column: list[bytes]) -> bool:
    if len(set(column)) <= 1:
        return True
    if max(map(len, column)) > _LARGEST:
        return False
    values = list(map(int, column))
    steps = [later - earlier for earlier, later in pairwise(values)]
    moves = [step > 0 for step in steps if step]
    turns = sum(a != b for a, b in pairwise(moves))
    common = Counter(steps).most_common(1)[0][1]
    return turns * 10 <= _TURNS_IN_TEN * len(values) and common >= _STEADY_SHARE * len(steps)
