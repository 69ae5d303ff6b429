"""The completion hook of opentelemetry-util-genai, which uploads captured messages; it gets that package's own types."""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Mapping
from typing import Any

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.guard import call_back, logger

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK"
PACKAGE = "opentelemetry-util-genai"

_PARTS = {
    "text": "TextPart",
    "reasoning": "ReasoningPart",
    "tool_call": "ToolCallRequestPart",
    "tool_call_response": "ToolCallResponsePart",
    "server_tool_call": "ServerToolCallPart",
    "server_tool_call_response": "ServerToolCallResponsePart",
    "uri": "UriPart",
}


def find_hook(setting: object) -> CompletionHook | None:
    """The hook that was passed, or that the environment variable names; None, with a line in the log, if it cannot be
    loaded.
    """
    if setting is None:
        return None
    try:
        package = importlib.import_module("opentelemetry.util.genai.completion_hook")
    except ImportError:
        logger.warning("A completion hook is set, and %s is not installed: it is not called.", PACKAGE)
        return None
    if not isinstance(setting, str):
        return CompletionHook(setting)
    hook = package.load_completion_hook()  # reads the variable, and logs an error in it
    return None if type(hook).__name__ == "_NoOpCompletionHook" else CompletionHook(hook)


class CompletionHook:
    """Calls a hook; what it raises is logged."""

    def __init__(self, hook: Any) -> None:
        self._hook = hook

    def call(
        self, values: Mapping[str, Any], span: Span, event: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        """Pass on what was captured. The hook may add attributes to the span and to the event, whose attributes are
        returned.
        """
        from opentelemetry._logs import LogRecord

        record = None if event is None else LogRecord(attributes=event, event_name=names.EVENT_DETAILS)
        with suppress_instrumentation():
            call_back("completion_hook", self._call, values, span, record)
        return (
            event if record is None or not isinstance(record.attributes, Mapping) else {**record.attributes}
        )

    def _call(self, values: Mapping[str, Any], span: Span, record: Any) -> None:
        self._hook.on_completion(
            inputs=[_message("InputMessage", each) for each in values.get(names.INPUT_MESSAGES, ())],
            outputs=[_message("OutputMessage", each) for each in values.get(names.OUTPUT_MESSAGES, ())],
            system_instruction=list(map(_part, values.get(names.SYSTEM_INSTRUCTIONS, ()))),
            tool_definitions=list(map(_tool, values.get(names.TOOL_DEFINITIONS, ()))) or None,
            span=span,
            log_record=record,
        )


def _message(kind: str, message: Mapping[str, Any]) -> Any:
    return _type(kind)(**{**message, "parts": list(map(_part, message["parts"]))})


def _part(part: Mapping[str, Any]) -> Any:
    return _as(_PARTS.get(part["type"]), part)


def _tool(tool: Any) -> Any:
    function = tool.get("type") == "function" and "parameters" in tool
    return _as("FunctionToolDefinition" if function else None, tool)


def _as(name: str | None, given: Mapping[str, Any]) -> Any:
    """Convert to the package's type if it has all the fields, otherwise to a dataclass with the same fields."""
    if name is not None:
        kind = _type(name)
        fields = {field.name: field for field in dataclasses.fields(kind)}
        if given.keys() <= fields.keys():
            absent = {
                each.name: None
                for each in fields.values()
                if each.default is dataclasses.MISSING and each.name not in given
            }
            return kind(**absent, **given)
    return _own_type(tuple(given))(**given)


def _type(name: str) -> Any:
    types = importlib.import_module("opentelemetry.util.genai.types")
    return getattr(types, name, None) or getattr(types, name.removesuffix("Part"))


@functools.lru_cache(maxsize=64)
def _own_type(fields: tuple[str, ...]) -> Any:
    return dataclasses.make_dataclass("Part", fields)
