"""Errors of the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gemini_otel._facts import names
from gemini_otel._facts.errors.kinds import KINDS
from gemini_otel.hints import default_hints, evidence, find
from gemini_otel.hints._failure import is_file

from .test_catalogue import ids


def failed(kind: str, **more: Any) -> dict[str, Any]:
    return {names.ERROR_KIND: kind, names.ERROR_TYPE: "400", names.OUTCOME: "error", **more}


def _shown(attributes: dict[str, Any]) -> str | None:
    return evidence(find(attributes)[0], attributes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_entry(kind: str) -> None:
    """Each kind of error leads to one entry, and to no other of the same subject."""
    found = [hint for hint in find(failed(kind)) if hint.id.startswith(("http.", "live.", "net.", "auth."))]
    assert len(found) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_entry_of_its_own(kind: str) -> None:
    """The entry that a kind leads to names that kind as its trigger."""
    (hint,) = find(failed(kind))[:1]
    assert kind in hint.when.values  # type: ignore[union-attr]


# The eight rows of the troubleshooting guide's error table, and the codes beyond it, as any instrumentation may show them.
ROWS = [
    (400, "INVALID_ARGUMENT", "http.400.invalid_argument"),
    (400, "FAILED_PRECONDITION", "http.400.failed_precondition"),
    (403, "PERMISSION_DENIED", "http.403.permission"),
    (404, "NOT_FOUND", "http.404.not_found"),
    (429, "RESOURCE_EXHAUSTED", "http.429.unspecified"),
    (500, "INTERNAL", "http.500.internal"),
    (503, "UNAVAILABLE", "http.503.overloaded"),
    (504, "DEADLINE_EXCEEDED", "http.504.deadline"),
    (401, "UNAUTHENTICATED", "http.401.unauthenticated"),
    (402, None, "http.402.payment"),
    (408, None, "http.408.request_timeout"),
    (409, "ABORTED", "http.409.conflict"),
    (413, None, "http.400.payload_too_large"),
    (416, "OUT_OF_RANGE", "http.416.out_of_range"),
    (499, "CANCELLED", "http.499.cancelled"),
    (501, "UNIMPLEMENTED", "http.501.unimplemented"),
    (502, None, "http.502.bad_gateway"),
    (418, None, "http.unknown"),
]


@pytest.mark.parametrize(("code", "status", "hint_id"), ROWS)
def test_row_of_the_guide(code: int, status: str | None, hint_id: str) -> None:
    """Code and status alone lead to the row's entry, on a span that knows no kinds."""
    attributes = {names.HTTP_STATUS_CODE: code, names.ERROR_TYPE: str(code)}
    assert ids({**attributes, names.ERROR_STATUS: status} if status else attributes) == [hint_id]
    assert ids({names.HTTP_STATUS_CODE: code, **({names.ERROR_STATUS: status} if status else {})}) == [
        hint_id
    ]
    if status:
        assert ids({names.ERROR_TYPE: str(code), names.ERROR_STATUS: status}) == [hint_id]


def test_error_in_the_middle_of_a_stream() -> None:
    """A stream that was opened with 200 and broke off with 503 failed with 503."""
    assert ids({names.HTTP_STATUS_CODE: 200, names.ERROR_TYPE: "503"}) == ["http.503.overloaded"]


def test_the_kind_goes_before_the_code() -> None:
    """Where the span names the cause, the status does not matter."""
    attributes = failed("daily_quota", **{names.HTTP_STATUS_CODE: 429})
    assert ids(attributes) == ["http.429.rate_day"]


def test_message_of_a_foreign_span() -> None:
    """A span without a kind is judged by its message."""
    attributes = {names.HTTP_STATUS_CODE: 400, names.ERROR_MESSAGE: "API key not valid."}
    assert ids(attributes) == ["http.400.api_key_invalid"]


@pytest.mark.parametrize(
    ("error_type", "hint_id"),
    [
        ("google.api_core.exceptions.ResourceExhausted", "http.429.unspecified"),
        ("openai.RateLimitError", "http.429.unspecified"),
        ("openai.AuthenticationError", "http.401.unauthenticated"),
        ("google.api_core.exceptions.FailedPrecondition", "http.400.failed_precondition"),
        ("google.genai.errors.ClientError", "http.unknown"),
        ("ServerError", "http.unknown"),
    ],
)
def test_class_of_a_foreign_span(error_type: str, hint_id: str) -> None:
    """Other clients' exceptions stand for a status."""
    assert ids({names.ERROR_TYPE: error_type}) == [hint_id]


def test_class_with_a_code_beside_it() -> None:
    """A code on the span says more than the class of the exception."""
    attributes = {names.ERROR_TYPE: "google.genai.errors.ClientError", names.HTTP_STATUS_CODE: 404}
    assert ids(attributes) == ["http.404.not_found"]


@pytest.mark.parametrize("code", [200, 399, 1000])
def test_a_status_with_an_http_code_that_is_no_error(code: int) -> None:
    """Such a code says nothing of the error; the status does."""
    assert ids({names.ERROR_STATUS: "NOT_FOUND", names.HTTP_STATUS_CODE: code}) == ["http.404.not_found"]


@pytest.mark.parametrize(("code", "is_answer"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_class_that_speaks_of_the_request_or_of_the_answer(code: int, is_answer: bool) -> None:
    """Behind a success, ValueError says that the SDK could not read the answer; else that it refused the request."""
    attributes = {names.ERROR_TYPE: "ValueError", names.HTTP_STATUS_CODE: code, names.OUTCOME: "error"}
    assert (ids(attributes) == ["net.bad_response"]) is is_answer


def test_only_the_head_of_a_resource_name_is_read() -> None:
    assert is_file({names.RESOURCE_NAME: "/documents/".rjust(500, "x")})
    assert not is_file({names.RESOURCE_NAME: "/documents/".rjust(501, "x")})


def test_vertex_capacity_on_a_foreign_span() -> None:
    """The provider decides what an exhausted resource without a quota means; a 429 without a word means nothing more."""
    attributes = {names.HTTP_STATUS_CODE: 429, names.PROVIDER_NAME: "gcp.vertex_ai"}
    exhausted = {**attributes, names.ERROR_MESSAGE: "Resource exhausted, please try again later."}
    assert ids(exhausted) == ["http.429.shared_capacity"]
    assert ids(attributes) == ["http.429.unspecified"]


def test_zero_quota_on_a_foreign_span() -> None:
    """A quota limit of 0 is recognised without a kind."""
    attributes = {names.HTTP_STATUS_CODE: 429, names.QUOTA_ID: "PerDay", names.QUOTA_LIMIT: 0}
    assert ids(attributes) == ["http.429.zero_limit"]


def test_daily_quota_shows_its_numbers() -> None:
    """The evidence names quota and limit."""
    quota = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    attributes = failed("daily_quota", **{names.QUOTA_ID: quota, names.QUOTA_LIMIT: 50})
    assert _shown(attributes) == f"quota {quota}, limit 50"


def test_minute_quota_shows_the_delay() -> None:
    """The evidence says when to retry."""
    assert _shown(failed("minute_quota", **{names.RETRY_DELAY: 34.0})) == "the service asks to retry in 34 s"


def test_free_tier() -> None:
    """That a quota is one of the free tier is worth a note, and only where the call failed on it."""
    attributes = failed("daily_quota", **{names.QUOTA_ID: "GenerateRequestsPerDay-FreeTier"})
    assert ids(attributes, "info") == ["http.429.rate_day", "http.429.free_tier_on_paid"]
    assert ids(attributes) == ["http.429.rate_day"]


def test_expired_token() -> None:
    """An expired token is told apart from credentials of the wrong kind."""
    attributes = failed("unauthenticated", **{names.ERROR_REASON: "ACCESS_TOKEN_EXPIRED"})
    assert ids(attributes) == ["http.401.token_expired"]


def test_large_context() -> None:
    """An internal error on half a million tokens and more is blamed on them, with the number."""
    attributes = failed("internal", **{names.USAGE_INPUT_TOKENS: 900_000})
    assert ids(attributes) == ["http.500.large_context"]
    assert _shown(attributes) == "900000 input tokens"
    assert ids(failed("internal", **{names.USAGE_INPUT_TOKENS: 900})) == ["http.500.internal"]


def test_suspected_schema() -> None:
    """A bare invalid argument on a call with a schema mentions the schema."""
    attributes = failed("invalid_argument", **{names.STRUCTURED_OUTPUT: True})
    assert ids(attributes) == ["http.400.schema_suspected"]


@pytest.mark.parametrize(
    ("kind", "message", "shown"),
    [
        (
            "input_too_long",
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
            "1250074 input tokens, 1048576 allowed",
        ),
        (
            "cache_too_small",
            "Cached content is too small. total_token_count=97, min_total_token_count=1024",
            "97 tokens, at least 1024 needed",
        ),
        (
            "payload_too_large",
            "Request payload size exceeds the limit: 20971520 bytes.",
            "limit 20971520 bytes",
        ),
        (
            "thinking_budget",
            "The thinking budget 99999 is invalid. Please choose a value between 512 and 24576.",
            "the service allows 512 to 24576",
        ),
        (
            "value_out_of_range",
            "it has a temperature value of 1000 but the supported range is from 0 (inclusive) to 2.0001 (exclusive).",
            "1000 given, 0 to 2.0001 allowed",
        ),
    ],
)
def test_numbers_of_the_message(kind: str, message: str, shown: str) -> None:
    """Numbers that only the service's message has are shown."""
    assert _shown(failed(kind, **{names.ERROR_MESSAGE: message})) == shown


def test_retired_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is not found after its shutdown date is called retired, with its replacement; before, it is not."""
    attributes = failed("model_not_found", **{names.REQUEST_MODEL: "models/gemini-2.0-flash-001"})
    monkeypatch.setattr("gemini_otel.hints.entries.api_errors.today", lambda: dt.date(2026, 6, 1))
    assert ids(attributes) == ["http.404.model_retired"]
    assert _shown(attributes) == (
        "model models/gemini-2.0-flash-001; earliest shutdown 2026-06-01, replacement gemini-3.5-flash"
    )
    monkeypatch.setattr("gemini_otel.hints.entries.api_errors.today", lambda: dt.date(2026, 5, 31))
    assert ids(attributes) == ["http.404.model"]


def test_unknown_model_is_not_called_retired() -> None:
    """A name that nobody knows is not in the table of shutdowns."""
    assert ids(failed("model_not_found", **{names.REQUEST_MODEL: "gemini-9"})) == ["http.404.model"]


def test_every_entry_of_the_api_can_fire() -> None:
    """No entry stands behind a wider one of the same kind."""
    shadowed = []
    seen: set[str] = set()
    for hint in default_hints():
        if hint.id.startswith("http."):
            values = hint.when.values  # type: ignore[union-attr]
            shadowed += [hint.id] if values and values <= seen else []
            seen |= values if hint.when.also is None else set()  # type: ignore[union-attr]
    assert shadowed == []
