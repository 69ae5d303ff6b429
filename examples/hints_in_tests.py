"""Tests that fail where a Gemini call wastes tokens or goes wrong unnoticed.

Run them with `pytest -p gemini_otel.pytest examples/hints_in_tests.py`.
"""

from collections.abc import Iterator

import pytest
from connect import gemini_client
from google import genai

from gemini_otel.pytest import GeminiCalls


@pytest.fixture
def client() -> Iterator[genai.Client]:
    with gemini_client() as client:
        yield client


def ask(client: genai.Client, prompt: str) -> str | None:
    return client.models.generate_content(model="gemini-3.5-flash", contents=prompt).text


def test_a_healthy_call(client: genai.Client, gemini_calls: GeminiCalls) -> None:
    assert ask(client, "Tell me about the tides.")
    assert gemini_calls.tokens < 1000


@pytest.mark.xfail(strict=True, reason="thinking used up the output token limit, and nobody looked")
def test_a_call_that_went_wrong(client: genai.Client) -> None:
    ask(client, "Tell me about the tides. (simulate:thoughts_ate_budget)")


@pytest.mark.allow_hint("finish.max_tokens")
def test_no_answer(client: genai.Client, gemini_calls: GeminiCalls) -> None:
    assert ask(client, "Tell me about the tides. (simulate:thoughts_ate_budget)") is None
    assert "finish.max_tokens.thinking" in [hint.id for hint in gemini_calls.hints]
