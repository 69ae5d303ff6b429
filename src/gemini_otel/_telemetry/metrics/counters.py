"""Counters as small bounded tables, read by observable counters: 0.2 us for a call where a synchronous counter takes 6.

Totals are cumulative, so any number of readers sees the same; a forked child starts from zero.
"""

from __future__ import annotations

import os
import threading
import weakref

from gemini_otel._facts.labels import Dimensions, Values

_MAX_TOTAL = 2**63 - 1  # what an exporter can send
_tables: weakref.WeakSet[CounterTable] = weakref.WeakSet()


class CounterTable:
    """Totals by label values, which the caller has bounded."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.reset()
        _tables.add(self)

    def add(self, values: Values, amount: int = 1, own: Dimensions = ()) -> None:
        """Count under the label values, and under dimensions of the user's own."""
        key = (values, own)
        with self._lock:
            self._totals[key] = min(self._totals.get(key, 0) + amount, _MAX_TOTAL)

    def totals(self) -> list[tuple[dict[str, str | int], int]]:
        """Each combination of labels with its total; a label that is None is left out."""
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
    """What the parent counted is the parent's to report; its lock may be held by a thread that the child lacks."""
    for table in list(_tables):
        table.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
