"""Why a call failed: the kind of an API error, or the class of any other exception. Both are values of one subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemini_otel._facts.errors import causes
from gemini_otel._facts.errors.kinds import KINDS, error_kind
from gemini_otel._facts.names import (
    ERROR_KIND,
    ERROR_MESSAGE,
    ERROR_REASON,
    ERROR_STATUS,
    ERROR_TYPE,
    HTTP_STATUS_CODE,
    OUTCOME,
    PROVIDER_NAME,
    QUOTA_ID,
    QUOTA_LIMIT,
    QUOTA_METRIC,
    RESOURCE_NAME,
    RETRY_DELAY,
    UNDECLARED_CALLS,
)
from gemini_otel.hints._trigger import FAILED, Subject, number, text

if TYPE_CHECKING:
    from gemini_otel.hints._hint import Attributes

_KINDS = frozenset(KINDS)

# Codes of the Interactions API that are finish reasons: https://ai.google.dev/gemini-api/docs/api-errors
GENERATION_ERRORS = {
    "malformed_tool_call": "MALFORMED_FUNCTION_CALL",
    **{
        word: word.upper()
        for word in (
            *("safety", "recitation", "language", "prohibited_content", "spii", "blocklist"),
            *("image_safety", "image_prohibited_content", "image_recitation", "image_other", "no_image"),
            *("malformed_function_call", "unexpected_tool_call", "too_many_tool_calls"),
            "missing_thought_signature",
        )
    },
}

SET_RETRIES = "google-genai makes one attempt only, unless http_options.retry_options is set."

# What reading a broken answer raises; before an answer, these exceptions are about the request.
_OF_READING = frozenset((*causes.REFUSED_BY_SDK.classes, "KeyError", "IndexError", "AttributeError"))


def read_failure(attributes: Attributes) -> str | None:
    """The kind of an API error, else the unqualified class name of the exception; None on a span without an error.

    On a span without a kind, as other instrumentations make them, it is derived from the other attributes. A file that could
    not be processed is not a failure of the call, and a finish reason that stopped the model is not one either.
    """
    kind = attributes.get(ERROR_KIND)
    if _is_told_otherwise(attributes):
        return None
    if isinstance(kind, str) and kind in _KINDS:
        return kind
    error_type, code = attributes.get(ERROR_TYPE), attributes.get(HTTP_STATUS_CODE)
    if error_type is None and (not isinstance(code, int) or code < 400) and ERROR_STATUS not in attributes:
        return None
    return _otherwise(attributes, kind, code)


def _otherwise(attributes: Attributes, kind: object, code: object) -> str | None:
    """The class of an exception, unless its kind says more; without a kind, the one derived from the span."""
    name = class_name(attributes)
    told = kind in causes.KNOWN_KINDS
    if name in _OF_READING and isinstance(code, int) and 200 <= code < 300:
        told, kind = True, "bad_response"  # the SDK could not use an answer that it had received
    if name in causes.KNOWN and kind not in causes.CLEAR_KINDS and not (told and name in causes.CATCH_ALL):
        return name  # before the HTTP status, which may be that of an earlier attempt
    if told:
        return str(kind)
    return _kind_of(attributes) or name


def _is_told_otherwise(attributes: Attributes) -> bool:
    """Whether other entries explain it: a failed file, a finish reason, or a function that the SDK did not find."""
    status = attributes.get(ERROR_STATUS)
    if isinstance(status, str) and status in GENERATION_ERRORS:
        return True
    if UNDECLARED_CALLS in attributes and attributes.get(ERROR_TYPE) == "KeyError":
        return True
    return attributes.get(OUTCOME) == "failed" and is_file(attributes)


def is_file(attributes: Attributes) -> bool:
    """Whether the span is about a file or a document."""
    name = text(attributes, RESOURCE_NAME)[:500]
    return name.startswith("files/") or "/documents/" in name


def class_name(attributes: Attributes) -> str | None:
    """The last part of `error.type`; None where it is missing or a code."""
    name = text(attributes, ERROR_TYPE)[-200:].rpartition(".")[2]
    return None if not name or name.isdecimal() else name


def _kind_of(attributes: Attributes) -> str | None:
    """The kind derived from code, status and message of the span; None if it has neither code nor status."""
    name = class_name(attributes) or ""
    code = _code(attributes) or causes.CODE_OF_CLASS.get(name)
    status = text(attributes, ERROR_STATUS) or causes.STATUS_OF_CLASS.get(name)
    if code is None and not status:
        return None
    limit = number(attributes, QUOTA_LIMIT)
    return error_kind(
        code=code,
        status=status,
        reason=text(attributes, ERROR_REASON),
        quota_id=text(attributes, QUOTA_ID),
        quota_limit=int(limit) if limit == 0 else None,
        quota_metric=text(attributes, QUOTA_METRIC),
        retry_delay=number(attributes, RETRY_DELAY),
        message=text(attributes, ERROR_MESSAGE),
        vertex=attributes.get(PROVIDER_NAME) in ("gcp.vertex_ai", "vertex_ai"),
    )


def _code(attributes: Attributes) -> int | None:
    """The HTTP code of the error: `error.type` if it is a code (a stream that breaks off has HTTP 200), else the response's
    status.
    """
    error_type = text(attributes, ERROR_TYPE)
    if len(error_type) == 3 and error_type.isascii() and error_type.isdecimal():
        return int(error_type)
    code = number(attributes, HTTP_STATUS_CODE)
    return int(code) if code is not None and 400 <= code < 1000 else None


HAVE_ENTRIES = frozenset((*KINDS, *causes.UNTOLD_API_ERRORS, *causes.KNOWN))
FAILURE = Subject(read_failure, FAILED)
