"""From a reply of a scenario to the answer for one request."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ._chunks import merged, text_chunks
from ._request import Call, field_of, object_of, parts
from ._samples import sample
from ._scenario import FIRST_DECLARED, Json, Reply
from ._usage import Usage

_NO_SCHEMA: Json = {"type": "object", "properties": {"answer": {"type": "string"}}}
_PLACE: Json = {"type": "object", "properties": {"location": {"const": "Boston"}}}
_WEATHER: Json = {"name": "get_weather", "parameters": _PLACE}


def generate_answer(call: Call, reply: Reply) -> Reply:
    """The reply to a generate call: its chunks filled in for *call*, and merged if *call* does not stream."""
    if not reply.chunks:
        return with_names(call, reply)
    if call.streaming:
        return replace(with_names(call, reply), chunks=tuple(_filled(call, reply)))
    return _unary(call, reply)


def _unary(call: Call, reply: Reply) -> Reply:
    waiting = reply.first_delay + reply.delay * (len(reply.chunks) - 1)
    if reply.ending == "hang":
        return Reply(ending="hang", first_delay=waiting)
    if reply.ending == "error" and isinstance(reply.body, dict):
        return with_names(call, Reply(reply.body["error"]["code"], body=reply.body, first_delay=waiting))
    body = merged(_filled(call, reply))
    tier = (body.get("usageMetadata") or {}).get("serviceTier")
    headers = {
        **reply.headers,
        **({"x-gemini-service-tier": tier} if tier else {}),
    }  # streams have no such header
    return replace(reply, body=body, headers=headers, chunks=(), first_delay=waiting)


def with_names(call: Call, reply: Reply) -> Reply:
    """*reply* with the model, version and method of *call* in the strings of its JSON body."""
    if not isinstance(reply.body, dict | list):
        return reply
    names = {"{model}": call.model, "{version}": call.version, "{method}": _unary_method(call)}
    return replace(reply, body=_replaced(reply.body, names))


def _unary_method(call: Call) -> str:
    # The service names the unary method in errors of the streaming one too.
    return "generateContent" if call.streaming or not call.method else call.method


def _replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        for placeholder, name in names.items():
            value = value.replace(placeholder, name)
        return value
    if isinstance(value, dict):
        return {key: _replaced(each, names) for key, each in value.items()}
    return [_replaced(each, names) for each in value] if isinstance(value, list) else value


def _filled(call: Call, reply: Reply) -> Iterator[Json]:
    usage = Usage(call)
    identity = _identity(call)
    for template in _per_candidate(_adapted(call, reply), call.candidate_count):
        usage.add(template)
        chunk = {name: value for name, value in template.items() if name != "usageMetadata"}
        if template.get("usageMetadata", {}) is not None:
            chunk["usageMetadata"] = usage.as_json()
        yield _vertex_shape(chunk | identity) if call.vertex else chunk | identity


def _identity(call: Call) -> Json:
    identity = {"modelVersion": call.model, "responseId": secrets.token_urlsafe(17)}
    if call.vertex:
        identity["createTime"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return identity


def _vertex_shape(chunk: Json) -> Json:
    # Vertex AI writes no index for the first candidate.
    candidates = [
        {k: v for k, v in each.items() if k != "index" or v} for each in chunk.get("candidates", ())
    ]
    return chunk | {"candidates": candidates} if candidates else chunk


def _per_candidate(chunks: tuple[Json, ...], count: int) -> Iterator[Json]:
    """*chunks*, each once for every candidate asked for, unless they carry several candidates of their own."""
    indexes = {candidate.get("index", 0) for chunk in chunks for candidate in chunk.get("candidates", ())}
    for chunk in chunks:
        for index in range(count if indexes == {0} else 1):
            yield chunk if index == 0 else _of_candidate(chunk, index)


def _of_candidate(chunk: Json, index: int) -> Json:
    return chunk | {"candidates": [candidate | {"index": index} for candidate in chunk["candidates"]]}


def _adapted(call: Call, reply: Reply) -> tuple[Json, ...]:
    if reply.structured and field_of(call.config, "responseMimeType") == "application/json":
        return text_chunks(_json_text(call.config))
    return tuple(_with_declared_function(call, chunk) for chunk in reply.chunks)


def _json_text(config: Json) -> str:
    schema = field_of(config, "responseSchema") or field_of(config, "responseJsonSchema") or _NO_SCHEMA
    return json.dumps(sample(object_of(schema)))


def _with_declared_function(call: Call, chunk: Json) -> Json:
    if not any(
        _calls_declared(part) for candidate in chunk.get("candidates", ()) for part in _parts(candidate)
    ):
        return chunk
    declared = call.functions[0] if call.functions else _WEATHER
    schema = declared.get("parameters") or field_of(declared, "parametersJsonSchema") or {"type": "object"}
    function_call = {"name": declared.get("name"), "args": sample(object_of(schema))}
    return chunk | {"candidates": [_calling(candidate, function_call) for candidate in chunk["candidates"]]}


def _calling(candidate: Json, function_call: Json) -> Json:
    new = [
        part | {"functionCall": part["functionCall"] | function_call} if _calls_declared(part) else part
        for part in _parts(candidate)
    ]
    return candidate | {"content": candidate["content"] | {"parts": new}}


def _calls_declared(part: Json) -> bool:
    return part.get("functionCall", {}).get("name") == FIRST_DECLARED  # type: ignore[no-any-return]  # a comparison of strings


def _parts(candidate: Json) -> list[Json]:
    return parts(candidate.get("content", {}))
