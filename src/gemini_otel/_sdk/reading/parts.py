"""The SDK's contents and parts as messages of the GenAI conventions. Runs only if content is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gemini_otel._facts.content import Binary, Message, Part
from gemini_otel._sdk.reading.fields import enum_value, field, fields, items

_ROLES = {"model": "assistant", "function": "tool"}
_CODE = "code_execution"
# Fields of a part that have no meaning on their own.
_SILENT = frozenset({"thought", "thought_signature", "video_metadata", "media_resolution", "part_metadata"})


def read_messages(contents: Any) -> tuple[Message, ...]:
    """The messages of `contents` in any form that the SDK accepts; consecutive bare parts become one message."""
    found: list[Message] = []
    loose: list[Part] = []
    for content in contents if isinstance(contents, list | tuple) else [contents]:
        given = {"parts": content} if isinstance(content, list | tuple) else fields(content)
        part = None if "parts" in given or content is None else read_part(content)
        if loose and (part is None or _role(part) != _role(loose[0])):
            found.append(Message(_role(loose[0]), tuple(loose)))
            loose = []
        if part is not None:
            loose.append(part)
        elif content is not None:
            found.append(_message(given))
    return (*found, Message(_role(loose[0]), tuple(loose))) if loose else tuple(found)


def read_instructions(instruction: Any) -> tuple[Part, ...]:
    """The parts of a system instruction."""
    return tuple(part for message in read_messages(instruction) for part in message.parts)


def _role(part: Part) -> str:
    """The role of a bare part."""
    return {"tool_call": "assistant", "tool_call_response": "tool"}.get(part.type, "user")


def _message(content: Mapping[str, Any]) -> Message:
    parts = tuple(map(read_part, items(content.get("parts"))))
    answers = bool(parts) and all(part.type == "tool_call_response" for part in parts)
    role = enum_value(content.get("role")) or "user"
    return Message("tool" if answers else _ROLES.get(role, role), parts)


def read_part(part: Any) -> Part:
    """One part of any kind; an unknown one keeps its own name or class."""
    if isinstance(part, str):
        return Part("text", {"content": part})
    given = fields(part)
    text = given.get("text")
    if isinstance(text, str):
        return Part("reasoning" if given.get("thought") else "text", {"content": text})
    kind = next((name for name in _KINDS if given.get(name) is not None), None)
    if kind is not None:
        return _KINDS[kind](given[kind])
    if "file_uri" in given:
        return _file_data(part)
    if given.keys() >= {"uri", "mime_type"}:  # an uploaded file
        return _uri(given["uri"], given["mime_type"])
    return _unknown(part, given)


def _unknown(part: Any, given: Mapping[str, Any]) -> Part:
    for name, value in given.items():
        if value is not None and name not in _SILENT and not name.startswith("_"):
            return Part(name, {"content": value})
    return Part("other", {"class": type(part).__qualname__})


def _inline_data(blob: Any) -> Part:
    data = field(blob, "data")
    about = media_about(field(blob, "mime_type")) | {"name": field(blob, "display_name")}
    return Part("blob", about | ({"content": Binary(data)} if isinstance(data, bytes | str) else {}))


def _file_data(file: Any) -> Part:
    return _uri(field(file, "file_uri"), field(file, "mime_type"), field(file, "display_name"))


def _uri(uri: Any, mime_type: Any, name: Any = None) -> Part:
    return Part("uri", {**media_about(mime_type), "uri": uri, "name": name})


def media_about(mime_type: Any) -> dict[str, Any]:
    """A media type with the conventions' word for it; a PDF, for example, is a document."""
    kind = mime_type.partition("/")[0] if isinstance(mime_type, str) else ""
    modality = kind if kind in {"image", "audio", "video"} else "document"
    return {"mime_type": mime_type, "modality": modality}


def _function_call(call: Any) -> Part:
    arguments = field(call, "args")
    pieces = items(field(call, "partial_args"))  # of a streamed call
    return Part(
        "tool_call",
        {
            "id": field(call, "id"),
            "name": field(call, "name"),
            "arguments": _pieces(pieces) if arguments is None and pieces else arguments,
        },
    )


def _pieces(pieces: Iterable[Any]) -> list[Mapping[str, Any]]:
    return [{name: value for name, value in fields(piece).items() if value is not None} for piece in pieces]


def _function_response(answer: Any) -> Part:
    parts = items(field(answer, "parts"))
    return Part(
        "tool_call_response",
        {
            "id": field(answer, "id"),
            "name": field(answer, "name"),
            "response": field(answer, "response"),
            "parts": list(map(read_part, parts)) or None,
        },
    )


def _executable_code(code: Any) -> Part:
    call = {"type": _CODE, "language": field(code, "language"), "code": field(code, "code")}
    return Part("server_tool_call", {"id": field(code, "id"), "name": _CODE, "server_tool_call": call})


def _code_result(result: Any) -> Part:
    answer = {"type": _CODE, "outcome": field(result, "outcome"), "output": field(result, "output")}
    return Part("server_tool_call_response", {"id": field(result, "id"), "server_tool_call_response": answer})


def _server_call(call: Any) -> Part:
    kind = enum_value(field(call, "tool_type"))
    about = {"type": kind, "arguments": field(call, "args")}
    return Part("server_tool_call", {"id": field(call, "id"), "name": kind, "server_tool_call": about})


def _server_response(answer: Any) -> Part:
    about = {"type": enum_value(field(answer, "tool_type")), "response": field(answer, "response")}
    return Part("server_tool_call_response", {"id": field(answer, "id"), "server_tool_call_response": about})


_KINDS: Mapping[str, Callable[[Any], Part]] = {
    "inline_data": _inline_data,
    "file_data": _file_data,
    "function_call": _function_call,
    "function_response": _function_response,
    "executable_code": _executable_code,
    "code_execution_result": _code_result,
    "tool_call": _server_call,
    "tool_response": _server_response,
}


def tool_definitions(tools: Any) -> Iterator[Mapping[str, Any]]:
    """The tools of the request: functions with description and parameters, and each built-in tool by name."""
    for tool in items(tools):
        if callable(tool):
            yield {"type": "function", "name": getattr(tool, "__name__", None), "description": tool.__doc__}
            continue
        offered = fields(tool)
        for function in items(offered.get("function_declarations")):
            yield _declaration(fields(function))
        for name, value in offered.items():
            if value is not None and name != "function_declarations" and not name.startswith("_"):
                yield {"type": name, "name": name}
        if "function_declarations" not in offered and not isinstance(tool, dict):
            yield {"type": "extension", "name": type(tool).__qualname__}


def _declaration(function: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = function.get("parameters")
    return {
        "type": "function",
        "name": function.get("name"),
        "description": function.get("description"),
        "parameters": function.get("parameters_json_schema") if schema is None else schema,
    }
