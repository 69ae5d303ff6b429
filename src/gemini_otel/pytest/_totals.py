"""The sums of a test run, and the summary at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gemini_otel._commands.report.lines import calls, seconds, tokens
from gemini_otel._facts.names import SEVERITIES

if TYPE_CHECKING:
    from gemini_otel.pytest._calls import Record

_SUMS = ("calls", "tokens", "seconds")
_TOLD = ("severity", "remedy", "first")  # characters of a remedy


class Totals:
    """Calls, tokens and seconds, over all and by hint; as plain data, so that the workers of xdist can send them."""

    def __init__(self, severities: Collection[str]) -> None:
        self._severities = severities  # only hints of the chosen severity
        self.all: dict[str, Any] = dict.fromkeys((*_SUMS, "tests"), 0)
        self.by_hint: dict[str, dict[str, Any]] = {}

    def add(self, record: Record) -> None:
        """Add the record of a test."""
        self.all["tests"] += any(call.counts for call in record.calls())
        for call in record.calls():
            sums = (call.counts, call.input_tokens + call.output_tokens, call.seconds)
            if call.counts:
                _add(self.all, zip(_SUMS, sums, strict=True))
            for call_hint in call.hints:
                if call_hint.hint.severity not in self._severities:
                    continue
                labels = {
                    "severity": call_hint.hint.severity,
                    "remedy": call_hint.hint.remedy[0] if call_hint.hint.remedy else "",
                    "first": record.name,
                }
                row = self._row(call_hint.id, labels)
                _add(row, zip(_SUMS, (True, *sums[1:]), strict=True))

    def merge(self, data: Mapping[str, Any]) -> None:
        """Add the sums of a worker."""
        _add(self.all, data["all"].items())
        for hint_id, other in data["by_hint"].items():
            row = self._row(hint_id, {name: other[name] for name in _TOLD})
            _add(row, ((name, other[name]) for name in _SUMS))

    def data(self) -> dict[str, Any]:
        """All sums as plain data, for `merge`."""
        return {"all": self.all, "by_hint": self.by_hint}

    def lines(self) -> Iterator[str]:
        """The summary in the form of `gemini-otel report`: what was used, then each hint with its first remedy."""
        if not self.all["calls"] and not self.by_hint:
            yield "No call was seen."
            return
        tests = f"{self.all['tests']:,} test{'' if self.all['tests'] == 1 else 's'}"
        used = (calls(self.all["calls"]), seconds(self.all["seconds"]), tokens(self.all["tokens"]))
        yield f"Used  {used[0]} in {tests}, {used[1]}, {used[2]}"
        if not self.by_hint:
            return
        yield "What to do first: hints by severity, then by tokens"
        by_weight = sorted(self.by_hint.items(), key=_weight)
        rows = [(hint_id, row["severity"], f"{row['calls']:,}x", _used(row)) for hint_id, row in by_weight]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for rank, ((_, row), cells) in enumerate(zip(by_weight, rows, strict=True), 1):
            yield f"{rank:2} " + "  ".join(map(str.ljust, cells, widths)).rstrip()
            yield f"   {row['remedy']}"
            yield f"   first in {row['first']}"

    def _row(self, hint_id: str, labels: dict[str, str]) -> dict[str, Any]:
        return self.by_hint.setdefault(hint_id, {**labels, **dict.fromkeys(_SUMS, 0)})


def _used(row: dict[str, Any]) -> str:
    return f"{seconds(row['seconds'])}, {tokens(row['tokens'])}"


def _add(sums: dict[str, Any], values: Any) -> None:
    for name, value in values:
        sums[name] += value


def _weight(item: tuple[str, dict[str, Any]]) -> tuple[int, int, str]:
    hint_id, row = item
    return -SEVERITIES.index(row["severity"]), -row["tokens"], hint_id
