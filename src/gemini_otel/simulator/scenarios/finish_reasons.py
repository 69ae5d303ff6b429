"""Answers by finish reason, one scenario for each value the SDK knows, and two it does not."""

from __future__ import annotations

from typing import Any

from .._chunks import chunk, text_chunks
from .._scenario import Json, Reply, Scenario
from .answers import TEXT

_CATEGORIES = ("HATE_SPEECH", "DANGEROUS_CONTENT", "HARASSMENT", "SEXUALLY_EXPLICIT")


def safety_ratings(blocked: str) -> list[Json]:
    """Ratings of the four adjustable categories, with *blocked* as the one that blocks."""
    return [
        {"category": f"HARM_CATEGORY_{each}", "probability": "HIGH", "blocked": True}
        if each == blocked
        else {"category": f"HARM_CATEGORY_{each}", "probability": "NEGLIGIBLE"}
        for each in _CATEGORIES
    ]


def _with_text(reason: str | None, description: str, name: str = "", text: str = TEXT) -> Scenario:
    return Scenario(name or _name(reason), description, (Reply(chunks=text_chunks(text, finish=reason)),))


def _without_text(reason: str, description: str, message: str | None = None, **candidate: Any) -> Scenario:
    said: Json = {"finishMessage": message} if message else {}
    only_chunk = chunk(finish=reason, **candidate, **said)
    return Scenario(_name(reason), description, (Reply(chunks=(only_chunk,)),))


def _name(reason: str | None) -> str:
    return f"finish_{reason or 'missing'}".lower()


_BEGINNING = TEXT[:60]
_THINKING_STEPS = (*range(32, 1010, 32), 1010)


def _budget_chunk(thoughts: int) -> Json:
    # The content is there, its parts are not: the candidate only thinks.
    finish = "MAX_TOKENS" if thoughts == _THINKING_STEPS[-1] else None
    return chunk(finish=finish, content={"role": "model"}, usageMetadata={"thoughtsTokenCount": thoughts})


ALL = (
    _with_text("STOP", "A natural end."),
    _with_text("MAX_TOKENS", "The text is cut off at the output token limit.", text=_BEGINNING),
    Scenario(
        "thoughts_ate_budget",
        "MAX_TOKENS without any text: thinking took 1010 of 1024 output tokens.",
        (Reply(chunks=tuple(_budget_chunk(thoughts) for thoughts in _THINKING_STEPS)),),
    ),
    _without_text(
        "SAFETY",
        "The answer is blocked by a safety filter.",
        safetyRatings=safety_ratings("DANGEROUS_CONTENT"),
    ),
    _without_text(
        "RECITATION",
        "The answer may recite a source.",
        "The generated content was filtered because it may contain material that resembles existing copyrighted works.",
        content={},
    ),
    _without_text("LANGUAGE", "The language is not supported."),
    _without_text("OTHER", "Stopped for a reason that is not named."),
    _without_text("BLOCKLIST", "The answer holds a term of a blocklist."),
    _without_text("PROHIBITED_CONTENT", "The answer may be prohibited content."),
    _without_text("SPII", "The answer may hold sensitive personal data."),
    _without_text(
        "MALFORMED_FUNCTION_CALL",
        "The model wrote a function call that cannot be parsed.",
        'Malformed function call: print(default_api.get_weather(location="Boston"))',
        content={},
    ),
    _without_text(
        "UNEXPECTED_TOOL_CALL",
        "The model called a function that is not declared.",
        "Unexpected tool call: Model tried to call an undeclared function: get_tides",
    ),
    _without_text(
        "TOO_MANY_TOOL_CALLS",
        "The service stopped its own tool loop before an answer.",
        usageMetadata={
            "toolUsePromptTokenCount": 4711,
            "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 4711}],
        },
    ),
    _without_text("MISSING_THOUGHT_SIGNATURE", "The history lacks a thought signature."),
    _without_text("MALFORMED_RESPONSE", "The service could not parse what the model wrote."),
    _without_text(
        "IMAGE_SAFETY",
        "The generated image may violate safety policies, by a threshold that the service set.",
        safetyRatings=[
            {
                "category": "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
                "probability": "LOW",
                "blocked": True,
                "overwrittenThreshold": "BLOCK_LOW_AND_ABOVE",
            }
        ],
    ),
    _without_text("IMAGE_PROHIBITED_CONTENT", "The generated image may be prohibited content."),
    _without_text("IMAGE_RECITATION", "The generated image may recite a source."),
    _without_text("IMAGE_OTHER", "The image stopped for a reason that is not named."),
    _without_text("NO_IMAGE", "An image was expected and none was made."),
    _without_text("MODEL_ARMOR", "The answer is blocked by Model Armor (Vertex AI)."),
    _without_text("ESCALATION", "The request was filtered by an escalation rule."),
    _without_text(
        "PUP_LIMITED_DISABLED", "The account is limited for violations of the prohibited use policy."
    ),
    _with_text(
        "CONTINUATION", "Stopped at the limit of one request, without a token to go on.", text=_BEGINNING
    ),
    _with_text("FINISH_REASON_UNSPECIFIED", "The finish reason is the unset value.", "finish_unspecified"),
    _with_text("REASON_OF_TOMORROW", "A finish reason that no SDK knows.", "finish_unknown"),
    _with_text(None, "A complete answer without a finish reason."),
)
