"""Adds up calls by hint, model and service, or by other names."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from gemini_otel._commands.report.calls import NO_HINT, Read, Tokens
from gemini_otel._commands.report.spans import shown_trace
from gemini_otel._commands.report.window import Decided
from gemini_otel._facts.names import SEVERITIES

if TYPE_CHECKING:
    from gemini_otel.cost import Bill
    from gemini_otel.hints import Hint

_MOST = 5000  # groups
_OTHER = "(other)"


def _day(read: Read) -> str:
    return datetime.fromtimestamp(read.start, timezone.utc).date().isoformat()


KEYS: Mapping[str, Callable[[Read], str]] = {
    "hint": lambda read: read.hint.id,
    "model": lambda read: read.model,
    "service": lambda read: read.service,
    "outcome": lambda read: read.outcome,
    "operation": lambda read: read.operation or "(none)",
    "tier": lambda read: read.tier or "(none)",
    "prompt": lambda read: read.prompt or "(none)",
    "agent": lambda read: read.agent or "(none)",
    "day": _day,
}
DEFAULT_KEYS = ("hint", "model", "service")


class Sums:
    """The usage of some calls, and what of it was lost."""

    def __init__(self, bills: Callable[[], Bill] | None) -> None:
        self.calls = 0
        self.other_spans = 0  # spans around calls, such as loops, that have their own hint
        self.lost_calls = 0
        self.seconds = 0.0
        self.lost_seconds = 0.0
        self.tokens = Tokens()
        self.lost_tokens = 0
        self.lost_reasoning = 0
        self.retries = 0
        self.tiers: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.good_bill = bills() if bills is not None else None
        self.lost_bill = bills() if bills is not None else None

    def add(self, read: Read) -> None:
        """Count a call."""
        self.calls += 1
        self.seconds += read.seconds
        self.lost_seconds += read.seconds if read.lost else read.wait
        self.retries += read.retries
        self.outcomes[read.outcome] += 1
        if read.tier:
            self.tiers[read.tier] += 1
        self.lost_calls += read.lost
        if read.tokens.input or read.tokens.output:
            self._add_tokens(read)

    def _add_tokens(self, read: Read) -> None:
        self.tokens = Tokens(*map(operator.add, self.tokens, read.tokens))
        bill = self.good_bill
        if read.lost:
            bill = self.lost_bill
            self.lost_tokens += read.tokens.input + read.tokens.output
            self.lost_reasoning += read.tokens.reasoning
        if bill is not None:
            bill.add(read.attributes, read.start)

    def include(self, other: Sums) -> None:
        """Add another sum."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.tokens = Tokens(*map(operator.add, self.tokens, other.tokens))
        for mine, theirs in ((self.good_bill, other.good_bill), (self.lost_bill, other.lost_bill)):
            if mine is not None and theirs is not None:
                mine.include(theirs)

    @property
    def all_tokens(self) -> int:
        return self.tokens.input + self.tokens.output

    def amount(self) -> Decimal | None:
        """The known cost of all calls."""
        known = [amount for bill in self._both() if (amount := bill.priced()[0]) is not None]
        return sum(known, Decimal(0)) if known else None

    def lost_amount(self) -> Decimal | None:
        """The known cost of what was lost."""
        return self.lost_bill.priced()[0] if self.lost_bill is not None else None

    def unpriced(self) -> Counter[str]:
        """Tokens without a price, by the reason."""
        return sum((bill.priced()[1] for bill in self._both()), Counter[str]())

    def _both(self) -> list[Bill]:
        return [bill for bill in (self.good_bill, self.lost_bill) if bill is not None]


_SUMMED = (
    *("calls", "other_spans", "lost_calls", "seconds", "lost_seconds"),
    *("lost_tokens", "lost_reasoning", "retries", "tiers", "outcomes"),
)


class Group(Sums):
    """The calls with the same values of the keys; its trace is that of the call that lost most."""

    def __init__(
        self, values: tuple[str, ...], hint: Hint, outcome: str, bills: Callable[[], Bill] | None
    ) -> None:
        super().__init__(bills)
        self.values = values
        self.hint = hint
        self.outcome = outcome
        self.trace = ""
        self._worst = (-1, -1.0)

    @property
    def times(self) -> int:
        return self.calls + self.other_spans

    def note(self, read: Read) -> None:
        """Remember the hint and the trace of a call that lost more than those before."""
        lost = (read.tokens.input + read.tokens.output, read.seconds) if read.lost else (0, read.wait)
        if read.trace and lost > self._worst:
            self._worst, self.trace = lost, shown_trace(read.trace)
            self.hint, self.outcome = read.hint, read.outcome


class Report:
    """All calls, in groups."""

    def __init__(self, by: Iterable[str] = DEFAULT_KEYS, bills: Callable[[], Bill] | None = None) -> None:
        self.by = tuple(by)
        self.priced = bills is not None
        self._bills = bills
        self._keys = tuple(KEYS[name] for name in self.by)
        self._groups: dict[tuple[str, ...], Group] = {}
        self.first: float | None = None
        self.last: float | None = None
        self.worst_severity: str | None = None
        self.second_spans = 0
        self.duplicates = 0

    def add(self, decided: Decided) -> None:
        read = decided.read
        if decided.duplicate:
            self.duplicates += 1
        elif decided.counted:
            group = self._group(read)
            group.add(read)
            group.note(read)
            self._note(read)
        else:
            self.second_spans += read.is_call
            if read.hint is not NO_HINT and (read.hint_is_told or not read.is_call):
                group = self._group(read)
                group.other_spans += 1
                group.note(read._replace(lost=False, wait=0.0))
                self._note(read)

    def _note(self, read: Read) -> None:
        self.first = read.start if self.first is None else min(self.first, read.start)
        self.last = read.start if self.last is None else max(self.last, read.start)
        if read.hint is not NO_HINT:
            severity: str = read.hint.severity
        elif read.lost:
            severity = "error" if read.outcome == "error" else "warning"
        else:
            return
        self.worst_severity = max(severity, self.worst_severity or severity, key=SEVERITIES.index)

    def _group(self, read: Read) -> Group:
        values = tuple(key(read) for key in self._keys)
        group = self._groups.get(values)
        if group is None:
            if len(self._groups) >= _MOST:
                values = (_OTHER,) * len(self._keys)
            group = self._groups.setdefault(values, Group(values, read.hint, read.outcome, self._bills))
        return group

    @functools.cached_property
    def all(self) -> Sums:
        """The sums of all groups, once everything is read."""
        total = Sums(self._bills)
        for group in self._groups.values():
            total.include(group)
        return total

    def groups(self) -> list[Group]:
        """The groups, the most wasteful first: by their shares of what was lost, in money or tokens and in time."""
        return sorted(
            self._groups.values(),
            key=lambda group: (-self.waste(group), -group.lost_calls, -group.times, group.values),
        )

    def waste(self, group: Group) -> float:
        """The group's share of all that was lost, from 0 to 1: the mean of its shares of money, or tokens, and of time."""
        parts = [_part(group.lost_seconds, self.all.lost_seconds)]
        if self.all.lost_tokens:
            parts.append(self._part_of_costs(group))
        return sum(parts) / len(parts)

    def _part_of_costs(self, group: Group) -> float:
        bill = self.all.lost_bill
        if bill is not None:
            amount, unknown = bill.priced()
            if amount and not unknown:
                return float((group.lost_amount() or 0) / amount)
        return _part(group.lost_tokens, self.all.lost_tokens)


def _part(some: float, whole: float) -> float:
    return some / whole if whole else 0.0
