"""Why the model stopped."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai import types

from gemini_otel._facts import names
from gemini_otel._facts.outcomes import finish_reason_outcome
from gemini_otel.hints import evidence, find
from gemini_otel.hints.entries import finish_reasons
from support.finish_reasons import FINISH_REASONS

from .test_catalogue import ids

REASONS = {
    **{reason: expected.hint_id for reason, expected in FINISH_REASONS.items()},
    **dict.fromkeys(finish_reasons.LIVE_INPUT, "finish.live_input"),
    **dict.fromkeys(finish_reasons.LIVE_OUTPUT, "finish.live_output"),
}


def stopped(reason: str, **more: Any) -> dict[str, Any]:
    return {names.FINISH_REASON: reason, names.OUTCOME: finish_reason_outcome(reason), **more}


@pytest.mark.parametrize(("reason", "hint_id"), REASONS.items())
def test_reason(reason: str, hint_id: str) -> None:
    """Each finish reason leads to its entry, and to no other."""
    assert ids(stopped(reason), "info") == [hint_id]


def test_every_reason_of_the_sdk() -> None:
    """The SDK has no finish reason that is neither healthy nor explained."""
    unexplained = {reason.value for reason in types.FinishReason} - set(REASONS) - finish_reasons.HEALTHY
    assert unexplained == set()


@pytest.mark.skipif(not hasattr(types, "TurnCompleteReason"), reason="this SDK has no reasons of turns")
def test_every_reason_of_a_live_turn() -> None:
    """The SDK has no reason for the end of a Live turn that is not explained."""
    known = set(REASONS) | {"TURN_COMPLETE_REASON_UNSPECIFIED"}
    assert {reason.value for reason in types.TurnCompleteReason} - known == set()


def test_unknown_reason() -> None:
    """A value that nobody knows is shown as it came."""
    attributes = stopped("BORED")
    assert ids(attributes) == ["finish.unknown"]
    assert evidence(find(attributes)[0], attributes) == "finish reason BORED"


@pytest.mark.parametrize(
    "spelling", ["FinishReason.MAX_TOKENS", "max_tokens", "types.FinishReason.MAX_TOKENS", "length", "LENGTH"]
)
def test_other_spellings(spelling: str) -> None:
    """A reason in the words of another client is understood."""
    assert ids({names.FINISH_REASON: spelling}) == ["finish.max_tokens"]


@pytest.mark.parametrize("spelling", ["stop", "FinishReason.STOP", "tool_calls", "end_turn"])
def test_healthy_spellings(spelling: str) -> None:
    """A normal end in the words of another client has no hint."""
    assert ids({names.FINISH_REASON: spelling}, "info") == []


def test_content_filter() -> None:
    """An OpenAI-style client says no more than that a filter applied, and neither does the hint."""
    assert ids({names.FINISH_REASON: "content_filter"}) == ["finish.filtered"]


@pytest.mark.parametrize("reasons", [("stop", "safety"), ("safety",), "safety", ["SAFETY", "stop"]])
def test_only_the_conventional_attribute(reasons: object) -> None:
    """A span without our scalar is read by the conventions' array; the candidate that went wrong counts."""
    assert ids({names.RESPONSE_FINISH_REASONS: reasons}) == ["finish.safety"]  # type: ignore[dict-item]


def test_conventional_attribute_of_a_healthy_call() -> None:
    """All candidates stopped normally: no hint."""
    assert ids({names.RESPONSE_FINISH_REASONS: ("stop", "stop")}) == []
    assert ids({names.RESPONSE_FINISH_REASONS: ()}) == []


def test_thinking_ate_the_cap() -> None:
    """Nine tenths of thoughts in a truncated reply are named, with the numbers."""
    tokens = {
        names.USAGE_OUTPUT_TOKENS: 1024,
        names.USAGE_REASONING_OUTPUT_TOKENS: 1010,
        names.REQUEST_MAX_TOKENS: 1024,
    }
    attributes = stopped("MAX_TOKENS", **tokens)
    assert ids(attributes) == ["finish.max_tokens.thinking"]
    assert evidence(find(attributes)[0], attributes) == (
        "thoughts 1010 of 1024 output tokens; max_output_tokens 1024"
    )


@pytest.mark.parametrize(("output", "thoughts"), [(1000, 899), (1000, 0), (1000, None), (None, None), (0, 0)])
def test_thinking_did_not_eat_the_cap(output: int | None, thoughts: int | None) -> None:
    """Less than nine tenths of thoughts, or none that are known, do not explain a truncated reply."""
    tokens = {names.USAGE_OUTPUT_TOKENS: output, names.USAGE_REASONING_OUTPUT_TOKENS: thoughts}
    attributes = stopped("MAX_TOKENS", **{name: count for name, count in tokens.items() if count is not None})
    assert ids(attributes) == ["finish.max_tokens"]


def test_loop_until_the_cap() -> None:
    """A loop explains a truncated reply better than thinking does; one hint speaks of the limit and of the loop's kind."""
    loop = {
        names.REPETITION_DETECTED: True,
        names.REPETITION_KIND: "structured_text",
        names.REPETITION_SHARE: 0.83,
    }
    tokens = {names.USAGE_OUTPUT_TOKENS: 100, names.USAGE_REASONING_OUTPUT_TOKENS: 99}
    (hint,) = find(stopped("MAX_TOKENS", **loop, **tokens))
    (kind,) = find(stopped("STOP", **loop, **tokens))
    assert (hint.id, kind.id) == ("finish.max_tokens.repetition", "repeat.text_structured")
    assert hint.remedy[: len(kind.remedy)] == kind.remedy
    assert hint.cause.startswith(kind.cause)
    assert len(set(hint.remedy)) == len(hint.remedy)
    assert "explain" not in " ".join(hint.remedy)


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        ("gemini-2.5-flash-lite", "set temperature to 0.8"),
        ("gemini-3.1-pro", "at their defaults"),
        ("gemini-4-argon", "no effect"),
    ],
)
@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_loop_until_the_cap_by_model(model: str, advice: str, level: str) -> None:
    """The remedies of the loop's kind are those for the model, at every level."""
    loop = {names.REPETITION_DETECTED: True, names.REPETITION_KIND: "text", names.REQUEST_MODEL: model}
    (hint,) = find(stopped("MAX_TOKENS", **loop), level=level)
    assert advice in " ".join(hint.remedy)


@pytest.mark.parametrize("kind", [{}, {names.REPETITION_KIND: "of_tomorrow"}, {names.REPETITION_KIND: 7}])
def test_loop_of_unknown_kind_until_the_cap(kind: dict[str, Any]) -> None:
    """A loop of a kind that nobody knows gets the general advice."""
    (hint,) = find(stopped("MAX_TOKENS", **{names.REPETITION_DETECTED: True}, **kind))
    assert hint.remedy[0] == "Ask for the final output only, once and concisely."


def test_a_loop_of_calls_around_a_truncated_round() -> None:
    """The span around a loop of calls keeps the entry of its kind, whatever its last round ended with."""
    calls = {names.REPETITION_DETECTED: True, names.REPETITION_KIND: "tool_calls", names.AFC_ROUNDS: 3}
    assert ids(stopped("MAX_TOKENS", **calls)) == ["repeat.tool_calls"]


def test_truncated_json() -> None:
    """A structured reply that was cut off says that it cannot be parsed, once."""
    attributes = stopped("MAX_TOKENS", **{names.STRUCTURED_OUTPUT: True, names.PARSED: False})
    assert ids(attributes) == ["finish.max_tokens.structured"]


@pytest.mark.parametrize(
    ("more", "hint_id"),
    [
        ({}, "finish.stop.empty"),
        ({names.USAGE_REASONING_OUTPUT_TOKENS: 900}, "finish.stop.empty.thoughts"),
        ({names.REQUEST_STOP_SEQUENCES: ("END",)}, "finish.stop.empty.stop_sequence"),
    ],
)
def test_empty_answer(more: dict[str, Any], hint_id: str) -> None:
    """STOP with nothing usable is not a healthy end."""
    assert ids({names.FINISH_REASON: "STOP", names.OUTCOME: "empty", **more}) == [hint_id]


def test_empty_answer_without_an_outcome() -> None:
    """On a foreign span no output token at all is an empty answer; an unknown number is not."""
    assert ids({names.FINISH_REASON: "STOP", names.USAGE_OUTPUT_TOKENS: 0}) == ["finish.stop.empty"]
    assert ids({names.FINISH_REASON: "STOP"}) == []


def test_recitation_by_generation() -> None:
    """A higher temperature is not recommended to a model that ignores it."""
    old = find(stopped("RECITATION", **{names.REQUEST_MODEL: "gemini-2.5-pro"}))[0]
    new = find(stopped("RECITATION", **{names.REQUEST_MODEL: "gemini-3.6-flash"}))[0]
    assert "higher temperature" in " ".join(old.remedy)
    assert "no effect" in " ".join(new.remedy)
    assert "higher temperature" not in " ".join(new.remedy)


def test_safety_names_the_category() -> None:
    """The evidence says which category blocked."""
    attributes = stopped("SAFETY", **{names.BLOCKED_CATEGORIES: ("HARM_CATEGORY_HARASSMENT:HIGH",)})
    assert evidence(find(attributes)[0], attributes) == "blocked: HARM_CATEGORY_HARASSMENT:HIGH"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({names.OUTCOME: "error", names.ERROR_TYPE: "503"}, ["http.503.overloaded"]),
        ({names.OUTCOME: "cancelled"}, ["net.cancelled"]),
        ({names.OUTCOME: "incomplete"}, ["finish.missing"]),
    ],
)
def test_a_reason_that_was_due_and_never_came(attributes: dict[str, Any], expected: list[str]) -> None:
    """`error`, which the newest conventions write in place of a reason, is no reason of the model's."""
    assert ids({**attributes, names.RESPONSE_FINISH_REASONS: ("error",)}) == expected
