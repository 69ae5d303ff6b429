"""Finds the entries that apply to a span: by table lookup for ours, by asking each of a user's own."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, cast

from gemini_otel._guard import guarded
from gemini_otel._outcome import OUTCOMES
from gemini_otel._semconv import AFC_ROUNDS, OPERATION_NAME, OUTCOME
from gemini_otel.hints._hint import SEVERITIES, Attributes, Hint
from gemini_otel.hints._trigger import NO_CALL, Predicate, Subject, Trigger, is_no_call

MOST = 3  # hints on one span
_RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}

_Entry = tuple[int, Hint, Predicate | None]  # rank in the list, the entry, what else must hold


class _Table(NamedTuple):
    """A subject, its entries by value, and its entries for any other value."""

    needs: str | None
    read: Callable[[Attributes], object]
    by_value: Mapping[str, tuple[_Entry, ...]]
    others: tuple[_Entry, ...]


class _Index(NamedTuple):
    tables: tuple[_Table, ...]
    by_outcome: Mapping[str, tuple[_Table, ...]]
    on_loop: tuple[_Table, ...]
    asked: tuple[_Entry, ...]
    wanted: frozenset[int]  # ranks


class Catalogue:
    """Hints in order of preference, indexed at first use. Of one subject a span gets the first entry that applies, no other.

    An entry whose id is in `disabled` is never shown; it still stands in front of the wider ones of its subject.
    """

    def __init__(self, hints: Iterable[Hint], disabled: Collection[str] = ()) -> None:
        self.hints = tuple(hints)
        self._disabled = frozenset(disabled)
        self._indexes: dict[str, _Index] = {}

    def find(self, attributes: Attributes, level: str = "warning") -> list[Hint]:
        """The hints of at least this level for a span, at most three, in the order of the catalogue."""
        index = self._indexes.get(level) or self._index(level)
        plain = attributes if isinstance(attributes, dict) else _plain(attributes)
        found: list[_Entry] = []
        outcome = plain.get(OUTCOME)
        tables = index.by_outcome.get(outcome, index.tables) if isinstance(outcome, str) else index.tables
        if plain.get(AFC_ROUNDS):
            tables = index.on_loop
        elif plain.get(OPERATION_NAME) in NO_CALL and is_no_call(plain):
            tables = ()
        for needs, read, by_value, others in tables:
            if needs is not None and not plain.get(needs):
                continue
            value = read(plain)
            if not value:
                continue
            for entry in by_value.get(value, others) if isinstance(value, str) else others:
                holds = entry[2]
                if holds is None or holds(plain):
                    found.append(entry)
                    break
        for entry in index.asked:
            holds = entry[2]
            if holds is not None and holds(plain):
                found.append(entry)
        return _chosen(found, index.wanted) if found else []

    def _index(self, level: str) -> _Index:
        """The tables for a level: of subjects with an entry of that level, and of a user's own predicates."""
        own: dict[Subject, list[tuple[int, Hint, Trigger]]] = {}
        asked: list[_Entry] = []
        for rank, hint in enumerate(self.hints):
            if isinstance(hint.when, Trigger):
                own.setdefault(hint.when.subject, []).append((rank, hint, hint.when))
            elif hint.when is not None and self._wanted(hint, level):
                asked.append((rank, hint, _asked(hint.id, hint.when)))
        tables = {
            subject: _table(subject, entries)
            for subject, entries in own.items()
            if any(self._wanted(hint, level) for _, hint, _ in entries)
        }
        index = self._indexes[level] = _Index(
            tables=tuple(tables.values()),
            by_outcome={
                outcome: tuple(table for subject, table in tables.items() if outcome in subject.outcomes)
                for outcome in OUTCOMES
            },
            on_loop=tuple(table for subject, table in tables.items() if subject.on_loop),
            asked=tuple(asked),
            wanted=frozenset(rank for rank, hint in enumerate(self.hints) if self._wanted(hint, level)),
        )
        return index

    def _wanted(self, hint: Hint, level: str) -> bool:
        return _RANK[hint.severity] >= _RANK[level] and hint.id not in self._disabled


def _chosen(found: list[_Entry], wanted: frozenset[int]) -> list[Hint]:
    """An entry that is below the level or switched off is left out only now: it stands in front of wider ones."""
    if len(found) == 1:
        ((rank, hint, _),) = found
        return [hint] if rank in wanted else []
    found.sort(key=operator.itemgetter(0))
    unique = {hint.id: hint for rank, hint, _ in found if rank in wanted}
    return list(unique.values())[:MOST]


def _plain(attributes: Attributes) -> Attributes:
    """A dict: the SDK's own mapping takes half a microsecond to say that something is missing."""
    copy = getattr(attributes, "copy", None)
    return dict(attributes) if copy is None else cast("Attributes", copy())


def _table(subject: Subject, entries: list[tuple[int, Hint, Trigger]]) -> _Table:
    by_value: dict[str, list[_Entry]] = {value: [] for _, _, when in entries for value in when.values}
    for rank, hint, when in entries:
        for value in when.values or by_value.keys() - when.known:
            by_value[value].append((rank, hint, when.also))
    others = tuple((rank, hint, when) for rank, hint, when in entries if not when.values)
    known = {value: tuple(found) for value, found in by_value.items()}
    return _Table(subject.needs, subject.read, known, others)


def _asked(hint_id: str, predicate: Predicate) -> Predicate:
    """A user's predicate: one that raises does not match, and is logged once."""

    def holds(attributes: Attributes) -> bool:
        return bool(predicate(attributes))

    holds.__qualname__ = f"the predicate of hint {hint_id}"
    safe = guarded(holds)
    return lambda attributes: safe(attributes) is True
