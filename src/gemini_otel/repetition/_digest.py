"""Tells whether two values are equal by a number for each; bounded in time, whatever the value is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

__all__ = ["MOST_VALUES", "Digest"]

MOST_VALUES = 10_000
_LONGEST = 65_536  # characters of a text that all count; of a longer one its ends and its length do
_END = _LONGEST // 2


class Digest:
    """Makes one digest, of `MOST_VALUES` values at most; `complete` says whether that were all.

    Python keeps the hash of a text with the text, so a history that comes again with each request is hashed once.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MOST_VALUES

    @property
    def complete(self) -> bool:
        return self._left > 0

    def of(self, value: object) -> int:
        """The digest: of mappings without regard to order. TypeError for what is no data, RecursionError where it is too deep."""
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
