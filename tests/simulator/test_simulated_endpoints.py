"""The endpoints and what they make of a request."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from enum import Enum
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel
from sdk_calls import MODEL, SHAPES, ask, make_client

from gemini_otel import simulator

GENERATE = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent"
HELLO = {"contents": [{"parts": [{"text": "Hello"}]}]}


def fetch(url: str, path: str, body: Any = None) -> tuple[int, str, str]:
    """Status, content type and text of the answer to a request without the SDK."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data)) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_wire_of_a_stream(server: simulator.Simulator) -> None:
    """A stream is server-sent events with CRLF, without event names and without [DONE]."""
    status, content_type, text = fetch(server, STREAM + "?alt=sse", HELLO)
    assert (status, content_type) == (200, "text/event-stream")
    events = text.split("\r\n\r\n")
    assert events.pop() == ""
    assert len(events) == 3
    assert all(json.loads(event.removeprefix("data: "))["candidates"] for event in events)


def test_stream_without_sse_is_an_array(server: simulator.Simulator) -> None:
    """Without alt=sse the chunks are one JSON array."""
    status, content_type, text = fetch(server, STREAM, HELLO)
    assert (status, content_type) == (200, "application/json; charset=UTF-8")
    assert [chunk["candidates"][0].get("finishReason") for chunk in json.loads(text)] == [None, None, "STOP"]


def test_error_in_an_array(server: simulator.Simulator) -> None:
    """An error in mid-stream is the last element of the array."""
    body = {"contents": [{"parts": [{"text": "simulate:error_in_stream"}]}]}
    *_, last = json.loads(fetch(server, STREAM, body)[2])
    assert last["error"]["code"] == 503


def test_bad_json_in_an_array(server: simulator.Simulator) -> None:
    """An array with a bad last element is not JSON."""
    body = {"contents": [{"parts": [{"text": "simulate:bad_json_stream"}]}]}
    with pytest.raises(json.JSONDecodeError):
        json.loads(fetch(server, STREAM, body)[2])


def test_refused_stream_has_the_content_type_of_a_stream(server: simulator.Simulator) -> None:
    """error_in_stream_start is JSON as text/event-stream for a stream, and as JSON for a unary call."""
    body = {"contents": [{"parts": [{"text": "simulate:error_in_stream_start"}]}]}
    streamed, unary = fetch(server, STREAM + "?alt=sse", body), fetch(server, GENERATE, body)
    assert streamed[:2] == (400, "text/event-stream")
    assert unary[:2] == (400, "application/json; charset=UTF-8")
    assert json.loads(streamed[2]) == json.loads(unary[2])


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha", "v2"])
def test_any_api_version(server: simulator.Simulator, version: str) -> None:
    """Every API version is served."""
    client = make_client(server, api_version=version)
    assert client.models.generate_content(model=MODEL, contents="Hello").text
    assert server.requests[-1].path.startswith(f"/{version}/")
    with pytest.raises(
        errors.ClientError, match=f"is not found for API version {version}, .* generateContent"
    ):
        ask(client, "stream", "model_not_found")


@pytest.mark.parametrize("model", ["tunedModels/mine", "models/gemini-3-pro-preview", "gemini-of-tomorrow"])
def test_any_model(sdk: genai.Client, model: str) -> None:
    """Any model answers, and modelVersion is its name."""
    response = sdk.models.generate_content(model=model, contents="Hello")
    assert response.model_version == model.rpartition("/")[2]


def test_marker_wins_over_default() -> None:
    """A scenario in the prompt wins over that of the server, which serves all other prompts."""
    with simulator.serve("overloaded") as url:
        client = make_client(url)
        assert ask(client, "call", "ok")
        with pytest.raises(errors.ServerError):
            client.models.generate_content(model=MODEL, contents="Hello")
        with pytest.raises(errors.ServerError):
            client.models.count_tokens(model=MODEL, contents="Hello")
        with pytest.raises(errors.ServerError):
            client.models.get(model=MODEL)
        with pytest.raises(errors.ServerError):
            client.models.list()


def test_only_the_last_user_text_counts(sdk: genai.Client) -> None:
    """Markers in earlier turns, and in turns of the model, are passed over."""
    contents = [
        types.Content(role="user", parts=[types.Part(text="simulate:overloaded")]),
        types.Content(role="model", parts=[types.Part(text="simulate:internal")]),
        types.Content(role="user", parts=[types.Part(text="And now?")]),
        types.Content(role="model", parts=[types.Part(text="simulate:internal")]),
    ]
    assert sdk.models.generate_content(model=MODEL, contents=contents).text


def test_unknown_scenario_in_a_prompt(sdk: genai.Client, shape: str) -> None:
    """An unknown name is a 400 that lists close matches."""
    with pytest.raises(errors.ClientError) as caught:
        ask(sdk, shape, "rate_limitd")
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert "'rate_limitd'" in (caught.value.message or "")
    assert "rate_limited" in (caught.value.message or "")


def test_unknown_scenario_of_a_server() -> None:
    """An unknown default raises ValueError that names the value, what comes close, and the choices."""
    with pytest.raises(
        ValueError, match="'overlauded' is no scenario. Close matches: overloaded.* Choose one of: .*ok"
    ):
        simulator.serve("overlauded")
    with pytest.raises(ValueError, match="'%' is no scenario. Choose one of: .*ok"):
        simulator.serve("%")


@pytest.mark.parametrize(
    "path", ["/", "/v1beta/nothing", f"/v1beta/models/{MODEL}:predict", "/v1beta/models/a/b:c"]
)
def test_unknown_route(server: simulator.Simulator, path: str) -> None:
    """An unknown route is a 404 in the service's form."""
    status, content_type, text = fetch(server, path, HELLO)
    assert (status, content_type) == (404, "application/json; charset=UTF-8")
    assert json.loads(text)["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', {}, {"contents": []}])
def test_bad_body(server: simulator.Simulator, body: Any) -> None:
    """A body that is no JSON object or has no contents is a 400."""
    status, _, text = fetch(server, GENERATE, body)
    assert status == 400
    assert json.loads(text)["error"]["status"] == "INVALID_ARGUMENT"


def test_odd_bodies_do_no_harm(server: simulator.Simulator) -> None:
    """Fields of the wrong type are passed over."""
    body = {
        "contents": {"parts": ["text", {"text": 1}, {"text": "Hello"}]},
        "generationConfig": [],
        "tools": "none",
        "systemInstruction": 1,
    }
    assert fetch(server, GENERATE, body)[0] == 200


def test_count_tokens(sdk: genai.Client) -> None:
    """Tokens are counted by the length of the text, images as 258, and as the usage of an answer."""
    image = types.Part.from_bytes(data=b"\x89PNG", mime_type="image/png")
    contents: list[Any] = ["x" * 400, image]
    counted = sdk.models.count_tokens(model=MODEL, contents=contents)
    assert counted.total_tokens == 358
    usage = sdk.models.generate_content(model=MODEL, contents=contents).usage_metadata
    assert usage is not None
    details = {each.modality: each.token_count for each in usage.prompt_tokens_details or ()}
    assert details == {"TEXT": 100, "IMAGE": 258}
    assert usage.prompt_token_count == 358


def test_tokens_of_other_parts(sdk: genai.Client) -> None:
    """System instructions, files and function responses count too."""
    contents: list[Any] = [
        types.Part.from_uri(file_uri="https://example.com/a.pdf", mime_type="application/pdf"),
        types.Part.from_uri(file_uri="https://example.com/a.mp3", mime_type="audio/mp3"),
        types.Part.from_function_response(name="get_weather", response={"temperature": 21}),
    ]
    config = types.GenerateContentConfig(system_instruction="Be brief.")
    usage = sdk.models.generate_content(model=MODEL, contents=contents, config=config).usage_metadata
    assert usage is not None
    details = {each.modality: each.token_count for each in usage.prompt_tokens_details or ()}
    assert details.keys() == {"TEXT", "DOCUMENT", "AUDIO"}


def test_models(sdk: genai.Client) -> None:
    """Models are listed in pages and found by name; an unknown one is a 404."""
    names = [model.name for model in sdk.models.list(config={"page_size": 3})]
    assert f"models/{MODEL}" in names
    assert len(names) == len(set(names)) > 3
    assert sdk.models.get(model=MODEL).input_token_limit == 1048576
    with pytest.raises(errors.ClientError) as caught:
        sdk.models.get(model="gemini-none")
    assert caught.value.code == 404
    assert "models/gemini-none" in (caught.value.message or "")


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
