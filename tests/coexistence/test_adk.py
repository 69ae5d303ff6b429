"""google-adk: a model call of an agent has one span, whoever else is installed.

It begins a span of its own unless it finds the official instrumentation around the SDK's method, by the name of the file that
the method's code says it is from, and steps around that instrumentation where it wants to record the call itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from applications import Application, same_with_us
from google.adk.agents import LlmAgent, RunConfig
from google.adk.agents.run_config import StreamingMode
from google.adk.runners import InMemoryRunner
from google.adk.telemetry import _genai_instrumentor, tracing
from google.genai import types
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from opentelemetry.sdk.trace import ReadableSpan

import gemini_otel
from neighbours import Neighbours, counted_hints, get_weather, hints, scopes
from support import MODEL, Telemetry

ADK = "gcp.vertex.agent"
OFFICIAL = "opentelemetry.instrumentation.google_genai"


def instrumentor() -> Any:
    return GoogleGenAiSdkInstrumentor()


@pytest.fixture(autouse=True)
def environment(url: str, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
    monkeypatch.setenv("GEMINI_API_KEY", "any")
    monkeypatch.setattr(tracing, "tracer", telemetry.tracer_provider.get_tracer(ADK))


@pytest.fixture
def ours(telemetry: Telemetry) -> Iterator[None]:
    """This instrumentation alone."""
    gemini_otel.instrument(**telemetry.providers)
    yield
    gemini_otel.uninstrument()


@pytest.fixture(params=[StreamingMode.NONE, StreamingMode.SSE], ids=["call", "stream"])
def mode(request: pytest.FixtureRequest) -> StreamingMode:
    return StreamingMode(request.param)


def run(prompt: str, mode: StreamingMode, note: Callable[..., None] | None = None, **agent: Any) -> None:
    """One turn of an agent."""

    async def turn() -> None:
        runner = InMemoryRunner(agent=LlmAgent(name="agent", model=MODEL, **agent), app_name="app")
        session = await runner.session_service.create_session(app_name="app", user_id="user")
        message = types.Content(role="user", parts=[types.Part(text=prompt)])
        config = RunConfig(streaming_mode=mode, max_llm_calls=4)
        events = runner.run_async(
            user_id="user", session_id=session.id, new_message=message, run_config=config
        )
        async for event in events:
            if note is not None:
                note(
                    "event",
                    event.author,
                    event.error_code,
                    event.partial,
                    event.content and event.content.parts,
                )

    asyncio.run(turn())


def inferences(telemetry: Telemetry) -> list[ReadableSpan]:
    return [
        s for s in telemetry.spans if (s.attributes or {}).get("gen_ai.operation.name") == "generate_content"
    ]


def test_with_ours(ours: None, telemetry: Telemetry, mode: StreamingMode) -> None:
    """It does not take us for the official one: its own span is there, and has our facts and hints."""
    assert not _genai_instrumentor.is_instrumented()
    run("simulate:finish_max_tokens", mode)
    (span,) = inferences(telemetry)
    assert scopes([span]) == [ADK]
    attributes = dict(span.attributes or {})
    assert attributes["gen_ai.agent.name"] == "agent"
    assert attributes["gemini.response.outcome"] == "truncated"
    assert any(event.name == "gemini.hint" for event in span.events)


def test_tools(ours: None, telemetry: Telemetry, mode: StreamingMode) -> None:
    """It runs the tools itself: each of its model calls is one inference."""
    run("simulate:tool_chain", mode, tools=[get_weather])
    assert scopes(inferences(telemetry)) == [ADK] * 3
    outcomes = {(span.attributes or {}).get("gemini.response.outcome") for span in inferences(telemetry)}
    assert outcomes == {"ok"}


def test_beside_the_official_one(both: Neighbours, telemetry: Telemetry, mode: StreamingMode) -> None:
    """Our layer does not keep it from stepping around the official one: there is one span still, with our facts."""
    assert _genai_instrumentor.is_instrumented()
    run("simulate:finish_max_tokens", mode)
    (span,) = inferences(telemetry)
    assert (span.attributes or {})["gemini.response.outcome"] == "truncated"


def look_up(city: str = "Paris") -> str:
    """Say how the weather is."""
    raise LookupError(city)


def asking(prompt: str, mode: StreamingMode, **agent: Any) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GOOGLE_GEMINI_BASE_URL", url)
            run(prompt, mode, note, **agent)

    return application


@pytest.mark.parametrize(
    ("prompt", "hint"),
    [
        ("hello", None),
        ("simulate:finish_safety", "finish.safety"),
        ("simulate:daily_quota", "http.429.rate_day"),
        ("simulate:overloaded", "http.503.overloaded"),
        ("simulate:tool_chain", None),
    ],
)
def test_the_same(telemetry: Telemetry, mode: StreamingMode, prompt: str, hint: str | None) -> None:
    """An application sees the same with us; a failure has its hint once, on the span of the call, one of its own tool none."""
    same_with_us(telemetry, asking(prompt, mode, tools=[look_up]))
    found = hints(telemetry.spans)
    assert [name.split()[0] for name in found] == ([] if hint is None else ["generate_content"])
    assert list(found.values()) == ([] if hint is None else [[hint]])
    assert counted_hints(telemetry) == (hint is not None)


def test_as_without_ours(telemetry: Telemetry, mode: StreamingMode) -> None:
    """Whose span it is beside the official one does not depend on us."""

    def owner() -> list[str]:
        telemetry.exporter.clear()
        run("hello", mode)
        return scopes(inferences(telemetry))

    theirs = instrumentor()
    theirs.instrument(**telemetry.providers)
    try:
        alone = owner()
        gemini_otel.instrument(**telemetry.providers)
        try:
            assert owner() == alone
        finally:
            gemini_otel.uninstrument()
    finally:
        theirs.uninstrument()
