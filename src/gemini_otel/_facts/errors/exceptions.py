"""Reads an exception into facts. It needs `code`, `status`, `message` and `details`, as `google.genai.errors.APIError` has
them, or `status_code` and `body`, as the interactions client has them.

Of other exceptions only the class name is read, because their texts may quote prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors import causes
from gemini_otel._facts.errors.bodies import (
    LONGEST,
    Said,
    code_word,
    integer,
    said_by,
    said_in,
    seconds,
    text,
)
from gemini_otel._facts.errors.delays import delay_in
from gemini_otel._facts.errors.kinds import HTTP_CODES, STATUSES, error_kind
from gemini_otel._facts.errors.masking import mask
from gemini_otel._facts.errors.texts import close_facts, facts_of, read_text

_CHAIN = 10  # how many causes of an exception are read


def read_error(error: BaseException, *, vertex: bool = False, wrapped: bool = False) -> ErrorFacts:
    """What the service said, according to `error` or its causes; only the type for any other exception.

    `wrapped` also reads the exception that was being handled when `error` was raised. Around a call of the SDK that can be
    anything.
    """
    facts = _told(error, vertex)
    if facts is not None:
        return facts
    for cause in _below(error, handled=wrapped):
        if (facts := _told(cause, vertex)) is not None:
            return facts
    kind = _transport_kind(error)
    if kind is None and wrapped and isinstance(error, Exception):
        return read_text(str(error)[:LONGEST], class_name(error), vertex=vertex) or ErrorFacts(
            class_name(error)
        )
    return ErrorFacts(type=class_name(error), kind=kind)


def _told(error: BaseException, vertex: bool) -> ErrorFacts | None:
    """What the service said according to this exception alone; None if it said nothing."""
    closed = read_close(error)
    if closed is not None:
        return _close_facts(closed, code_word(getattr(error, "server_code", None)), vertex)
    code = _http_code(error)
    if code is None and (word := code_word(getattr(error, "server_code", None))):
        return read_reported(word, None)
    if code is None or not isinstance(error, Exception):
        return None
    said = _said(error)
    status = said.status or _phrase(error, code)
    delay = said.retry_delay if said.retry_delay is not None else _retry_after(error)
    said = said._replace(
        code=said.code if _is_gateways(code, said) else code, status=status, retry_delay=delay
    )
    return facts_of(said, vertex=vertex)


def _close_facts(closed: Close, status: str | None, vertex: bool) -> ErrorFacts:
    """The service's own word for the error says more than the code with which it closed the websocket."""
    facts = close_facts(closed.code, closed.reason, vertex=vertex)
    if status is None:
        return facts
    told = read_reported(status, closed.reason)
    return facts._replace(status=status, kind=facts.kind if told.kind == "unknown" else told.kind)


def _is_gateways(code: int, said: Said) -> bool:
    """Whether another client gave the error its own code, and the service's code is inside."""
    return said.is_of_google and said.code is not None and said.code >= 400 and said.code != code


def _below(error: BaseException, *, handled: bool) -> Iterator[BaseException]:
    """The causes of an exception; with `handled`, for an exception without a cause, the one that was being handled."""
    seen = {id(error)}
    above = error
    for _ in range(_CHAIN):
        below = above.__cause__
        if below is None and handled and not above.__suppress_context__:
            below = above.__context__
        if below is None or id(below) in seen:
            return
        seen.add(id(below))
        yield below
        above = below


def unread_error(error: BaseException) -> ErrorFacts:
    """What is certain about an exception that cannot be read: its code if it has one, else its class."""
    code = _http_code(error)
    return ErrorFacts(type=class_name(error) if code is None else str(code), code=code)


def read_reported(code: object, message: object) -> ErrorFacts:
    """An error that an answer reports without an exception: a job's or an interaction's.

    `code` is a number of google.rpc.Code, or a word such as `quota_exceeded`, which may stand at the end of a URI.
    https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
    """
    number, said = integer(code), text(message)
    status = STATUSES[number] if number is not None and 0 < number < len(STATUSES) else code_word(code)
    return ErrorFacts(
        type=status or "unknown",
        status=status,
        kind=error_kind(code=None, status=status, message=said),
        message=mask(said) if said else None,
        retry_delay=delay_in(said, HTTP_CODES.get(status or "")),
    )


class ErrorBody(Exception):  # noqa: N818  # never raised: it has the shape in which errors are read
    """An error body as the service sends it."""

    def __init__(self, code: int, details: object) -> None:
        self.code = code
        self.details = details


class Close(NamedTuple):
    """How a websocket ended: code and reason of the close frame; 1006 if there was no frame."""

    code: int
    reason: str | None


def read_close(error: BaseException) -> Close | None:
    """How the websocket ended, according to `error`: an exception of `websockets`, or an APIError that stands for one."""
    frames = vars(error)
    if "close_code" in frames and "server_code" in frames:  # for a live interaction; it has no reason
        code = frames["close_code"]
        return Close(int(code), None) if isinstance(code, int) else None
    if "rcvd" not in frames:
        code, reason = frames.get("code"), frames.get("details")
        if "details" not in frames or not isinstance(code, int) or not 1000 <= code < 5000:
            return None
        cause = error.__context__
        if code == _ABNORMAL and cause is not None and "rcvd" in vars(cause):
            return read_close(cause)
        return Close(int(code), text(reason))
    received, sent = frames["rcvd"], frames.get("sent")
    if received is not None:
        return Close(int(received.code), text(received.reason))
    # A client that closes after an unanswered keepalive ping says so in its own frame.
    return Close(_ABNORMAL, text(getattr(sent, "reason", None)))


_ABNORMAL = 1006  # RFC 6455, section 7.4.1


def _http_code(error: BaseException) -> int | None:
    """The HTTP status of the exception; for a refused websocket, that of the refusal."""
    if type(error).__module__.startswith("aiohttp."):  # its codes are those of a proxy, or of its own parsing
        return None
    refusal = getattr(error, "response", None) if type(error).__name__ == "InvalidStatus" else None
    return (
        integer(getattr(error, "code", None))
        or integer(getattr(error, "status_code", None))
        or integer(getattr(error, "http_status", None))
        or integer(getattr(refusal, "status_code", None))
    )


def class_name(error: BaseException) -> str:
    """`error.type` of an exception without a code: its qualified class name, without a module for built-in ones."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _transport_kind(error: BaseException) -> str | None:
    name = type(error).__name__
    if name in causes.CATCH_ALL:  # of the generated clients, for any failure
        cause = error.__cause__
        return (_transport_kind(cause) if cause is not None else None) or causes.DISCONNECTED.kind
    if (kind := causes.kind_of_module(type(error).__module__)) is not None:
        return kind
    if "Timeout" in name:
        return causes.TIMEOUT.kind
    if name in causes.SPEAKING:
        return causes.kind_of_text(name, str(error))
    if name in causes.NOT_CONNECTED or (type(error) is OSError and _is_about_connecting(error)):
        return _why_not_connected(error)
    otherwise = causes.DISCONNECTED.kind if isinstance(error, ConnectionError) else None
    return causes.kind_of_class(name) or otherwise


def _is_about_connecting(error: OSError) -> bool:
    """Whether an OSError is a failed connection. Some errnos have no class, and asyncio wraps several failures in a bare
    OSError.
    """
    return error.errno in causes.ERRNOS or str(error).startswith("Multiple exceptions: ")


def _why_not_connected(error: BaseException) -> str | None:
    """Find the reason in the causes, because httpx raises ConnectError for every failure to connect."""
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None:
            break
        number, status = getattr(cause, "errno", None), getattr(cause, "status", None)
        if (kind := causes.why_not_connected(type(cause).__name__, number, status, str(cause))) is not None:
            return kind
        cause = cause.__cause__ or cause.__context__
    return causes.UNREACHABLE.kind


_CAUSES = 5  # how many causes are read; ssl and socket are two below httpx


def _said(error: Exception) -> Said:
    """Status, message and details from the service's body, else from the exception."""
    body = getattr(error, "details", None) or getattr(error, "body", None) or _body_of_refusal(error)
    message, status = text(getattr(error, "message", None)), text(getattr(error, "status", None))
    said = said_by(body)
    if said.message is None and message is not None:
        # If a stream is refused as text/event-stream, the JSON is unparsed in the message (with aiohttp).
        said = said.beside(said_by({"error": {"message": message}}))
    if said.is_of_google:
        return said
    return said._replace(status=status or said.status or code_word(getattr(error, "server_code", None)))


def _phrase(error: Exception, code: int) -> str | None:
    """HTTP's phrase for the code, if the body is not JSON: other clients of the SDK put it in place of the status."""
    from http import HTTPStatus

    is_text = isinstance(getattr(error, "body", None), str)
    return next((each.phrase for each in HTTPStatus if is_text and each == code), None)


def _body_of_refusal(error: Exception) -> Any:
    """The body of the HTTP answer that refused a websocket."""
    raw = getattr(getattr(error, "response", None), "body", None)
    if not isinstance(raw, bytes | bytearray):
        return None
    said = said_in(raw[:LONGEST].decode(errors="replace"))
    return (
        None
        if said is None
        else {"error": {"code": said.code, "status": said.status, "message": said.message}}
    )


def _retry_after(error: Exception) -> float | None:
    """Seconds of a numeric Retry-After header."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    return seconds(headers.get("retry-after")) if isinstance(headers, Mapping) else None
