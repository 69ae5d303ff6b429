"""The catalogue as a whole: its entries are well formed, and a span gets few and the right ones."""

from __future__ import annotations

import logging
import re
import timeit
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemini_otel._facts import guard as _guard
from gemini_otel._facts import names
from gemini_otel._facts.names import SEVERITIES
from gemini_otel.hints import Catalogue, Hint, default_hints, evidence, find
from gemini_otel.hints._hint import RETRIES
from gemini_otel.hints._trigger import Trigger
from gemini_otel.hints.entries.narrowed import NARROWED

HEALTHY = {
    names.OPERATION_NAME: "generate_content",
    names.PROVIDER_NAME: "gcp.gemini",
    names.REQUEST_MODEL: "gemini-2.5-flash",
    names.RESPONSE_MODEL: "gemini-2.5-flash",
    names.REQUEST_TEMPERATURE: 0.5,
    names.REQUEST_MAX_TOKENS: 1000,
    names.MAX_ATTEMPTS: 1,
    names.SERVER_ADDRESS: "generativelanguage.googleapis.com",
    names.SERVER_PORT: 443,
    names.HTTP_STATUS_CODE: 200,
    names.FINISH_REASON: "STOP",
    names.RESPONSE_FINISH_REASONS: ("stop",),
    names.OUTCOME: "ok",
    names.PARTS: ("text",),
    names.USAGE_INPUT_TOKENS: 10,
    names.USAGE_OUTPUT_TOKENS: 20,
    names.USAGE_REASONING_OUTPUT_TOKENS: 5,
    names.REPETITION_DETECTED: False,
}

LINKS = re.compile(r"(https?://\w\S*) ?(.?)")


def ids(attributes: Mapping[str, Any], level: str = "warning") -> list[str]:
    return [hint.id for hint in find(attributes, level=level)]


@pytest.mark.parametrize("hint", default_hints(), ids=lambda hint: hint.id)
def test_entry_is_well_formed(hint: Hint) -> None:
    """An entry has an id of plain words, whole sentences without shouting, and a secure reference."""
    assert re.fullmatch(r"[a-z0-9_.]+", hint.id)
    assert hint.severity in SEVERITIES
    assert hint.retry in RETRIES
    assert hint.reference.startswith("https://")
    assert isinstance(hint.remedy, tuple)
    assert hint.remedy
    for sentence in (hint.summary, hint.cause, *hint.remedy):
        assert sentence == sentence.strip()
        assert sentence.endswith((".", ". "))
        assert "!" not in sentence
        assert "  " not in sentence


_ALL_SENTENCES = [
    *(
        (hint.id, sentence)
        for hint in default_hints()
        for sentence in (hint.summary, hint.cause, *hint.remedy)
    ),
    *((kind, sentence) for kind, words in NARROWED.items() for sentence in (words.cause, *words.remedy)),
]


@pytest.mark.parametrize(("entry", "sentence"), [each for each in _ALL_SENTENCES if "://" in each[1]])
def test_a_link_stands_inside_its_sentence(entry: str, sentence: str) -> None:
    """No mark stands at or behind a link, so that terminals and browsers recognise it and no blank comes before a point."""
    for link, mark in LINKS.findall(sentence):
        assert link[-1].isalnum(), (entry, link)
        assert mark.isalnum(), (entry, mark)


def test_no_blank_stands_before_a_mark() -> None:
    """No sentence has a blank before its point, comma or colon."""
    assert [each for each in _ALL_SENTENCES if re.search(r" [.,;:](?!\w|\.)", each[1])] == []


def test_ids_are_unique() -> None:
    """No two entries share an id."""
    found = [hint.id for hint in default_hints()]
    assert len(found) == len(set(found))


def test_default_hints_is_a_new_list() -> None:
    """Changing the list that one caller got does not change the catalogue."""
    default_hints().clear()
    assert default_hints()


@pytest.mark.parametrize(
    "hint", [hint for hint in default_hints() if hint.when is not None], ids=lambda hint: hint.id
)
def test_entry_is_reached_by_its_trigger(hint: Hint) -> None:
    """Our own entries are looked up, not asked one by one."""
    assert isinstance(hint.when, Trigger)


def test_healthy_call_gets_no_hint() -> None:
    """Nothing is said about a call that went well."""
    assert ids(HEALTHY) == []


def test_nothing_gets_no_hint() -> None:
    """A span without attributes has no hints, at any level."""
    assert ids({}, "info") == []


def test_call_saved_by_a_resend_gets_no_hint() -> None:
    """What the service said of an attempt that failed earlier is not held against a call that went well."""
    saved = {
        names.ERROR_REASON: "RATE_LIMIT_EXCEEDED",
        names.QUOTA_ID: "XPerDay-FreeTier",
        names.HTTP_RESEND_COUNT: 1,
    }
    assert ids({**HEALTHY, **saved}) == []


def test_lookup_agrees_with_the_predicates() -> None:
    """An entry that is found holds when it is asked."""
    failed = {names.ERROR_TYPE: "429", names.ERROR_KIND: "daily_quota", names.OUTCOME: "error"}
    looped = {**HEALTHY, names.REPETITION_DETECTED: True, names.REPETITION_KIND: "text"}
    for attributes in (failed, looped):
        found = find(attributes)
        assert found
        assert all(hint.when is not None and hint.when(attributes) for hint in found)


def test_one_entry_of_a_subject() -> None:
    """The generic entry does not stand beside the narrower one."""
    attributes = {
        names.FINISH_REASON: "MAX_TOKENS",
        names.OUTCOME: "truncated",
        names.USAGE_OUTPUT_TOKENS: 1024,
        names.USAGE_REASONING_OUTPUT_TOKENS: 1010,
    }
    assert ids(attributes) == ["finish.max_tokens.thinking"]


def test_at_most_three() -> None:
    """A span that shows four things gets the first three entries of the catalogue."""
    attributes = {
        names.ERROR_TYPE: "503",
        names.ERROR_KIND: "overloaded",
        names.OUTCOME: "error",
        names.BLOCK_REASON: "SAFETY",
        names.FINISH_REASON: "MAX_TOKENS",
        names.REPETITION_DETECTED: True,
        names.REPETITION_KIND: "text",
    }
    assert ids(attributes) == ["http.503.overloaded", "block.safety", "finish.max_tokens.repetition"]


def test_level() -> None:
    """A level leaves out what is below it, and never lets a wider entry in instead."""
    continued = {names.FINISH_REASON: "CONTINUATION", names.OUTCOME: "incomplete"}
    assert ids(continued, "info") == ["finish.continuation"]
    assert ids(continued, "warning") == []
    overloaded = {names.ERROR_TYPE: "503"}
    assert ids(overloaded, "warning") == ["http.503.overloaded"]
    assert ids(overloaded, "error") == []


def _own(hint_id: str, when: Any, severity: Any = "warning") -> Hint:
    return Hint(hint_id, severity, "S.", "C.", ("R.",), "no", "https://example.com", when=when)


def test_own_hint() -> None:
    """A user's predicate is asked about every span, and its place in the list is its place in the answer."""
    mine = _own("mine.slow", lambda attributes: attributes.get("my.duration", 0) > 5)
    attributes = {names.ERROR_TYPE: "503", "my.duration": 6}
    last, first = Catalogue([*default_hints(), mine]), Catalogue([mine, *default_hints()])
    assert [hint.id for hint in last.find(attributes)] == ["http.503.overloaded", "mine.slow"]
    assert [hint.id for hint in first.find(attributes)] == ["mine.slow", "http.503.overloaded"]
    assert [hint.id for hint in find({**HEALTHY, "my.duration": 6}, [mine])] == ["mine.slow"]
    assert last.find(HEALTHY) == []


def test_own_hint_that_raises(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A predicate that raises does not match, is logged once by its id, and does not keep others from matching."""
    monkeypatch.setattr(_guard, "_reported", set())
    catalogue = Catalogue([_own("mine.broken", lambda attributes: 1 / 0), *default_hints()])
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert [hint.id for hint in catalogue.find({names.ERROR_TYPE: "503"})] == ["http.503.overloaded"]
    assert len(caplog.records) == 1
    assert "mine.broken" in caplog.text


def test_own_reference_entry() -> None:
    """An entry without a predicate never appears on a span."""
    assert find({names.ERROR_TYPE: "503"}, [_own("mine.reference", None)]) == []


def test_own_hint_below_the_level() -> None:
    """A user's hint obeys the level like any other."""
    mine = _own("mine.note", lambda attributes: True, "info")
    assert find(HEALTHY, [mine]) == []
    assert find(HEALTHY, [mine], "info") == [mine]


def test_no_duplicates() -> None:
    """An id is given once, however often it is listed."""
    twice = [_own("mine.twice", lambda attributes: True)] * 2
    assert len(find(HEALTHY, twice)) == 1


def test_left_out_entry_is_not_replaced_by_the_unknown_one() -> None:
    """Without the entry for a known value the value is still known."""
    fewer = [hint for hint in default_hints() if hint.id != "finish.safety"]
    assert find({names.FINISH_REASON: "SAFETY", names.OUTCOME: "blocked"}, fewer) == []


class _SlowMapping(Mapping[str, Any]):
    """Like the SDK's own: no dict."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def test_any_mapping() -> None:
    """Attributes may be any mapping."""
    failed = {names.ERROR_TYPE: "503"}
    assert find(MappingProxyType(failed)) == find(failed) == find(_SlowMapping(failed))


_names = sorted(
    {getattr(names, name) for name in dir(names) if name.isupper() and isinstance(getattr(names, name), str)}
)
_values = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.text(), max_size=3),
    st.lists(st.text(), max_size=3).map(tuple),
    st.binary(),
    st.sampled_from(
        ["ok", "error", "STOP", "MAX_TOKENS", "429", "text", "gemini-3-pro", "cancelled", "incomplete"]
    ),
    st.dictionaries(st.text(), st.text(), max_size=1),
)


@given(st.dictionaries(st.sampled_from(_names), _values), st.sampled_from(SEVERITIES))
def test_any_attributes(attributes: dict[str, Any], level: str) -> None:
    """Missing and oddly typed attributes never make the catalogue raise, and it never gives more than three hints."""
    found = find(attributes, level=level)
    assert len(found) <= 3
    assert len({hint.id for hint in found}) == len(found)
    for hint in default_hints():
        evidence(hint, attributes)
        if hint.when is not None:
            hint.when(attributes)


def test_huge_attributes() -> None:
    """Attributes of 200 KB are read in milliseconds."""
    huge = dict.fromkeys(_names, "x" * 200000)
    find(huge)
    assert min(timeit.repeat(lambda: find(huge, level="info"), number=1, repeat=3)) < 0.05
    assert all(len(evidence(hint, huge) or "") < 5000 for hint in default_hints())


def test_a_healthy_span_is_asked_little() -> None:
    """What is looked for on calls that went well says which attribute it needs, so that most of it costs one look-up."""
    asked = {hint.id: hint.when.subject for hint in default_hints() if isinstance(hint.when, Trigger)}
    warned = {hint.id for hint in default_hints() if hint.severity != "info"}
    on_ok = {hint_id for hint_id in warned & asked.keys() if "ok" in asked[hint_id].outcomes}
    assert {hint_id for hint_id in on_ok if asked[hint_id].needs is None} == set()


def test_healthy_span_is_cheap() -> None:
    """The whole catalogue costs a healthy span less than asking for a hundred attributes (some 3 us)."""
    asked = _names[:35]

    def ask() -> list[Any]:
        return [HEALTHY.get(name) for name in asked]

    pairs = [
        (timeit.timeit(lambda: find(HEALTHY), number=2000), timeit.timeit(ask, number=2000))
        for _ in range(20)
    ]
    assert min(find_time for find_time, _ in pairs) < 3 * min(ask_time for _, ask_time in pairs)
