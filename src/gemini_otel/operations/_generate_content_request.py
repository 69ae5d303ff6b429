"""Reads the settings of a `generate_content` request; never its content."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import RequestFacts, StartFacts
from gemini_otel._operation import Arguments
from gemini_otel.operations._client import endpoint, http_options, model_name
from gemini_otel.operations._fields import decimal, enum_value, field, integer, items


def read_start(models: Any, arguments: Arguments) -> StartFacts:
    """Model and address: all that is needed before the span starts."""
    provider, address, port = endpoint(models, arguments.get("config"))
    return StartFacts(model_name(arguments.get("model")), provider, address, port)


def read_request(models: Any, arguments: Arguments) -> RequestFacts:
    """The generation settings, the HTTP options in force, and which tools are offered."""
    config = arguments.get("config")
    options = http_options(models, config)
    thinking = field(config, "thinking_config")
    calling = field(field(config, "tool_config"), "function_calling_config")
    return RequestFacts(
        temperature=decimal(field(config, "temperature")),
        top_p=decimal(field(config, "top_p")),
        top_k=integer(field(config, "top_k")),
        max_tokens=integer(field(config, "max_output_tokens")),
        choice_count=integer(field(config, "candidate_count")),
        seed=integer(field(config, "seed")),
        presence_penalty=decimal(field(config, "presence_penalty")),
        frequency_penalty=decimal(field(config, "frequency_penalty")),
        stop_sequences=tuple(map(str, items(field(config, "stop_sequences")))),
        output_type=_output_type(config),
        reasoning_level=enum_value(field(thinking, "thinking_level")),
        thinking_budget=integer(field(thinking, "thinking_budget")),
        api_version=options.api_version,
        timeout=options.timeout,
        max_attempts=options.max_attempts,
        tools=sum(map(_tool_count, items(field(config, "tools")))) or None,
        tool_mode=enum_value(field(calling, "mode")),
        structured_output=_structured_output(config) or None,
        response_schema=field(config, "response_schema") is not None,
    )


def _output_type(config: object) -> str | None:
    """What was asked for, in the words of `gen_ai.output.type`; None where the request does not say."""
    modalities = {enum_value(modality) for modality in items(field(config, "response_modalities"))}
    mime_type = field(config, "response_mime_type")
    if "IMAGE" in modalities:
        return "image"
    if "AUDIO" in modalities:
        return "speech"
    if mime_type == "application/json":
        return "json"
    return "text" if mime_type == "text/plain" or "TEXT" in modalities else None


def _structured_output(config: object) -> bool:
    return (
        field(config, "response_mime_type") == "application/json"
        or field(config, "response_schema") is not None
        or field(config, "response_json_schema") is not None
    )


def _tool_count(tool: object) -> int:
    """What one entry of `config.tools` offers: its functions, and each built-in tool; 1 for a callable or a session."""
    declared = items(field(tool, "function_declarations"))
    if callable(tool) or not (isinstance(tool, dict) or hasattr(tool, "function_declarations")):
        return 1
    fields = tool if isinstance(tool, dict) else vars(tool)
    built_in = sum(
        1
        for name, value in fields.items()
        if value is not None and name not in ("function_declarations", "functionDeclarations")
    )
    return len(declared) + built_in
