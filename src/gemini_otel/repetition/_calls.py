"""Finds function calls that a model makes again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count, islice
from typing import NamedTuple

from ._digest import MOST_VALUES, Digest
from ._passing import without_passing
from ._thresholds import Thresholds
from ._verdict import Repetition

__all__ = ["CallLoops", "long_strings"]

_LONGEST_CYCLE = 5
_LONG = 2_000
_MOST_TEXT = 500_000  # characters of one call's arguments that are searched for loops
_unlike_any_other = count()


class _Seen(NamedTuple):
    """One call as hashes; no result if none is known."""

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
        """Take the next call, with its result if it is known, and return the loop that it completes, if it does."""
        (call, masked_call), (outcome, masked_outcome) = _digests(args), _digests(result)
        self._exact.append(_Seen(hash((name, call)), None if result is None else outcome))
        self._masked.append(_Seen(hash((name, masked_call)), None if result is None else masked_outcome))
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
    """Yield the strings among the arguments that are long enough to hold a loop, half a million characters at most."""
    waiting, left, room = [args], MOST_VALUES, _MOST_TEXT
    while waiting and left:
        value = waiting.pop()
        left -= 1
        if isinstance(value, str):
            if len(value) > _LONG:
                yield value[:room]
                room -= min(room, len(value))
        elif isinstance(value, Mapping):
            waiting.extend(islice(value.values(), left))
        elif isinstance(value, list | tuple):
            waiting.extend(value[:left])


def _is_repeated(calls: list[_Seen]) -> bool:
    """Return whether two calls are one call that brought nothing new; a poll whose results differ is not."""
    results = {seen.result for seen in calls if seen.result is not None}
    return len({seen.call for seen in calls}) == 1 and len(results) <= 1


def _digests(value: object) -> tuple[int, int]:
    """The digest of a value, and its digest without what only marks the request. A value that has none differs from every
    other.
    """
    try:
        digest = Digest()
        exact = digest.of(value)
        return exact, Digest().of(without_passing(value)) if digest.complete else exact
    except (TypeError, ValueError, RecursionError):
        unlike = hash(("call", next(_unlike_any_other)))
        return unlike, unlike
