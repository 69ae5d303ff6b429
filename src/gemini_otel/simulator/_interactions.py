"""Interactions: the same answers as for generate calls, in steps, with a status instead of a finish reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ._answers import generate_answer, with_names
from ._request import Call, field_of
from ._route import route
from ._scenario import Json, Reply

_STATUSES = {
    "STOP": "completed",
    "MAX_TOKENS": "incomplete",
    "CONTINUATION": "requires_continuation",
}
# https://ai.google.dev/gemini-api/docs/api-errors: the code of an error by its HTTP status.
_CODES = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    409: "aborted",
    416: "out_of_range",
    429: "rate_limit_exceeded",
    499: "cancelled",
    500: "api_error",
    501: "unimplemented",
    503: "service_unavailable",
    504: "deadline_exceeded",
}
_FAILURE: Json = {"code": "quota_exceeded", "message": "You exceeded your current daily quota."}
_BLOCKED: Json = {"code": "content_blocked", "message": "The output was blocked."}
_DONE = "event: done\r\ndata: [DONE]\r\n\r\n"


def _create(call: Call, reply: Reply) -> Reply:
    if not reply.chunks:
        return _refused(with_names(call, reply))
    call = _as_generate_call(call)
    if call.body.get("background") is True and not reply.variant:
        reply = replace(reply, variant="in_progress")
    if call.body.get("stream") is True:
        return _streamed(call, reply)
    answer = generate_answer(call, replace(reply, ending="complete") if reply.ending == "cut" else reply)
    if not isinstance(answer.body, dict) or "error" in answer.body:
        return _refused(answer)
    return replace(answer, body=_interaction(call, answer.body, _status_of(reply)), ending=reply.ending)


def _status_of(reply: Reply) -> str:
    """The status that the scenario sets; an error event occurs in a stream only."""
    return "" if reply.variant == "error" else reply.variant


def _as_generate_call(call: Call) -> Call:
    body = call.body | {"contents": [{"role": "user", "parts": [*_input_parts(call.body.get("input"))]}]}
    model = str(body.get("model") or "").rpartition("/")[2]
    return replace(call, request=replace(call.request, body=body), method="", model=model)


def _input_parts(given: Any) -> Iterator[Json]:
    """The texts of an input: a string, contents, or steps with contents."""
    if isinstance(given, str):
        yield {"text": given}
    elif isinstance(given, dict):
        if isinstance(given.get("text"), str):
            yield {"text": given["text"]}
        yield from _input_parts(given.get("content"))
    elif isinstance(given, list):
        for each in given:
            yield from _input_parts(each)


def _get(call: Call, reply: Reply) -> Reply:
    if not reply.chunks:
        return _refused(with_names(call, reply))
    answer = generate_answer(replace(call, method=""), reply)
    interaction = _interaction(call, answer.body, _status_of(reply)) | {"id": call.resource}
    if call.request.query.get("stream") == "true":
        return _event_stream(reply, [*_events(interaction, reply)])
    return replace(answer, body=interaction)


def _cancel(call: Call, reply: Reply) -> Reply:
    return _get(call, replace(reply, variant="cancelled"))


def _delete(call: Call, reply: Reply) -> Reply:
    return replace(reply, chunks=(), body={}) if reply.chunks else _refused(with_names(call, reply))


def _refused(reply: Reply) -> Reply:
    """*reply* with the error body of this API: a word for a code, and nothing but a message."""
    if not isinstance(reply.body, dict) or "error" not in reply.body:
        return reply
    error = reply.body["error"]
    code = _CODES.get(error["code"], "api_error")
    if "PerDay" in json.dumps(error):
        code = "quota_exceeded"
    return replace(reply, body={"error": {"code": code, "message": error["message"]}})


def _interaction(call: Call, answer: Any, variant: str) -> Json:
    """The generate *answer* as an interaction; *variant* replaces its status."""
    candidate = (answer.get("candidates") or [{}])[0]
    steps = [*_steps(candidate)]
    status = variant or _status(candidate, steps)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    marker = replace(call, request=replace(call.request, body=None)).scenario()
    made: Json = {
        "id": f"v1_simulate:{marker}" if marker else "v1_simulated",
        "object": "interaction",
        "status": status,
        "created": now,
        "updated": now,
        "role": "model",
        "service_tier": call.tier,
    }
    made |= {
        name: call.body[name] for name in ("model", "agent", "previous_interaction_id") if name in call.body
    }
    if status in {"in_progress", "queued"}:
        return made
    if token := candidate.get("continuationToken"):
        made["continuation_token"] = token
    errors = {"failed": [_FAILURE], "budget_exceeded": []}.get(status, [])
    if status == "failed" and not variant:
        errors = [_BLOCKED]
    output = {"outputs": [*_contents(steps)]} if _is_first_revision(call) else {"steps": steps}
    return made | output | {"usage": _usage(answer)} | ({"errors": errors} if errors else {})


def _is_first_revision(call: Call) -> bool:
    """Whether the client is google-genai 1, which gets contents instead of steps."""
    return "google-genai-sdk/1." in call.request.headers.get("x-goog-api-client", "")


def _contents(steps: list[Json]) -> Iterator[Json]:
    for step in steps:
        yield from step["content"] if step["type"] == "model_output" else (step,)


def _status(candidate: Json, steps: list[Json]) -> str:
    if any(step["type"] == "function_call" for step in steps):
        return "requires_action"
    return _STATUSES.get(candidate.get("finishReason", ""), "failed")


def _lookups(candidate: Json) -> Iterator[Json]:
    """The steps of searches and of pages that were read."""
    grounding, context = candidate.get("groundingMetadata") or {}, candidate.get("urlContextMetadata") or {}
    if queries := grounding.get("webSearchQueries"):
        yield {"type": "google_search_call", "id": "search-1", "arguments": {"queries": queries}}
        suggestions = [{"search_suggestions": "<div>tides</div>"}]
        yield {"type": "google_search_result", "call_id": "search-1", "result": suggestions}
    if pages := context.get("urlMetadata"):
        urls = [page["retrievedUrl"] for page in pages]
        yield {"type": "url_context_call", "id": "read-1", "arguments": {"urls": urls}}
        read = [{"url": page["retrievedUrl"], "status": _page_status(page)} for page in pages]
        yield {"type": "url_context_result", "call_id": "read-1", "result": read}


def _page_status(page: Json) -> str:
    return str(page["urlRetrievalStatus"]).rpartition("_")[2].lower()


def _code_step(part: Json) -> Json:
    """A run of code, or its result."""
    if code := part.get("executableCode"):
        arguments = {"language": "python", "code": code["code"]}
        return {"type": "code_execution_call", "id": code["id"], "arguments": arguments}
    result = part["codeExecutionResult"]
    failed = result["outcome"] != "OUTCOME_OK"
    about = {"call_id": result["id"], "result": result["output"], "is_error": failed}
    return {"type": "code_execution_result", **about}


def _citations(candidate: Json) -> list[Json]:
    chunks = (candidate.get("groundingMetadata") or {}).get("groundingChunks", ())
    return [{"type": "url_citation", "url": each["web"]["uri"]} for each in chunks if "web" in each]


def _steps(candidate: Json) -> Iterator[Json]:
    yield from _lookups(candidate)
    output: list[Json] = []
    for part in candidate.get("content", {}).get("parts", ()):
        if call := field_of(part, "functionCall"):
            arguments = call.get("args") or {}
            yield {
                "type": "function_call",
                "id": call.get("id", "call-1"),
                "name": call.get("name"),
                "arguments": arguments,
            }
        elif part.get("thought"):
            yield {"type": "thought", "summary": [{"type": "text", "text": part.get("text", "")}]}
        elif "text" in part:
            output.append({"type": "text", "text": part["text"]})
        elif "executableCode" in part or "codeExecutionResult" in part:
            yield _code_step(part)
        elif data := field_of(part, "inlineData"):
            output.append({"type": "image", "mime_type": data["mimeType"], "data": data["data"]})
    if output and (citations := _citations(candidate)):
        output[-1]["annotations"] = citations
    if output:
        yield {"type": "model_output", "content": output}


def _usage(answer: Json) -> Json:
    usage = answer.get("usageMetadata", {})
    counts = {
        "total_input_tokens": usage.get("promptTokenCount", 0),
        "total_output_tokens": usage.get("candidatesTokenCount", 0),
        "total_thought_tokens": usage.get("thoughtsTokenCount", 0),
        "total_cached_tokens": usage.get("cachedContentTokenCount", 0),
        "total_tool_use_tokens": usage.get("toolUsePromptTokenCount", 0),
        "total_tokens": usage.get("totalTokenCount", 0),
    }
    return counts | {
        "input_tokens_by_modality": [{"modality": "text", "tokens": counts["total_input_tokens"]}]
    }


def _streamed(call: Call, reply: Reply) -> Reply:
    answer = generate_answer(call, replace(reply, ending="complete", body=None))
    interaction = _interaction(call, answer.body, _status_of(reply))
    return _event_stream(reply, [*_events(interaction, reply)])


def _event_stream(reply: Reply, events: list[Json]) -> Reply:
    text = "".join(f"event: {event['event_type']}\r\ndata: {json.dumps(event)}\r\n\r\n" for event in events)
    ending = reply.ending if reply.ending in {"cut", "hang", "no_answer"} else "complete"
    headers = {"Content-Type": "text/event-stream"}
    return Reply(headers=headers, body=text + _DONE, ending=ending, first_delay=reply.first_delay)


def _events(interaction: Json, reply: Reply) -> Iterator[Json]:
    """The events of a stream; in the first revision their names differ, and a function call comes whole."""
    first = "outputs" in interaction
    for event in _current_events(interaction, reply, _whole_deltas if first else _deltas):
        yield _first_revision(event) if first else event


def _first_revision(event: Json) -> Json:
    name = event["event_type"]
    step, delta = event.get("step"), event.get("delta")
    for new, old in (("step.", "content."), (".created", ".start"), (".completed", ".complete")):
        name = name.replace(new, old)
    renamed = {key: value for key, value in event.items() if key != "step"} | {"event_type": name}
    return renamed | ({"content": step} if step else {}) | ({"delta": delta} if delta else {})


def _current_events(
    interaction: Json, reply: Reply, deltas: Callable[[Json], Iterator[Json]]
) -> Iterator[Json]:
    known = {name: interaction[name] for name in ("id", "model", "agent", "object") if name in interaction}
    yield {"event_type": "interaction.created", "interaction": known | {"status": "in_progress"}}
    yield {"event_type": "interaction.status_update", "interaction_id": known["id"], "status": "in_progress"}
    for index, step in enumerate(interaction.get("steps") or interaction.get("outputs") or ()):
        yield from _step_events(index, step, deltas(step))
    if reply.ending == "error" or reply.variant == "error":
        yield {
            "event_type": "error",
            "error": {"code": "service_unavailable", "message": "The model is overloaded."},
        }
        return
    yield {
        "event_type": "interaction.completed",
        "interaction": {k: v for k, v in interaction.items() if k not in {"steps", "outputs"}},
    }


def _step_events(index: int, step: Json, deltas: Iterator[Json]) -> Iterator[Json]:
    call = step["type"] == "function_call"
    start = {name: value for name, value in step.items() if name in {"type", "id", "call_id", "name"}}
    yield {"event_type": "step.start", "index": index, "step": start | ({"arguments": {}} if call else {})}
    for delta in deltas:
        yield {"event_type": "step.delta", "index": index, "delta": delta}
    yield {"event_type": "step.stop", "index": index}


def _whole_deltas(step: Json) -> Iterator[Json]:
    return iter((step,)) if step["type"] == "function_call" else _deltas(step)


def _deltas(step: Json) -> Iterator[Json]:
    if step["type"] == "function_call":
        text = json.dumps(step["arguments"])
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield {"type": "arguments_delta", "arguments": piece}
    elif step["type"] == "thought":
        yield {"type": "thought_summary", "content": step["summary"][0]}
        yield {"type": "thought_signature", "signature": base64.b64encode(b"simulated").decode()}
    else:
        for content in step.get("content", (step,)):
            if content["type"] == "text":
                text = content["text"]
                for start in range(0, len(text), 200):
                    yield {"type": "text", "text": text[start : start + 200]}
                if citations := content.get("annotations"):
                    yield {"type": "text_annotation_delta", "annotations": citations}
            else:
                yield {name: value for name, value in content.items() if name not in {"id", "call_id"}}


_ID = r"interactions/(?P<resource>[^/:]+(?::[\w-]+)?)"
_STATES = {"failed", "cancelled", "budget_exceeded", "on_holiday", "error", "in_progress"}
PLAYS = {"interactions": frozenset(_STATES)}
ROUTES = (
    route("POST", r"interactions", _create),
    route("GET", _ID, _get),
    route("POST", _ID + r"/cancel", _cancel),
    route("DELETE", _ID, _delete),
)
