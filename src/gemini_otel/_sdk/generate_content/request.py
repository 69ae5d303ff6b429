"""Reads the settings of a `generate_content` request; never its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import NOTHING, Measured, OfferedTools, RequestFacts, StartFacts, Value
from gemini_otel._facts.operation import Arguments
from gemini_otel._facts.tiers import asked_tier, vertex_request_type
from gemini_otel._sdk.generate_content.tools import count_tools, offered_tools
from gemini_otel._sdk.methods.resources import resource_name
from gemini_otel._sdk.reading.client import endpoint, http_options, identity, model_name, vertex_headers
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
_MADE_BY_SERVICE = re.compile(r"/[\w-]*\d[\w-]*$", re.ASCII)  # an id; words of the program's have no digit


def read_start(models: Any, arguments: Arguments) -> StartFacts:
    """Model and address: all that is needed before the span starts."""
    provider, address, port = endpoint(models, arguments.get("config"))
    return StartFacts(model_name(arguments.get("model")), provider, address, port, identity(models))


def read_request(models: Any, arguments: Arguments) -> RequestFacts:
    """The generation settings, the HTTP options in force, and which tools are offered."""
    config = fields(arguments.get("config"))
    get = config.get
    options = http_options(models, config)
    thinking = fields(get("thinking_config"))
    calling = field(get("tool_config"), "function_calling_config")
    capacity, shared = vertex_headers(models, config)
    tools, built_in = count_tools(given) if (given := get("tools")) else (None, ())
    return RequestFacts(
        temperature=decimal(get("temperature")),
        top_p=decimal(get("top_p")),
        top_k=integer(get("top_k")),
        max_tokens=integer(get("max_output_tokens")),
        choice_count=integer(get("candidate_count")),
        seed=integer(get("seed")),
        presence_penalty=decimal(get("presence_penalty")),
        frequency_penalty=decimal(get("frequency_penalty")),
        stop_sequences=tuple(map(str, items(get("stop_sequences")))),
        output_type=_output_type(config),
        reasoning_level=enum_setting(thinking.get("thinking_level")),
        thinking_budget=integer(thinking.get("thinking_budget")),
        api_version=options.api_version,
        timeout=options.timeout,
        max_attempts=options.max_attempts,
        tools=tools or None,
        tool_mode=enum_setting(field(calling, "mode")) if calling is not None else None,
        structured_output=_structured_output(config) or None,
        service_tier=asked_tier(shared or enum_value(get("service_tier"))),
        response_schema=get("response_schema") is not None,
        only_media=(modalities := get("response_modalities")) is not None and _only_media(modalities),
        offered=partial(offered_tools, models, config) if tools else OfferedTools,
        measured=_measured(get, built_in, capacity, arguments.get("contents")),
    )


def _only_media(modalities: object) -> bool:
    """Whether an image or sound is all that was asked for."""
    asked = {enum_value(modality) for modality in items(modalities)}
    return asked in ({"IMAGE"}, {"AUDIO"})


def _measured(
    get: Callable[[str], Any], built_in: tuple[str, ...], capacity: str | None, contents: object
) -> Measured:
    """What few requests have."""
    turns = _turns(contents) if isinstance(contents, list) else NOTHING
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
    """How many contents a conversation has: what goes on from an answer holds what was sent before."""
    goes_on = len(contents) > 2 and field(contents[-2], "role") == "model"
    return {names.REQUEST_TURNS: len(contents)} if goes_on else NOTHING


def _output_type(config: Mapping[str, Any]) -> str | None:
    """What was asked for, in the words of `gen_ai.output.type`; None where the request does not say."""
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
