"""The sums of a test run, and the summary at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gemini_otel.hints._hint import SEVERITIES

if TYPE_CHECKING:
    from gemini_otel.pytest._calls import Record

_SUMS = ("calls", "tokens", "seconds")


class Totals:
    """Calls, tokens and seconds, over all and by hint; as plain data, so that the workers of xdist can send them."""

    def __init__(self, severities: Collection[str]) -> None:
        self._severities = severities  # of the hints that are shown
        self.all: dict[str, Any] = dict.fromkeys((*_SUMS, "tests"), 0)
        self.by_hint: dict[str, dict[str, Any]] = {}

    def add(self, record: Record) -> None:
        """Add what was read of a test."""
        self.all["tests"] += any(call.counts for call in record.calls())
        for call in record.calls():
            sums = (call.counts, call.input_tokens + call.output_tokens, call.seconds)
            if call.counts:
                _add(self.all, zip(_SUMS, sums, strict=True))
            for found in call.hints:
                if found.hint.severity not in self._severities:
                    continue
                row = self._row(found.id, found.hint.severity, record.name)
                _add(row, zip(_SUMS, (True, *sums[1:]), strict=True))

    def merge(self, data: Mapping[str, Any]) -> None:
        """Add what a worker sent."""
        _add(self.all, data["all"].items())
        for hint_id, other in data["by_hint"].items():
            row = self._row(hint_id, other["severity"], other["first"])
            _add(row, ((name, other[name]) for name in _SUMS))

    def data(self) -> dict[str, Any]:
        """All of it, for `merge`."""
        return {"all": self.all, "by_hint": self.by_hint}

    def lines(self) -> Iterator[str]:
        """The summary: one line for all, and one for each hint, those that cost most tokens first."""
        if not self.all["calls"] and not self.by_hint:
            yield "No call was seen."
            return
        yield "{calls:,} calls in {tests:,} tests, {tokens:,} tokens, {seconds:.1f} s".format(**self.all)
        if not self.by_hint:
            return
        rows = [
            (
                row["severity"],
                hint_id,
                f"{row['calls']:,}",
                f"{row['tokens']:,}",
                f"{row['seconds']:.1f}",
                row["first"],
            )
            for hint_id, row in sorted(self.by_hint.items(), key=_weight)
        ]
        yield from _table([("severity", "hint", "calls", "tokens", "seconds", "first in"), *rows])

    def _row(self, hint_id: str, severity: str, name: str) -> dict[str, Any]:
        return self.by_hint.setdefault(
            hint_id, {"severity": severity, "first": name, **dict.fromkeys(_SUMS, 0)}
        )


def _add(sums: dict[str, Any], values: Any) -> None:
    for name, value in values:
        sums[name] += value


def _weight(item: tuple[str, dict[str, Any]]) -> tuple[int, int, str]:
    hint_id, row = item
    return -SEVERITIES.index(row["severity"]), -row["tokens"], hint_id


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if 2 <= place <= 4 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
