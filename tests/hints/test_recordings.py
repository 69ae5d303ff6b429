"""Recorded errors of the real API: each gets a kind, and the kind its hint."""

from __future__ import annotations

import collections
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from gemini_otel import _semconv as names
from gemini_otel._error_kinds import error_kind

from .test_catalogue import ids

DEFAULT = Path(__file__).parents[3] / "shared" / "recordings" / "recordings.jsonl.gz"
RECORDINGS = Path(os.environ.get("GEMINI_OTEL_RECORDINGS", DEFAULT))

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")

EXPECTED = {
    "model_not_found": 20,
    "invalid_key": 12,
    "unauthenticated": 9,
    "cached_content": 6,
    "feature_not_enabled": 6,
    "invalid_argument": 4,
    "minute_quota": 3,
    "service_disabled": 3,
    "failed_precondition": 2,
    "shared_capacity": 2,
    "cache_too_small": 1,
    "content_policy": 1,
    "input_too_long": 1,
    "invalid_media": 1,
    "invalid_role": 1,
    "location": 1,
    "missing_key": 1,
    "missing_role": 1,
    "tool_schema": 1,
    "value_out_of_range": 1,
}


def _errors() -> list[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["status"] >= 400]


def _kind(row: dict[str, Any]) -> str:
    body = row["response_body"]
    error = (body[0] if isinstance(body, list) else body)["error"]
    details = error.get("details", [])
    violation = next((detail["violations"][0] for detail in details if detail.get("violations")), {})
    return error_kind(
        code=row["status"],
        status=error.get("status"),
        reason=next((detail["reason"] for detail in details if "reason" in detail), None),
        quota_id=violation.get("quotaId"),
        message=error.get("message"),
    )


def test_recorded_errors() -> None:
    """The causes of all recorded errors are known, and each leads to one hint."""
    kinds = collections.Counter(_kind(row) for row in _errors())
    assert kinds == EXPECTED
    for kind in kinds:
        assert len(ids({names.ERROR_KIND: kind, names.ERROR_TYPE: "400"})) == 1


def test_bare_errors_only_are_generic() -> None:
    """An error that ends as an invalid argument said nothing else."""
    rows = [row for row in _errors() if _kind(row) == "invalid_argument"]
    assert {row["response_body"]["error"]["message"] for row in rows} == {
        "Request contains an invalid argument."
    }
