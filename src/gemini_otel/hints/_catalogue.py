"""Finds the entries that apply to a span: by table lookup for ours, by asking each of a user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from gemini_otel._guard import guarded
from gemini_otel._semconv import OUTCOME
from gemini_otel.hints._hint import SEVERITIES, Attributes, Hint
from gemini_otel.hints._trigger import Predicate, Subject, Trigger

MOST = 3  # hints on one span
_RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}

_Entry = tuple[int, Hint, Predicate | None]  # rank in the list, the entry, what else must hold
_Subject = tuple[Callable[[Attributes], object], Mapping[str, tuple[_Entry, ...]], tuple[_Entry, ...]]


@dataclass(frozen=True, slots=True)
class _Index:
    subjects: tuple[_Subject, ...]
    subjects_on_ok: tuple[_Subject, ...]
    asked: tuple[_Entry, ...]


class Catalogue:
    """Hints in order of preference, indexed once. Of one subject a span gets the first entry that applies, no other."""

    def __init__(self, hints: Iterable[Hint]) -> None:
        self.hints = tuple(hints)
        self._indexes: dict[str, _Index] = {level: self._index(level) for level in SEVERITIES}

    def find(self, attributes: Attributes, level: str = "warning") -> list[Hint]:
        """The hints of at least this level for a span, at most three, in the order of the catalogue."""
        index = self._indexes[level]
        plain = attributes if isinstance(attributes, dict) else _plain(attributes)
        subjects = index.subjects_on_ok if plain.get(OUTCOME) == "ok" else index.subjects
        found: list[tuple[int, Hint]] = []
        for read, by_value, others in subjects:
            value = read(plain)
            if not value:
                continue
            entries = by_value.get(value, others) if isinstance(value, str) else others
            for rank, hint, holds in entries:
                if holds is None or holds(plain):
                    found.append((rank, hint))
                    break
        found += [
            (rank, hint) for rank, hint, holds in index.asked if holds is not None and holds(attributes)
        ]
        return _chosen(found, level) if found else []

    def _index(self, level: str) -> _Index:
        ranked = list(enumerate(self.hints))
        subjects = dict.fromkeys(
            h.when.subject for h in self.hints if isinstance(h.when, Trigger) and _wanted(h, level)
        )
        tables = {subject: _subject(subject, ranked) for subject in subjects}
        return _Index(
            subjects=tuple(tables.values()),
            subjects_on_ok=tuple(table for subject, table in tables.items() if subject.on_ok),
            asked=tuple(
                (rank, hint, _asked(hint))
                for rank, hint in ranked
                if hint.when is not None and not isinstance(hint.when, Trigger) and _wanted(hint, level)
            ),
        )


def _plain(attributes: Attributes) -> Attributes:
    """A dict: the SDK's own mapping takes half a microsecond to say that something is missing."""
    copy = getattr(attributes, "copy", None)
    return dict(attributes) if copy is None else cast("Attributes", copy())


def _wanted(hint: Hint, level: str) -> bool:
    return _RANK[hint.severity] >= _RANK[level]


def _subject(subject: Subject, ranked: list[tuple[int, Hint]]) -> _Subject:
    """The reader of a subject, its entries by value, and its entries for any other value."""
    own = [(rank, hint, when) for rank, hint, when in _triggered(ranked) if when.subject is subject]
    by_value = {
        value: tuple((rank, hint, when.also) for rank, hint, when in own if when.accepts(value))
        for value in sorted({value for _, _, when in own for value in when.values})
    }
    return subject.read, by_value, tuple((rank, hint, when) for rank, hint, when in own if not when.values)


def _triggered(ranked: list[tuple[int, Hint]]) -> Iterator[tuple[int, Hint, Trigger]]:
    for rank, hint in ranked:
        if isinstance(hint.when, Trigger):
            yield rank, hint, hint.when


def _asked(hint: Hint) -> Predicate:
    """A user's predicate: one that raises does not match, and is logged once."""
    predicate = hint.when

    def holds(attributes: Attributes) -> bool:
        return predicate is not None and bool(predicate(attributes))

    holds.__qualname__ = f"the predicate of hint {hint.id}"
    safe = guarded(holds)
    return lambda attributes: safe(attributes) is True


def _chosen(found: list[tuple[int, Hint]], level: str) -> list[Hint]:
    """An entry below the level is left out only now: it still stands in front of the wider ones of its subject."""
    unique = {hint.id: hint for _, hint in sorted(found, key=lambda match: match[0]) if _wanted(hint, level)}
    return list(unique.values())[:MOST]
