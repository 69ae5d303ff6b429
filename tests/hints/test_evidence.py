"""Filling the evidence of an entry."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel.hints import Hint, evidence


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
