"""Content capture of interactions: the same messages as of generate calls, from inputs and steps of every form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai

import gemini_otel
from support import MODEL, make_client

if not hasattr(genai.Client, "interactions"):
    pytest.skip("google-genai before 1.55 has no interactions", allow_module_level=True)
from gemini_otel import simulator
from gemini_otel.simulator import Reply, Scenario
from support.content import INPUT, OUTPUT, REPLY, SYSTEM, TOOLS, TRUNCATED, Captured, plain, text
from support.interactions import SHAPES, interact, recorded, run
from support.logs import name_of

PNG = "iVBORw0KGgo="


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    gemini_otel.uninstrument()


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def message(role: str, *parts: Any) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def test_messages(client: genai.Client, shape: str) -> None:
    """Input, instruction, tools and reply in the conventions' words."""
    telemetry = Captured({"capture_content": "span_only"})
    declaration = {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}
    interact(
        client,
        shape,
        "What moves the tides?",
        system_instruction="Be brief.",
        tools=[{"type": "function", **declaration}, {"type": "google_search"}],
    )
    assert telemetry.said(INPUT) == [message("user", text("What moves the tides?"))]
    assert telemetry.said(SYSTEM) == [text("Be brief.")]
    assert telemetry.said(TOOLS) == [
        {"type": "function", **declaration},
        {"type": "google_search", "name": "google_search"},
    ]
    assert telemetry.said(OUTPUT) == [message("assistant", text(REPLY)) | {"finish_reason": "stop"}]


def test_off_by_default(client: genai.Client, shape: str) -> None:
    telemetry = Captured({})
    interact(client, shape, "What moves the tides?")
    assert not {INPUT, OUTPUT} & telemetry.attributes.keys()


STEPS: list[Any] = [
    {"type": "user_input", "content": [{"type": "text", "text": "Look it up."}]},
    {"type": "thought", "signature": "c2ln", "summary": [{"type": "text", "text": "Where?"}]},
    {"type": "function_call", "id": "c1", "name": "lookup", "arguments": {"word": "tide"}},
    {"type": "function_result", "call_id": "c1", "name": "lookup", "result": {"pages": 3}},
    {"type": "google_search_call", "id": "s1", "arguments": {"queries": ["tides"]}},
    {
        "type": "google_search_result",
        "call_id": "s1",
        "result": [{"search_suggestions": "<style>a</style>"}],
    },
    {"type": "model_output", "content": [{"type": "text", "text": "Found."}]},
    {
        "type": "user_input",
        "content": [
            {"type": "text", "text": "And this?"},
            {"type": "image", "data": PNG, "mime_type": "image/png"},
            {"type": "document", "uri": "https://example.com/a.pdf", "mime_type": "application/pdf"},
        ],
    },
]
SEARCH = {"type": "google_search", "arguments": {"queries": ["tides"]}}


def test_steps(client: genai.Client) -> None:
    """Every kind of step; neighbours of one role are one message; the service's rendered pages are left out."""
    telemetry = Captured({"capture_content": "span_only"})
    interact(client, "call", STEPS)  # type: ignore[arg-type]
    assert telemetry.said(INPUT) == [
        message("user", text("Look it up.")),
        message(
            "assistant",
            {"type": "reasoning", "content": "Where?"},
            {"type": "tool_call", "id": "c1", "name": "lookup", "arguments": {"word": "tide"}},
        ),
        message(
            "tool", {"type": "tool_call_response", "id": "c1", "name": "lookup", "response": {"pages": 3}}
        ),
        message(
            "assistant",
            {"type": "server_tool_call", "id": "s1", "name": "google_search", "server_tool_call": SEARCH},
            {
                "type": "server_tool_call_response",
                "id": "s1",
                "server_tool_call_response": {"type": "google_search", "result": [{}]},
            },
            text("Found."),
        ),
        message(
            "user",
            text("And this?"),
            {"type": "blob", "mime_type": "image/png", "modality": "image", "size": 8},
            {
                "type": "uri",
                "mime_type": "application/pdf",
                "modality": "document",
                "uri": "https://example.com/a.pdf",
            },
        ),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            [message("user", text("a"), text("b"))],
        ),
        ({"type": "text", "text": "a"}, [message("user", text("a"))]),
        (
            [{"role": "user", "content": "a"}, {"role": "model", "content": [{"type": "text", "text": "b"}]}],
            [message("user", text("a")), message("assistant", text("b"))],
        ),
        ([{"type": "novel", "words": "a"}], [message("user", {"type": "novel", "words": "a"})]),
    ],
    ids=["contents", "one content", "turns", "unknown"],
)
def test_forms_of_input(given: Any, expected: Any) -> None:
    """Contents, one content, turns of older clients, and what nobody knows."""
    from gemini_otel._sdk.interactions.content import read_request_content
    from gemini_otel._telemetry.content.rendering import Rendering, Rules

    content = read_request_content({"input": given})
    assert Rendering(Rules(1000)).messages(content.messages) == expected


def test_a_function_call(client: genai.Client, shape: str) -> None:
    """A call is one part with its arguments as an object, also where a stream brings them in pieces."""
    telemetry = Captured({"capture_content": "span_only"})
    interact(client, shape, "simulate:tool_call")
    (reply,) = telemetry.said(OUTPUT)
    (call,) = [part for part in reply["parts"] if part["type"] == "tool_call"]
    assert (call["name"], call["arguments"]) == ("get_weather", {"location": "Boston"})
    assert reply["finish_reason"] == "tool_call"


def test_thoughts(client: genai.Client, shape: str) -> None:
    telemetry = Captured({"capture_content": "span_only"})
    interact(client, shape, "simulate:thinking")
    (reply,) = telemetry.said(OUTPUT)
    assert [part["type"] for part in reply["parts"]] == ["reasoning", "text"]


@pytest.mark.parametrize(
    ("scenario", "reason"), [("finish_max_tokens", "length"), ("block_safety", "error"), ("ok", "stop")]
)
def test_finish_reasons(client: genai.Client, shape: str, scenario: str, reason: str) -> None:
    """The status in the conventions' words."""
    telemetry = Captured({"capture_content": "span_only"})
    interact(client, shape, f"simulate:{scenario}")
    assert [each["finish_reason"] for each in telemetry.said(OUTPUT)] == [reason]


def test_the_event(client: genai.Client, shape: str) -> None:
    """The event of the conventions, with structures; also for an agent."""
    telemetry = Captured({"capture_content": "event_only"})
    interact(client, shape, "hello")
    run(client, "call", lambda api: api.create, agent="deep-research-preview", input="hello", background=True)
    events = [
        dict(record.attributes or {})
        for record in telemetry.logs.records
        if name_of(record) == "gen_ai.client.inference.operation.details"
    ]
    assert [plain(event[INPUT]) for event in events] == [[message("user", text("hello"))]] * 2
    assert events[0]["gen_ai.request.model"] == MODEL
    assert not {INPUT, OUTPUT} & telemetry.spans[0].attributes.keys()


PIECES = ['{"secret": "4711 47', '11", "city": "Bos', 'ton"}']


def streamed_call(pieces: list[str]) -> Scenario:
    """A stream whose one function call comes in these pieces."""
    step = {"type": "function_call", "id": "c1", "name": "lookup", "arguments": {}}
    events: list[Any] = [
        {"event_type": "interaction.created", "interaction": {"id": "v1_a", "status": "in_progress"}},
        {"event_type": "step.start", "index": 0, "step": step},
        *(
            {
                "event_type": "step.delta",
                "index": 0,
                "delta": {"type": "arguments_delta", "arguments": piece},
            }
            for piece in pieces
        ),
        {"event_type": "step.stop", "index": 0},
        {"event_type": "interaction.completed", "interaction": {"id": "v1_a", "status": "requires_action"}},
    ]
    body = "".join(f"event: {each['event_type']}\r\ndata: {json.dumps(each)}\r\n\r\n" for each in events)
    headers = {"Content-Type": "text/event-stream"}
    return Scenario("pieces", "A call in pieces.", (Reply(headers=headers, body=body),))


@pytest.mark.skipif(genai.__version__.startswith("1."), reason="this SDK streams contents, not steps")
@pytest.mark.parametrize("limit", [1000, 20])
def test_arguments_in_pieces(limit: int) -> None:
    """They are put together before they are redacted, and within the limit."""
    telemetry = Captured(
        {
            "capture_content": "span_only",
            "redact": lambda text: text.replace("4711 4711", "#"),
            "content_limit": limit,
        }
    )
    with simulator.serve(streamed_call(PIECES)) as url:
        interact(make_client(str(url)), "stream", "hello")
    (reply,) = telemetry.said(OUTPUT)
    (call,) = reply["parts"]
    assert "4711" not in json.dumps(call)
    if limit == 1000:
        assert call["arguments"] == {"secret": "#", "city": "Boston"}
    else:
        assert OUTPUT in telemetry.attributes[TRUNCATED]


@pytest.mark.parametrize("exchange", recorded())
def test_recorded_exchanges(exchange: dict[str, Any]) -> None:
    """All that the real API said is captured, once."""
    body = exchange["response_body"]
    headers = {"Content-Type": "text/event-stream"} if isinstance(body, str) else {}
    reply = Reply(status=exchange["status"], headers=headers, body=body)
    telemetry = Captured({"capture_content": "span_only"})
    with simulator.serve(Scenario("recorded", "As recorded.", (reply,))) as url:
        interact(make_client(url), "stream" if isinstance(body, str) else "call", "hello")
    kinds = telemetry.attributes.get("gemini.response.parts", ())
    said = telemetry.attributes.get(OUTPUT, "[]")
    if "text" in kinds:
        parts = [part for each in json.loads(said) for part in each["parts"]]
        assert any(part["type"] == "text" and part["content"] for part in parts)
    if "function_call" in kinds:
        assert '"tool_call"' in said
        assert '"arguments":{' in said
    assert "search_suggestions" not in said
