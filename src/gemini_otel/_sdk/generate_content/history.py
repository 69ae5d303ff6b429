"""The function calls that a request answers, from its own contents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.reading.fields import field, fields, items

MAX_PARTS = 64


def read_history(arguments: Arguments) -> list[tuple[str, object]]:
    """Name and arguments of the calls among the last 64 parts, oldest first; none unless the request ends with a tool's answer."""
    contents = items(arguments.get("contents"))
    if not contents or not any(fields(part).get("function_response") for part in _parts(contents[-1])):
        return []
    calls = [fields(part).get("function_call") for part in _last_parts(contents)]
    return [(name, field(call, "args")) for call in reversed(calls) if (name := field(call, "name"))]


def _last_parts(contents: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    """The last parts, newest first.

    In function calling with streams, google-genai before 2.18 writes the calls of a round twice, one content after the other.
    """
    left = MAX_PARTS
    newer = None
    for content in reversed(contents):
        twice, newer = content == newer and "parts" in fields(content), content
        for part in reversed(() if twice else _parts(content)):
            if not left:
                return
            left -= 1
            yield part


def _parts(content: Any) -> list[Any] | tuple[Any, ...]:
    """The parts of a content; a bare part among the contents stands for itself."""
    found = fields(content)
    return items(found["parts"]) if "parts" in found else (content,)
