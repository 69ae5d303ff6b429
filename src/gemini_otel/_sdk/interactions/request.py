"""Reads the request of an interaction: its settings, and the function calls in its input; no other content."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import RequestFacts, StartFacts, Value
from gemini_otel._facts.operation import Arguments, PastCall
from gemini_otel._facts.tiers import asked_tier
from gemini_otel._sdk.generate_content.request import MAX_PARTS
from gemini_otel._sdk.interactions.tools import offered
from gemini_otel._sdk.reading import generated_clients
from gemini_otel._sdk.reading.fields import (
    decimal,
    enum_setting,
    enum_value,
    field,
    fields,
    identifier,
    integer,
    items,
    word,
)

_OUTPUT_TYPES = {"text": "text", "image": "image", "audio": "speech", "video": "video"}


def body_of(arguments: Arguments) -> Mapping[str, Any]:
    """The keyword arguments, or the body of the object that is passed instead of them as `request`."""
    request = arguments.get("request")
    return arguments if request is None else fields(field(request, "body"))


def read_start_of_creation(resource: Any, arguments: Arguments) -> StartFacts:
    """Model or agent, and address: what is needed before the span starts."""
    body = body_of(arguments)
    return generated_clients.read_start(resource, body)._replace(agent=word(body.get("agent")))


def read_request(resource: Any, arguments: Arguments) -> RequestFacts:
    """The generation settings, and the options of the generated client, which retries on its own."""
    body = body_of(arguments)
    config = fields(body.get("generation_config"))
    options = generated_clients.read_request((), resource, arguments)
    formats = body.get("response_format")
    kinds = [_format(each) for each in (formats if isinstance(formats, list | tuple) else (formats,)) if each]
    structured = "json" in kinds or body.get("response_mime_type") not in {None, "text/plain"}
    return options._replace(
        temperature=decimal(config.get("temperature")),
        top_p=decimal(config.get("top_p")),
        max_tokens=integer(config.get("max_output_tokens")),
        seed=integer(config.get("seed")),
        stop_sequences=tuple(map(str, items(config.get("stop_sequences")))),
        output_type="json" if structured else next((kind for kind in kinds if kind), None),
        reasoning_level=enum_setting(config.get("thinking_level")),
        tools=len(items(body.get("tools"))) or None,
        tool_mode=_tool_mode(config.get("tool_choice")),
        structured_output=structured or None,
        service_tier=asked_tier(enum_value(body.get("service_tier"))),
        measured=_measured(body),
    )


def _measured(body: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if previous := identifier(body.get("previous_interaction_id")):
        found[names.REQUEST_PREVIOUS_RESPONSE_ID] = previous
    if body.get("background") is True:
        found[names.INTERACTION_BACKGROUND] = True
    if built_in := offered(body.get("tools")):
        found[names.SERVER_TOOLS] = built_in
    return found


def _format(response_format: object) -> str | None:
    """`json` for a schema or its media type, else the requested kind of answer in terms of `gen_ai.output.type`."""
    given = fields(response_format)
    if given.get("mime_type") == "application/json" or given.get("schema_") or given.get("schema"):
        return "json"
    return _OUTPUT_TYPES.get(enum_value(given.get("type")) or "")


def _tool_mode(choice: object) -> str | None:
    mode = choice if isinstance(choice, str) else field(field(choice, "allowed_tools"), "mode")
    return word(mode)


def read_history(arguments: Arguments) -> list[PastCall]:
    """The function calls of the user's turn among the last 64 steps of the input, oldest first; empty unless a tool answered
    last.
    """
    steps = items(body_of(arguments).get("input"))
    if not steps or field(steps[-1], "type") != "function_result":
        return []
    turn = list(takewhile(_is_in_turn, reversed(steps[-MAX_PARTS:])))[::-1]
    results = {field(s, "call_id"): field(s, "result") for s in turn if field(s, "type") == "function_result"}
    calls = [step for step in turn if field(step, "type") == "function_call"]
    return [
        PastCall(name, field(call, "arguments"), results.get(field(call, "id")))
        for call in calls
        if (name := field(call, "name"))
    ]


def _is_in_turn(step: Any) -> bool:
    return field(step, "type") not in {"user_input", "text"} and field(step, "role") != "user"
