"""Why a prompt was refused before the model began: `prompt_feedback.block_reason`. Repeating the request fixes none of them."""

from __future__ import annotations

from gemini_otel._facts.names import (
    BLOCK_REASON,
    BLOCKED_CATEGORIES,
    PROVIDER_NAME,
    REQUEST_MODEL,
    RESPONSE_ID,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._evidence import THRESHOLDS
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import Subject, named_values, on, otherwise

_CATEGORIES = f"rated: {{{BLOCKED_CATEGORIES}}}"
_REASON = f"block reason {{{BLOCK_REASON}}}"
_MODEL = f"model {{{REQUEST_MODEL}}}"
_RESPONSE = f"response id {{{RESPONSE_ID}}}"


def _read_block_reason(attributes: Attributes) -> str | None:
    reason = attributes.get(BLOCK_REASON)
    return reason[-100:].rpartition(".")[2].strip().upper() if isinstance(reason, str) and reason else None


BLOCK = Subject(_read_block_reason, needs=BLOCK_REASON)

HINTS = (
    Hint(
        id="block.safety",
        severity="error",
        retry="no",
        summary="The prompt was blocked by a safety filter.",
        cause="The prompt was rated above a threshold, of safety_settings or of a protection that cannot be switched off.",
        remedy=(
            "Review the prompt against the filters set in the call; the rated category says where to look.",
            "Adjust the threshold of that category if the content is legitimate.",
        ),
        reference=links.SAFETY,
        when=on(BLOCK, "SAFETY"),
        evidence=(_CATEGORIES, *THRESHOLDS, _MODEL),
    ),
    Hint(
        id="block.other",
        severity="error",
        retry="no",
        summary="The prompt was blocked for a reason that the service does not name.",
        cause="The query or its reply may violate the terms of service, or be unsupported otherwise: its language, for "
        "example, or an input image.",
        remedy=(
            "Change the content: leave out images and unusual parts to see which one it is.",
            "Check that the language is supported.",
        ),
        reference=links.TROUBLESHOOTING,
        when=on(BLOCK, "OTHER"),
        evidence=(_MODEL, _RESPONSE),
    ),
    Hint(
        id="block.blocklist",
        severity="error",
        retry="no",
        summary="The prompt contains a term of a blocklist.",
        cause="A list of forbidden terms applies; the service does not say which term it was, or whose list.",
        remedy=("Find the term and the list.", "Change the prompt, or the list."),
        reference=links.SAFETY,
        when=on(BLOCK, "BLOCKLIST"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="block.prohibited",
        severity="error",
        retry="no",
        summary="The prompt was blocked as prohibited content.",
        cause="A filter applied that cannot be configured.",
        remedy=("Do not retry.", "Look at where the input came from, above all if users write it."),
        reference=links.SAFETY,
        when=on(BLOCK, "PROHIBITED_CONTENT"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="block.image_safety",
        severity="error",
        retry="no",
        summary="The prompt was blocked as unsafe for making images.",
        cause="The moderation of prompts for images applied.",
        remedy=("Rephrase the prompt.", "Use other reference images."),
        reference=links.IMAGES,
        when=on(BLOCK, "IMAGE_SAFETY"),
        evidence=(_CATEGORIES, *THRESHOLDS, _REASON, _MODEL),
    ),
    Hint(
        id="block.model_armor",
        severity="error",
        retry="no",
        summary="Model Armor blocked the prompt.",
        cause="A template or floor setting of the Google Cloud project inspects and blocks prompts.",
        remedy=(
            "Read the sanitisation log in Cloud Logging to see which filter applied.",
            "Change the template or floor setting together with its owner.",
        ),
        reference=links.MODEL_ARMOR,
        when=on(BLOCK, "MODEL_ARMOR"),
        evidence=(f"provider {{{PROVIDER_NAME}}}",),
    ),
    Hint(
        id="block.jailbreak",
        severity="error",
        retry="no",
        summary="The prompt was blocked as an attempt to get around the model's rules.",
        cause="The filter for jailbreaks of Vertex AI applied. Role play and pasted instructions can look like one.",
        remedy=(
            "Look at what users or documents put into the prompt.",
            "Keep instructions in system_instruction.",
        ),
        reference=links.SAFETY,
        when=on(BLOCK, "JAILBREAK"),
        evidence=(_CATEGORIES, *THRESHOLDS, _REASON, _MODEL),
    ),
    Hint(
        id="block.unspecified",
        severity="error",
        retry="no",
        summary="The prompt was blocked, without a reason.",
        cause="An old SDK or a proxy may have lost a value that it does not know.",
        remedy=("Upgrade the SDK.", "Look at the raw answer."),
        reference=links.SAFETY,
        when=on(BLOCK, "BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"),
        evidence=(_MODEL, _RESPONSE),
    ),
)

CATCH_ALL = (
    Hint(
        id="block.unknown",
        severity="error",
        retry="no",
        summary="The prompt was blocked for a reason that this catalogue does not know.",
        cause="The value is newer than this release, or written by something between the service and this client.",
        remedy=("Look the block reason up in the API reference.", "Upgrade gemini-otel and the SDK."),
        reference=links.SAFETY,
        when=otherwise(BLOCK, named_values(HINTS)),
        evidence=(f"block reason {{{BLOCK_REASON}}}", _MODEL, _RESPONSE),
    ),
)
