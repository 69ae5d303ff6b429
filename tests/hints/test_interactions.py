"""The status of an interaction."""

from __future__ import annotations

from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel._facts.errors.kinds import error_kind
from gemini_otel.hints import find, for_code


@pytest.mark.parametrize(
    ("status", "outcome", "more", "expected"),
    [
        ("completed", "ok", {}, []),
        ("completed", "empty", {}, ["interaction.empty"]),
        ("in_progress", "pending", {}, []),
        ("queued", "pending", {}, []),
        ("failed", "failed", {}, ["interaction.failed"]),
        ("failed", "failed", {names.ERROR_KIND: "daily_quota"}, ["http.429.rate_day"]),
        ("cancelled", "cancelled", {}, []),
        ("in_progress", "cancelled", {}, ["net.cancelled"]),
        ("incomplete", "truncated", {}, ["interaction.incomplete"]),
        ("budget_exceeded", "incomplete", {}, ["interaction.budget_exceeded"]),
        ("of_tomorrow", "incomplete", {}, ["interaction.unknown"]),
    ],
)
def test_interactions(status: str, outcome: str, more: dict[str, Any], expected: list[str]) -> None:
    """The status of an interaction takes the place of a finish reason; an error that says why says more."""
    reasons = () if outcome in ("pending", "cancelled") else (status,)
    attributes = {
        names.INTERACTION_STATUS: status,
        names.OUTCOME: outcome,
        names.RESPONSE_FINISH_REASONS: reasons,
    }
    assert [hint.id for hint in find({**attributes, **more})] == expected


GENERATION_CODES = {
    "safety": "finish.safety",
    "recitation": "finish.recitation",
    "language": "finish.language",
    "prohibited_content": "finish.prohibited",
    "spii": "finish.spii",
    "blocklist": "finish.blocklist",
    "image_safety": "finish.image_safety",
    "image_prohibited_content": "finish.image_prohibited",
    "image_recitation": "finish.image_recitation",
    "image_other": "finish.image_other",
    "content_blocked": "http.400.content_policy",
    "malformed_function_call": "finish.malformed_call",
    "malformed_tool_call": "finish.malformed_call",
    "unexpected_tool_call": "finish.unexpected_tool",
    "no_image": "finish.no_image",
    "too_many_tool_calls": "finish.too_many_tools",
    "missing_thought_signature": "finish.missing_signature",
}
ERROR_CODES = {
    "invalid_request": "http.400.invalid_argument",
    "failed_precondition": "http.400.failed_precondition",
    "parameter_unknown": "http.400.unknown_field",
    "authentication": "http.401.unauthenticated",
    "payment_required": "http.402.payment",
    "permission_denied": "http.403.permission",
    "not_found": "http.404.not_found",
    "model_not_found": "http.404.model",
    "already_exists": "http.409.conflict",
    "aborted": "http.409.conflict",
    "out_of_range": "http.416.out_of_range",
    "rate_limit_exceeded": "http.429.rate_minute",
    "quota_exceeded": "http.429.rate_day",
    "too_many_requests": "http.429.unspecified",
    "cancelled": "http.499.cancelled",
    "api_error": "http.500.internal",
    "unimplemented": "http.501.unimplemented",
    "service_unavailable": "http.503.overloaded",
    "deadline_exceeded": "http.504.deadline",
}


@pytest.mark.parametrize(("code", "hint_id"), {**GENERATION_CODES, **ERROR_CODES}.items())
def test_codes(code: str, hint_id: str) -> None:
    """Each code of the Interactions API leads to one entry: on a failed interaction, on a refused call, and in explain."""
    kind = error_kind(code=None, status=code)
    failed = {names.ERROR_STATUS: code, names.ERROR_KIND: kind, names.OUTCOME: "failed"}
    reasons = {names.INTERACTION_STATUS: "failed", names.RESPONSE_FINISH_REASONS: ("failed",)}
    assert [hint.id for hint in find({**failed, **reasons})] == [hint_id]
    refused = {
        **failed,
        names.OUTCOME: "error",
        names.ERROR_TYPE: "400" if code in GENERATION_CODES else code,
    }
    assert [hint.id for hint in find(refused)] == [hint_id]
    assert hint_id in [hint.id for hint in for_code(code)]
