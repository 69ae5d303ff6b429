"""Answers that are no error and yet not what was wanted."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel._facts import names

from .test_catalogue import HEALTHY, ids


@pytest.mark.parametrize(
    ("attributes", "hint_id"),
    [
        ({names.OUTCOME: "incomplete", names.REQUEST_STREAM: True}, "stream.cut"),
        ({names.OUTCOME: "incomplete"}, "finish.missing"),
        ({**HEALTHY, names.PARSED: False}, "out.parsed_none"),
    ],
)
def test_warned(attributes: dict[str, Any], hint_id: str) -> None:
    """What the application would otherwise miss is said at the default level."""
    assert ids(attributes) == [hint_id]


@pytest.mark.parametrize(
    ("attributes", "hint_id"),
    [
        ({names.OUTCOME: "abandoned", names.REQUEST_STREAM: True}, "stream.abandoned"),
        ({**HEALTHY, names.PARTS: ("function_call",)}, "out.text_none_calls"),
        (
            {names.OUTCOME: "ok", names.FINISH_REASON: "STOP", names.REQUEST_STREAM: True},
            "stream.no_usage",
        ),
    ],
)
def test_noted(attributes: dict[str, Any], hint_id: str) -> None:
    """What is no fault is said only to those who ask for notes."""
    assert ids(attributes) == []
    assert hint_id in ids(attributes, "info")


def test_parsed() -> None:
    """Structured output that fits its schema has no hint."""
    assert ids({**HEALTHY, names.PARSED: True}) == []


def test_incomplete_for_a_reason() -> None:
    """An answer with a finish reason, or with an exception, is not called cut off."""
    assert ids({names.OUTCOME: "incomplete", names.FINISH_REASON: "OTHER"}) == ["finish.other"]
    assert ids({names.OUTCOME: "incomplete", names.ERROR_TYPE: "503"}) == ["http.503.overloaded"]
    assert ids({names.OUTCOME: "incomplete", names.RESOURCE_STATE: "PARTIALLY_SUCCEEDED"}) == []


def test_blocked_prompt_is_not_a_cut_stream() -> None:
    """A block is what the hint speaks of, not the finish reason that is missing with it."""
    attributes = {names.OUTCOME: "blocked", names.BLOCK_REASON: "SAFETY", names.REQUEST_STREAM: True}
    assert ids(attributes) == ["block.safety"]
