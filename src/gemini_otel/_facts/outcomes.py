"""The outcome of a call: the one field to group by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemini_otel._facts.calls import ResponseFacts

OUTCOMES = (
    "ok",
    "truncated",
    "blocked",
    "malformed",
    "empty",
    "incomplete",
    "pending",
    "failed",
    "abandoned",
    "cancelled",
    "error",
)

# What may count as an error without an exception: an outcome, or `repetition`, a loop in a reply however it ended.
REPETITION = "repetition"
ERROR_OUTCOMES = (*OUTCOMES, REPETITION)
# The answer itself tells that it is not what was asked for. `incomplete` does not, and `failed` is what the call was to find out.
DEFAULT_ERROR_OUTCOMES = frozenset({"truncated", "blocked", "malformed", "empty", REPETITION})

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
    # Of Live: what `turn_complete_reason` says, and INTERRUPTED, our word for a turn that the user cut off
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
    # Everything else is "incomplete", known (OTHER, FINISH_REASON_UNSPECIFIED, an unhandled CONTINUATION, NEED_MORE_INPUT,
    # MAX_REGENERATION_REACHED) or not.
}
# Outcomes of a call whose finish reason was due and may never have come.
UNFINISHED = frozenset({"incomplete", "abandoned", "cancelled", "error"})
KNOWN_FINISH_REASONS = (
    *_BY_FINISH_REASON,
    "OTHER",
    "FINISH_REASON_UNSPECIFIED",
    "CONTINUATION",
    "NEED_MORE_INPUT",
    "MAX_REGENERATION_REACHED",
)
_SEVERITY = {
    "ok": 0,
    "abandoned": 0,
    "truncated": 1,
    "incomplete": 2,
    "empty": 3,
    "malformed": 4,
    "blocked": 5,
}


def finish_reason_outcome(reason: str) -> str:
    """The outcome that a raw finish reason stands for; a value nobody knows is `incomplete`."""
    return _BY_FINISH_REASON.get(reason, "incomplete")


def worst_finish_reason(reasons: Iterable[str]) -> str | None:
    """The finish reason of the candidate that went most wrong; None without any."""
    return max(reasons, key=lambda reason: _SEVERITY[finish_reason_outcome(reason)], default=None)


def answer_outcome(response: ResponseFacts, finish_reason: str | None) -> str:
    """The outcome of a complete answer whose worst finish reason is `finish_reason`."""
    if response.outcome is not None:
        return response.outcome
    if response.block_reason is not None:
        return "blocked"
    if finish_reason is None:
        return "incomplete"
    outcome = finish_reason_outcome(finish_reason)
    return "empty" if outcome == "ok" and not response.usable else outcome
