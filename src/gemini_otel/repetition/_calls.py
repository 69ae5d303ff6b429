"""Finds function calls that a model makes again and again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple

from ._passing import without_passing
from ._thresholds import Thresholds
from ._verdict import Repetition

__all__ = ["CallLoops", "long_strings"]

_LONGEST_CYCLE = 5
_LONG = 2_000
_MOST_VALUES = 10_000
_unlike_any_other = count()


class _Seen(NamedTuple):
    """One call as hashes; no result where none is known."""

    call: int
    result: int | None


class CallLoops:
    """The fingerprints of the last calls; arguments and results are hashed, never kept."""

    __slots__ = ("_exact", "_limits", "_masked", "_seen")

    def __init__(self, limits: Thresholds) -> None:
        most = _LONGEST_CYCLE * max(limits.identical_calls, limits.call_cycles, limits.volatile_calls)
        self._limits = limits
        self._exact: deque[_Seen] = deque(maxlen=most)
        self._masked: deque[_Seen] = deque(maxlen=most)
        self._seen = 0

    def look(self, name: str, args: object, result: object = None) -> Repetition | None:
        """Take the next call, with its result where that is known, and return the loop it completes, if it does."""
        self._exact.append(_seen(name, args, result))
        self._masked.append(_seen(name, _safely_masked(args), _safely_masked(result)))
        self._seen += 1
        limits = self._limits
        return self._cycle(self._exact, limits.identical_calls, limits.call_cycles) or self._cycle(
            self._masked, limits.volatile_calls, limits.volatile_calls
        )

    def _cycle(self, calls: deque[_Seen], single: int, cycles: int) -> Repetition | None:
        for period in range(1, _LONGEST_CYCLE + 1):
            units = single if period == 1 else cycles
            size = units * period
            if len(calls) < size or calls[-1 - period].call != calls[-1].call:
                continue
            last = list(calls)[-size:]
            if all(_is_repeated(last[place::period]) for place in range(period)):
                return Repetition("tool_calls", period, units, self._seen - size, size / self._seen)
        return None


def long_strings(args: object) -> Iterator[str]:
    """Yield the strings among the arguments that are long enough to hold a loop."""
    waiting, left = [args], _MOST_VALUES
    while waiting and left:
        value = waiting.pop()
        left -= 1
        if isinstance(value, str):
            if len(value) > _LONG:
                yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value[:left])


def _is_repeated(calls: list[_Seen]) -> bool:
    """Return whether they are one call that brought nothing new; a poll whose results differ is none."""
    results = {seen.result for seen in calls if seen.result is not None}
    return len({seen.call for seen in calls}) == 1 and len(results) <= 1


def _seen(name: str, args: object, result: object) -> _Seen:
    return _Seen(hash((name, _canonical(args))), None if result is None else hash(_canonical(result)))


def _safely_masked(value: object) -> object:
    try:
        return without_passing(value)
    except RecursionError:
        return value


def _canonical(args: object) -> str:
    try:
        return _encode(args)
    except (TypeError, ValueError, RecursionError):
        return f"call {next(_unlike_any_other)}"


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "__dict__"):
        return vars(value)
    raise TypeError


_encode = json.JSONEncoder(sort_keys=True, default=_plain).encode
