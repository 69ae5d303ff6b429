"""JSON that fits the schema of a request, and calls of the functions it declares."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from google import genai
from google.genai import types
from pydantic import BaseModel

from gemini_otel import simulator
from support.raw_calls import GENERATE, HELLO, fetch
from support.sdk_calls import MODEL, SHAPES, ask


class Mood(Enum):
    CALM = "calm"
    STORMY = "stormy"


class Harbour(BaseModel):
    name: str
    depth: float
    boats: int
    open: bool
    mood: Mood
    nearest: list[str]
    neighbour: Harbour | None = None


def test_json_without_a_schema(sdk: genai.Client, shape: str) -> None:
    """Where JSON is asked for, ok answers JSON."""
    responses = ask(sdk, shape, "ok", response_mime_type="application/json")
    text = "".join(response.text or "" for response in responses)
    assert json.loads(text) == {"answer": "text"}


def test_json_with_a_schema(sdk: genai.Client) -> None:
    """JSON fits the schema of the request, so the SDK parses it."""

    class Tide(BaseModel):
        time: str
        height: float
        mood: Mood

    response = sdk.models.generate_content(
        model=MODEL,
        contents="simulate:ok",
        config={"response_mime_type": "application/json", "response_schema": list[Tide]},
    )
    assert response.parsed == [Tide(time="text", height=1, mood=Mood.CALM)]


def test_json_with_a_json_schema(sdk: genai.Client) -> None:
    """JSON fits a recursive JSON schema with references too."""
    response = sdk.models.generate_content(
        model=MODEL,
        contents="simulate:ok",
        config={
            "response_mime_type": "application/json",
            "response_json_schema": Harbour.model_json_schema(),
        },
    )
    harbour = Harbour.model_validate_json(response.text or "")
    assert harbour.mood is Mood.CALM
    assert harbour.nearest == ["text"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"same": {"$ref": "#"}}}, "{"),
        ({"$ref": "#"}, "null"),
        ({"$ref": "#/$defs/none"}, "null"),
        ({"any_of": [{"type": "NULL"}, {"type": "NUMBER", "minimum": 0.5}]}, "0.5"),
        ({"const": 7}, "7"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, "[true, true]"),
    ],
)
def test_json_of_odd_schemas(server: simulator.Simulator, schema: Any, expected: str) -> None:
    """Endless, empty and alternative schemas have a sample."""
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    answer = json.loads(fetch(server, GENERATE, HELLO | {"generationConfig": config})[2])
    text = answer["candidates"][0]["content"]["parts"][0]["text"]
    assert text.startswith(expected)
    json.loads(text)


def test_tool_call_calls_the_declared_function(sdk: genai.Client, shape: str) -> None:
    """tool_call calls the first declared function with arguments that fit."""
    schema = {
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date"},
            "level": {"type": ["null", "integer"], "minimum": 3},
        },
    }
    tool = types.Tool(
        function_declarations=[types.FunctionDeclaration(name="tides", parameters_json_schema=schema)]
    )
    assert [call.name for call in _calls(ask(sdk, shape, "tool_call", tools=[tool]))] == ["tides"]
    (call,) = _calls(ask(sdk, shape, "tool_call", tools=[tool]))
    assert call.args == {"day": "2026-01-01", "level": 3}
    (default,) = _calls(ask(sdk, shape, "tool_call"))
    assert (default.name, default.args) == ("get_weather", {"location": "Boston"})


def _calls(responses: list[types.GenerateContentResponse]) -> list[types.FunctionCall]:
    return [call for response in responses for call in response.function_calls or ()]


def test_tool_call_in_the_loop_of_the_sdk(server: simulator.Simulator, sdk: genai.Client, shape: str) -> None:
    """The SDK's own function calling calls the function once and ends with a text."""
    cities: list[str] = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        cities.append(city)
        return "sunny"

    # SDK 1.32 does not read annotations that are strings.
    get_weather.__annotations__ = {"city": str, "return": str}
    before = len(server.requests)
    *_, last = SHAPES[shape](sdk, "simulate:tool_call", tools=[get_weather])
    assert last.text
    assert cities == ["text"]
    assert len(server.requests) == before + 2
