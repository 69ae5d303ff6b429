"""Automatic function calling: the loop around the rounds, seen on its own span."""

from __future__ import annotations

from gemini_otel._facts.names import AFC_EXHAUSTED, AFC_MAX_ROUNDS, AFC_ROUNDS, AFC_TOOLS, TOOL_MODE
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import Subject, on, text

_ROUNDS = f"{{{AFC_ROUNDS}}} of {{{AFC_MAX_ROUNDS}}} rounds"
_RUNS = f"{{{AFC_TOOLS}}} function runs"


def _exhausted(attributes: Attributes) -> bool:
    return attributes.get(AFC_EXHAUSTED) is True


def _must_call(attributes: Attributes) -> bool:
    return text(attributes, TOOL_MODE).upper() == "ANY"


_LOOP = Subject(_exhausted, on_loop=True, needs=AFC_EXHAUSTED)

HINTS = (
    Hint(
        id="afc.mode_any",
        severity="warning",
        retry="after_change",
        summary="The loop used up its rounds because the model had to call a function each time.",
        cause="With the function calling mode ANY the model never answers with text.",
        remedy=("Set the mode to AUTO.", "Use ANY for a single call, without automatic function calling."),
        reference=links.FUNCTION_CALLING,
        when=on(_LOOP, also=_must_call),
        evidence=(_ROUNDS, _RUNS),
    ),
    Hint(
        id="afc.exhausted",
        severity="warning",
        retry="after_change",
        summary="Automatic function calling stopped at its limit, without an answer.",
        cause="In the last permitted round the model called a function again. The SDK returns that call instead of running it, so "
        "response.text is empty.",
        remedy=(
            "Raise automatic_function_calling.maximum_remote_calls (10 by default) if the task needs more.",
            "If the calls repeat, let the functions report errors, and say when the task is done.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(_LOOP),
        evidence=(_ROUNDS, _RUNS),
    ),
    Hint(
        id="afc.disabled_mixed",
        severity="info",
        retry="after_change",
        summary="Automatic function calling is off when callables and declared functions are mixed.",
        cause="A types.Tool with function_declarations (or mcp_servers, on the Gemini API) next to Python functions switches "
        "it off, with only a line in the log.",
        remedy=("Give Python functions only, or handle response.function_calls yourself.",),
        reference=links.FUNCTION_CALLING,
    ),
)
