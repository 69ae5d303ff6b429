"""The content of an interaction's request and answer, as messages of the GenAI conventions. Runs only if content is
captured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from gemini_otel._facts.content import Binary, CandidateContent, Message, Part, RequestContent
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.interactions.answer import fields, with_raw_body
from gemini_otel._sdk.interactions.request import body_of
from gemini_otel._sdk.reading.fields import enum_value, field, items
from gemini_otel._sdk.reading.parts import media_about

_ENVELOPES = {"user_input": "user", "model_output": "assistant"}
_ROLES = {**_ENVELOPES, "thought": "assistant", "function_call": "assistant", "function_result": "tool"}
# The conventions' words for the finish reasons of generate calls.
_FINISH_REASONS = {
    "completed": "STOP",
    "requires_action": "STOP",
    "incomplete": "MAX_TOKENS",
    "budget_exceeded": "MAX_TOKENS",
}
_UNFINISHED = frozenset({"in_progress", "queued"})
_NOT_SAID = frozenset({"type", "signature", "search_suggestions"})  # rendered pages are not the model's words


def read_request_content(arguments: Arguments) -> RequestContent:
    """Input, system instruction and tools of an interaction."""
    body = body_of(arguments)
    given = body.get("input")
    said = [] if given is None else _said(given if isinstance(given, list | tuple) else [given])
    messages = (
        Message(role, tuple(part for _, part in group)) for role, group in groupby(said, lambda each: each[0])
    )
    instruction = body.get("system_instruction")
    return RequestContent(
        tuple(messages),
        () if instruction is None else tuple(_parts(instruction)),
        tuple(map(_tool, items(body.get("tools")))),
    )


def read_candidates(answer: Any) -> Iterator[CandidateContent]:
    """What an interaction, or one event of its stream, adds to the reply."""
    answer = with_raw_body(answer)
    get = fields(answer).get
    event = get("event_type")
    interaction = answer if event is None else get("interaction")
    if interaction is not None:
        known = fields(interaction).get
        steps = items(known("steps")) or items(known("outputs"))
        said = (part for step in steps if _kind(step) != "user_input" for part in _parts(step))
        yield CandidateContent(0, tuple(said), _finish_reason(known("status")))
    elif event == "interaction.status_update":
        yield CandidateContent(0, (), _finish_reason(get("status")))
    elif event == "step.start" and _kind(step := get("step")) == "function_call":
        yield CandidateContent(0, (Part("tool_call", {name: field(step, name) for name in ("id", "name")}),))
    elif event in {"step.delta", "content.delta"}:
        yield CandidateContent(0, tuple(_delta(get("delta"))))


def _delta(delta: Any) -> Iterator[Part]:
    get = fields(delta).get
    kind = _kind(delta)
    if kind == "arguments_delta":
        piece = get("arguments") or get("partial_arguments")
        if isinstance(piece, str):
            yield Part("arguments", {"content": piece})
    elif kind == "thought_summary":
        yield from _reasoning(get("content"))
    elif kind not in {"thought_signature", "text_annotation_delta"}:
        yield from _parts(delta)


def _finish_reason(status: object) -> str | None:
    word = enum_value(status)
    return None if word in _UNFINISHED or word is None else _FINISH_REASONS.get(word, word)


def _said(given: Iterable[Any]) -> Iterator[tuple[str, Part]]:
    """The parts of an input with their roles: contents are the user's; steps, and turns of older clients, have a role."""
    for each in given:
        kind = _kind(each) or ""
        role = enum_value(field(each, "role"))
        if role is not None:
            role = "assistant" if role == "model" else role
        else:
            service = kind.endswith(("_call", "_result"))
            role = _ROLES.get(kind, "assistant" if service else "user")
        for part in _parts(each):
            yield role, part


def _kind(content: Any) -> str | None:
    return enum_value(fields(content).get("type"))


def _parts(content: Any) -> Iterator[Part]:
    """The parts of a text, a content, or a step or turn with contents in it."""
    if isinstance(content, str):
        yield Part("text", {"content": content})
        return
    if isinstance(content, list | tuple):
        for each in content:
            yield from _parts(each)
        return
    given = fields(content)
    kind = _kind(content)
    if kind in _ENVELOPES or (kind is None and "content" in given):
        yield from _parts(given.get("content") or ())
    elif kind == "text":
        if isinstance(text := given.get("text"), str):
            yield Part("text", {"content": text})
    elif kind == "thought":
        for summary in items(given.get("summary")):
            yield from _reasoning(summary)
    else:
        yield _READERS.get(kind or "", _other)(given)


def _reasoning(summary: Any) -> Iterator[Part]:
    if isinstance(text := field(summary, "text"), str):
        yield Part("reasoning", {"content": text})


def _function_call(call: Mapping[str, Any]) -> Part:
    return Part("tool_call", {name: call.get(name) for name in ("id", "name", "arguments")})


def _function_result(result: Mapping[str, Any]) -> Part:
    about = {"id": result.get("call_id"), "name": result.get("name"), "response": result.get("result")}
    return Part("tool_call_response", about)


def _media(content: Mapping[str, Any]) -> Part:
    about = media_about(content.get("mime_type"))
    if isinstance(data := content.get("data"), bytes | str):
        return Part("blob", {**about, "content": Binary(data)})
    return Part("uri", {**about, "uri": content.get("uri")})


def _other(given: Mapping[str, Any]) -> Part:
    """A tool that the service runs, or an unknown part."""
    kind = enum_value(given.get("type")) or "other"
    said = {name: _shown(value) for name, value in given.items() if _is_said(name, value)}
    if kind.endswith("_call"):
        tool = kind.removesuffix("_call")
        about = {"type": tool, "arguments": said.get("arguments")}
        return Part("server_tool_call", {"id": said.get("id"), "name": tool, "server_tool_call": about})
    if kind.endswith("_result"):
        call_id = said.pop("call_id", None)
        about = {"type": kind.removesuffix("_result"), **said}
        return Part("server_tool_call_response", {"id": call_id, "server_tool_call_response": about})
    return Part(kind, said)


def _shown(value: Any) -> Any:
    """The value without rendered pages."""
    if not isinstance(value, list | tuple):
        return value
    return [
        {name: said for name, said in fields(each).items() if _is_said(name, said)} if fields(each) else each
        for each in value
    ]


def _is_said(name: str, value: object) -> bool:
    return value is not None and name not in _NOT_SAID and not name.startswith("_")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Part]] = {
    "function_call": _function_call,
    "function_result": _function_result,
    "image": _media,
    "audio": _media,
    "video": _media,
    "document": _media,
}


def _tool(tool: Any) -> Mapping[str, Any]:
    """A function with description and parameters, any other tool by name."""
    given = fields(tool)
    kind = enum_value(given.get("type"))
    if kind == "function":
        return {"type": kind, **{name: given.get(name) for name in ("name", "description", "parameters")}}
    return {"type": kind, "name": kind}
