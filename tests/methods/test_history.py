"""The function calls that a request answers."""

from __future__ import annotations

from typing import Any

from google.genai import types

from gemini_otel._sdk.generate_content.request import MAX_PARTS, read_history


def call(name: str) -> types.Content:
    return types.Content(role="model", parts=[types.Part.from_function_call(name=name, args={"n": 1})])


def answer(name: str) -> types.Content:
    return types.Content(role="user", parts=[types.Part.from_function_response(name=name, response={"r": 1})])


def history(*contents: Any) -> list[str]:
    return [call.name for call in read_history({"contents": list(contents)})]


def test_calls_in_order() -> None:
    """The calls come oldest first, from SDK objects and dicts in either spelling."""
    as_dict = {"role": "model", "parts": [{"functionCall": {"name": "b", "args": {}}}]}
    snake = {"role": "user", "parts": [{"function_response": {"name": "b", "response": {}}}]}
    assert history("hello", call("a"), answer("a"), as_dict, snake) == ["a", "b"]


def test_only_after_a_tool_answer() -> None:
    """A request that does not end with a function response is not read at all."""
    assert history(call("a"), answer("a"), "and now?") == []
    assert read_history({"contents": "hello"}) == []
    assert read_history({}) == []


def test_bare_parts_count_as_contents() -> None:
    """A part that stands among the contents by itself is read like one."""
    parts = answer("a").parts or []
    assert history(call("a"), parts[0]) == ["a"]


def test_what_the_sdk_writes_twice_counts_once() -> None:
    """A content that repeats the one before it is what an older SDK makes of one round."""
    assert history(call("a"), answer("a"), call("a"), call("a"), answer("a")) == ["a", "a"]


def test_long_histories_are_cut() -> None:
    """At most the last 64 parts are looked at."""
    contents = [content for _ in range(200) for content in (call("a"), answer("a"))]
    assert len(history(*contents)) == MAX_PARTS // 2


def test_results_stand_beside_their_calls() -> None:
    """Each call has the result that answers it, by id or else by name and order."""
    contents = [
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "a", "args": {}, "id": str(i)}} for i in (1, 2)],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "a", "id": str(i), "response": {"r": i}}} for i in (2, 1)
            ],
        },
        call("a"),
        answer("a"),
    ]
    results = [past.result for past in read_history({"contents": contents})]
    assert results == [{"r": 1}, {"r": 2}, {"r": 1}]


def test_one_turn_of_the_user() -> None:
    """Calls that the user's last words come after belong to another turn."""
    assert history("go", call("a"), answer("a"), "and now?", call("b"), answer("b")) == ["b"]
    said = types.Content(role="user", parts=[types.Part(text="and now?")])
    assert history(call("a"), answer("a"), said, call("b"), answer("b")) == ["b"]
