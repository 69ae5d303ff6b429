"""What others say, made sendable, and JSON of others: every value and every depth."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gemini_otel._facts import sendable
from gemini_otel._facts.parsing import MAX_LENGTH, parse_json


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (-5, -5),
        (5.9, 5),
        ("0012", 12),
        ("9" * 5000, 2**53 - 1),
        (10**30, 2**53 - 1),
        (-(10**30), -(2**53) + 1),
        (math.inf, 2**53 - 1),
        (math.nan, None),
        (True, None),
        ("-5", None),
        ("٣", None),
        ("", None),
        ([], None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    """A number is whole, and small enough for every back end; what is none is none."""
    assert sendable.whole_number(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [("2.5", 2.5), (1, 1.0), ("x", None), (math.inf, None), (10**400, None), (None, None)],
)
def test_finite_numbers(value: object, number: float | None) -> None:
    """Seconds are finite."""
    assert sendable.finite(value) == number


def test_codes() -> None:
    """What has not the form of a name from a list is `_OTHER`."""
    assert sendable.code("MAX_TOKENS") == "MAX_TOKENS"
    assert sendable.lower_code("in_progress") == "in_progress"
    for prose in ("Cannot do that", "ß", "\ud800", "A" * 65, "", "A\n"):
        assert sendable.code(prose) == sendable.lower_code(prose) == "_OTHER"


def test_usual_attributes_are_left_alone() -> None:
    """Of what is usual no copy is made."""
    attributes = {"model": "m", "tokens": 5, "reasons": ("stop",), "on": True}
    assert sendable.sendable(attributes) is attributes


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a\ud800b", "a?b"),
        (("a\ud800b", "c"), ("a?b", "c")),
        ("é", "é"),
        ("x" * 5000, "x" * 1023 + "…"),
        (["x"] * 3000, ("x",) * 64),
        (10**5000, 2**53 - 1),
    ],
    ids=["surrogate", "surrogate in a list", "other letters", "long", "many", "large"],
)
def test_unusual_attributes(value: Any, sent: object) -> None:
    """Text is text, lists have an end, and numbers of any length do not raise."""
    assert sendable.sendable({"it": value, "other": True}) == {"it": sent, "other": True}


def test_a_flood_of_attributes() -> None:
    """The first attributes are kept."""
    kept = sendable.sendable({f"n{number}": number for number in range(500)})
    assert list(kept) == [f"n{number}" for number in range(96)]


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 5000,
        '{"a":' * 5000,
        "[" * 65 + "]" * 65,
        "{",
        "",
        "[" + "1," * MAX_LENGTH + "1]",
        b"\xff",
    ],
)
def test_json_that_is_none(hostile: str | bytes) -> None:
    """What cannot be read, or would take too deep or too long a reader, is no value."""
    assert parse_json(hostile) is None


def test_json() -> None:
    """Brackets in strings are no depth, escaped quotes end none, and numbers are bounded."""
    assert parse_json(
        '{"a": "' + "[" * 100 + '\\"[[", "n": [' + "9" * 5000 + ", -5, -" + "9" * 30 + ", 1.5, NaN]}"
    ) == {
        "a": "[" * 100 + '"[[',
        "n": [2**53 - 1, -5, -(2**53) + 1, 1.5, None],
    }
    assert parse_json(b"[[1]]") == [[1]]
    wide = "[" + ",".join(["[]"] * 1000) + "]"
    assert parse_json(wide) == [[]] * 1000


def test_a_long_answer_of_few_values_is_read() -> None:
    """An answer with an image in it is longer than the bound, and has its counts all the same."""
    text = '{"data": "' + "A" * 4 * MAX_LENGTH + '", "usageMetadata": {"totalTokenCount": 5}}'
    assert parse_json(text)["usageMetadata"] == {"totalTokenCount": 5}


def test_names_that_are_remembered_are_bounded() -> None:
    """Only what has the form of a name is remembered, and no more names than a bounded number; all are read alike."""
    names = sendable._Names(str.isupper)
    prose = "WHAT A USER WROTE"
    assert [names[name] for name in ("STOP", "stop", prose, "STOP")] == ["STOP", "_OTHER", "_OTHER", "STOP"]
    assert list(names) == ["STOP"]
    numbered = [f"NAME_{number}" for number in range(2 * sendable._MOST_NAMES)]
    assert [names[name] for name in numbered] == numbered
    assert len(names) == sendable._MOST_NAMES
