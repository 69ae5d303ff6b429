"""Reads an exception into facts, by its shape: `code`, `status`, `message`, `details` as `google.genai.errors.APIError`
has them, or `status_code` and `body` as the interactions client has. Other exceptions give their class name only, because
their texts may quote prompts.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors import causes as classes
from gemini_otel._facts.errors.kinds import STATUSES, error_kind
from gemini_otel._facts.errors.masking import mask

_CODE_WORD = re.compile(r"[A-Za-z_]{1,64}")


def read_error(error: BaseException, *, vertex: bool = False) -> ErrorFacts:
    """What the service said with `error`; just its type for any other exception."""
    closed = read_close(error)
    if closed is not None:
        return _closed_facts(closed, vertex)
    code = _http_code(error)
    if code is None or not isinstance(error, Exception):
        return ErrorFacts(type=class_name(error), kind=_transport_kind(error))
    said = _said(error)
    status, message = _text(said.get("status")) or _phrase(error, code), _text(said.get("message"))
    details = [detail for detail in _items(said.get("details")) if isinstance(detail, Mapping)]
    info = next((detail for detail in details if _is(detail, "ErrorInfo")), {})
    quota_id, quota_metric, quota_limit = _quota(details, info)
    retry_delay = _retry_delay(details, error)
    return ErrorFacts(
        type=str(code),
        code=code,
        status=status,
        reason=_text(info.get("reason")),
        kind=error_kind(
            code=code,
            status=status,
            reason=_text(info.get("reason")),
            quota_id=quota_id,
            quota_limit=quota_limit,
            retry_delay=retry_delay,
            message=message,
            vertex=vertex,
        ),
        message=mask(message) if message else None,
        raw_message=message,
        quota_id=quota_id,
        quota_metric=quota_metric,
        quota_limit=quota_limit,
        retry_delay=retry_delay,
    )


def unread_error(error: BaseException) -> ErrorFacts:
    """What is certain of an exception that cannot be read: its code, where it has one, and else its class."""
    code = _http_code(error)
    return ErrorFacts(type=class_name(error) if code is None else str(code), code=code)


def read_reported(code: object, message: object) -> ErrorFacts:
    """An error that an answer reports without an exception: a job's or an interaction's.

    `code` is a number of google.rpc.Code, or a word such as `quota_exceeded`, which may stand at the end of a URI.
    https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
    """
    number, said = _integer(code), _text(message)
    status = STATUSES[number] if number is not None and 0 < number < len(STATUSES) else _code_word(code)
    return ErrorFacts(
        type=status or "unknown",
        status=status,
        kind=error_kind(code=None, status=status, message=said),
        message=mask(said) if said else None,
    )


def _code_word(code: object) -> str | None:
    """A word of the Interactions API's, which stands where other services have a status."""
    word = re.split(r"[/#]", code)[-1] if isinstance(code, str) else ""
    return word if _CODE_WORD.fullmatch(word) else None


class ErrorBody(Exception):  # noqa: N818  # never raised: it has the shape in which errors are read
    """An error as the service sends it."""

    def __init__(self, code: int, details: object) -> None:
        self.code = code
        self.details = details


class Close(NamedTuple):
    """How a websocket ended: code and reason of the close frame, 1006 where it broke without one."""

    code: int
    reason: str | None


def read_close(error: BaseException) -> Close | None:
    """How the websocket ended that `error` speaks of: an exception of `websockets`, or an APIError that stands for one."""
    frames = vars(error)
    if "close_code" in frames and "server_code" in frames:  # of a live interaction; it keeps no reason
        code = frames["close_code"]
        return Close(int(code), None) if isinstance(code, int) else None
    if "rcvd" not in frames:
        code, reason = frames.get("code"), frames.get("details")
        if "details" not in frames or not isinstance(code, int) or not 1000 <= code < 5000:
            return None
        cause = error.__context__
        if code == _ABNORMAL and cause is not None and "rcvd" in vars(cause):
            return read_close(cause)
        return Close(int(code), _text(reason))
    received, sent = frames["rcvd"], frames.get("sent")
    if received is not None:
        return Close(int(received.code), _text(received.reason))
    # Who closes for a keepalive that was not answered says so in his own frame.
    return Close(_ABNORMAL, _text(getattr(sent, "reason", None)))


_ABNORMAL = 1006  # RFC 6455, section 7.4.1


def _closed_facts(closed: Close, vertex: bool) -> ErrorFacts:
    return ErrorFacts(
        type=str(closed.code),
        kind=error_kind(code=closed.code, message=closed.reason, vertex=vertex),
        message=mask(closed.reason) if closed.reason else None,
        raw_message=closed.reason,
    )


def _http_code(error: BaseException) -> int | None:
    """The HTTP status that the exception carries; of a refused websocket, that of the refusal."""
    if type(error).__module__.startswith("aiohttp."):  # its codes are those of a proxy, or of its own reading
        return None
    refusal = getattr(error, "response", None) if type(error).__name__ == "InvalidStatus" else None
    return (
        _integer(getattr(error, "code", None))
        or _integer(getattr(error, "status_code", None))
        or _integer(getattr(error, "http_status", None))
        or _integer(getattr(refusal, "status_code", None))
    )


def class_name(error: BaseException) -> str:
    """`error.type` of an exception without a code: its qualified class name, bare for built-in ones."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def is_cancellation(error: BaseException) -> bool:
    """Whether `error` says that the task was cancelled (asyncio's, or trio's through anyio); imports neither."""
    return not isinstance(error, Exception) and type(error).__name__ in ("CancelledError", "Cancelled")


def _transport_kind(error: BaseException) -> str | None:
    name = type(error).__name__
    if name == "APIConnectionError":  # of the generated clients, for whatever went wrong below
        cause = error.__cause__
        return (_transport_kind(cause) if cause is not None else None) or "connection"
    if type(error).__module__.startswith("google.auth."):
        return "credentials"  # its TransportError speaks of the server that gives tokens
    if "Timeout" in name:
        return "timeout"
    if type(error) is RuntimeError:
        return next((kind for words, kind in _CLIENT_MISUSE if words in str(error)), None)
    if name in _NOT_CONNECTED or (type(error) is OSError and _is_about_connecting(error)):
        return _why_not_connected(error)
    otherwise = "connection" if isinstance(error, ConnectionError) else None
    return next((kind for kind, names in _KINDS_OF_CLASSES if name in names), otherwise)


_KINDS_OF_CLASSES = (
    ("connection", classes.DISCONNECTED),
    ("bad_url", classes.BAD_URL),
    ("bad_header", classes.BAD_HEADER),
    ("bad_response", classes.UNREADABLE),
)


def _is_about_connecting(error: OSError) -> bool:
    """Sockets have classes for some of what may happen to them, and asyncio has none for several that happened at once."""
    return error.errno in _SOCKET_ERRORS or str(error).startswith("Multiple exceptions: ")


_NOT_CONNECTED = (*classes.NO_TRUST, *classes.UNREACHABLE)
_SOCKET_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENETUNREACH, errno.EHOSTUNREACH)


def _why_not_connected(error: BaseException) -> str:
    """One class of httpx stands for all of it; the causes tell more."""
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if type(cause).__name__ in classes.NO_TRUST:
            return "tls"
        if getattr(cause, "errno", None) in (errno.EMFILE, errno.ENFILE):
            return "too_many_files"
        if getattr(cause, "status", None) == _PROXY_AUTH or str(cause).startswith(f"{_PROXY_AUTH} "):
            return "proxy_auth"
        cause = cause and (cause.__cause__ or cause.__context__)
    return "unreachable"


_CAUSES = 5  # that are looked at; ssl and socket are two below httpx
_PROXY_AUTH = 407

# What httpx, aiohttp and asyncio say where they have no class for it.
_CLIENT_MISUSE = (
    ("client has been closed", "client_closed"),
    ("Session is closed", "client_closed"),
    ("Event loop is closed", "closed_loop"),
    ("attached to a different loop", "closed_loop"),
    ("bound to a different event loop", "closed_loop"),
)


def _said(error: Exception) -> Mapping[str, Any]:
    """Status, message and details as the service said them, else as the exception has them."""
    body = getattr(error, "details", None) or getattr(error, "body", None) or _body_of_refusal(error)
    if isinstance(body, list):
        body = body[0] if body else None
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    said = dict(inner) if isinstance(inner, Mapping) else {}
    message = _text(said.get("message")) or _text(getattr(error, "message", None))
    # A stream that is refused as text/event-stream leaves its JSON unparsed in the message (over aiohttp).
    parsed = _parse(message) if message and message.lstrip().startswith(("{", "[")) else None
    if parsed is not None:
        return parsed
    status = _text(getattr(error, "status", None)) or said.get("status") or _code_word(said.get("code"))
    status = status or _code_word(getattr(error, "server_code", None))
    return {**said, "message": message, "status": status}


def _phrase(error: Exception, code: int) -> str | None:
    """HTTP's own words for a code whose body is no JSON: other clients of the SDK put them where the status is."""
    from http import HTTPStatus

    is_text = isinstance(getattr(error, "body", None), str)
    return next((each.phrase for each in HTTPStatus if is_text and each == code), None)


def _body_of_refusal(error: Exception) -> Any:
    """The body that came instead of a websocket."""
    raw = getattr(getattr(error, "response", None), "body", None)
    return {"error": _parse(raw.decode(errors="replace"))} if isinstance(raw, bytes | bytearray) else None


def _parse(text: str) -> Mapping[str, Any] | None:
    """The error object in a JSON text; None where there is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(body, list) and body:
        body = body[0]
    inner = body.get("error") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is(detail: Mapping[str, Any], name: str) -> bool:
    return str(detail.get("@type", "")).endswith(f"google.rpc.{name}")


def _quota(
    details: list[Mapping[str, Any]], info: Mapping[str, Any]
) -> tuple[str | None, str | None, int | None]:
    """Id, metric and limit of the quota that was hit: of QuotaFailure, else of ErrorInfo's metadata (older, and Vertex)."""
    violations = [
        violation
        for detail in details
        if _is(detail, "QuotaFailure")
        for violation in _items(detail.get("violations"))
        if isinstance(violation, Mapping)
    ]
    if violations:
        # A daily quota is the one that waiting does not help against.
        violation = next((v for v in violations if "PerDay" in str(v.get("quotaId"))), violations[0])
        return (
            _text(violation.get("quotaId")),
            _text(violation.get("quotaMetric")),
            _integer(violation.get("quotaValue")),
        )
    metadata = info.get("metadata")
    if not isinstance(metadata, Mapping):
        return None, None, None
    return (
        _text(metadata.get("quota_limit")),
        _text(metadata.get("quota_metric")),
        _integer(metadata.get("quota_limit_value")),
    )


def _retry_delay(details: list[Mapping[str, Any]], error: Exception) -> float | None:
    """Seconds that the service asked to wait: of RetryInfo, else of a numeric Retry-After header."""
    for detail in details:
        if _is(detail, "RetryInfo"):
            return _seconds(str(detail.get("retryDelay", "")).removesuffix("s"))
    headers = getattr(getattr(error, "response", None), "headers", None)
    return _seconds(headers.get("retry-after")) if isinstance(headers, Mapping) else None


def _seconds(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
