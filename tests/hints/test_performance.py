"""Calls that work and are slow or dear."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel._facts.outcomes import finish_reason_outcome
from gemini_otel.hints import evidence, find

from .test_catalogue import ids
from .test_configuration import QUIET

LONG_THOUGHTS = {
    names.USAGE_REASONING_OUTPUT_TOKENS: 1200,
    names.USAGE_OUTPUT_TOKENS: 3000,
    names.REQUEST_MAX_TOKENS: 60_000,
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {
                names.USAGE_OUTPUT_TOKENS: 950,
                names.REQUEST_MAX_TOKENS: 1000,
                names.USAGE_REASONING_OUTPUT_TOKENS: 0,
            },
            ["finish.near_cap"],
        ),
        ({names.USAGE_OUTPUT_TOKENS: 900, names.REQUEST_MAX_TOKENS: 1000}, []),
        (
            {
                names.USAGE_OUTPUT_TOKENS: 3000,
                names.USAGE_REASONING_OUTPUT_TOKENS: 2000,
                names.REQUEST_MAX_TOKENS: 60000,
            },
            ["perf.thinking_latency"],
        ),
        (
            {
                names.USAGE_OUTPUT_TOKENS: 3000,
                names.USAGE_REASONING_OUTPUT_TOKENS: 1400,
                names.REQUEST_MAX_TOKENS: 60000,
            },
            [],
        ),
        ({names.RESPONSE_TIME_TO_FIRST_CHUNK: 12.0, **LONG_THOUGHTS}, ["perf.slow_first_token"]),
        ({names.RESPONSE_TIME_TO_FIRST_CHUNK: 2.0, **LONG_THOUGHTS}, []),
        ({names.RESPONSE_TIME_TO_FIRST_CHUNK: 12.0, names.USAGE_REASONING_OUTPUT_TOKENS: 5}, []),
        (
            {names.RESPONSE_TIME_TO_FIRST_CHUNK: 12.0, **LONG_THOUGHTS, names.HTTP_RESEND_COUNT: 1},
            ["cfg.retry_hidden"],
        ),
        ({names.USAGE_INPUT_TOKENS: 250_000, names.USAGE_CACHE_READ_INPUT_TOKENS: 1}, ["perf.large_context"]),
        ({names.USAGE_INPUT_TOKENS: 250_000}, ["perf.large_context"]),
        (
            {names.USAGE_INPUT_TOKENS: 250_000, names.REQUEST_TURNS: 3},
            ["perf.large_context", "perf.cache_miss"],
        ),
    ],
)
def test_note(more: dict[str, Any], expected: list[str]) -> None:
    """What made a healthy call slow or dear is noted at the level `info`, and at no other."""
    assert ids({**QUIET, **more}, "info") == expected
    assert ids({**QUIET, **more}) == []


@pytest.mark.parametrize(
    ("model", "tokens", "turns", "noted"),
    [
        ("gemini-2.5-flash", 2047, 3, False),
        ("gemini-2.5-flash", 2048, 3, True),
        ("gemini-3.8-flash", 4095, 3, False),
        ("gemini-3.8-flash", 4096, 3, True),
        ("gemini-3.8-flash", 100_000, None, False),
        ("gemini-2.0-flash", 100_000, 3, False),
        ("tuned", 100_000, 3, False),
    ],
)
def test_cache_miss(model: str, tokens: int, turns: int | None, noted: bool) -> None:
    """A cache is missed from the documented minimum of the model on, and only where the request goes on from another."""
    attributes = {
        **QUIET,
        names.REQUEST_MODEL: model,
        names.RESPONSE_MODEL: model,
        names.USAGE_INPUT_TOKENS: tokens,
    }
    if turns is not None:
        attributes[names.REQUEST_TURNS] = turns
    assert ("perf.cache_miss" in ids(attributes, "info")) is noted
    cached = {**attributes, names.USAGE_CACHE_READ_INPUT_TOKENS: 1000}
    assert "perf.cache_miss" not in ids(cached, "info")


def test_evidence() -> None:
    """The numbers are shown."""
    attributes = {**QUIET, names.USAGE_OUTPUT_TOKENS: 3000, names.USAGE_REASONING_OUTPUT_TOKENS: 2000}
    attributes[names.REQUEST_MAX_TOKENS] = 60_000
    shown = evidence(find(attributes, level="info")[0], attributes)
    assert shown == "thoughts 2000 of 3000 output tokens; model gemini-3.8-flash"


@pytest.mark.parametrize(
    ("reason", "thoughts", "expected"),
    [
        ("OTHER", 880, ["finish.other", "repeat.thoughts"]),
        ("OTHER", 700, ["finish.other"]),
        ("MAX_TOKENS", 880, ["finish.max_tokens"]),
        ("MALFORMED_FUNCTION_CALL", 880, ["finish.malformed_call", "repeat.thoughts"]),
        ("SAFETY", 880, ["finish.safety"]),
        ("CONTENT_FILTER", 880, ["finish.filtered"]),
    ],
)
def test_thoughts_in_circles(reason: str, thoughts: int, expected: list[str]) -> None:
    """Thoughts that took most of the cap are told where neither the cap nor a filter ended the reply."""
    tokens = {names.USAGE_OUTPUT_TOKENS: 990, names.USAGE_REASONING_OUTPUT_TOKENS: thoughts}
    attributes = {**tokens, names.REQUEST_MAX_TOKENS: 1000, names.FINISH_REASON: reason}
    assert ids({**attributes, names.OUTCOME: finish_reason_outcome(reason)}) == expected


def test_thoughts_without_a_reason() -> None:
    """Where the span does not say how the reply ended, nothing is concluded from its thoughts."""
    tokens = {names.USAGE_OUTPUT_TOKENS: 990, names.USAGE_REASONING_OUTPUT_TOKENS: 980}
    assert ids({**tokens, names.REQUEST_MAX_TOKENS: 1000}) == []
