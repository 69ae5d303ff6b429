"""What the newest conventions ask for: the prompt's name, exceptions as log events, the duration of loops, content in their newest form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import gemini_otel
from support import SHAPES, Telemetry, invoke, send
from support.function_calling import get_weather
from support.logs import Logs, name_of

LATEST = "gen_ai_latest_experimental"
NAME, VERSION = "gen_ai.prompt.name", "gen_ai.prompt.version"
EXCEPTION = "gen_ai.client.operation.exception"


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    gemini_otel.uninstrument()


class Observed(Telemetry):
    """Telemetry with logs."""

    def __init__(self, sampler: Any = None, **settings: Any) -> None:
        super().__init__(**({} if sampler is None else {"sampler": sampler}))
        self.logs = Logs()
        gemini_otel.instrument(**self.providers, logger_provider=self.logs.provider, **settings)

    def exceptions(self) -> list[Any]:
        return [record for record in self.logs.records if name_of(record) == EXCEPTION]


# --- the prompt's name


@pytest.mark.parametrize("shape", SHAPES)
def test_prompt(client: genai.Client, shape: str) -> None:
    """Name and version are on the calls inside, and on no other."""
    telemetry = Observed()
    with gemini_otel.prompt("summary", version="3"):
        send(client, shape, "simulate:ok")
        with gemini_otel.prompt("title"):
            send(client, shape, "simulate:ok")
    send(client, shape, "simulate:ok")
    found = [
        ((span.attributes or {}).get(NAME), (span.attributes or {}).get(VERSION)) for span in telemetry.spans
    ]
    assert found == [("summary", "3"), ("title", None), (None, None)]


def test_prompt_in_tasks(client: genai.Client) -> None:
    """It works as `async with`, beside a conversation; each task has its own, also where they share one object."""
    telemetry = Observed()
    shared = gemini_otel.prompt("shared")

    async def run(number: int) -> None:
        async with shared, gemini_otel.conversation(f"c{number}"):
            await asyncio.sleep(0)
            await client.aio.models.generate_content(model=f"m{number}", contents="simulate:ok")

    async def both() -> None:
        await asyncio.gather(run(1), run(2))

    asyncio.run(both())
    found = {
        (s.attributes[NAME], s.attributes["gen_ai.conversation.id"]) for s in telemetry.spans if s.attributes
    }
    assert found == {("shared", "c1"), ("shared", "c2")}


def test_prompt_is_of_the_rounds(client: genai.Client) -> None:
    """A loop's requests have the prompt; its tools and methods that ask no model have none."""
    telemetry = Observed()
    with gemini_otel.prompt("weather"):
        send(client, "call", "simulate:tool_call", tools=[get_weather])
        invoke(client, "sync", "models.count_tokens", model="m", contents="x")
    named = {span.name.partition(" ")[0] for span in telemetry.spans if NAME in (span.attributes or {})}
    assert named == {"generate_content"}


@pytest.mark.parametrize("arguments", [("",), (None,), (3,), ("a", ""), ("a", 3)])
def test_a_prompt_without_a_name(arguments: tuple[Any, ...]) -> None:
    """What is no name, or no version, is refused with an error that shows it."""
    with pytest.raises(ValueError, match=f"{arguments[-1]!r}.* is not valid; give the"):
        gemini_otel.prompt(*arguments)


# --- exceptions as log events


def ask_in_the_program(client: genai.Client, shape: str) -> Any:
    return send(client, shape, "A secret question. (simulate:daily_quota)")


@pytest.mark.parametrize("shape", SHAPES)
def test_exception(client: genai.Client, shape: str) -> None:
    """The event has type, masked message and the stack, in which the program's own function stands; no words of the prompt."""
    observed = Observed(exception_events=True)
    error = ask_in_the_program(client, shape).error
    (record,) = observed.exceptions()
    found = dict(record.attributes)
    assert record.severity_text in ("WARN", "WARNING")
    assert found["exception.type"] == f"{type(error).__module__}.{type(error).__qualname__}"
    assert found["exception.message"] == observed.attributes["gemini.error.message"]
    assert found["error.type"] == "429"
    assert found["gen_ai.operation.name"] == "generate_content"
    stack = found["exception.stacktrace"]
    assert stack.startswith("Traceback (most recent call last):\n  File ")
    assert stack.endswith(found["exception.type"])
    assert "in ask_in_the_program" in stack
    assert stack.index("in ask_in_the_program") < stack.index("raise_") if "raise_" in stack else True
    assert "gemini_otel/_" not in stack
    assert "secret" not in json.dumps(found, default=str)
    assert record.span_id == observed.span.context.span_id


def test_no_exception_is_logged(client: genai.Client) -> None:
    """Unless it is asked for, where the call is well or not sampled, and where the program cancelled it."""
    for settings, scenario, sampler in (
        ({}, "daily_quota", None),
        ({"exception_events": True}, "ok", None),
        ({"exception_events": True}, "daily_quota", ALWAYS_OFF),
    ):
        observed = Observed(sampler, **settings)
        send(client, "call", f"simulate:{scenario}")
        assert observed.exceptions() == []
        gemini_otel.uninstrument()


def deep(depth: int, client: genai.Client) -> Any:
    return deep(depth - 1, client) if depth else send(client, "call", "simulate:daily_quota")


def test_a_deep_stack(client: genai.Client) -> None:
    """However deep the program is, the stack has the frames next to the call, and a bounded length."""
    observed = Observed(exception_events=True)
    deep(300, client)
    (record,) = observed.exceptions()
    stack = record.attributes["exception.stacktrace"]
    assert len(stack) <= 16_384
    assert "in send" in stack
    assert 0 < stack.count("in deep") < 48


# --- the duration of loops


@pytest.mark.parametrize("profile", ["default", LATEST, f"{LATEST}/dup"])
@pytest.mark.parametrize("shape", ["call", "async_call"])
def test_workflow_duration(client: genai.Client, shape: str, profile: str) -> None:
    """A loop is measured once, in the newest profile only; a plain call is no loop."""
    observed = Observed(semconv=profile, metric_attributes={"team": "search"})
    send(client, shape, "simulate:ok")
    send(client, shape, "simulate:tool_call", tools=[get_weather])
    points = observed.points("gen_ai.invoke_workflow.duration")
    assert len(points) == (profile != "default")
    for point in points:
        assert point.count == 1
        assert 0 < point.sum < 60
        assert point.attributes == {"gen_ai.workflow.name": "automatic_function_calling", "team": "search"}


def test_workflow_duration_of_an_error(client: genai.Client) -> None:
    """A loop that ends with an exception has its type, also where no span is made."""
    telemetry = Telemetry()
    gemini_otel.instrument(meter_provider=telemetry.meter_provider, semconv=LATEST)

    def fails(city: str = "Paris") -> str:
        """The weather."""
        raise KeyboardInterrupt

    fails.__annotations__ = {"city": str, "return": str}  # older SDKs do not resolve the names
    with pytest.raises(KeyboardInterrupt):
        send(client, "call", "simulate:tool_call", tools=[fails])
    (point,) = telemetry.points("gen_ai.invoke_workflow.duration")
    assert point.attributes["error.type"] == "KeyboardInterrupt"


# --- content


@pytest.mark.parametrize("profile", ["default", LATEST])
def test_content(client: genai.Client, profile: str) -> None:
    """In the newest profile messages have no finish reason and instructions are text only, on the span and in the event."""
    observed = Observed(semconv=profile, capture_content="span_and_event")
    image = types.Part.from_bytes(data=b"abc", mime_type="image/png")
    send(client, "call", "simulate:ok", system_instruction=[types.Part(text="Be brief."), image])
    newest = profile == LATEST
    (details,) = (r for r in observed.logs.records if name_of(r) != EXCEPTION)
    for said in (observed.attributes, details.attributes):
        messages, system = said["gen_ai.output.messages"], said["gen_ai.system_instructions"]
        if isinstance(messages, str):
            messages, system = json.loads(messages), json.loads(system)
        assert ["finish_reason" in message for message in messages] == [not newest]
        assert [part["type"] for part in system] == (["text"] if newest else ["text", "blob"])
    assert observed.attributes["gen_ai.response.finish_reasons"] == ("stop",)


@pytest.mark.parametrize(("mode", "told"), [("span_only", True), ("no_content", False)])
def test_description_of_a_tool(client: genai.Client, mode: str, told: bool) -> None:
    """What a tool is said to do is content: it is on the tool's span where that is captured."""
    observed = Observed(capture_content=mode)
    send(client, "call", "simulate:tool_call", tools=[get_weather])
    (run,) = (span for span in observed.spans if span.name.startswith("execute_tool"))
    assert run.attributes is not None
    assert run.attributes.get("gen_ai.tool.description") == (get_weather.__doc__ if told else None)


# --- agents


@pytest.mark.skipif(not hasattr(genai.Client, "agents"), reason="the SDK has no agents")
@pytest.mark.filterwarnings("ignore:Agents usage is experimental:UserWarning")
def test_create_agent(client: genai.Client) -> None:
    """The span of a new agent is named after it, and has its id and name."""
    observed = Observed()
    invoke(client, "sync", "agents.create", id="my-agent", base_agent="deep-research")
    assert observed.span.name == "create_agent my-agent"
    assert observed.attributes["gen_ai.agent.id"] == observed.attributes["gen_ai.agent.name"] == "my-agent"
