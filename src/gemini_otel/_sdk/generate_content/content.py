"""The content of an answer, candidate by candidate. Runs only if content is captured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gemini_otel._facts.content import CandidateContent, Part, RequestContent
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.reading.fields import enum_value, field, fields, items, with_body
from gemini_otel._sdk.reading.parts import read_instructions, read_messages, read_part, tool_definitions

# What the service itself looked up for a candidate, by the field that holds it.
_LOOKED_UP = {
    "grounding_metadata": "grounding",
    "url_context_metadata": "url_context",
    "citation_metadata": "citations",
}
_NOT_SAID = frozenset({"search_entry_point", "google_maps_widget_context_token"})  # rendered pages and tokens


def read_request_content(arguments: Arguments) -> RequestContent:
    """Messages, system instruction and tools of a `generate_content` request."""
    config = arguments.get("config")
    return RequestContent(
        read_messages(arguments.get("contents")),
        read_instructions(field(config, "system_instruction")),
        tuple(tool_definitions(field(config, "tools"))),
    )


def read_candidates(response: Any) -> Iterator[CandidateContent]:
    """What a response, or one chunk of a stream, adds to each candidate."""
    for position, candidate in enumerate(with_body(fields(response)).get("candidates") or ()):
        given = fields(candidate)
        index = given.get("index")
        yield CandidateContent(
            position if index is None else index,
            (*map(read_part, items(field(given.get("content"), "parts"))), *_looked_up(given)),
            enum_value(given.get("finish_reason")),
            given.get("finish_message"),
        )


def _looked_up(candidate: Mapping[str, Any]) -> Iterator[Part]:
    for name, kind in _LOOKED_UP.items():
        found = {
            field_name: value
            for field_name, value in fields(candidate.get(name)).items()
            if value is not None and field_name not in _NOT_SAID
        }
        if found:
            yield Part("server_tool_call_response", {"server_tool_call_response": {"type": kind, **found}})
