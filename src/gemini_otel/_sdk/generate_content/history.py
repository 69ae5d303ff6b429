"""The function calls that a request answers, from its own contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gemini_otel._facts.operation import Arguments, PastCall
from gemini_otel._sdk.reading.fields import field, fields, items

MAX_PARTS = 64


def read_history(arguments: Arguments) -> list[PastCall]:
    """The calls of the user's turn among the last 64 parts, oldest first; none unless the request ends with a tool's answer."""
    contents = items(arguments.get("contents"))
    if not contents or not _is_answer(contents[-1]):
        return []
    calls: list[PastCall] = []
    answers: list[Mapping[str, Any]] = []  # not yet matched, newest first
    for part in _last_parts(contents):
        if answer := part.get("function_response"):
            answers.append(fields(answer))
        elif name := field(call := part.get("function_call"), "name"):
            calls.append(PastCall(name, field(call, "args"), _take_result(fields(call), answers)))
    return calls[::-1]


def _take_result(call: Mapping[str, Any], answers: list[Mapping[str, Any]]) -> object:
    """Return the result of a call, by its id, or by its name and place."""
    key = "id" if call.get("id") else "name"
    for place, answer in enumerate(answers):
        if answer.get(key) == call.get(key):
            return answers.pop(place).get("response")
    return None


def _is_answer(content: Any) -> bool:
    return any(fields(part).get("function_response") for part in _parts(content))


def _begins_turn(content: Any) -> bool:
    """Return whether the user speaks here; a string is the user's, a bare part that is no call and no answer too."""
    if isinstance(content, str):
        return True
    role, parts = field(content, "role"), _parts(content)
    said = not any(
        fields(part).get("function_call") or fields(part).get("function_response") for part in parts
    )
    return said and role in {None, "user"}


def _last_parts(contents: list[Any] | tuple[Any, ...]) -> Iterator[Mapping[str, Any]]:
    """The last parts of the user's turn, newest first.

    In function calling with streams, google-genai before 2.18 writes the calls of a round twice, one content after the other.
    """
    left = MAX_PARTS
    newer = None
    for content in reversed(contents):
        if _begins_turn(content):
            return
        twice, newer = content == newer and "parts" in fields(content), content
        for part in reversed(() if twice else _parts(content)):
            if not left:
                return
            left -= 1
            yield fields(part)


def _parts(content: Any) -> list[Any] | tuple[Any, ...]:
    """The parts of a content; a bare part among the contents stands for itself."""
    found = fields(content)
    return items(found["parts"]) if "parts" in found else (content,)
