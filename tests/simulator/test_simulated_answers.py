"""What is special about single answers, as the real SDK sees it."""

from __future__ import annotations

import pytest
from expected_scenarios import (
    unknown_values_warn,
)
from google import genai
from google.genai import types

from gemini_otel import simulator
from support.sdk_calls import ask, last_candidate, text_of, usage_of


def test_slow_first_chunk(sdk: genai.Client, shape: str, pauses: list[float]) -> None:
    """The first chunk takes 0.3 seconds, and nothing else waits."""
    ask(sdk, shape, "slow")
    assert pauses == [0.3]


def test_long_stream_has_200_chunks(sdk: genai.Client) -> None:
    """long_stream has 200 chunks of an ordinary text, which does not repeat itself."""
    responses = ask(sdk, "stream", "long_stream")
    assert len(responses) == 200
    sentences = text_of(responses).split(". ")
    assert len(set(sentences)) > 0.9 * len(sentences) > 50


def test_thinking(sdk: genai.Client, shape: str) -> None:
    """Thoughts come before the text and are counted apart from it."""
    responses = ask(sdk, shape, "thinking")
    first = last_candidate(responses[:1]).content
    assert first is not None
    assert first.parts
    assert first.parts[0].thought
    assert usage_of(responses).thoughts_token_count == 88
    assert usage_of(responses).candidates_token_count == 27
    if shape == "stream":
        assert usage_of(responses[:1]).candidates_token_count is None


def test_thoughts_ate_budget(sdk: genai.Client, shape: str) -> None:
    """Thinking takes 1010 tokens step by step, and there is no text and no candidates token."""
    responses = ask(sdk, shape, "thoughts_ate_budget")
    assert text_of(responses) == ""
    assert usage_of(responses).candidates_token_count is None
    counts = [usage_of([response]).thoughts_token_count for response in responses]
    assert counts[-1] == 1010
    if shape == "stream":
        assert counts[:3] == [32, 64, 96]


def test_empty_stop(sdk: genai.Client, shape: str) -> None:
    """STOP comes with thoughts and an empty text only."""
    responses = ask(sdk, shape, "empty_stop")
    assert text_of(responses) == ""
    assert usage_of(responses).thoughts_token_count == 44


def test_cached(sdk: genai.Client, shape: str) -> None:
    """Cached tokens are part of the prompt tokens and have details by modality."""
    usage = usage_of(ask(sdk, shape, "cached"))
    assert usage.cached_content_token_count == 1081
    assert usage.prompt_token_count is not None
    assert usage.prompt_token_count > 1081
    (details,) = usage.cache_tokens_details or []
    assert (details.modality, details.token_count) == ("TEXT", 1081)


def test_grounding_tool_use(sdk: genai.Client, shape: str) -> None:
    """A grounded answer has its sources and counts the tokens of the tool's results."""
    responses = ask(sdk, shape, "grounding_tool_use")
    grounding = last_candidate(responses).grounding_metadata
    assert grounding is not None
    assert grounding.web_search_queries == ["what causes tides"]
    assert usage_of(responses).tool_use_prompt_token_count == 63


def test_inline_image(sdk: genai.Client, shape: str) -> None:
    """The image is a part with inline data and counts as 1290 tokens."""
    responses = ask(sdk, shape, "inline_image")
    content = last_candidate(responses).content
    assert content is not None
    assert content.parts
    blob = content.parts[-1].inline_data
    assert blob is not None
    assert blob.mime_type == "image/png"
    assert (blob.data or b"").startswith(b"\x89PNG")
    details = {
        each.modality: each.token_count for each in usage_of(responses).candidates_tokens_details or ()
    }
    assert details[types.MediaModality.IMAGE] == 1290


def test_multi_candidate(sdk: genai.Client, shape: str) -> None:
    """Two candidates end with STOP and MAX_TOKENS."""
    found = {
        candidate.index: candidate.finish_reason
        for response in ask(sdk, shape, "multi_candidate")
        for candidate in response.candidates or ()
    }
    assert found == {0: "STOP", 1: "MAX_TOKENS"}


def test_candidate_count(sdk: genai.Client, shape: str) -> None:
    """As many candidates are answered as the request asks for."""
    responses = ask(sdk, shape, "ok", candidate_count=3)
    finished = [
        candidate.index
        for response in responses
        for candidate in response.candidates or ()
        if candidate.finish_reason == "STOP"
    ]
    assert finished == [0, 1, 2]


def test_blocked_categories(sdk: genai.Client, shape: str) -> None:
    """The safety ratings name the blocked category."""
    ratings = last_candidate(ask(sdk, shape, "finish_safety")).safety_ratings or []
    assert [(each.category, each.probability) for each in ratings if each.blocked] == [
        ("HARM_CATEGORY_DANGEROUS_CONTENT", "HIGH")
    ]
    (response,) = ask(sdk, shape, "block_safety")
    assert response.prompt_feedback is not None
    assert len(response.prompt_feedback.safety_ratings or ()) == 4


@unknown_values_warn
@pytest.mark.parametrize("name", ["finish_safety", "finish_no_image", "finish_malformed_function_call"])
def test_no_content(sdk: genai.Client, name: str, shape: str) -> None:
    """Answers that are withheld have no parts."""
    content = last_candidate(ask(sdk, shape, name)).content
    assert content is None or not content.parts


def test_unknown_finish_reason_warns(sdk: genai.Client, shape: str) -> None:
    """The SDK warns of a finish reason that it does not know."""
    with pytest.warns(UserWarning, match="REASON_OF_TOMORROW is not a valid FinishReason"):
        ask(sdk, shape, "finish_unknown")


def test_finish_missing(sdk: genai.Client, shape: str) -> None:
    """A complete answer can lack its finish reason."""
    responses = ask(sdk, shape, "finish_missing")
    assert text_of(responses)
    assert last_candidate(responses).finish_reason is None


@unknown_values_warn
def test_continuation_is_one_request(server: simulator.Simulator, sdk: genai.Client, shape: str) -> None:
    """CONTINUATION without a token makes the SDK send no second request."""
    before = len(server.requests)
    ask(sdk, shape, "finish_continuation")
    assert len(server.requests) == before + 1


@pytest.mark.parametrize(
    ("name", "repeated"),
    [
        ("loop_text", "I will check the harbour table once more. " * 100),
        ("loop_newlines_json", "\n" * 3000),
        ("loop_table_hyphens", "-" * 3000),
        ("loop_table_tokens", "| Saint-Malo | 06:12 | 12:48 |\n" * 150),
        ("loop_json_items", ', {"name": "Other", "category": "Other", "confidence": 0.5}' * 99),
    ],
)
def test_loops(sdk: genai.Client, name: str, repeated: str, shape: str) -> None:
    """A loop repeats one unit for more than 2000 characters."""
    assert repeated in text_of(ask(sdk, shape, name))
    assert len(repeated) > 2000
