"""The outcome of a call: the one field to group by."""

# Without `from __future__ import annotations`, which would slow down the start-up: typing compiles each annotation of a
# NamedTuple that is text.

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gemini_otel._facts.calls import ResponseFacts


class Outcome(NamedTuple):
    """One outcome of a call, and its properties."""

    name: str
    colour: str  # colour on the dashboard, by Grafana's names
    good: bool = False  # the call returned what it was asked for, or its work goes on
    by_program: bool = False  # the program itself ended the call
    finished: bool = True  # whether a finish reason was received, if one was due
    has_error: bool = False  # whether an error may give more details
    is_error: bool = False  # by default the span has status ERROR, though nothing was raised
    # How bad it is, to choose among the candidates of an answer; None if no finish reason stands for it.
    rank: int | None = None


# `is_error` is set if the answer itself shows that it is not what was asked for. `incomplete` does not show that, and
# `failed` is the answer to what was asked.
OUTCOMES = (
    Outcome("ok", "green", good=True, rank=0),
    Outcome("truncated", "orange", is_error=True, rank=1),
    Outcome("blocked", "dark-orange", is_error=True, rank=5),
    Outcome("malformed", "light-orange", is_error=True, rank=4),
    Outcome("empty", "yellow", is_error=True, rank=3),
    Outcome("incomplete", "light-yellow", finished=False, has_error=True, rank=2),
    Outcome("pending", "blue", good=True),
    Outcome("failed", "dark-red", has_error=True),
    Outcome("abandoned", "#8e8e8e", by_program=True, finished=False, has_error=True, rank=0),
    Outcome("cancelled", "#b8b8b8", by_program=True, finished=False, has_error=True),
    Outcome("error", "red", finished=False, has_error=True),
)
OUTCOME_NAMES = tuple(outcome.name for outcome in OUTCOMES)


def names_where(holds: Callable[[Outcome], object]) -> tuple[str, ...]:
    """The names of the outcomes for which `holds` is true."""
    return tuple(outcome.name for outcome in OUTCOMES if holds(outcome))


GOOD = names_where(lambda outcome: outcome.good)
BY_PROGRAM = names_where(lambda outcome: outcome.by_program)
HEALTHY = (*GOOD, *BY_PROGRAM)
UNFINISHED = frozenset(names_where(lambda outcome: not outcome.finished))

# What may count as an error without an exception: an outcome, or `repetition`, a loop in a reply with any outcome.
REPETITION = "repetition"
ERROR_OUTCOMES = (*OUTCOME_NAMES, REPETITION)
DEFAULT_ERROR_OUTCOMES = frozenset((*names_where(lambda outcome: outcome.is_error), REPETITION))

_BY_FINISH_REASON = {
    "STOP": "ok",
    "MAX_TOKENS": "truncated",
    "SAFETY": "blocked",
    "RECITATION": "blocked",
    "LANGUAGE": "blocked",
    "BLOCKLIST": "blocked",
    "PROHIBITED_CONTENT": "blocked",
    "SPII": "blocked",
    "MODEL_ARMOR": "blocked",
    "IMAGE_SAFETY": "blocked",
    "IMAGE_PROHIBITED_CONTENT": "blocked",
    "IMAGE_RECITATION": "blocked",
    "ESCALATION": "blocked",
    "PUP_LIMITED_DISABLED": "blocked",
    "MALFORMED_FUNCTION_CALL": "malformed",
    "MALFORMED_RESPONSE": "malformed",
    "UNEXPECTED_TOOL_CALL": "malformed",
    "TOO_MANY_TOOL_CALLS": "malformed",
    "MISSING_THOUGHT_SIGNATURE": "malformed",
    "NO_IMAGE": "empty",
    "IMAGE_OTHER": "empty",
    # Live: the values of `turn_complete_reason`, and INTERRUPTED, our word for a turn that the user cut off.
    "INTERRUPTED": "abandoned",
    "RESPONSE_REJECTED": "blocked",
    "PROHIBITED_INPUT_CONTENT": "blocked",
    "IMAGE_PROHIBITED_INPUT_CONTENT": "blocked",
    "INPUT_TEXT_CONTAIN_PROMINENT_PERSON_PROHIBITED": "blocked",
    "INPUT_IMAGE_CELEBRITY": "blocked",
    "INPUT_IMAGE_PHOTO_REALISTIC_CHILD_PROHIBITED": "blocked",
    "INPUT_TEXT_NCII_PROHIBITED": "blocked",
    "INPUT_OTHER": "blocked",
    "INPUT_IP_PROHIBITED": "blocked",
    "UNSAFE_PROMPT_FOR_IMAGE_GENERATION": "blocked",
    "GENERATED_IMAGE_SAFETY": "blocked",
    "GENERATED_CONTENT_SAFETY": "blocked",
    "GENERATED_AUDIO_SAFETY": "blocked",
    "GENERATED_VIDEO_SAFETY": "blocked",
    "GENERATED_CONTENT_PROHIBITED": "blocked",
    "GENERATED_CONTENT_BLOCKLIST": "blocked",
    "GENERATED_IMAGE_PROHIBITED": "blocked",
    "GENERATED_IMAGE_CELEBRITY": "blocked",
    "GENERATED_IMAGE_PROMINENT_PEOPLE_DETECTED_BY_REWRITER": "blocked",
    "GENERATED_IMAGE_IDENTIFIABLE_PEOPLE": "blocked",
    "GENERATED_IMAGE_MINORS": "blocked",
    "OUTPUT_IMAGE_IP_PROHIBITED": "blocked",
    "GENERATED_OTHER": "blocked",
    # Every other reason is "incomplete", whether known (OTHER, FINISH_REASON_UNSPECIFIED, an unhandled CONTINUATION,
    # NEED_MORE_INPUT, MAX_REGENERATION_REACHED) or not.
}
KNOWN_FINISH_REASONS = (
    *_BY_FINISH_REASON,
    "OTHER",
    "FINISH_REASON_UNSPECIFIED",
    "CONTINUATION",
    "NEED_MORE_INPUT",
    "MAX_REGENERATION_REACHED",
)
_RANK = {outcome.name: outcome.rank for outcome in OUTCOMES if outcome.rank is not None}


def finish_reason_outcome(reason: str) -> str:
    """The outcome of a raw finish reason; `incomplete` for an unknown value."""
    return _BY_FINISH_REASON.get(reason, "incomplete")


def worst_finish_reason(reasons: Iterable[str]) -> str | None:
    """The worst finish reason of the candidates; None if there are none."""
    return max(reasons, key=lambda reason: _RANK[finish_reason_outcome(reason)], default=None)


def answer_outcome(response: "ResponseFacts", finish_reason: str | None) -> str:
    """The outcome of a complete answer whose worst finish reason is `finish_reason`."""
    if response.outcome is not None:
        return response.outcome
    if response.block_reason is not None:
        return "blocked"
    if finish_reason is None:
        return "incomplete"
    outcome = finish_reason_outcome(finish_reason)
    return "empty" if outcome == "ok" and not response.usable else outcome
