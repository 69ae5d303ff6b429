"""The endpoints and what they make of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from gemini_otel import simulator
from support.raw_calls import GENERATE, HELLO, STREAM, fetch
from support.sdk_calls import MODEL, ask, make_client


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
        ValueError, match=r"'overlauded' is not a scenario. Close matches: overloaded.* Choose one of: .*ok"
    ):
        simulator.serve("overlauded")
    with pytest.raises(ValueError, match=r"'%' is not a scenario. Choose one of: .*ok"):
        simulator.serve("%")


@pytest.mark.parametrize(
    "path", ["/", "/v1beta/nothing", f"/v1beta/models/{MODEL}:foretell", "/v1beta/models/a/b:c"]
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
