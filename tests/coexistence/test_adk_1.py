"""google-adk 1: the span around a model call says only afterwards what it is; ours is inside of it and has the hint, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from applications import Application, run, same_with_us
from google.adk import runners
from google.adk.agents import LlmAgent, base_agent
from google.adk.flows.llm_flows import base_llm_flow, functions
from google.adk.runners import InMemoryRunner
from google.genai import types

import gemini_otel
from neighbours import OURS, attributes, counted_hints, get_weather, hints, named, scopes
from support import MODEL, Telemetry

ADK = "gcp.vertex.agent"


@pytest.fixture(autouse=True)
def environment(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "any")
    for module in (runners, base_agent, base_llm_flow, functions):
        monkeypatch.setattr(module, "tracer", telemetry.tracer_provider.get_tracer(ADK))


def look_up(city: str = "Paris") -> str:
    """Say how the weather is."""
    raise LookupError(city)


def asking(prompt: str, **agent: Any) -> Application:
    """One turn of an agent."""

    def application(url: str, note: Callable[..., None]) -> None:
        async def turn() -> None:
            runner = InMemoryRunner(agent=LlmAgent(name="agent", model=MODEL, **agent), app_name="app")
            session = await runner.session_service.create_session(app_name="app", user_id="user")
            message = types.Content(role="user", parts=[types.Part(text=prompt)])
            async for event in runner.run_async(user_id="user", session_id=session.id, new_message=message):
                note("event", event.author, event.error_code, event.content and event.content.role)

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GOOGLE_GEMINI_BASE_URL", url)
            asyncio.run(turn())

    return application


@pytest.mark.parametrize(
    ("application", "hint"),
    [
        (asking("hello"), None),
        (asking("simulate:tool_chain", tools=[get_weather]), None),
        (asking("simulate:finish_safety"), "finish.safety"),
        (asking("simulate:finish_max_tokens"), "finish.max_tokens"),
        (asking("simulate:daily_quota"), "http.429.rate_day"),
        (asking("simulate:overloaded"), "http.503.overloaded"),
        (asking("simulate:tool_chain", tools=[look_up]), None),
    ],
)
def test_the_same(telemetry: Telemetry, application: Application, hint: str | None) -> None:
    """An application sees the same with us, and a failure has its hint on our span only, and is counted once."""
    same_with_us(telemetry, application)
    calls = named(telemetry.spans, "generate_content")
    assert scopes(calls) == [OURS] * len(named(telemetry.spans, "call_llm"))
    assert all("gemini.response.outcome" in attributes(span) for span in calls)
    assert hints(telemetry.spans) == ({} if hint is None else {f"generate_content {MODEL}": [hint]})
    assert counted_hints(telemetry) == (hint is not None)


@pytest.mark.parametrize(
    ("application", "found"),
    [
        (asking("hello"), {}),
        (asking("simulate:finish_safety"), {"call_llm": ["finish.safety"]}),
        (asking("simulate:daily_quota"), {"call_llm": ["http.429.rate_day"]}),
        (asking("simulate:tool_chain", tools=[look_up]), {}),
    ],
)
def test_hints_without_us(
    telemetry: Telemetry, application: Application, found: dict[str, list[str]]
) -> None:
    """A HintSpanProcessor alone gives hints to the span around the model call, and to none around that."""
    telemetry.tracer_provider.add_span_processor(gemini_otel.HintSpanProcessor())
    run(application)
    assert hints(telemetry.spans) == found
