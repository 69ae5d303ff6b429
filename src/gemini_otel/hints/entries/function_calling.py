"""Automatic function calling: entries for the span of the loop around the rounds."""

from __future__ import annotations

from gemini_otel._facts.names import (
    AFC_EXHAUSTED,
    AFC_MAX_ROUNDS,
    AFC_ROUNDS,
    AFC_TOOLS,
    AFC_TOOLS_FAILED,
    ERROR_TYPE,
    TOOL_FAILURE,
    TOOL_MODE,
    TOOL_NAME,
    TOOL_TYPE,
    UNDECLARED_CALLS,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import FAILED, Subject, Trigger, on, text

_ROUNDS = f"{{{AFC_ROUNDS}}} of {{{AFC_MAX_ROUNDS}}} rounds"
_RUNS = f"{{{AFC_TOOLS}}} function runs"
_FAILED_RUNS = f"{{{AFC_TOOLS_FAILED}}} of them failed"


def _exhausted(attributes: Attributes) -> bool:
    return attributes.get(AFC_EXHAUSTED) is True


def _must_call(attributes: Attributes) -> bool:
    return text(attributes, TOOL_MODE).upper() == "ANY"


def _raised(attributes: Attributes) -> bool:
    return attributes.get(TOOL_FAILURE) == "exception"


def _undeclared(attributes: Attributes) -> bool:
    ended = ERROR_TYPE in attributes and AFC_ROUNDS in attributes
    return ended and bool(attributes.get(UNDECLARED_CALLS))


_TOOL = Subject(_raised, on_tool=True, needs=TOOL_FAILURE)
_LOOKED_UP = Subject(_undeclared, FAILED, on_loop=True, needs=UNDECLARED_CALLS)
_LOOP = Subject(_exhausted, on_loop=True, needs=AFC_EXHAUSTED)

HINTS = (
    Hint(
        id="afc.mode_any",
        severity="warning",
        retry="after_change",
        summary="The loop used up its rounds because the model had to call a function each time.",
        cause="With the function calling mode ANY the model calls a function in each round, and never ends with an answer.",
        remedy=("Set the mode to AUTO.", "Use ANY for a single call, without automatic function calling."),
        reference=links.FUNCTION_CALLING,
        when=on(_LOOP, also=_must_call),
        evidence=(_ROUNDS, _RUNS, _FAILED_RUNS),
    ),
    Hint(
        id="afc.exhausted",
        severity="warning",
        retry="after_change",
        summary="Automatic function calling stopped at its limit, with a call that was not run.",
        cause="In the last permitted round the model called a function again. The SDK returns that call instead of running it.",
        remedy=(
            "Raise automatic_function_calling.maximum_remote_calls (10 by default) if the task needs more.",
            "If the calls repeat, let the functions report errors, and say when the task is done.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(_LOOP),
        evidence=(_ROUNDS, _RUNS, _FAILED_RUNS),
    ),
    Hint(
        id="afc.undeclared",
        severity="error",
        retry="yes",
        summary="Automatic function calling ended, because the model called a function that was not given to it.",
        cause="The SDK looks a function up by its name, and raises KeyError where there is none. Models misspell names, and invent "
        "some; a name that is in the history but no longer among the tools leads to it, too.",
        remedy=(
            "Retry.",
            "Give the functions short and telling names, and the same ones on every turn.",
            "Set the function calling mode to VALIDATED, or handle response.function_calls yourself.",
        ),
        reference=links.FUNCTION_CALLING,
        when=Trigger(_LOOKED_UP),
        evidence=(f"called: {{{UNDECLARED_CALLS}}}", f"exception {{{ERROR_TYPE}}}", _ROUNDS),
    ),
    Hint(
        id="tool.raised",
        severity="warning",
        retry="after_change",
        summary="A function that the model called raised an exception.",
        cause="The SDK gives the exception's text to the model and goes on, so the program sees nothing of it, and the model "
        "answers without the result.",
        remedy=(
            "Read the exception where it is raised: the function is yours, and the span has its class.",
            "Check the arguments in the function: the model chooses them.",
            "Return what went wrong as data that helps the model, rather than an exception.",
        ),
        reference=links.FUNCTION_CALLING,
        when=Trigger(_TOOL),
        evidence=(f"{{{TOOL_TYPE}}} {{{TOOL_NAME}}}", f"exception {{{ERROR_TYPE}}}"),
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
