"""Loops in the output."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import evidence, find

from .test_catalogue import HEALTHY, ids

KINDS = {
    "table_hyphens": "repeat.table_hyphens",
    "table_tokens": "repeat.table_tokens",
    "newlines": "repeat.newlines_structured",
    "structured_text": "repeat.text_structured",
    "tool_calls": "repeat.tool_calls",
    "text": "repeat.text",
}
BY_GENERATION = ("table_hyphens", "table_tokens", "text")


def looped(kind: str, model: str = "gemini-2.5-flash", **more: Any) -> dict[str, Any]:
    loop = {names.REPETITION_DETECTED: True, names.REPETITION_KIND: kind, names.REQUEST_MODEL: model}
    if kind == "tool_calls":
        loop[names.PARTS] = ("function_call",)
    return {**HEALTHY, names.RESPONSE_MODEL: model, **loop, **more}


@pytest.mark.parametrize(("kind", "hint_id"), KINDS.items())
def test_kind(kind: str, hint_id: str) -> None:
    """Each kind of loop leads to its entry, on a call that is healthy otherwise."""
    assert ids(looped(kind)) == [hint_id]


def test_a_loop_of_calls_that_the_answer_ends() -> None:
    """What the history holds is no loop of an answer that calls nothing, whatever its reason; one that calls goes on with it."""
    over = {names.PARTS: ("text",), names.REQUEST_TEMPERATURE: 0.2}
    assert ids(looped("tool_calls", "gemini-3.1-pro-preview", **over), "info") == []
    cut = {**over, names.FINISH_REASON: "MAX_TOKENS", names.OUTCOME: "truncated"}
    assert ids(looped("tool_calls", **cut)) == ["finish.max_tokens"]
    assert ids(looped("text", **over)) == ["repeat.text"]
    assert ids(looped("tool_calls", **{names.PARTS: ("text", "function_call")})) == ["repeat.tool_calls"]


@pytest.mark.parametrize(
    "setting", [{names.REQUEST_TEMPERATURE: 1.0}, {names.REQUEST_TOP_P: 0.95}, {names.REQUEST_TOP_K: 64}]
)
def test_sampling_at_its_default(setting: dict[str, Any]) -> None:
    """A default that is written out is not lowered."""
    attributes = looped("text", "gemini-3.1-pro-preview", **{names.REQUEST_TEMPERATURE: 1.0, **setting})
    assert ids(attributes) == ["repeat.text.gemini3"]


def test_unknown_kind() -> None:
    """A kind that nobody knows is a loop all the same."""
    assert ids(looped("spirals")) == ["repeat.unknown"]


def test_no_loop() -> None:
    """A kind without the flag is not believed."""
    assert ids({**HEALTHY, names.REPETITION_KIND: "text"}) == []


@pytest.mark.parametrize("kind", BY_GENERATION)
@pytest.mark.parametrize(
    ("model", "advice"),
    [
        ("gemini-1.5-flash-002", "0.8 or more"),
        ("gemini-2.5-pro", "0.8 or more"),
        ("some-finetune", "0.8 or more"),
        ("models/gemini-3-pro-preview", "at their defaults"),
        ("gemini-3.1-pro-preview", "at their defaults"),
        ("gemini-3.5-flash", "at their defaults"),
        ("gemini-3.5-flash-lite", "no effect"),
        ("gemini-3.6-flash", "no effect"),
        ("projects/p/locations/l/publishers/google/models/gemini-4-neon", "no effect"),
    ],
)
def test_advice_depends_on_the_model(kind: str, model: str, advice: str) -> None:
    """Temperature is raised on 2.5 and older, left alone on Gemini 3, and not spoken for where it is ignored."""
    text = " ".join(find(looped(kind, model))[0].remedy)
    others = {"0.8 or more", "at their defaults", "no effect"} - {advice}
    assert advice in text
    assert not any(other in text for other in others)


@pytest.mark.parametrize("kind", BY_GENERATION)
@pytest.mark.parametrize(("temperature", "raised"), [(0.0, True), (0.7, True), (0.8, False), (1, False)])
def test_temperature_that_is_high_enough(kind: str, temperature: float, raised: bool) -> None:
    """Nobody is told to raise a temperature to what it is already; the rest of the advice stays, also at the limit."""
    attributes = looped(kind, **{names.REQUEST_TEMPERATURE: temperature})
    cut = {**attributes, names.FINISH_REASON: "MAX_TOKENS", names.OUTCOME: "truncated"}
    for span in (attributes, cut):
        remedy = find(span)[0].remedy
        assert ("0.8 or more" in " ".join(remedy)) is raised
        assert len(remedy) >= 1


def test_the_model_that_answered_counts() -> None:
    """An alias is judged by the model behind it."""
    attributes = looped("text", "gemini-flash-latest", **{names.RESPONSE_MODEL: "gemini-3.6-flash"})
    assert ids(attributes) == ["repeat.text.sampling_ignored"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("table_hyphens", "exactly three hyphens per column"),
        ("table_tokens", "FOR TABLE HEADINGS, IMMEDIATELY ADD ' |' AFTER THE TABLE HEADING."),
        (
            "newlines",
            r"In quoted strings, the only allowed escape sequences are \\, \n, and \". Instead of \u escapes, use UTF-8.",
        ),
        ("structured_text", "Do not state the order of fields in the prompt."),
        ("structured_text", "Make all fields of the schema required."),
        (
            "tool_calls",
            (
                "When thinking silently: ALWAYS start the thought with a brief (one sentence) recap of the current progress on "
                "the task. In particular, consider whether the task is already done."
            ),
        ),
        ("text", '"Be concise", "Don\'t repeat yourself" or "Provide the answer once"'),
    ],
)
def test_workaround_of_the_guide(kind: str, words: str) -> None:
    """The guide's prompt snippets are given word for word."""
    assert words in " ".join(find(looped(kind))[0].remedy)


def test_evidence() -> None:
    """The numbers of the loop are shown, never its text."""
    numbers = {
        names.REPETITION_COUNT: 100,
        names.REPETITION_PERIOD: 20,
        names.REPETITION_START: 300,
        names.REPETITION_SHARE: 0.868,
    }
    attributes = looped("text", **numbers)
    assert evidence(find(attributes)[0], attributes) == (
        "100 repeats of 20 characters from character 300 on, 87 % of the output; temperature 0.5; model gemini-2.5-flash"
    )


@pytest.mark.parametrize(
    "setting", [{names.REQUEST_TEMPERATURE: 0.0}, {names.REQUEST_TOP_P: 0.9}, {names.REQUEST_TOP_K: 5}]
)
def test_lowered_sampling_on_gemini_3(setting: dict[str, Any]) -> None:
    """Changed sampling is a warning on a Gemini 3 call that looped, a note on a healthy one, and neither on older models."""
    plain = {names.REQUEST_TEMPERATURE: 1.0, **setting}
    assert ids(looped("text", "gemini-3.1-pro-preview", **plain)) == [
        "repeat.text.gemini3",
        "repeat.low_temperature_gemini3",
    ]
    healthy = looped("text", "gemini-3.1-pro-preview", **plain, **{names.REPETITION_DETECTED: False})
    assert ids(healthy) == []
    assert "cfg.low_temperature_gemini3" in ids(healthy, "info")
    assert ids(looped("text", "gemini-2.5-pro", **plain)) == ["repeat.text"]


def test_default_sampling_on_gemini_3() -> None:
    """A temperature of 1.0 is the default, and no reason for a loop."""
    attributes = looped("text", "gemini-3-flash-preview", **{names.REQUEST_TEMPERATURE: 1.0})
    assert ids(attributes) == ["repeat.text.gemini3"]
