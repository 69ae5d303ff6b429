"""Tests whether two values are equal by a number for each, in bounded time for any value."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

__all__ = ["MOST_VALUES", "Digest"]

MOST_VALUES = 10_000
_LONGEST = 65_536  # characters of a text that all count; for a longer text, its ends and its length count
_END = _LONGEST // 2


class Digest:
    """Makes one digest, of at most `MOST_VALUES` values; `complete` says whether these are all values.

    Python keeps the hash of a text with the text, so a history that comes again with each request is hashed once.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MOST_VALUES

    @property
    def complete(self) -> bool:
        return self._left > 0

    def of(self, value: object) -> int:
        """The digest; the order of a mapping's keys does not matter. Raises TypeError if the value is not data, and
        RecursionError if it is nested too deeply.
        """
        self._left -= 1
        if isinstance(value, str | bytes):
            return hash(value if len(value) <= _LONGEST else (len(value), value[:_END], value[-_END:]))
        if value is None or isinstance(value, bool | int | float):
            return hash((type(value).__name__, repr(value) if isinstance(value, float) else value))
        if isinstance(value, Mapping):
            pairs = islice(value.items(), max(self._left, 0))
            return hash((len(value), frozenset((self.of(str(name)), self.of(each)) for name, each in pairs)))
        if isinstance(value, list | tuple):
            return hash((len(value), tuple(map(self.of, value[: max(self._left, 0)]))))
        if hasattr(value, "__dict__"):
            return self.of(vars(value))
        raise TypeError(type(value).__name__)
