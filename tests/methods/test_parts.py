"""Contents, parts and tools of the SDK in the words of the conventions."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import pytest
from google.genai import types

from gemini_otel._sdk.generate_content.content import read_candidates, read_request_content
from gemini_otel._sdk.reading.parts import read_instructions, read_messages, read_part, tool_definitions
from gemini_otel._telemetry.content.rendering import Rendering, Rules


def rendered(contents: Any, **rules: Any) -> Any:
    return Rendering(Rules(10_000, **rules)).messages(read_messages(contents))


def user(*texts: str) -> dict[str, Any]:
    return {"role": "user", "parts": [{"type": "text", "content": text} for text in texts]}


@pytest.mark.parametrize(
    "contents",
    [
        "a",
        ["a"],
        types.Part(text="a"),
        [types.Part(text="a")],
        {"text": "a"},
        types.Content(parts=[types.Part(text="a")]),
        [types.UserContent("a")],
        {"role": "user", "parts": [{"text": "a"}]},
        [["a"]],
        ("a",),
    ],
    ids=repr,
)
def test_the_forms_of_contents(contents: Any) -> None:
    """Each form that the SDK takes is the same message."""
    assert rendered(contents) == [user("a")]


def test_nothing() -> None:
    """No contents, no messages."""
    assert rendered(None) == rendered([]) == rendered([None]) == []


def test_loose_parts() -> None:
    """Parts that stand alone make up one message each side, as the SDK sends them."""
    call = types.Part.from_function_call(name="f", args={"x": 1})
    answer = types.Part.from_function_response(name="f", response={"y": 2})
    roles = [
        (m["role"], len(m["parts"])) for m in rendered(["a", "b", call, answer, types.ModelContent("c"), "d"])
    ]
    assert roles == [("user", 2), ("assistant", 1), ("tool", 1), ("assistant", 1), ("user", 1)]


PARTS: list[tuple[types.Part, dict[str, Any]]] = [
    (types.Part(text="t", thought=True), {"type": "reasoning", "content": "t"}),
    (
        types.Part(inline_data=types.Blob(data=b"123", mime_type="audio/wav")),
        {"type": "blob", "mime_type": "audio/wav", "modality": "audio", "size": 3},
    ),
    (
        types.Part.from_uri(file_uri="gs://b/o.pdf", mime_type="application/pdf"),
        {"type": "uri", "mime_type": "application/pdf", "modality": "document", "uri": "gs://b/o.pdf"},
    ),
    (
        types.Part(function_call=types.FunctionCall(id="1", name="f", args={"x": [1, None]})),
        {"type": "tool_call", "id": "1", "name": "f", "arguments": {"x": [1, None]}},
    ),
    (
        types.Part(function_response=types.FunctionResponse(id="1", name="f", response={"y": True})),
        {"type": "tool_call_response", "id": "1", "name": "f", "response": {"y": True}},
    ),
    (
        types.Part(executable_code=types.ExecutableCode(code="1+1", language=types.Language.PYTHON)),
        {
            "type": "server_tool_call",
            "name": "code_execution",
            "server_tool_call": {"type": "code_execution", "language": "PYTHON", "code": "1+1"},
        },
    ),
    (
        types.Part(
            code_execution_result=types.CodeExecutionResult(outcome=types.Outcome.OUTCOME_OK, output="2")
        ),
        {
            "type": "server_tool_call_response",
            "server_tool_call_response": {"type": "code_execution", "outcome": "OUTCOME_OK", "output": "2"},
        },
    ),
    (types.Part(), {"type": "other", "class": "Part"}),
]


@pytest.mark.parametrize(("part", "expected"), PARTS, ids=[expected["type"] for _, expected in PARTS])
def test_parts(part: types.Part, expected: dict[str, Any]) -> None:
    """Each kind of part has the conventions' type and fields, from an object and from a dict."""
    assert Rendering(Rules(1000)).parts([read_part(part)]) == [expected]
    given = part.model_dump(exclude_none=True)
    if given:
        assert Rendering(Rules(1000)).parts([read_part(given)]) == [expected]


def test_dicts_that_stand_for_parts() -> None:
    """Inline data as base64 has the size of its bytes; a file may be given alone; what nobody knows keeps its name."""
    parts = [
        read_part({"inlineData": {"data": "MTIz", "mimeType": "image/png"}}),
        read_part({"inline_data": {"mime_type": "image/png"}}),
        read_part({"file_uri": "u", "mime_type": "video/mp4"}),
        read_part(types.File(uri="u", mime_type="image/png", name="files/x")),
        read_part({"hologram": {"depth": 3}}),
        read_part({"toolCall": {"id": "1", "toolType": "GOOGLE_SEARCH", "args": {"q": "tides"}}}),
        read_part({"toolResponse": {"id": "1", "toolType": "GOOGLE_SEARCH", "response": {"r": 1}}}),
        read_part(7),
    ]
    found = Rendering(Rules(1000)).parts(parts)
    assert [part["type"] for part in found] == [
        "blob",
        "blob",
        "uri",
        "uri",
        "hologram",
        "server_tool_call",
        "server_tool_call_response",
        "other",
    ]
    assert found[0]["size"] == 3
    assert found[4]["content"] == {"depth": 3}
    assert found[5]["server_tool_call"] == {"type": "GOOGLE_SEARCH", "arguments": {"q": "tides"}}


def test_a_function_response_with_media() -> None:
    """The parts of a function's answer are recorded as any others."""
    answer = {
        "name": "f",
        "response": {},
        "parts": [{"inline_data": {"data": b"123", "mime_type": "image/png"}}],
    }
    (part,) = Rendering(Rules(1000)).parts([read_part({"function_response": answer})])
    assert part["parts"] == [{"type": "blob", "mime_type": "image/png", "modality": "image", "size": 3}]


def test_instructions() -> None:
    """A system instruction in any form is its parts."""
    for given in ("a", ["a"], types.Content(parts=[types.Part(text="a")]), {"parts": [{"text": "a"}]}):
        assert Rendering(Rules(1000)).parts(read_instructions(given)) == [{"type": "text", "content": "a"}]
    assert read_instructions(None) == ()


def test_a_streamed_function_call() -> None:
    """The arguments of a function call that arrives in pieces are those pieces, without what they leave open."""
    piece = {"json_path": "$.city", "string_value": "Par", "will_continue": True}
    (part,) = Rendering(Rules(1000)).parts(
        [read_part({"function_call": {"name": "f", "partial_args": [piece]}})]
    )
    assert part == {"type": "tool_call", "name": "f", "arguments": [piece]}


class Session:
    """Something that has tools, as an MCP session."""


def get_weather(city: str) -> str:
    """Say how the weather is."""
    return city


def test_tools() -> None:
    """Functions come with description and parameters, built-in tools by name only, since their settings may hold secrets."""
    function = types.FunctionDeclaration(
        name="f",
        description="d",
        parameters=types.Schema(
            type=types.Type.OBJECT, properties={"a": types.Schema(type=types.Type.STRING)}
        ),
    )
    tools = [
        types.Tool(function_declarations=[function], google_search=types.GoogleSearch()),
        {"function_declarations": [{"name": "g", "parameters_json_schema": {"type": "object"}}]},
        {"url_context": {}},
        get_weather,
        Session(),
    ]
    rendering = Rendering(Rules(1000))
    assert [rendering.value(tool) for tool in tool_definitions(tools)] == [
        {
            "type": "function",
            "name": "f",
            "description": "d",
            "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        },
        {"type": "google_search", "name": "google_search"},
        {"type": "function", "name": "g", "description": None, "parameters": {"type": "object"}},
        {"type": "url_context", "name": "url_context"},
        {"type": "function", "name": "get_weather", "description": "Say how the weather is."},
        {"type": "extension", "name": "Session"},
    ]


def test_a_request() -> None:
    """Messages, instruction and tools of one request, its config an object or a dict."""
    for config in (
        {"system_instruction": "s", "tools": [get_weather]},
        types.GenerateContentConfig(system_instruction="s", tools=[get_weather]),
    ):
        content = read_request_content({"model": "m", "contents": "a", "config": config})
        assert (len(content.messages), len(content.system), len(content.tools)) == (1, 1, 1)
    assert read_request_content({"contents": "a", "config": None}).tools == ()


def test_what_the_service_looked_up() -> None:
    """Grounding, URL context and citations are answers of server tools; rendered pages are not recorded."""
    response = types.GenerateContentResponse(
        candidates=[
            types.Candidate(
                index=1,
                grounding_metadata=types.GroundingMetadata(
                    web_search_queries=["q"],
                    search_entry_point=types.SearchEntryPoint(rendered_content="<b>"),
                ),
                citation_metadata=types.CitationMetadata(citations=[types.Citation(uri="u")]),
            )
        ]
    )
    (candidate,) = read_candidates(response)
    found = Rendering(Rules(1000)).parts(candidate.parts)
    assert candidate.number == 1
    assert [part["server_tool_call_response"]["type"] for part in found] == ["grounding", "citations"]
    assert found[0]["server_tool_call_response"]["web_search_queries"] == ["q"]
    assert "<b>" not in str(found)


class Colour(enum.Enum):
    RED = "red"


def test_values() -> None:
    """Enums give their value, sets and tuples become lists, and dates their text."""
    day = dt.date(2026, 1, 2)
    assert Rendering(Rules(1000)).value(
        {"c": Colour.RED, "t": (1, 2.5), "d": day, "b": bytearray(b"12")}
    ) == {
        "c": "red",
        "t": [1, 2.5],
        "d": "2026-01-02",
        "b": "[2 bytes]",
    }
