"""The error of a call, from the texts that other instrumentations leave: an `exception` event, else the span's status."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gemini_otel._facts import names
from gemini_otel._facts.errors.causes import KNOWN, UNREACHABLE
from gemini_otel._facts.errors.kinds import error_kind
from gemini_otel._facts.errors.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

_LONGEST = 8000  # characters of a text that are looked at
# `str(APIError)` is "429 RESOURCE_EXHAUSTED. {'error': {...}}", also in the middle of what others make of it.
_API_ERROR = re.compile(r"\b([45]\d\d) ([A-Z][A-Z_]{3,40}\b|[A-Z][A-Za-z -]{3,40}(?=\. \{))")
_OPENAI_ERROR = re.compile(r"\bError code: ([45]\d\d)\b")
# One field of the body in it, as Python or as JSON writes it. The text may end anywhere, so that it cannot be parsed.
_FIELD = re.compile(
    r"""["'](status|message|reason|quotaId|quotaMetric|quotaValue|retryDelay)["']: ?"""
    r"""(?:'((?:[^'\\]|\\.){0,2000})'|"((?:[^"\\]|\\.){0,2000})")"""
)
# What the text of an exception says of what kept it from connecting, where the class says less.
_CAUSES = (
    ("[SSL: ", "tls"),
    ("Too many open files", "too_many_files"),
    ("407 Proxy Authentication Required", "proxy_auth"),
)
_VERTEX = ("gcp.vertex_ai", "vertex_ai")


def add_error(span: ReadableSpan, found: dict[str, Any]) -> None:
    """Code, status, cause, quota and delay of an API error, or the class of another exception."""
    add_exception(*_exception(span), found)


def is_of_the_service(found: Mapping[str, Any]) -> bool:
    """Whether the error that `add_error` found is one of the service or of what connects to it, no exception of the program's own."""
    module, _, name = str(found.get(names.ERROR_TYPE, ""))[-_LONGEST:].rpartition(".")
    return names.HTTP_STATUS_CODE in found or names.ERROR_KIND in found or (module != "" and name in KNOWN)


def add_exception(exception: str, text: str, found: dict[str, Any]) -> None:
    """The same, from the name of an exception's class and its text."""
    match = _API_ERROR.search(text) or _OPENAI_ERROR.search(text)
    given = str(found.get(names.ERROR_TYPE, ""))
    if match is not None:
        code = int(match[1])
    elif len(given) == 3 and given.isascii() and given.isdecimal():
        code = int(given)
    else:
        if exception:
            found.setdefault(names.ERROR_TYPE, exception)
            kind = next((kind for words, kind in _CAUSES if words in text), None)
            if exception.startswith("google.auth."):
                found.setdefault(names.ERROR_KIND, "credentials")
            elif kind is not None and exception.rpartition(".")[2] in (*UNREACHABLE, "OSError"):
                found.setdefault(names.ERROR_KIND, kind)
        return
    found.setdefault(names.HTTP_STATUS_CODE, code)
    found.setdefault(names.ERROR_TYPE, str(code))
    fields = _fields(text)
    if match is not None and match.re is _API_ERROR:
        fields.setdefault(names.ERROR_STATUS, match[2])
    for name, value in fields.items():
        found.setdefault(name, value)
    found.setdefault(names.ERROR_KIND, _kind(found, code))
    if isinstance(said := found.get(names.ERROR_MESSAGE), str):
        found[names.ERROR_MESSAGE] = mask(said)


def _exception(span: ReadableSpan) -> tuple[str, str]:
    """Class and text of the exception; the text of the status where no event tells."""
    for event in reversed(span.events):
        if event.name == "exception" and event.attributes:
            kind, text = (event.attributes.get(f"exception.{part}") for part in ("type", "message"))
            return str(kind or ""), str(text or "")[:_LONGEST]
    return "", (span.status.description or "")[:_LONGEST]


def _fields(text: str) -> dict[str, Any]:
    """The first of each field; of several quotas the daily one, because waiting does not help against it."""
    said: dict[str, list[str]] = {}
    for match in _FIELD.finditer(text):
        said.setdefault(match[1], []).append(match[2] if match[2] is not None else match[3])
    ids = said.get("quotaId", [])
    which = next((place for place, quota in enumerate(ids) if "PerDay" in quota), 0)
    return dict(_chosen(said, which))


def _chosen(said: dict[str, list[str]], quota: int) -> Iterator[tuple[str, Any]]:
    for field, name in (
        ("status", names.ERROR_STATUS),
        ("message", names.ERROR_MESSAGE),
        ("reason", names.ERROR_REASON),
    ):
        if field in said:
            yield name, said[field][0]
    for field, name in (("quotaId", names.QUOTA_ID), ("quotaMetric", names.QUOTA_METRIC)):
        if quota < len(said.get(field, ())):
            yield name, said[field][quota]
    if quota < len(limits := said.get("quotaValue", [])) and limits[quota].isdecimal():
        yield names.QUOTA_LIMIT, int(limits[quota][:18])
    delay = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)s", said["retryDelay"][0]) if "retryDelay" in said else None
    if delay is not None:
        yield names.RETRY_DELAY, float(delay[1])


def _kind(found: dict[str, Any], code: int) -> str:
    return error_kind(
        code=code,
        status=_text(found.get(names.ERROR_STATUS)),
        reason=_text(found.get(names.ERROR_REASON)),
        quota_id=_text(found.get(names.QUOTA_ID)),
        quota_limit=found.get(names.QUOTA_LIMIT),
        retry_delay=found.get(names.RETRY_DELAY),
        message=_text(found.get(names.ERROR_MESSAGE)),
        vertex=found.get(names.PROVIDER_NAME) in _VERTEX,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
