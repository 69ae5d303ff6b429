"""Rehearse failures in your own tests: the real SDK talks to a local Gemini API that plays a scenario.

Run it with `pytest examples/rehearse.py`. `gemini-otel simulate --list` names the scenarios.
"""

from google import genai
from google.genai import errors

from gemini_otel import simulator


def summary(client: genai.Client, text: str) -> str:
    """The program under test: it must survive a quota that is used up and an answer without text."""
    try:
        answer = client.models.generate_content(model="gemini-3.5-flash", contents=f"Summarise: {text}")
    except errors.ClientError as error:
        if error.code != 429:
            raise
        return "(no summary today)"
    return answer.text or "(no summary)"


def client_of(url: str) -> genai.Client:
    return genai.Client(api_key="none", http_options={"base_url": url})


def test_a_summary() -> None:
    with simulator.serve() as url:
        assert summary(client_of(url), "the tides").startswith("Tides follow the Moon")


def test_the_daily_quota_is_used_up() -> None:
    with simulator.serve("daily_quota") as url:
        assert summary(client_of(url), "the tides") == "(no summary today)"
        assert len(url.requests) == 1  # no retry: it would be refused as well


def test_an_answer_without_text() -> None:
    with simulator.serve("thoughts_ate_budget") as url:
        assert summary(client_of(url), "the tides") == "(no summary)"
