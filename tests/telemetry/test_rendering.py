"""What is recorded of content: redacted, then cut, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemini_otel._facts.content import CandidateContent, Part
from gemini_otel._telemetry.content.rendering import MARGIN, MAX_DEPTH, Rendering, Rules
from gemini_otel._telemetry.content.streamed_arguments import assembled
from gemini_otel._telemetry.content.transcript import MAX_CANDIDATES, MAX_PARTS, Transcript

SECRET = "4111-1111-1111-1111"


def hide(text: str) -> str:
    return text.replace(SECRET, "<card>")


@pytest.mark.parametrize("before", range(80, 101, 3))
def test_a_cut_never_halves_what_is_redacted(before: int) -> None:
    """A secret across the limit is seen whole by the redact function, so that no part of it is recorded."""
    text = "x" * before + SECRET + "y" * 100
    assert "411" not in Rendering(Rules(100, hide)).text(text)


@pytest.mark.parametrize("before", range(MARGIN + 70, MARGIN + 121, 5))
def test_nor_where_the_text_is_seen_in_part(before: int) -> None:
    """Also a secret across the end of what the function is shown of a long text leaves no half."""
    shrinking = Rules(100, lambda text: hide(text).replace("x" * 50, ""))
    assert "411" not in Rendering(shrinking).text("x" * before + SECRET + "y" * 10_000)


def test_numbers_are_shown_to_the_redact_function() -> None:
    """A number is redacted like a text, and stays a number where it is not."""
    rules = Rules(1000, lambda text: "<card>" if text.startswith("4111") else text)
    assert Rendering(rules).value({"card": 4111111111111111, "n": 7, "ok": True}) == {
        "card": "<card>",
        "n": 7,
        "ok": True,
    }


def test_the_names_of_fields_are_redacted() -> None:
    """The keys of arguments, results and schemas are texts as well."""
    assert Rendering(Rules(1000, hide)).value({SECRET: {SECRET: 1}}) == {"<card>": {"<card>": 1}}


def test_depth_and_cycles_end() -> None:
    """A structure that contains itself, or is nested beyond 32 levels, ends in a note."""
    cycle: list[Any] = []
    cycle += [cycle, cycle]
    rendering = Rendering(Rules(2000))
    rendering.value(cycle)
    assert rendering.truncated
    deep: Any = "end"
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    assert "[nested too deeply]" in str(Rendering(Rules(2000)).value(deep))


def test_a_wide_structure_is_cut() -> None:
    """A list or an object with too many entries says how many are left out."""
    assert Rendering(Rules(10)).value(list(range(100)))[-1].endswith("items left out]")  # type: ignore[index,union-attr]
    cut = Rendering(Rules(20)).value({f"k{n}": n for n in range(100)})
    assert cut["..."].endswith("entries left out]")  # type: ignore[index,call-overload,union-attr]


def test_too_many_parts() -> None:
    """Parts for which there is no room are counted."""
    found = Rendering(Rules(10)).parts([Part("text", {"content": "12345"})] * 9)
    assert found[-1] == {"type": "omitted", "content": "[7 more parts left out]"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(JSON, st.integers(1, 200))
def test_any_value_is_bounded_json(value: Any, limit: int) -> None:
    """Whatever the value, the result is JSON in UTF-8, within a fixed multiple of the limit."""
    found = json.dumps(Rendering(Rules(limit)).value(value), ensure_ascii=False, allow_nan=False)
    assert len(found.encode()) <= 64 * limit + 400


def feed(transcript: Transcript, *parts: Part, number: int = 0, reason: str | None = None) -> None:
    transcript.feed([CandidateContent(number, parts, reason)])


def text(content: str) -> Part:
    return Part("text", {"content": content})


def test_pieces_become_one_text() -> None:
    """Neighbouring pieces of the same kind are one part; thoughts and text alternate as they came."""
    transcript = Transcript(Rules(1000))
    for piece in (
        Part("reasoning", {"content": "h"}),
        Part("reasoning", {"content": "m"}),
        text("a"),
        text("b"),
    ):
        feed(transcript, piece)
    feed(transcript, Part("tool_call", {"name": "f"}), text("c"), reason="STOP")
    (message,) = transcript.render(Rendering(Rules(1000)))
    assert [(p["type"], p.get("content")) for p in message["parts"]] == [
        ("reasoning", "hm"),
        ("text", "ab"),
        ("tool_call", None),
        ("text", "c"),
    ]
    assert message["finish_reason"] == "tool_call"


def test_candidates_keep_their_order() -> None:
    """Each candidate is a message of its own, by index; beyond sixteen they are not kept."""
    transcript = Transcript(Rules(1000))
    for number in reversed(range(20)):
        feed(transcript, text(str(number)), number=number)
    found = transcript.render(Rendering(Rules(1000)))
    assert [m["parts"][0]["content"] for m in found] == [str(n) for n in range(20 - MAX_CANDIDATES, 20)]


def test_memory_is_bounded() -> None:
    """Of an endless answer no more is kept than is recorded and a margin, and the rest is counted."""
    transcript = Transcript(Rules(1000))
    for _ in range(10_000):
        feed(transcript, text("x" * 100))
    (candidate,) = transcript._candidates.values()
    assert (
        sum(len(run.text.beginning) for run in candidate._runs if not isinstance(run, dict)) == 1000 + MARGIN
    )
    (message,) = transcript.render(Rendering(Rules(1000)))
    assert message["parts"][0]["content"].endswith("[999000 characters left out]")


def test_the_number_of_parts_is_bounded() -> None:
    """Of very many parts the first are kept and the others counted."""
    transcript = Transcript(Rules(10**6))
    for _ in range(MAX_PARTS + 5):
        feed(transcript, Part("tool_call", {"name": "f"}))
    rendering = Rendering(Rules(10**6))
    (message,) = transcript.render(rendering)
    assert message["parts"][-1] == {"type": "omitted", "content": "[5 more parts left out]"}
    assert rendering.truncated


def test_a_streamed_function_call() -> None:
    """The pieces of a function call whose arguments are streamed are one call."""
    transcript = Transcript(Rules(1000))
    feed(
        transcript, Part("tool_call", {"name": "f", "arguments": [{"json_path": "$.a", "string_value": "x"}]})
    )
    feed(
        transcript,
        Part("tool_call", {"name": None, "arguments": [{"json_path": "$.a", "string_value": "y"}]}),
    )
    feed(transcript, Part("tool_call", {"name": None, "arguments": None}))
    (message,) = transcript.render(Rendering(Rules(1000)))
    (call,) = message["parts"]
    assert call["arguments"] == {"a": "xy"}


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (
            [("$.a", "string_value", "Par"), ("$.n", "number_value", 2.0), ("$.a", "string_value", "is")],
            {"a": "Paris", "n": 2.0},
        ),
        (
            [
                ("$.a.b[0].c", "string_value", "x"),
                ("$.a.b[0].d", "bool_value", False),
                ("$.a.b[1].c", "null_value", "NULL_VALUE"),
            ],
            {"a": {"b": [{"c": "x", "d": False}, {"c": None}]}},
        ),
        ([("$['a b']", "string_value", "x")], {"a b": "x"}),
        ([("$..a", "string_value", "x")], None),
        ([("$.a[7]", "string_value", "x")], None),
        ([("$.a", "string_value", "x"), ("$.a.b", "string_value", "y")], None),
        ([("$" + ".a" * 40, "string_value", "x")], None),
    ],
)
def test_arguments_are_put_together(pieces: list[tuple[str, str, Any]], whole: Any) -> None:
    """The arguments of a streamed call are the object that was meant; pieces of another form stay pieces."""
    given = [{"json_path": path, name: value} for path, name, value in pieces]
    assert assembled(given) == (given if whole is None else whole)
