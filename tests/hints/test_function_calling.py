"""The loop of automatic function calling."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import default_hints, evidence, find

from .test_catalogue import ids

LOOP = {
    names.OPERATION_NAME: "invoke_workflow",
    names.REQUEST_MODEL: "gemini-flash-latest",
    names.AFC_ROUNDS: 10,
    names.AFC_MAX_ROUNDS: 10,
    names.AFC_TOOLS: 9,
}


@pytest.mark.parametrize("outcome", ["ok", "incomplete"])
def test_exhausted(outcome: str) -> None:
    """A loop that stopped at its limit with a call is said to have done so, with the numbers."""
    attributes = {**LOOP, names.AFC_EXHAUSTED: True, names.OUTCOME: outcome, names.PARTS: ("function_call",)}
    assert ids(attributes) == ids(attributes, "info") == ["afc.exhausted"]
    assert evidence(find(attributes)[0], attributes) == "10 of 10 rounds; 9 function runs"


def test_mode_any() -> None:
    """A model that had to call a function each time could not do otherwise."""
    assert ids({**LOOP, names.AFC_EXHAUSTED: True, names.TOOL_MODE: "ANY"}) == ["afc.mode_any"]
    assert ids({**LOOP, names.AFC_EXHAUSTED: True, names.TOOL_MODE: "AUTO"}) == ["afc.exhausted"]


@pytest.mark.parametrize(
    "more",
    [
        {names.OUTCOME: "ok"},
        {names.OUTCOME: "incomplete"},
        {names.OUTCOME: "abandoned"},
        {names.OUTCOME: "cancelled"},
        {names.OUTCOME: "error", names.ERROR_TYPE: "429"},
    ],
)
def test_the_rounds_speak_for_themselves(more: dict[str, Any]) -> None:
    """What went wrong in a round is said on its own span and not again on the loop's."""
    attributes = {**LOOP, **more}
    assert ids(attributes, "info") == []
    assert not any(hint.when(attributes) for hint in default_hints() if hint.when is not None)


def test_calls_that_repeat_from_round_to_round() -> None:
    """A repetition that only the loop as a whole shows is said on its span."""
    repeated = {
        names.REPETITION_DETECTED: True,
        names.REPETITION_KIND: "tool_calls",
        names.AFC_EXHAUSTED: True,
    }
    assert ids({**LOOP, **repeated}) == ["repeat.tool_calls", "afc.exhausted"]


def test_loop_without_a_round() -> None:
    """A loop that failed before its first round has nobody else to say why."""
    attributes = {
        **LOOP,
        names.AFC_ROUNDS: 0,
        names.OUTCOME: "error",
        names.ERROR_TYPE: "UnsupportedFunctionError",
    }
    assert ids(attributes) == ["sdk.tool_failed"]
