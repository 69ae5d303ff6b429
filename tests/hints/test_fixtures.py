"""A span for each entry: the entry fires there, and its neighbours do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import default_hints, evidence, find
from gemini_otel.hints._trigger import Trigger
from support import DATA

FIXTURES: dict[str, dict[str, Any]] = json.loads((DATA / "hints.json").read_text(encoding="utf-8"))
TRIGGERED = [hint.id for hint in default_hints() if hint.when is not None]


def _attributes(hint_id: str) -> dict[str, Any]:
    """The span's attributes as the SDK has them: arrays are tuples."""
    attributes = FIXTURES[hint_id]["attributes"]
    return {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}


def test_every_entry_has_a_span() -> None:
    """Each entry with a trigger has a span of its own, and no span is left over."""
    assert set(FIXTURES) == set(TRIGGERED)


@pytest.mark.parametrize("hint_id", TRIGGERED)
def test_entry_fires_on_its_span(hint_id: str) -> None:
    """On its span the entry is found, with nothing but what stands beside it in the file."""
    found = [hint.id for hint in find(_attributes(hint_id), level="info")]
    assert hint_id in found
    assert found == FIXTURES[hint_id]["hints"]


@pytest.mark.parametrize("hint_id", TRIGGERED)
def test_predicate_holds_where_the_entry_is_found(hint_id: str) -> None:
    """An entry's predicate holds on its own span, asked alone."""
    (hint,) = (hint for hint in default_hints() if hint.id == hint_id)
    assert hint.when is not None
    assert hint.when(_attributes(hint_id))


@pytest.mark.parametrize("span", [*FIXTURES])
def test_found_is_what_the_predicates_say(span: str) -> None:
    """The tables of the catalogue give the first entries of different subjects whose predicates hold, asked one by one."""
    attributes = _attributes(span)
    first: dict[Any, str] = {}
    for hint in default_hints():
        if hint.when is not None and hint.when(attributes):
            first.setdefault(getattr(hint.when, "subject", hint.id), hint.id)
    assert [hint.id for hint in find(attributes, level="info")] == [*dict.fromkeys(first.values())][:3]


@pytest.mark.parametrize(
    "hint_id", [h.id for h in default_hints() if isinstance(h.when, Trigger) and h.when.needs is not None]
)
def test_an_entry_does_not_hold_without_what_it_needs(hint_id: str) -> None:
    """The attribute that an entry is said to need saves asking its predicate, and says nothing else than that."""
    (when,) = (hint.when for hint in default_hints() if hint.id == hint_id)
    assert isinstance(when, Trigger)
    assert when.needs is not None
    assert when.also is not None
    attributes = _attributes(hint_id)
    assert when.also(attributes)
    del attributes[when.needs]
    assert not when.also(attributes)
    assert not when(attributes)


@pytest.mark.parametrize("hint_id", TRIGGERED)
def test_entry_shows_what_it_saw(hint_id: str) -> None:
    """On its span each entry has evidence; what is missing from a span cannot be shown."""
    attributes = _attributes(hint_id)
    (hint,) = (hint for hint in find(attributes, level="info") if hint.id == hint_id)
    assert evidence(hint, attributes)


@pytest.mark.parametrize("hint_id", TRIGGERED)
def test_evidence_names_no_text(hint_id: str) -> None:
    """What is shown is made of the entry's own words and the span's numbers, enums and names; never of its message."""
    attributes = _attributes(hint_id)
    attributes[names.ERROR_MESSAGE] = attributes.get(names.ERROR_MESSAGE, "") + " a secret sentence"
    for hint in find(attributes, level="info"):
        assert "secret" not in (evidence(hint, attributes) or "")
