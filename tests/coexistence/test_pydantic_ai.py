"""pydantic-ai: its `chat` span is that of a request; with a FallbackModel it covers several, which have spans of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from applications import Application, same_with_us
from opentelemetry.trace import StatusCode
from pydantic import BaseModel
from pydantic_ai import Agent, InstrumentationSettings
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from gemini_otel import simulator
from neighbours import attempts, attributes, counted_hints, get_weather, hints, named, scopes
from support import MODEL, Telemetry

OTHER_MODEL = "gemini-2.5-pro"
OURS, THEIRS = "gemini_otel", "pydantic-ai"


class City(BaseModel):
    name: str


@pytest.fixture(params=[False, True], ids=["alone", "instrumented"])
def theirs(request: pytest.FixtureRequest, telemetry: Telemetry) -> Iterator[bool]:
    """Whether pydantic-ai makes spans itself."""
    Agent.instrument_all(
        InstrumentationSettings(
            tracer_provider=telemetry.tracer_provider, meter_provider=telemetry.meter_provider
        )
        if request.param
        else False
    )
    yield request.param
    Agent.instrument_all(False)


def model(url: str, name: str = MODEL) -> GoogleModel:
    return GoogleModel(name, provider=GoogleProvider(api_key="any", base_url=url))


def asking(prompt: str, output: Any = str, tools: Any = ()) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        agent = Agent(model(url), output_type=output, tools=[*tools], retries=1)
        result = agent.run_sync(prompt)
        note("answered", result.output, result.usage)
        for message in result.all_messages():
            note("message", [type(part).__name__ for part in message.parts])

    return application


def streaming(prompt: str) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        async def stream() -> None:
            async with Agent(model(url)).run_stream(prompt) as result:
                async for text in result.stream_text(delta=True, debounce_by=None):
                    note("text", text)
                note("usage", result.usage)

        asyncio.run(stream())

    return application


def falling_back(bad: str, last: str | None) -> Application:
    """One model that is overloaded, then another one, which is fine unless `last` is where it is overloaded, too."""

    def application(url: str, note: Callable[..., None]) -> None:
        fallback = FallbackModel(model(bad, OTHER_MODEL), model(last or url))
        note("answered", Agent(fallback).run_sync("hello").output)

    return application


@pytest.fixture
def bad() -> Iterator[str]:
    with simulator.serve("overloaded") as url:
        yield str(url)


@pytest.mark.parametrize(
    "application",
    [
        asking("hello"),
        asking("hello", City),
        asking("simulate:tool_chain", tools=[get_weather]),
        asking("simulate:finish_max_tokens"),
        asking("simulate:finish_safety"),
        asking("simulate:block_safety"),
        asking("simulate:empty_stop"),
        asking("simulate:daily_quota"),
        asking("simulate:cut_before_headers"),
        streaming("simulate:long_stream"),
        streaming("simulate:finish_safety"),
        streaming("simulate:error_in_stream"),
        streaming("simulate:cut_stream"),
        streaming("simulate:daily_quota"),
    ],
)
def test_the_same(theirs: bool, telemetry: Telemetry, application: Application) -> None:
    """An application sees the same with us; a request has one span, and no hint stands twice."""
    same_with_us(telemetry, application)
    calls = [span for span in telemetry.spans if "gemini.response.outcome" in attributes(span)]
    around = named(telemetry.spans, "chat")
    assert len(calls) == len(around or calls) == attempts(telemetry.spans)
    for call, chat in zip(calls, around, strict=False):
        # Of a stream that broke its span says no error: then it has one of ours inside.
        handled = attributes(call)["gemini.response.outcome"] == "error" and chat.status.is_ok
        assert scopes([call]) == [OURS if handled else THEIRS]
        assert call is chat or (call.parent is not None and call.parent.span_id == chat.context.span_id)
    found = hints(calls)
    assert hints(telemetry.spans) == found
    assert counted_hints(telemetry) == sum(map(len, found.values()))


def test_a_block(theirs: bool, telemetry: Telemetry) -> None:
    """Its word for a block, `content_filter`, does not make a second hint that contradicts the first."""
    same_with_us(telemetry, asking("simulate:block_safety"))
    assert list(hints(telemetry.spans).values()) == [["block.safety"]]


def test_a_fallback(theirs: bool, telemetry: Telemetry, bad: str) -> None:
    """The refused request and the one after it are spans of ours; the chat, which succeeded, says nothing of a failure."""
    seen = same_with_us(telemetry, falling_back(bad, None))
    assert [what for what, *_ in seen] == ["answered"]
    refused, answered = named(telemetry.spans, "generate_content")
    assert [attributes(s)["gemini.response.outcome"] for s in (refused, answered)] == ["error", "ok"]
    assert hints(telemetry.spans) == {f"generate_content {OTHER_MODEL}": ["http.503.overloaded"]}
    assert counted_hints(telemetry) == 1
    for chat in named(telemetry.spans, "chat"):
        assert chat.status.status_code is not StatusCode.ERROR
        assert not [name for name in attributes(chat) if name.startswith(("gemini.", "error."))]
        assert {span.parent.span_id for span in (refused, answered) if span.parent} == {chat.context.span_id}


def test_a_fallback_that_fails(theirs: bool, telemetry: Telemetry, bad: str) -> None:
    """Two refused requests are two failures with a hint each, on their own spans; none stands on the spans around them."""
    seen = same_with_us(telemetry, falling_back(bad, bad))
    assert seen[-1][:2] == ("raised", "FallbackExceptionGroup")
    assert hints(telemetry.spans) == {
        f"generate_content {OTHER_MODEL}": ["http.503.overloaded"],
        f"generate_content {MODEL}": ["http.503.overloaded"],
    }
    assert counted_hints(telemetry) == 2
