"""Answers that are not errors and still not what was wanted: cut streams, structured output that does not parse, unfinished
loops.
"""

from __future__ import annotations

from gemini_otel._facts.names import (
    AVG_LOGPROBS,
    CODE_FAILED,
    CODE_RUNS,
    ERROR_TYPE,
    FINISH_REASON,
    INTERACTION_STATUS,
    OUTCOME,
    OUTPUT_TYPE,
    PARSED,
    PARTS,
    REPETITION_DETECTED,
    REQUEST_MODEL,
    REQUEST_STREAM,
    RESOURCE_STATE,
    RESPONSE_ID,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    UNUSED_TOOLS,
    URLS_FAILED,
    URLS_READ,
    USAGE_OUTPUT_TOKENS,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, Subject, number, on, where

_IMPROBABLE = -3.0  # an average probability of 1/20 for each token
_FIRST_CHUNK = f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}:s}}"
_OUTPUT = f"{{{USAGE_OUTPUT_TOKENS}}} output tokens"
_RESPONSE = f"response id {{{RESPONSE_ID}}}"


def _unfinished(attributes: Attributes) -> str | None:
    """What ended without an exception and without a finish reason."""
    if attributes.get(OUTCOME) != "incomplete" or attributes.get(FINISH_REASON) or ERROR_TYPE in attributes:
        return None
    if RESOURCE_STATE in attributes or INTERACTION_STATUS in attributes:
        return None  # they have a state instead
    return "stream" if attributes.get(REQUEST_STREAM) is True else "answer"


def _abandoned(attributes: Attributes) -> bool:
    return attributes.get(OUTCOME) == "abandoned"


def _unparsed(attributes: Attributes) -> bool:
    """A finished text answer that does not fit its schema. An answer that was cut off, or loops, has a more specific hint."""
    if attributes.get(FINISH_REASON) != "STOP" or attributes.get(OUTCOME) != "ok":
        return False
    parts = attributes.get(PARTS)
    words = isinstance(parts, (tuple, list)) and "text" in parts and "function_call" not in parts
    return words and not attributes.get(REPETITION_DETECTED)


def _only_calls(attributes: Attributes) -> bool:
    parts = attributes.get(PARTS)
    calls = isinstance(parts, (tuple, list)) and "function_call" in parts and "text" not in parts
    return calls and attributes.get(OUTCOME) == "ok"


def _no_usage(attributes: Attributes) -> bool:
    complete_stream = attributes.get(REQUEST_STREAM) is True and attributes.get(OUTCOME) == "ok"
    return complete_stream and USAGE_OUTPUT_TOKENS not in attributes


def _urls_not_read(attributes: Attributes) -> bool:
    return bool(attributes.get(URLS_FAILED)) and ERROR_TYPE not in attributes


def _tools_unused(attributes: Attributes) -> bool:
    return bool(attributes.get(UNUSED_TOOLS)) and attributes.get(OUTCOME) == "ok"


def _code_failed(attributes: Attributes) -> bool:
    return bool(attributes.get(CODE_FAILED))


def _unsure(attributes: Attributes) -> bool:
    """Whether the model itself gave the words of a text a low probability."""
    parts = attributes.get(PARTS)
    words = isinstance(parts, (tuple, list)) and "text" in parts and "function_call" not in parts
    average = number(attributes, AVG_LOGPROBS)
    return words and average is not None and average < _IMPROBABLE


_UNFINISHED = Subject(_unfinished, frozenset({"incomplete"}))

HINTS = (
    Hint(
        id="stream.cut",
        severity="error",
        retry="yes",
        summary="The stream ended before the model said that it was done.",
        cause="No finish reason arrived. The connection may have been closed on the way, or a proxy cut the stream.",
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
            "Upgrade the SDK.",
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
        cause="The model finished, but the SDK could not make its text into what the schema describes. It does not say so: "
        "response.parsed is None.",
        remedy=(
            "Validate response.text yourself; the error says where it goes wrong.",
            "Make the fields required and the schema flat, and describe each field.",
            "Retry once.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=where(_unparsed, outcomes=frozenset({"ok"}), needs=PARSED, if_false=True),
        evidence=(f"output type {{{OUTPUT_TYPE}}}", _OUTPUT, f"parts received: {{{PARTS}}}"),
    ),
    Hint(
        id="out.url_not_read",
        severity="warning",
        retry="after_change",
        summary="A page that the model should read could not be fetched.",
        cause="The service fetches pages of the URL context itself. It got nothing from at least one address, and the model answered "
        "all the same: what it says of that page does not come from it.",
        remedy=(
            "Look at url_context_metadata of the candidate before you trust the answer.",
            "Check that the address is public: pages behind a login, a paywall or a ban on robots cannot be read.",
            "Or fetch the page yourself, and send its text.",
        ),
        reference=links.URL_CONTEXT,
        when=where(_urls_not_read, outcomes=ANY, needs=URLS_FAILED),
        evidence=(f"not read: {{{URLS_FAILED}}}", f"{{{URLS_READ}}} read", f"model {{{REQUEST_MODEL}}}"),
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
        cause="response.text is None where the model calls a function and says nothing.",
        remedy=("Handle response.function_calls before reading response.text.",),
        reference=links.FUNCTION_CALLING,
        when=where(_only_calls, outcomes=ANY, needs=PARTS),
        evidence=(f"parts received: {{{PARTS}}}",),
    ),
    Hint(
        id="out.tools_unused",
        severity="info",
        retry="no",
        summary="A tool of the service was offered, and the answer shows no use of it.",
        cause="The model decides whether to search, read a page or run code. This answer comes from what it knows and from the prompt.",
        remedy=(
            "Where an answer must be grounded, check grounding_metadata before you trust it.",
            "Ask for the search, or for the page, in the prompt.",
        ),
        reference=links.GROUNDING,
        when=where(_tools_unused, outcomes=frozenset({"ok"}), needs=UNUSED_TOOLS),
        evidence=(f"not used: {{{UNUSED_TOOLS}}}", f"model {{{REQUEST_MODEL}}}"),
    ),
    Hint(
        id="out.code_failed",
        severity="info",
        retry="no",
        summary="Code that the model ran at the service failed.",
        cause="It ended with an error, or took longer than the service allows. The model sees that, and may have tried again or answered "
        "without a result.",
        remedy=(
            "Look at the parts executable_code and code_execution_result before you trust a number in the answer.",
            "Give the data in a form that the code can read, and ask for smaller steps.",
        ),
        reference=links.CODE_EXECUTION,
        when=where(_code_failed, outcomes=ANY, needs=CODE_FAILED),
        evidence=(f"{{{CODE_RUNS}}} runs; failed: {{{CODE_FAILED}}}", f"model {{{REQUEST_MODEL}}}"),
    ),
    Hint(
        id="out.unsure",
        severity="info",
        retry="no",
        summary="The words of the reply were improbable to the model itself.",
        cause="The average log-probability of its tokens is low: at most places the model might as well have written something else.",
        remedy=(
            "Check the reply before you rely on it.",
            "Say more precisely what is wanted, with examples, or give the facts in the prompt.",
        ),
        reference=links.PROMPTING,
        when=where(_unsure, outcomes=ANY, needs=AVG_LOGPROBS),
        evidence=(f"average log-probability {{{AVG_LOGPROBS}}}", _OUTPUT, f"model {{{REQUEST_MODEL}}}"),
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
