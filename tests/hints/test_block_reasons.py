"""Why a prompt was refused."""

from __future__ import annotations

import pytest
from google.genai import types

from gemini_otel._facts import names
from gemini_otel.hints import evidence, find

from .test_catalogue import ids

REASONS = {
    "BLOCKED_REASON_UNSPECIFIED": "block.unspecified",
    "SAFETY": "block.safety",
    "OTHER": "block.other",
    "BLOCKLIST": "block.blocklist",
    "PROHIBITED_CONTENT": "block.prohibited",
    "IMAGE_SAFETY": "block.image_safety",
    "MODEL_ARMOR": "block.model_armor",
    "JAILBREAK": "block.jailbreak",
}


@pytest.mark.parametrize(("reason", "hint_id"), REASONS.items())
def test_reason(reason: str, hint_id: str) -> None:
    """Each block reason leads to its entry, and to no other."""
    assert ids({names.BLOCK_REASON: reason, names.OUTCOME: "blocked"}, "info") == [hint_id]
    assert ids({names.BLOCK_REASON: f"BlockedReason.{reason}"}) == [hint_id]


def test_every_reason_of_the_sdk() -> None:
    """The SDK has no block reason without an entry."""
    assert {reason.value for reason in types.BlockedReason} <= set(REASONS)


def test_unknown_reason() -> None:
    """A value that nobody knows is shown as it came."""
    attributes = {names.BLOCK_REASON: "MOOD", names.OUTCOME: "blocked"}
    assert ids(attributes) == ["block.unknown"]
    assert evidence(find(attributes)[0], attributes) == "block reason MOOD"


def test_no_block_is_worth_a_retry() -> None:
    """None of these is fixed by repeating the request."""
    assert {find({names.BLOCK_REASON: reason})[0].retry for reason in (*REASONS, "MOOD")} == {"no"}
