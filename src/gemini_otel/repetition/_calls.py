"""Finds function calls that a model makes again and again."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from itertools import count

from ._thresholds import Thresholds
from ._verdict import Repetition

__all__ = ["CallLoops"]

_LONGEST_CYCLE = 5
_PROGRESS = re.compile(
    r"page|cursor|token|offset|after|before|since|until|start|end|from|^to$|continu|next", re.IGNORECASE
)
_PASSING_ID = re.compile(
    r"^(?:id|uuid|guid)$|(?:request|call|trace|span|correlation|run|session|message|event|transaction|idempotency"
    r"|operation|invocation|attempt)[_-]?id$",
    re.IGNORECASE,
)
_ENTITY_ID = re.compile(r"[_-]id$|[a-z]Id$|[a-z]ID$")
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b[0-9a-f]{16,64}\b|\b1[5-9]\d{8}(?:\d{3}|\.\d+)?\b",
    re.IGNORECASE,
)
_unlike_any_other = count()


class CallLoops:
    """The fingerprints of the last calls; arguments are hashed, never kept."""

    __slots__ = ("_exact", "_limits", "_masked", "_seen")

    def __init__(self, limits: Thresholds) -> None:
        most = _LONGEST_CYCLE * max(limits.identical_calls, limits.call_cycles, limits.volatile_calls)
        self._limits = limits
        self._exact: deque[int] = deque(maxlen=most)
        self._masked: deque[int] = deque(maxlen=most)
        self._seen = 0

    def look(self, name: str, args: object) -> Repetition | None:
        """Take the next call and return the loop it completes, if it does."""
        plain = _canonical(args)
        masked = _canonical(_masked(args)) if _VOLATILE.search(plain) else plain
        self._exact.append(hash((name, plain)))
        self._masked.append(hash((name, masked)))
        self._seen += 1
        limits = self._limits
        return self._cycle(self._exact, limits.identical_calls, limits.call_cycles) or self._cycle(
            self._masked, limits.volatile_calls, limits.volatile_calls
        )

    def _cycle(self, calls: deque[int], single: int, cycles: int) -> Repetition | None:
        if calls.count(calls[-1]) < min(single, cycles):
            return None
        recent = list(calls)
        for period in range(1, _LONGEST_CYCLE + 1):
            units = single if period == 1 else cycles
            last = recent[-units * period :]
            if len(last) == units * period and last[period:] == last[:-period]:
                return Repetition("tool_calls", period, units, self._seen - len(last), len(last) / self._seen)
        return None


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


def _masked(value: object, key: str = "") -> object:
    if isinstance(value, Mapping):
        return {name: _masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, key) for item in value]
    if isinstance(value, str | int | float) and not isinstance(value, bool) and not _is_progress(key):
        return _VOLATILE.sub("*", str(value))
    return value


def _is_progress(key: str) -> bool:
    """Return whether a new value under this key means new work: the next page, another customer."""
    if _PASSING_ID.search(key):
        return False
    return bool(_PROGRESS.search(key) or _ENTITY_ID.search(key))
