"""What an interaction says about the service's tools: the steps of their calls and results, and citations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import RequestFacts
from gemini_otel._facts.sendable import OTHER
from gemini_otel._sdk.reading.fields import enum_value, field, items, word
from gemini_otel._sdk.reading.server_tools import ServerToolUse

_FUNCTIONS = frozenset({"function", "mcp_server", "computer_use"})  # called by the model like a function
_MOST_KINDS = 16
# By the type of a citation: the kind of its source, and the field that names the source.
_CITATIONS = {
    "url_citation": ("web", ("url", "title")),
    "place_citation": ("maps", ("url", "place_id", "name")),
    "file_citation": ("file_search", ("document_uri", "file_name", "source")),
}


def offered(tools: object) -> tuple[str, ...]:
    """The kinds of built-in tools that a request offers."""
    kinds = dict.fromkeys(word(enum_value(field(tool, "type"))) or OTHER for tool in items(tools))
    return tuple(kind for kind in kinds if kind != "function")[:_MOST_KINDS]


def unused(request: RequestFacts, parts: Mapping[str, None]) -> tuple[str, ...]:
    """The tools of the service that were offered and have no step."""
    asked = request.measured.get(names.SERVER_TOOLS)
    if not isinstance(asked, tuple):
        return ()
    return tuple(
        kind
        for kind in asked
        if kind not in _FUNCTIONS and f"{kind}_call" not in parts and f"{kind}_result" not in parts
    )


def read_step(use: ServerToolUse, kind: str, get: Callable[[str], Any]) -> None:
    """Take a tool's call or result. In a stream, the id comes first, and the rest in a delta without it."""
    if kind == "google_search_call":
        for query in items(field(get("arguments"), "queries")):
            use.searched("google_search", query)
    elif kind == "url_context_result":
        for page in items(get("result")):
            use.read(field(page, "url"), field(page, "status"))
    elif kind == "code_execution_call" and (run := get("id")) is not None:
        use.ran_code(run)
    elif kind == "code_execution_result" and get("is_error") is True:
        use.code_ended("FAILED")
    elif kind in {"google_maps_call", "file_search_call", "retrieval_call"}:
        use.called(kind.removesuffix("_call"))


def read_citations(use: ServerToolUse, annotations: object) -> None:
    """Take the sources that a text cites."""
    for each in items(annotations):
        kind, places = _CITATIONS.get(enum_value(field(each, "type")) or "", ("", ()))
        if kind:
            use.found(kind, next((found for name in places if (found := field(each, name))), ""))
