import enum
import errno
import json
import ssl
from typing import Any

import google.auth.exceptions
import pytest

from gemini_otel._facts.errors.cancellation import is_cancellation
from gemini_otel._facts.errors.exceptions import read_close, read_error
from gemini_otel._sdk.live.messages import close_code


class ServiceError(Exception):
    """Has the shape of google.genai.errors.APIError."""

    def __init__(self, code: Any, status: Any = None, message: Any = None, details: Any = None) -> None:
        super().__init__(message)
        self.code, self.status, self.message, self.details = code, status, message, details


def rpc(name: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{name}", **fields}


def test_reads_all_details_of_a_quota_error() -> None:
    """Reason, quota and delay come from ErrorInfo, QuotaFailure and RetryInfo."""
    quota = {"quotaId": "RequestsPerDay-FreeTier", "quotaMetric": "requests", "quotaValue": "50"}
    details = [
        rpc("QuotaFailure", violations=[quota]),
        rpc("RetryInfo", retryDelay="8.5s"),
        rpc("ErrorInfo", reason="RATE_LIMIT_EXCEEDED"),
    ]
    facts = read_error(ServiceError(429, "RESOURCE_EXHAUSTED", "limit: 50", {"error": {"details": details}}))
    assert facts == (
        "429",
        429,
        "RESOURCE_EXHAUSTED",
        "RATE_LIMIT_EXCEEDED",
        "daily_quota",
        "limit: 50",
        "limit: 50",
        "RequestsPerDay-FreeTier",
        "requests",
        50,
        8.5,
    )


def test_a_daily_quota_wins_over_one_per_minute() -> None:
    """Of several violated quotas the daily one is reported: waiting a minute does not help."""
    violations = [{"quotaId": "PerMinute"}, {"quotaId": "XPerDay", "quotaValue": 20}]
    facts = read_error(
        ServiceError(429, details={"error": {"details": [rpc("QuotaFailure", violations=violations)]}})
    )
    assert (facts.quota_id, facts.quota_limit) == ("XPerDay", 20)


def test_reads_a_quota_from_error_info() -> None:
    """Where QuotaFailure is missing, ErrorInfo's metadata name the quota."""
    metadata = {"quota_limit": "PerMinute", "quota_metric": "m", "quota_limit_value": "60"}
    facts = read_error(
        ServiceError(429, details={"error": {"details": [rpc("ErrorInfo", metadata=metadata)]}})
    )
    assert (facts.quota_id, facts.quota_metric, facts.quota_limit) == ("PerMinute", "m", 60)


def test_reads_a_retry_after_header() -> None:
    """Without RetryInfo a numeric Retry-After header gives the delay."""
    error = ServiceError(503, "UNAVAILABLE")
    error.response = type("Response", (), {"headers": {"retry-after": "30"}})()  # type: ignore[attr-defined]
    assert read_error(error).retry_delay == 30.0


@pytest.mark.parametrize(
    "details",
    [
        None,
        "text",
        [],
        [{"error": {"details": [rpc("RetryInfo", retryDelay="soon")]}}],
        {"error": "text"},
        {"error": {"details": {"not": "a list"}}},
        {"details": ["text", rpc("QuotaFailure", violations=["text"]), rpc("ErrorInfo", metadata="text")]},
    ],
)
def test_odd_bodies_give_what_they_can(details: Any) -> None:
    """A body of any other form gives code and status and nothing else."""
    facts = read_error(ServiceError(429, "RESOURCE_EXHAUSTED", None, details))
    assert (facts.type, facts.status, facts.quota_id, facts.retry_delay) == (
        "429",
        "RESOURCE_EXHAUSTED",
        None,
        None,
    )


def test_a_body_that_is_left_unparsed_in_the_message() -> None:
    """A stream refused as text/event-stream over aiohttp leaves its JSON in the message: it is read from there."""
    inner = {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "limit: 0",
        "details": [rpc("RetryInfo", retryDelay="2s")],
    }
    text = json.dumps({"error": inner})
    facts = read_error(
        ServiceError(429, "Too Many Requests", text, {"message": text, "status": "Too Many Requests"})
    )
    assert (facts.status, facts.message, facts.retry_delay) == ("RESOURCE_EXHAUSTED", "limit: 0", 2.0)
    odd = read_error(ServiceError(429, "Too Many Requests", "{not json", {"message": "{not json"}))
    assert (odd.status, odd.message) == ("Too Many Requests", "{not json")
    assert read_error(ServiceError(400, "S", "[1]")).message == "[1]"


def test_an_interactions_error_is_read_by_its_status_code() -> None:
    """`status_code` and `body`, as the interactions client has them, stand in for `code` and `details`."""
    error = Exception("x")
    error.status_code = 400  # type: ignore[attr-defined]
    error.body = {"error": {"details": [rpc("ErrorInfo", reason="API_KEY_INVALID")]}}  # type: ignore[attr-defined]
    facts = read_error(error)
    assert (facts.type, facts.reason, facts.kind) == ("400", "API_KEY_INVALID", "invalid_key")


@pytest.mark.parametrize(
    ("error", "type_", "kind"),
    [
        (TimeoutError("prompt text"), "TimeoutError", "timeout"),
        (ConnectionResetError(), "ConnectionResetError", "connection"),
        (google.auth.exceptions.TransportError(), "google.auth.exceptions.TransportError", "credentials"),
        (google.auth.exceptions.ReauthFailError(), "google.auth.exceptions.ReauthFailError", "credentials"),
        (ConnectionRefusedError(), "ConnectionRefusedError", "unreachable"),
        (ssl.SSLCertVerificationError("prompt text"), "ssl.SSLCertVerificationError", "tls"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "OSError", "unreachable"),
        (OSError("Multiple exceptions: [Errno 111] x, [Errno 111] y"), "OSError", "unreachable"),
        (OSError(errno.EMFILE, "Too many open files"), "OSError", "too_many_files"),
        (OSError(errno.ENOSPC, "No space left on device"), "OSError", None),
        (ServiceError(None), f"{__name__}.ServiceError", None),
        (ServiceError(True), f"{__name__}.ServiceError", None),
    ],
)
def test_an_exception_without_a_code_gives_its_class_only(
    error: Exception, type_: str, kind: str | None
) -> None:
    """The texts of other exceptions may quote prompts: only the class name is taken."""
    facts = read_error(error)
    assert (facts.type, facts.kind, facts.message) == (type_, kind, None)


class ConnectError(Exception):
    """Has the name of httpx's class for whatever kept it from connecting."""


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLCertVerificationError(), "tls"),
        (OSError(errno.EMFILE, "Too many open files"), "too_many_files"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "unreachable"),
        (OSError("407 Proxy Authentication Required"), "proxy_auth"),
        (None, "unreachable"),
    ],
)
def test_the_cause_tells_why_there_is_no_connection(cause: Exception | None, kind: str) -> None:
    """However many exceptions of the transport's layers are in between."""
    between = ConnectError()
    between.__cause__ = cause
    error = ConnectError()
    error.__context__ = between
    assert read_error(error).kind == kind


def test_codes_of_aiohttp_are_not_those_of_the_api() -> None:
    """A proxy's refusal, and what cannot be parsed, carry a `code` that the API did not send."""
    aiohttp = pytest.importorskip("aiohttp")
    request = aiohttp.RequestInfo("https://host", "POST", {}, "https://host")
    error = aiohttp.ClientHttpProxyError(request, (), status=407, message="Proxy Authentication Required")
    facts = read_error(error)
    assert (facts.type, facts.code, facts.kind) == (
        "aiohttp.client_exceptions.ClientHttpProxyError",
        None,
        "proxy_auth",
    )


class Code(enum.IntEnum):
    """As websockets has them."""

    BROKEN = 1006


def test_codes_of_a_close_are_plain_numbers() -> None:
    """They are numbers on a span, and texts in `error.type`: an enum of Python 3.10 writes its name there."""
    error = ServiceError(Code.BROKEN, details="x")
    closed = read_close(error)
    assert closed is not None
    assert type(closed.code) is int
    assert read_error(error).type == "1006"
    websocket = type("Websocket", (), {"close_code": Code.BROKEN})()
    assert type(close_code(websocket)()) is int


def test_cancellation_is_told_by_its_name() -> None:
    """asyncio's and trio's cancellations are recognised, a future's CancelledError is an error."""
    import asyncio
    import concurrent.futures

    assert is_cancellation(asyncio.CancelledError())
    assert is_cancellation(type("Cancelled", (BaseException,), {})())
    assert not is_cancellation(concurrent.futures.CancelledError())
    assert not is_cancellation(KeyboardInterrupt())
