"""Answers that are no error and yet not what was wanted: cut streams, structured output that does not parse, unfinished loops."""

from __future__ import annotations

from gemini_otel._facts.names import (
    ERROR_TYPE,
    FINISH_REASON,
    INTERACTION_STATUS,
    OUTCOME,
    OUTPUT_TYPE,
    PARSED,
    PARTS,
    REQUEST_STREAM,
    RESOURCE_STATE,
    RESPONSE_ID,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    USAGE_OUTPUT_TOKENS,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, Subject, on, where

_FIRST_CHUNK = f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}}} s"
_OUTPUT = f"{{{USAGE_OUTPUT_TOKENS}}} output tokens"
_RESPONSE = f"response id {{{RESPONSE_ID}}}"


def _unfinished(attributes: Attributes) -> str | None:
    """What ended without an exception, and without saying why."""
    if attributes.get(OUTCOME) != "incomplete" or attributes.get(FINISH_REASON) or ERROR_TYPE in attributes:
        return None
    if RESOURCE_STATE in attributes or INTERACTION_STATUS in attributes:
        return None  # they have a state instead
    return "stream" if attributes.get(REQUEST_STREAM) is True else "answer"


def _abandoned(attributes: Attributes) -> bool:
    return attributes.get(OUTCOME) == "abandoned"


def _unparsed(attributes: Attributes) -> bool:
    """A finished answer that does not fit its schema; one that was cut off has a hint that says more."""
    return attributes.get(FINISH_REASON) in ("STOP", None) and ERROR_TYPE not in attributes


def _only_calls(attributes: Attributes) -> bool:
    parts = attributes.get(PARTS)
    calls = isinstance(parts, (tuple, list)) and "function_call" in parts and "text" not in parts
    return calls and attributes.get(OUTCOME) == "ok"


def _no_usage(attributes: Attributes) -> bool:
    complete_stream = attributes.get(REQUEST_STREAM) is True and attributes.get(OUTCOME) == "ok"
    return complete_stream and USAGE_OUTPUT_TOKENS not in attributes


_UNFINISHED = Subject(_unfinished, frozenset({"incomplete"}))

HINTS = (
    Hint(
        id="stream.cut",
        severity="error",
        retry="yes",
        summary="The stream ended before the model said that it was done.",
        cause="No finish reason arrived. The connection was closed on the way, or a proxy cut the stream.",
        remedy=(
            "Treat the text as incomplete.",
            "Look for timeouts and proxies between client and service.",
            "Retry, or ask for the rest.",
        ),
        reference=links.API_ERRORS,
        when=on(_UNFINISHED, "stream"),
        evidence=(_OUTPUT, _FIRST_CHUNK, _RESPONSE),
    ),
    Hint(
        id="finish.missing",
        severity="warning",
        retry="yes",
        summary="The answer came without a finish reason.",
        cause="The service, or a proxy in between, sent an answer that does not say why the model stopped. An answer to a prompt "
        "that was blocked has no finish reason either.",
        remedy=(
            "Look at prompt_feedback.block_reason and the raw answer.",
            "Retry once.",
            "Upgrade google-genai.",
        ),
        reference=links.API_ERRORS,
        when=on(_UNFINISHED, "answer"),
        evidence=(_OUTPUT, _RESPONSE),
    ),
    Hint(
        id="out.parsed_none",
        severity="error",
        retry="yes",
        summary="The reply does not fit the schema that was asked for.",
        cause="The model finished, but its text is not valid JSON of that schema. The SDK does not say so: response.parsed is "
        "None.",
        remedy=(
            "Validate response.text yourself; the error says where it goes wrong.",
            "Make the fields required and the schema flat, and describe each field.",
            "Retry once.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=where(_unparsed, outcomes=ANY, needs=PARSED, if_false=True),
        evidence=(f"output type {{{OUTPUT_TYPE}}}", _OUTPUT, f"parts received: {{{PARTS}}}"),
    ),
    Hint(
        id="stream.abandoned",
        severity="info",
        retry="no",
        summary="The application stopped reading the stream.",
        cause="The loop over the stream was left, or the stream was dropped, before the model was done.",
        remedy=(
            "Nothing to do if this was meant.",
            "What the model writes after that may still be billed.",
            "Close streams that are no longer read.",
        ),
        reference=links.API_ERRORS,
        when=where(_abandoned, outcomes=frozenset({"abandoned"})),
        evidence=(_OUTPUT, _FIRST_CHUNK),
    ),
    Hint(
        id="out.text_none_calls",
        severity="info",
        retry="no",
        summary="The reply is a function call, without text.",
        cause="response.text is None when the model calls a function instead of answering.",
        remedy=("Handle response.function_calls before reading response.text.",),
        reference=links.FUNCTION_CALLING,
        when=where(_only_calls, outcomes=ANY, needs=PARTS),
        evidence=(f"parts received: {{{PARTS}}}",),
    ),
    Hint(
        id="stream.no_usage",
        severity="info",
        retry="no",
        summary="The stream carried no token counts.",
        cause="No chunk had usage metadata; a proxy may have dropped it.",
        remedy=("Read the stream to its end, and keep the last counts that are present.",),
        reference=links.TOKENS,
        when=where(_no_usage, outcomes=ANY, needs=REQUEST_STREAM),
        evidence=(_RESPONSE,),
    ),
)
