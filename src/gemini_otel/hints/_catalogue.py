"""Finds the entries that apply to a span: built-in entries by table look-up, a user's entries by calling their predicates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gemini_otel._facts.guard import guarded
from gemini_otel._facts.names import AFC_ROUNDS, OPERATION_NAME, OUTCOME, SEVERITIES
from gemini_otel._facts.outcomes import OUTCOME_NAMES
from gemini_otel.hints._hint import Attributes, AttributeValue, Hint
from gemini_otel.hints._trigger import TOOL, Predicate, Subject, Trigger, is_no_call

MOST = 3  # hints on one span
_RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class _Entry(NamedTuple):
    """A hint and its position in the list, which decides the order."""

    rank: int
    hint: Hint


class _Conditional(NamedTuple):
    """An entry that applies if the span has the attribute `needs` and `holds` is true."""

    needs: str | None
    holds: Predicate
    entry: _Entry


class _Choice(NamedTuple):
    """A span gets the first conditional entry that applies, else the unconditional one, if there is one.

    Where each conditional entry needs an attribute, they are asked only about spans that have one of these.
    """

    conditional: tuple[_Conditional, ...]
    needed: tuple[str, ...] | None
    sure: tuple[_Entry, ...]


class _Table(NamedTuple):
    """A subject: the attribute with its value, the function that reads it otherwise, the entries by value, and those for any
    other value.
    """

    attribute: str
    read: Callable[[Attributes], object]
    by_value: Mapping[str, _Choice]
    others: _Choice


class _Single(NamedTuple):
    """A subject with one entry, which applies whenever the subject holds."""

    holds: Callable[[Attributes], object]
    entry: _Entry


class _Questions(NamedTuple):
    tables: tuple[_Table, ...] = ()
    singles: tuple[_Single, ...] = ()


class _Asked(NamedTuple):
    """Questions for one outcome: unconditional ones, then those that depend on an attribute.

    Those are found by the attribute and whether it is false; `needed` are all such attributes.
    """

    always: _Questions
    needed: frozenset[str]
    by_need: Mapping[tuple[str, bool], _Questions]


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the hints of one level."""

    asked: _Asked
    by_outcome: Mapping[str, _Asked]
    on_loop: _Asked
    on_tool: _Asked
    on_no_call: _Asked
    wanted: frozenset[int]  # positions of the hints of this level

    @property
    def needed_of_healthy(self) -> frozenset[str] | None:
        """The attributes of which a successful call needs at least one to get a hint; None where any call may get one."""
        always, needed, _ = self.by_outcome["ok"]
        return None if any(always) else needed

    def find(self, attributes: dict[str, AttributeValue]) -> list[Hint]:
        """The hints for a span, at most three, in the order of the catalogue. Healthy spans pass here, so each step counts."""
        outcome = attributes.get(OUTCOME)
        asked = self.by_outcome.get(outcome, self.asked) if isinstance(outcome, str) else self.asked
        if (outcome is None or attributes.get(OPERATION_NAME) == TOOL) and is_no_call(attributes):
            asked = self.on_tool if attributes.get(OPERATION_NAME) == TOOL else self.on_no_call
        # Unpacked at once, because each look-up of a name costs time.
        (tables, singles), needed, by_need = asked
        if not needed.isdisjoint(attributes):
            if attributes.get(AFC_ROUNDS):
                (tables, singles), needed, by_need = self.on_loop
            for name in needed.intersection(attributes):
                if (given := attributes[name]) is not None:
                    more = by_need[name, given is False]
                    tables, singles = tables + more[0], singles + more[1]
        found = _applying(tables, attributes) if tables else []
        for holds, entry in singles:
            if holds(attributes):
                found.append(entry)  # a comprehension would cost a function call
        return _chosen(found, self.wanted) if found else []


class Catalogue:
    """Hints in order of preference, indexed at first use. For one subject, a span gets the first entry that applies.

    An entry whose id is in `disabled` is never shown, but still hides the wider entries of its subject.
    """

    def __init__(self, hints: Iterable[Hint], disabled: Collection[str] = ()) -> None:
        self.hints = tuple(hints)
        self._disabled = frozenset(disabled)
        self._finders: dict[str, Finder] = {}

    def find(self, attributes: Attributes, level: str = "warning") -> list[Hint]:
        """The hints of at least this level ("info", "warning", "error") for a span, at most three, in the order of the
        catalogue.
        """
        return self.at(level).find(_plain(attributes))

    def at(self, level: str) -> Finder:
        """The finder for hints of this level and above."""
        return self._finders.get(level) or self._finder(level)

    def _finder(self, level: str) -> Finder:
        """The tables for a level: subjects that have an entry of that level, and the user's own predicates."""
        of_subjects: dict[Subject, list[tuple[int, Hint, Trigger]]] = {}
        own: list[_Single] = []
        for rank, hint in enumerate(self.hints):
            if isinstance(hint.when, Trigger):
                of_subjects.setdefault(hint.when.subject, []).append((rank, hint, hint.when))
            elif hint.when is not None and self._wanted(hint, level):
                own.append(_Single(_safe(hint.id, hint.when), _Entry(rank, hint)))
        questions = {
            subject: _questions(subject, entries)
            for subject, entries in of_subjects.items()
            if any(self._wanted(hint, level) for _, hint, _ in entries)
        }

        def asked(subjects: Iterable[Subject]) -> _Asked:
            return _asked({each: questions[each] for each in subjects}, tuple(own))

        of_calls = [each for each in questions if not each.on_tool]
        finder = self._finders[level] = Finder(
            asked=asked(of_calls),
            by_outcome={
                outcome: asked(each for each in of_calls if outcome in each.outcomes)
                for outcome in OUTCOME_NAMES
            },
            on_loop=asked(each for each in questions if each.on_loop),
            on_tool=asked(each for each in questions if each.on_tool),
            on_no_call=asked(()),
            wanted=frozenset(rank for rank, hint in enumerate(self.hints) if self._wanted(hint, level)),
        )
        return finder

    def _wanted(self, hint: Hint, level: str) -> bool:
        return _RANK[hint.severity] >= _RANK[level] and hint.id not in self._disabled


def _applying(tables: tuple[_Table, ...], attributes: Attributes) -> list[_Entry]:
    """The first entry of each subject that applies."""
    found: list[_Entry] = []
    for attribute, read, by_value, others in tables:
        value: object = attributes.get(attribute)
        choice = by_value.get(value) if isinstance(value, str) else None
        if choice is None:
            if not (value := read(attributes)):
                continue
            choice = by_value.get(value, others) if isinstance(value, str) else others
        conditional, needed, sure = choice
        if conditional and (needed is None or any(map(attributes.get, needed))):
            for needs, holds, entry in conditional:
                if (needs is None or attributes.get(needs)) and holds(attributes):
                    sure = (entry,)
                    break
        found += sure
    return found


def _chosen(found: list[_Entry], wanted: frozenset[int]) -> list[Hint]:
    """The hints of the entries found, in order. Entries below the level or switched off are removed only here, because they
    still hide wider ones.
    """
    if len(found) == 1:
        ((rank, hint),) = found
        return [hint] if rank in wanted else []
    found.sort(key=operator.itemgetter(0))
    unique = {hint.id: hint for rank, hint in found if rank in wanted}
    return list(unique.values())[:MOST]


def _plain(attributes: Attributes) -> dict[str, AttributeValue]:
    """The attributes as a dict, because the SDK's own mapping takes half a microsecond to report a missing key."""
    return attributes if isinstance(attributes, dict) else dict(attributes)


def _asked(questions: Mapping[Subject, _Questions], own: tuple[_Single, ...]) -> _Asked:
    def needing(name: str | None, *, if_false: bool = False) -> _Questions:
        fitting = [questions[each] for each in questions if each.needs == name and each.if_false is if_false]
        tables = tuple(table for tables, _ in fitting for table in tables)
        return _Questions(tables, tuple(single for _, singles in fitting for single in singles))

    needed = frozenset(subject.needs for subject in questions if subject.needs is not None) | {AFC_ROUNDS}
    by_need = {(name, false): needing(name, if_false=false) for name in needed for false in (False, True)}
    tables, singles = needing(None)
    return _Asked(_Questions(tables, singles + own), needed, by_need)


def _questions(subject: Subject, entries: list[tuple[int, Hint, Trigger]]) -> _Questions:
    rank, hint, only = entries[0]
    if len(entries) == 1 and only == Trigger(subject):
        return _Questions(singles=(_Single(subject.read, _Entry(rank, hint)),))
    by_value = {
        value: _choice(
            (_Entry(rank, hint), when.needs, when.also) for rank, hint, when in entries if when.accepts(value)
        )
        for _, _, named in entries
        for value in named.values
    }
    others = _choice((_Entry(rank, hint), None, when) for rank, hint, when in entries if not when.values)
    return _Questions((_Table(subject.attribute, subject.read, by_value, others),))


def _choice(entries: Iterable[tuple[_Entry, str | None, Predicate | None]]) -> _Choice:
    conditional: list[_Conditional] = []
    sure: tuple[_Entry, ...] = ()
    for entry, needs, also in entries:
        if needs is None and also is None:
            sure = (entry,)
            break
        conditional.append(_Conditional(needs, also or _always, entry))
    needed = tuple(each.needs for each in conditional if each.needs is not None)
    return _Choice(tuple(conditional), needed if len(needed) == len(conditional) else None, sure)


def _always(_: Attributes) -> bool:
    return True


def _safe(hint_id: str, predicate: Predicate) -> Predicate:
    """A user's predicate. If it raises, it does not match, and the exception is logged once."""

    def holds(attributes: Attributes) -> bool:
        return bool(predicate(attributes))

    holds.__qualname__ = f"the predicate of hint {hint_id}"
    safe = guarded(holds)
    return lambda attributes: safe(attributes) is True
