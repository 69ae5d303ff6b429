"""Finds the entries that apply to a span: by table lookup for ours, by asking each of a user's own."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from gemini_otel._guard import guarded
from gemini_otel._outcome import OUTCOMES
from gemini_otel._semconv import AFC_ROUNDS, OPERATION_NAME, OUTCOME
from gemini_otel.hints._hint import SEVERITIES, Attributes, AttributeValue, Hint
from gemini_otel.hints._trigger import NO_CALL, Predicate, Subject, Trigger, is_no_call

MOST = 3  # hints on one span
_RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}

_Entry = tuple[int, Hint, Predicate | None]  # rank in the list, the entry, what else must hold


# Plain tuples: Python takes named ones apart, and reads them, at half the speed.
# What reads a subject, its entries by value, its entries for any other value.
_Table = tuple[Callable[[Attributes], object], Mapping[str, tuple[_Entry, ...]], tuple[_Entry, ...]]
# What spans of one outcome are asked: some in any case; the names of attributes that others need; these by the attribute and
# whether it is false.
_Tables = tuple[tuple[_Table, ...], frozenset[str], Mapping[tuple[str, bool], tuple[_Table, ...]]]


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the hints of one level."""

    tables: _Tables
    by_outcome: Mapping[str, _Tables]
    on_loop: _Tables
    asked: tuple[tuple[int, Hint, Predicate], ...]
    wanted: frozenset[int]  # ranks

    def find(self, attributes: dict[str, AttributeValue]) -> list[Hint]:
        """The hints for a span, at most three, in the order of the catalogue. Healthy spans pass here, so each step counts."""
        outcome = attributes.get(OUTCOME)
        tables = self.by_outcome.get(outcome, self.tables) if isinstance(outcome, str) else self.tables
        if attributes.get(AFC_ROUNDS):
            tables = self.on_loop
        elif attributes.get(OPERATION_NAME) in NO_CALL and is_no_call(attributes):
            tables = _NONE
        found = _applying(tables, attributes)
        if self.asked:
            found += [entry for entry in self.asked if entry[2](attributes)]
        return _chosen(found, self.wanted) if found else []


class Catalogue:
    """Hints in order of preference, indexed at first use. Of one subject a span gets the first entry that applies, no other.

    An entry whose id is in `disabled` is never shown; it still stands in front of the wider ones of its subject.
    """

    def __init__(self, hints: Iterable[Hint], disabled: Collection[str] = ()) -> None:
        self.hints = tuple(hints)
        self._disabled = frozenset(disabled)
        self._finders: dict[str, Finder] = {}

    def find(self, attributes: Attributes, level: str = "warning") -> list[Hint]:
        """The hints of at least this level for a span, at most three, in the order of the catalogue."""
        return self.at(level).find(_plain(attributes))

    def at(self, level: str) -> Finder:
        """What finds the hints of this level and above."""
        return self._finders.get(level) or self._finder(level)

    def _finder(self, level: str) -> Finder:
        """The tables for a level: of subjects with an entry of that level, and of a user's own predicates."""
        own: dict[Subject, list[tuple[int, Hint, Trigger]]] = {}
        asked: list[tuple[int, Hint, Predicate]] = []
        for rank, hint in enumerate(self.hints):
            if isinstance(hint.when, Trigger):
                own.setdefault(hint.when.subject, []).append((rank, hint, hint.when))
            elif hint.when is not None and self._wanted(hint, level):
                asked.append((rank, hint, _asked(hint.id, hint.when)))
        subjects = {
            subject: _table(subject, entries)
            for subject, entries in own.items()
            if any(self._wanted(hint, level) for _, hint, _ in entries)
        }
        finder = self._finders[level] = Finder(
            tables=_tables(subjects),
            by_outcome={
                outcome: _tables({each: subjects[each] for each in subjects if outcome in each.outcomes})
                for outcome in OUTCOMES
            },
            on_loop=_tables({each: subjects[each] for each in subjects if each.on_loop}),
            asked=tuple(asked),
            wanted=frozenset(rank for rank, hint in enumerate(self.hints) if self._wanted(hint, level)),
        )
        return finder

    def _wanted(self, hint: Hint, level: str) -> bool:
        return _RANK[hint.severity] >= _RANK[level] and hint.id not in self._disabled


def _applying(tables: _Tables, attributes: dict[str, AttributeValue]) -> list[_Entry]:
    """The first entry of each subject that applies."""
    asked, needed, by_need = tables
    if not needed.isdisjoint(attributes):
        for name in needed.intersection(attributes):
            if (given := attributes[name]) is not None:
                asked += by_need[name, given is False]
    found: list[_Entry] = []
    for read, by_value, others in asked:
        if value := read(attributes):
            for entry in by_value.get(value, others) if isinstance(value, str) else others:
                if entry[2] is None or entry[2](attributes):
                    found.append(entry)
                    break
    return found


def _chosen(found: list[_Entry], wanted: frozenset[int]) -> list[Hint]:
    """An entry that is below the level or switched off is left out only now: it stands in front of wider ones."""
    if len(found) == 1:
        ((rank, hint, _),) = found
        return [hint] if rank in wanted else []
    found.sort(key=operator.itemgetter(0))
    unique = {hint.id: hint for rank, hint, _ in found if rank in wanted}
    return list(unique.values())[:MOST]


def _plain(attributes: Attributes) -> dict[str, AttributeValue]:
    """A dict: the SDK's own mapping takes half a microsecond to say that something is missing."""
    return attributes if isinstance(attributes, dict) else dict(attributes)


_NONE: _Tables = ((), frozenset(), {})


def _tables(subjects: Mapping[Subject, _Table]) -> _Tables:
    def needing(name: str | None, *, if_false: bool = False) -> tuple[_Table, ...]:
        fitting = [each for each in subjects if each.needs == name and each.if_false is if_false]
        return tuple(subjects[each] for each in fitting)

    needed = frozenset(subject.needs for subject in subjects if subject.needs is not None)
    by_need = {(name, false): needing(name, if_false=false) for name in needed for false in (False, True)}
    return needing(None), needed, by_need


def _table(subject: Subject, entries: list[tuple[int, Hint, Trigger]]) -> _Table:
    by_value: dict[str, list[_Entry]] = {value: [] for _, _, when in entries for value in when.values}
    for rank, hint, when in entries:
        for value in when.values or by_value.keys() - when.known:
            by_value[value].append((rank, hint, when.also))
    others = tuple((rank, hint, when) for rank, hint, when in entries if not when.values)
    return subject.read, {value: tuple(found) for value, found in by_value.items()}, others


def _asked(hint_id: str, predicate: Predicate) -> Predicate:
    """A user's predicate: one that raises does not match, and is logged once."""

    def holds(attributes: Attributes) -> bool:
        return bool(predicate(attributes))

    holds.__qualname__ = f"the predicate of hint {hint_id}"
    safe = guarded(holds)
    return lambda attributes: safe(attributes) is True
