"""Interactions, which have a status instead of a finish reason. One that failed or was cut off is returned like any other."""

from __future__ import annotations

from gemini_otel._facts.names import (
    ERROR_KIND,
    INTERACTION_STATUS,
    OUTCOME,
    REQUEST_MAX_TOKENS,
    REQUEST_MODEL,
    RESPONSE_ID,
    USAGE_OUTPUT_TOKENS,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, Subject, named_values, on, otherwise

_MODEL = f"model {{{REQUEST_MODEL}}}"
_RESPONSE = f"response id {{{RESPONSE_ID}}}"
_UNDER_WAY = frozenset({"in_progress", "queued", "idle"})


def _read_status(attributes: Attributes) -> object:
    return attributes.get(INTERACTION_STATUS)


def _unexplained(attributes: Attributes) -> bool:
    """Whether no error explains it; an error has a more specific entry."""
    return ERROR_KIND not in attributes


def _empty(attributes: Attributes) -> bool:
    return attributes.get(OUTCOME) == "empty"


_STATUS = Subject(_read_status, ANY, needs=INTERACTION_STATUS)

HINTS = (
    Hint(
        id="interaction.empty",
        severity="error",
        retry="yes",
        summary="The interaction completed without an answer.",
        cause="It has neither text nor another output, although its status is completed. This happens now and then on thinking "
        "models.",
        remedy=(
            "Retry once.",
            "If it happens again, lower thinking or simplify the request.",
            "Do not take completed for an answer: look at the outcome.",
        ),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "completed", also=_empty),
        evidence=(f"{{{USAGE_OUTPUT_TOKENS}}} output tokens", _MODEL, _RESPONSE),
    ),
    Hint(
        id="interaction.failed",
        severity="error",
        retry="yes",
        summary="The interaction failed.",
        cause="It ended with the status failed, which the SDK returns like any other: no exception is raised.",
        remedy=(
            "Look at interaction.status before using its steps.",
            "Read interaction.errors.",
            "Retry once.",
        ),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "failed", also=_unexplained),
        evidence=(_MODEL, _RESPONSE),
    ),
    Hint(
        id="interaction.budget_exceeded",
        severity="warning",
        retry="after_change",
        summary="The interaction ended because its budget was used up.",
        cause="A limit on what an interaction may spend was reached before the model or agent was done.",
        remedy=("Use what is there, or go on from it with previous_interaction_id.", "Raise the budget."),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "budget_exceeded"),
        evidence=(f"{{{USAGE_OUTPUT_TOKENS}}} output tokens", _MODEL, _RESPONSE),
    ),
    Hint(
        id="interaction.incomplete",
        severity="warning",
        retry="after_change",
        summary="The interaction ended before the model was done.",
        cause="Usually a limit was reached, such as max_output_tokens, which counts thoughts too. No exception is raised.",
        remedy=(
            "Raise max_output_tokens, or leave it out.",
            "Go on from it with previous_interaction_id.",
        ),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "incomplete", also=_unexplained),
        evidence=(
            f"{{{USAGE_OUTPUT_TOKENS}}} output tokens",
            f"max_output_tokens {{{REQUEST_MAX_TOKENS}}}",
            _MODEL,
        ),
    ),
    Hint(
        id="interaction.requires_continuation",
        severity="warning",
        retry="resume",
        summary="The interaction is not finished; it continues in another request.",
        cause="The limit of one request was reached.",
        remedy=("Go on from it; google-genai 2.34 and later does so by itself.",),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "requires_continuation"),
        evidence=(_MODEL, _RESPONSE),
    ),
    Hint(
        id="interaction.requires_action",
        severity="info",
        retry="resume",
        summary="The interaction waits for the results of function calls.",
        cause="The model called functions that the application runs.",
        remedy=("Run them, and send their results with previous_interaction_id.",),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "requires_action"),
        evidence=(_MODEL, _RESPONSE),
    ),
    Hint(
        id="interaction.cancelled",
        severity="info",
        retry="no",
        summary="The interaction was cancelled.",
        cause="Its status says so. What was made before may be billed.",
        remedy=("Nothing to do if this was meant.",),
        reference=links.INTERACTIONS,
        when=on(_STATUS, "cancelled"),
        evidence=(_RESPONSE, f"status {{{INTERACTION_STATUS}}}"),
    ),
)

CATCH_ALL = (
    Hint(
        id="interaction.unknown",
        severity="warning",
        retry="no",
        summary="The interaction has a status that this catalogue does not know.",
        cause="The value is newer than this release.",
        remedy=("Look the status up in the API reference.", "Upgrade gemini-otel and google-genai."),
        reference=links.INTERACTIONS,
        when=otherwise(_STATUS, _UNDER_WAY | named_values(HINTS)),
        evidence=(f"status {{{INTERACTION_STATUS}}}", _MODEL),
    ),
)
