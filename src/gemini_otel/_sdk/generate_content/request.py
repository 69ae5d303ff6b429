"""Reads a `generate_content` request: its settings, and the function calls that it answers; no other content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import NOTHING, Measured, OfferedTools, RequestFacts, Value
from gemini_otel._facts.operation import Arguments, PastCall
from gemini_otel._facts.tiers import asked_tier, vertex_request_type
from gemini_otel._sdk.generate_content.tools import count_tools, offered_tools
from gemini_otel._sdk.methods.resources import resource_name
from gemini_otel._sdk.reading.client import HttpOptions, http_options, vertex_headers
from gemini_otel._sdk.reading.fields import (
    decimal,
    enum_code,
    enum_setting,
    enum_value,
    field,
    fields,
    integer,
    items,
)

_MOST_SETTINGS = 16
MAX_PARTS = 64
_MADE_BY_SERVICE = re.compile(r"/[\w-]*\d[\w-]*$", re.ASCII)  # an id; words of the program have no digit


def read_request(models: Any, arguments: Arguments) -> RequestFacts:
    """The generation settings, the HTTP options in force, and the tools that are offered."""
    config, contents = arguments.get("config"), arguments.get("contents")
    options = http_options(models, config)
    turns = _turns(contents) if isinstance(contents, list) else NOTHING
    if config is None and not models._api_client.vertexai:
        request = _without_config(options)
        return request._replace(measured=turns) if turns else request
    config = fields(config)
    get = config.get
    thinking, tools = fields(get("thinking_config")), get("tools")
    number, built_in = (None, ()) if tools is None else count_tools(tools)
    capacity, shared = vertex_headers(models, config)
    return RequestFacts(
        **{fact: read(value) for name, fact, read in _SETTINGS if (value := get(name)) is not None},
        output_type=_output_type(config),
        reasoning_level=enum_setting(thinking.get("thinking_level")),
        thinking_budget=integer(thinking.get("thinking_budget")),
        api_version=options.api_version,
        timeout=options.timeout,
        max_attempts=options.max_attempts,
        tools=number or None,
        structured_output=_structured_output(config) or None,
        service_tier=asked_tier(shared or enum_value(get("service_tier"))),
        offered=partial(offered_tools, models, config) if number else OfferedTools,
        measured=_measured(get, built_in, capacity, turns),
    )


@lru_cache(maxsize=64)
def _without_config(options: HttpOptions) -> RequestFacts:
    return RequestFacts(
        api_version=options.api_version, timeout=options.timeout, max_attempts=options.max_attempts
    )


def _stop_sequences(value: object) -> tuple[str, ...]:
    return tuple(map(str, items(value)))


def _tool_mode(tool_config: object) -> str | None:
    return enum_setting(field(field(tool_config, "function_calling_config"), "mode"))


def _is_given(_: object) -> bool:
    return True


def _only_media(modalities: object) -> bool:
    """Whether only an image or sound was asked for."""
    asked = {enum_value(modality) for modality in items(modalities)}
    return asked in ({"IMAGE"}, {"AUDIO"})


# Settings that are read directly: name, fact, and converter.
_SETTINGS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("temperature", "temperature", decimal),
    ("top_p", "top_p", decimal),
    ("top_k", "top_k", integer),
    ("max_output_tokens", "max_tokens", integer),
    ("candidate_count", "choice_count", integer),
    ("seed", "seed", integer),
    ("presence_penalty", "presence_penalty", decimal),
    ("frequency_penalty", "frequency_penalty", decimal),
    ("stop_sequences", "stop_sequences", _stop_sequences),
    ("tool_config", "tool_mode", _tool_mode),
    ("response_schema", "response_schema", _is_given),
    ("response_modalities", "only_media", _only_media),
)


def _measured(
    get: Callable[[str], Any], built_in: tuple[str, ...], capacity: str | None, turns: Measured
) -> Measured:
    """Attributes that few requests have."""
    safety, cached = get("safety_settings"), get("cached_content")
    if not (built_in or safety or cached or capacity):
        return turns
    found: dict[str, Value] = dict(turns)
    if built_in:
        found[names.SERVER_TOOLS] = built_in
    if (request_type := vertex_request_type(capacity)) is not None:
        found[names.VERTEX_REQUEST_TYPE] = request_type
    if thresholds := tuple(map(_threshold, items(safety)))[:_MOST_SETTINGS]:
        found[names.SAFETY_SETTINGS] = thresholds
    if (name := resource_name(cached)) is not None and _MADE_BY_SERVICE.search(name):
        found[names.CACHED_CONTENT] = name
    return found


def _threshold(setting: object) -> str:
    """A safety setting as `CATEGORY:THRESHOLD`."""
    given = fields(setting)
    return f"{enum_code(given.get('category'))}:{enum_code(given.get('threshold'))}"


def _turns(contents: list[Any]) -> Measured:
    """The number of contents of a conversation: a request that continues after an answer contains what was sent before."""
    goes_on = len(contents) > 2 and field(contents[-2], "role") == "model"
    return {names.REQUEST_TURNS: len(contents)} if goes_on else NOTHING


def _output_type(config: Mapping[str, Any]) -> str | None:
    """The requested output in terms of `gen_ai.output.type`; None if the request does not say."""
    modalities = [enum_value(modality) for modality in items(config.get("response_modalities"))]
    mime_type = config.get("response_mime_type")
    if "IMAGE" in modalities:
        return "image"
    if "AUDIO" in modalities:
        return "speech"
    if mime_type == "application/json":
        return "json"
    return "text" if mime_type == "text/plain" or "TEXT" in modalities else None


def _structured_output(config: Mapping[str, Any]) -> bool:
    return (
        config.get("response_mime_type") not in {None, "text/plain"}
        or config.get("response_schema") is not None
        or config.get("response_json_schema") is not None
    )


def read_history(arguments: Arguments) -> list[PastCall]:
    """The function calls of the user's turn among the last 64 parts, oldest first; empty unless the request ends with a
    tool's answer.
    """
    contents = items(arguments.get("contents"))
    if not contents or not _is_answer(contents[-1]):
        return []
    calls: list[PastCall] = []
    answers: list[Mapping[str, Any]] = []  # not matched yet, newest first
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
    """Whether the user speaks here. A string is the user's, and so is a bare part that is neither a call nor its answer."""
    if isinstance(content, str):
        return True
    role, parts = field(content, "role"), _parts(content)
    said = not any(
        fields(part).get("function_call") or fields(part).get("function_response") for part in parts
    )
    return said and role in {None, "user"}


def _last_parts(contents: list[Any] | tuple[Any, ...]) -> Iterator[Mapping[str, Any]]:
    """The last parts of the user's turn, newest first.

    In function calling with streams, google-genai before 2.18 writes the calls of a round twice, in consecutive contents.
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
    """The parts of a content. A bare part among the contents is its own content."""
    found = fields(content)
    return items(found["parts"]) if "parts" in found else (content,)
