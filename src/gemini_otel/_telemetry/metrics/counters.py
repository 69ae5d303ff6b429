"""Counters as small bounded tables that observable counters read: 0.2 us for each call, where a synchronous counter takes 6.

Totals are cumulative, so all readers see the same; a forked child starts from zero.
"""

from __future__ import annotations

import os
import threading
import weakref

from gemini_otel._facts.labels import Dimensions, Values

_MAX_TOTAL = 2**63 - 1  # what an exporter can represent
_tables: weakref.WeakSet[CounterTable] = weakref.WeakSet()


class CounterTable:
    """Totals by label values, which the caller has bounded."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.reset()
        _tables.add(self)

    def add(self, values: Values, amount: int = 1, own: Dimensions = ()) -> None:
        """Add to the total for the label values, and for the user's own dimensions."""
        key = (values, own)
        with self._lock:
            self._totals[key] = min(self._totals.get(key, 0) + amount, _MAX_TOTAL)

    def totals(self) -> list[tuple[dict[str, str | int], int]]:
        """Each combination of labels with its total; labels with the value None are left out."""
        with self._lock:
            rows = list(self._totals.items())
        return [
            (
                {**dict(own), **{k: v for k, v in zip(self.labels, values, strict=True) if v is not None}},
                total,
            )
            for (values, own), total in rows
        ]

    def reset(self) -> None:
        self._lock = threading.Lock()
        self._totals: dict[tuple[Values, Dimensions], int] = {}


def _reset_after_fork() -> None:
    """The parent reports its own counts; the lock may be held by a thread that the child does not have."""
    for table in list(_tables):
        table.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
