"""Prompts that are blocked: HTTP 200 without candidates."""

from __future__ import annotations

from typing import Any

from .._scenario import Json, Reply, Scenario
from .finish_reasons import safety_ratings


def _blocked(name: str, reason: str, description: str, usage: Json | None = {}, **feedback: Any) -> Scenario:  # noqa: B006  # read only
    answer: Json = {"promptFeedback": {"blockReason": reason} | feedback, "usageMetadata": usage}
    return Scenario(f"block_{name}", description, (Reply(chunks=(answer,)),))


ALL = (
    _blocked(
        "safety",
        "SAFETY",
        "The prompt is blocked by a safety filter.",
        safetyRatings=safety_ratings("HARASSMENT"),
    ),
    _blocked("other", "OTHER", "The prompt is blocked for a reason that is not named."),
    _blocked("blocklist", "BLOCKLIST", "The prompt holds a term of a blocklist."),
    _blocked("prohibited_content", "PROHIBITED_CONTENT", "The prompt may be prohibited content."),
    _blocked("image_safety", "IMAGE_SAFETY", "The prompt is unsafe for image generation."),
    _blocked(
        "model_armor",
        "MODEL_ARMOR",
        "The prompt is blocked by Model Armor (Vertex AI); no tokens are counted.",
        usage=None,
        blockReasonMessage="Blocked by Model Armor Floor Setting: The prompt violated Prompt Injection filters.",
    ),
    _blocked("jailbreak", "JAILBREAK", "The prompt is taken for a jailbreak (Vertex AI)."),
    _blocked("unknown", "BLOCK_OF_TOMORROW", "A block reason that no SDK knows."),
)
