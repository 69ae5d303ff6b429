"""Recorded errors and answers of the real API: each gets the right hint, or none."""

from __future__ import annotations

import collections
import contextlib
import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel._facts.calls import ResponseFacts
from gemini_otel._facts.errors.kinds import error_kind
from gemini_otel._facts.outcomes import answer_outcome
from support import SHARED

from .test_catalogue import ids

DEFAULT = SHARED / "recordings" / "recordings.jsonl.gz"
RECORDINGS = Path(os.environ.get("GEMINI_OTEL_RECORDINGS", DEFAULT))

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")

ERROR_KINDS = {
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
    "invalid_role": 1,
    "location": 1,
    "missing_key": 1,
    "missing_role": 1,
    "tool_schema": 1,
    "url_not_fetched": 1,
    "value_out_of_range": 1,
}


# Finish or block reason, and the hints of the answers with it; "curated" ones contain invented values.
ANSWER_HINTS = {
    ("STOP",): 1942,
    ("STOP", "finish.stop.empty"): 2,
    ("MAX_TOKENS", "finish.max_tokens.thinking"): 53,
    ("MAX_TOKENS", "finish.max_tokens"): 36,
    ("UNEXPECTED_TOOL_CALL", "finish.unexpected_tool"): 3,
    ("NO_IMAGE", "finish.no_image"): 2,
    ("OTHER", "finish.other"): 1,
    (None, "finish.missing"): 2,
}
CURATED_HINTS = {
    ("STOP",): 110,
    ("STOP", "finish.stop.empty"): 1,
    ("SAFETY", "finish.safety"): 6,
    ("RECITATION", "finish.recitation"): 4,
    ("OTHER", "finish.other"): 1,
    ("FAKE_ENUM", "finish.unknown"): 2,
    ("FAKE_NEW_FINISH_REASON", "finish.unknown"): 1,
    (None, "block.safety"): 7,
    (None, "block.unknown"): 1,
    (None, "finish.missing"): 15,
}


def _rows() -> Iterator[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _errors() -> list[dict[str, Any]]:
    return [row for row in _rows() if row["status"] >= 400]


def _answers() -> list[dict[str, Any]]:
    """Answers of generate_content in the encoding that the SDK asks for."""
    rows = (row for row in _rows() if row["status"] == 200 and not row.get("enum_encoding"))
    return [row for row in rows if "enerateContent" in row["url_path"] and "batch" not in row["url_path"]]


def _chunks(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, str):
        lines = [line[5:] for line in body.replace("\r\n", "\n").split("\n") if line.startswith("data:")]
        for line in lines:
            with contextlib.suppress(ValueError):  # some curated streams are broken on purpose
                yield json.loads(line)
    else:
        yield from body if isinstance(body, list) else [body]


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    """What a span would show of an answer: the last value of each field."""
    found: dict[str, Any] = {names.HTTP_STATUS_CODE: 200}
    usable = False
    asked = re.search(r"models/([^:/?]+):", row["url_path"])
    if asked and not row.get("url_inferred"):
        found[names.REQUEST_MODEL] = asked[1]
    for chunk in filter(lambda chunk: isinstance(chunk, dict), _chunks(row["response_body"])):
        usage = chunk.get("usageMetadata") or {}
        candidates = chunk.get("candidates") or []
        thoughts = usage.get("thoughtsTokenCount")
        visible = usage.get("candidatesTokenCount")
        reasons = [candidate["finishReason"] for candidate in candidates if candidate.get("finishReason")]
        fields = {
            names.RESPONSE_MODEL: chunk.get("modelVersion"),
            names.BLOCK_REASON: (chunk.get("promptFeedback") or {}).get("blockReason"),
            names.USAGE_OUTPUT_TOKENS: None
            if thoughts is visible is None
            else (visible or 0) + (thoughts or 0),
            names.USAGE_REASONING_OUTPUT_TOKENS: thoughts,
            names.FINISH_REASON: reasons[-1] if reasons else None,
        }
        found.update({name: value for name, value in fields.items() if value is not None})
        parts = [
            part for candidate in candidates for part in (candidate.get("content") or {}).get("parts") or []
        ]
        usable = usable or any(map(_usable, parts))
    facts = ResponseFacts(usable=usable, block_reason=found.get(names.BLOCK_REASON))
    return {**found, names.OUTCOME: answer_outcome(facts, found.get(names.FINISH_REASON))}


def _usable(part: dict[str, Any]) -> bool:
    return not part.get("thought") and bool(set(part) - {"thoughtSignature"}) and part.get("text") != ""


@pytest.mark.parametrize(("curated", "expected"), [(False, ANSWER_HINTS), (True, CURATED_HINTS)])
def test_recorded_answers(curated: bool, expected: dict[tuple[str | None, ...], int]) -> None:
    """An answer that went well gets no hint, and each other one the hint for what went wrong."""
    spans = [_attributes(row) for row in _answers() if bool(row.get("curated")) is curated]
    assert collections.Counter((span.get(names.FINISH_REASON), *ids(span)) for span in spans) == expected


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
    assert kinds == ERROR_KINDS
    for kind in kinds:
        assert len(ids({names.ERROR_KIND: kind, names.ERROR_TYPE: "400"})) == 1


def test_bare_errors_only_are_generic() -> None:
    """An error that ends as an invalid argument said nothing else."""
    rows = [row for row in _errors() if _kind(row) == "invalid_argument"]
    assert {row["response_body"]["error"]["message"] for row in rows} == {
        "Request contains an invalid argument."
    }
