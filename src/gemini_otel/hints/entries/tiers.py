"""Service tiers: a tier that differs from the requested one, and the wait in `flex`."""

from __future__ import annotations

from gemini_otel._facts.errors import causes
from gemini_otel._facts.names import (
    ERROR_TYPE,
    FLEX_WAIT,
    HTTP_RESEND_COUNT,
    REQUEST_MODEL,
    REQUEST_SERVICE_TIER,
    RESPONSE_SERVICE_TIER,
    TIMEOUT,
    TRAFFIC_TYPE,
    USAGE_REASONING_OUTPUT_TOKENS,
    VERTEX_REQUEST_TYPE,
)
from gemini_otel._facts.tiers import FLEX, TIERS
from gemini_otel.hints import _links as links
from gemini_otel.hints._failure import FAILURE
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, number, on, where

_LONG_WAIT = 30.0  # seconds
_MUCH_THOUGHT = 1000  # tokens, which take time in any tier

_ASKED = f"asked for {{{REQUEST_SERVICE_TIER}}}"
_CAPACITY = f"capacity {{{VERTEX_REQUEST_TYPE}}}"
_SERVED = f"served by {{{RESPONSE_SERVICE_TIER}}}"
_MODEL = f"model {{{REQUEST_MODEL}}}"


def _other_tier(attributes: Attributes) -> bool:
    asked, served = attributes.get(REQUEST_SERVICE_TIER), attributes.get(RESPONSE_SERVICE_TIER)
    return asked in TIERS and served in TIERS and asked != served


def _flex_waited(attributes: Attributes) -> bool:
    """Whether there was a long wait that neither failed attempts nor thoughts explain."""
    thought = (number(attributes, USAGE_REASONING_OUTPUT_TOKENS) or 0) >= _MUCH_THOUGHT
    waited = (number(attributes, FLEX_WAIT) or 0) > _LONG_WAIT
    return waited and not thought and not attributes.get(HTTP_RESEND_COUNT)


def _asked_flex(attributes: Attributes) -> bool:
    return attributes.get(REQUEST_SERVICE_TIER) == FLEX


TIMEOUTS = (
    Hint(
        id="net.timeout.flex",
        severity="error",
        retry="after_change",
        summary="A request of the tier flex was given up before it was served.",
        cause="Requests of this tier wait until there is room, for up to 15 minutes. The call's timeout ended first.",
        remedy=(
            "Set http_options.timeout to at least 900,000 milliseconds for such requests.",
            "Where the answer is needed sooner, leave service_tier out.",
            "Do not repeat it at once: each attempt waits from the start.",
        ),
        reference=links.FLEX,
        when=on(
            FAILURE, *causes.TIMEOUT.values, "deadline_exceeded", needs=REQUEST_SERVICE_TIER, also=_asked_flex
        ),
        evidence=(f"{{{ERROR_TYPE}}}", f"timeout {{{TIMEOUT}:s}}", _ASKED, _MODEL),
    ),
)
HINTS = (
    Hint(
        id="perf.other_tier",
        severity="warning",
        retry="no",
        summary="Another service tier served the request than was asked for.",
        cause="The service serves a request by the standard tier where there is no room in the tier priority, or the project or the "
        "model does not have the tier. Speed and price are those of the tier that served it.",
        remedy=(
            "See how often it happens: gemini.client.responses has the tier as a label.",
            "For the tier priority, compare the requests with the limits of the project.",
            "Check that the model is offered in the tier.",
            "On Vertex AI, ask for it by the header X-Vertex-AI-LLM-Shared-Request-Type: service_tier may have no effect there.",
        ),
        reference=links.PRIORITY,
        when=where(_other_tier, outcomes=ANY, needs=REQUEST_SERVICE_TIER),
        evidence=(_ASKED, _SERVED, f"traffic type {{{TRAFFIC_TYPE}}}", _CAPACITY, _MODEL),
    ),
    Hint(
        id="perf.flex_wait",
        severity="info",
        retry="no",
        summary="The answer took long, and the tier flex served it.",
        cause="Requests of this tier are cheaper and wait until there is room, for up to 15 minutes.",
        remedy=(
            "Nothing to do where nobody waits for the answer.",
            "Leave service_tier out where somebody does.",
        ),
        reference=links.FLEX,
        when=where(_flex_waited, outcomes=ANY, needs=FLEX_WAIT),
        evidence=(f"{{{FLEX_WAIT}:s}}", _SERVED, _MODEL),
    ),
)
