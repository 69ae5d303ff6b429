"""Filling the evidence of an entry."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import Hint, default_hints, evidence


def _hint(*sentences: str) -> Hint:
    return Hint("a.b", "info", "S.", "C.", ("R.",), "no", "https://example.com", evidence=sentences)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (34.0, "34"),
        (0.5, "0.5"),
        (1.23456, "1.23"),
        (123.456, "123.5"),
        (1e300, "1e300"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (7, "7"),
        (0, "0"),
        (True, "True"),
        ("word", "word"),
        (("a", "b"), "a, b"),
        (["a", "b"], "a, b"),
        ("x" * 1000, "x" * 500),
        (("x" * 1000, "y"), f"{'x' * 200}, y"),
        (tuple("abcdefghijkl"), "a, b, c, d, e, f, g, h, i, j"),
    ],
)
def test_value(value: Any, shown: str) -> None:
    """Values are written shortly: whole numbers without a fraction, arrays with commas, long texts cut."""
    written = evidence(_hint("{a.value}"), {"a.value": value})
    assert written == (str(int(1e300)) if shown == "1e300" else shown)


@pytest.mark.parametrize(("value", "shown"), [(0.868, "87 %"), (1, "100 %"), (0.0, "0 %"), ("much", "much")])
def test_percentage(value: Any, shown: str) -> None:
    """A share is written as a percentage; something else is written as it is."""
    assert evidence(_hint("{a.share:%}"), {"a.share": value}) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1, "1 token"), ("1", "1 token"), (2, "2 tokens"), ("2", "2 tokens")]
)
def test_one_is_not_a_plural(value: Any, shown: str) -> None:
    assert evidence(_hint("{a.value} tokens"), {"a.value": value}) == shown


@pytest.mark.parametrize(
    ("blocked", "shown"),
    [
        (("B:HIGH",), "B:OFF"),
        (["C"], "C:the default"),
        (tuple("CDEFGHIJKLMN"), ", ".join(f"{name}:the default" for name in "CDEFGHIJKL")),
        (("X" * 300,), "X" * 200),
        ((), "A:BLOCK_NONE, B:OFF"),
        (None, "A:BLOCK_NONE, B:OFF"),
        ("B", "A:BLOCK_NONE, B:OFF"),
    ],
)
def test_thresholds(blocked: Any, shown: str) -> None:
    """Of what was asked for, that of the categories that blocked; all of it where none is known to have blocked."""
    attributes = {names.SAFETY_SETTINGS: ("A:BLOCK_NONE", "B:OFF"), names.BLOCKED_CATEGORIES: blocked}
    assert evidence(_hint("{safety.thresholds}"), attributes) == shown


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("A:OFF", None),
        (("A:" + "x" * 300,), "A:" + "x" * 198),
        (tuple(f"{number}:x" for number in range(40)), ", ".join(f"{number}:x" for number in range(10))),
    ],
)
def test_thresholds_of_strange_settings(asked: Any, shown: str | None) -> None:
    assert evidence(_hint("{safety.thresholds}"), {names.SAFETY_SETTINGS: asked}) == shown


@pytest.mark.parametrize(("name", "shown"), [("31", "31:x"), ("32", "32:the default")])
def test_only_the_first_settings_are_read(name: str, shown: str) -> None:
    """A request has a setting for each of a few categories; more than 32 are nobody's."""
    asked = tuple(f"{number}:x" for number in range(40))
    attributes = {names.SAFETY_SETTINGS: asked, names.BLOCKED_CATEGORIES: (name,)}
    assert evidence(_hint("{safety.thresholds}"), attributes) == shown


def test_only_the_head_of_a_message_is_read() -> None:
    """A number of the message is shown if it ends within the first 4000 characters."""
    words = "limit: 7 bytes"
    hint = _hint("{message.payload_limit}")
    assert evidence(hint, {names.ERROR_MESSAGE: words.rjust(4000)}) == "7"
    assert evidence(hint, {names.ERROR_MESSAGE: words.rjust(4001)}) is None


def test_missing_attribute() -> None:
    """A sentence whose attributes are not all there is left out."""
    hint = _hint("{a} of {b}", "c is {c}", "no attribute")
    assert evidence(hint, {"a": 1, "b": 2, "c": 3}) == "1 of 2; c is 3; no attribute"
    assert evidence(hint, {"a": 1, "c": 3}) == "c is 3; no attribute"


def test_nothing_to_show() -> None:
    """Without any sentence there is no evidence at all."""
    assert evidence(_hint("{a}"), {}) is None
    assert evidence(_hint(), {"a": 1}) is None


def test_value_is_not_a_template() -> None:
    """Braces in a value are shown, not filled."""
    assert evidence(_hint("{a}"), {"a": "{b}", "b": "secret"}) == "{b}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.00259, "3 ms"),
        (34, "34 s"),
        (1.25, "1.25 s"),
        (600.0, "10 min"),
        (7200, "2 h"),
        ("soon", "soon"),
        (True, "True"),
    ],
)
def test_seconds_are_shown_as_a_duration(value: object, shown: str) -> None:
    """A placeholder with :s shows seconds as the report and the terminal view do, and anything else as it is."""
    assert evidence(_hint("after {a.time:s}"), {"a.time": value}) == f"after {shown}"


@pytest.mark.parametrize("absurd", [10**400, float("nan"), float("inf"), -5])
def test_absurd_seconds_are_left_out(absurd: float) -> None:
    """A span of any library may hold any number; the rest of the hint stays."""
    assert evidence(_hint("after {a.time:s}"), {"a.time": absurd}) is None


def test_no_entry_writes_its_seconds_by_itself() -> None:
    """Every number of seconds in the evidence of the catalogue is a placeholder with :s."""
    sentences = [sentence for hint in default_hints() for sentence in hint.evidence]
    assert [sentence for sentence in sentences if re.search(r"\} s\b", sentence)] == []
    assert any(":s}" in sentence for sentence in sentences)
