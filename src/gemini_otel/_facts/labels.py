"""Bounds the values of metric labels, so that hostile input can neither multiply nor enlarge time series."""

from __future__ import annotations

from collections.abc import Iterable

from gemini_otel._facts.sendable import OTHER

MAX_MODELS = 200
MAX_VALUES = 32
MAX_LENGTH = 256  # characters of a name

Values = tuple[str | int | None, ...]
Dimensions = tuple[tuple[str, str | bool | int], ...]  # name and value


class BoundedNames(dict[str, str]):
    """The known names and the first `limit` others that are not too long; all further names are `_OTHER`, so that hostile
    input cannot multiply time series.
    """

    __slots__ = ("_limit",)

    def __init__(self, limit: int, known: Iterable[str] = ()) -> None:
        super().__init__((name, name) for name in known)
        self._limit = limit + len(self)

    __call__ = dict.__getitem__  # one look-up without a function call, for a name that was seen before

    def __missing__(self, name: str) -> str:
        if len(self) >= self._limit or len(name) > MAX_LENGTH:
            return OTHER
        self[name] = name
        return name
