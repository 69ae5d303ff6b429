"""Reads the error of a call from the texts that other instrumentations record: an `exception` event, else the span's status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gemini_otel._facts import names
from gemini_otel._facts.errors.bodies import Said, text
from gemini_otel._facts.errors.causes import KNOWN
from gemini_otel._facts.errors.texts import facts_of, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from gemini_otel._facts.calls import ErrorFacts

_LONGEST = 16_000  # characters of a text that are read
_VERTEX = ("gcp.vertex_ai", "vertex_ai")


def add_error(span: ReadableSpan, found: dict[str, Any]) -> None:
    """Add code, status, cause, quota and delay of an API error, or the class of another exception."""
    add_exception(*_exception(span), found)


def is_of_the_service(found: Mapping[str, Any]) -> bool:
    """Whether the error that `add_error` found comes from the service or its transport, and not from the program."""
    module, _, name = str(found.get(names.ERROR_TYPE, ""))[-_LONGEST:].rpartition(".")
    return names.HTTP_STATUS_CODE in found or names.ERROR_KIND in found or (module != "" and name in KNOWN)


def add_exception(exception: str, said: str, found: dict[str, Any]) -> None:
    """Add the same, from the name of an exception's class and its text."""
    vertex = found.get(names.PROVIDER_NAME) in _VERTEX
    facts = read_text(said, exception, vertex=vertex)
    if facts is None or not facts.type.isdecimal():
        facts = _with_code_of_span(found, vertex) or facts
    if facts is not None:
        for name, value in _attributes(facts):
            if value is not None:
                found.setdefault(name, value)


def _with_code_of_span(found: dict[str, Any], vertex: bool) -> ErrorFacts | None:
    """Use the code, which some instrumentations write in place of the class."""
    given = str(found.get(names.ERROR_TYPE, ""))
    if not (len(given) == 3 and given.isascii() and given.isdecimal()):
        return None
    status, message = text(found.get(names.ERROR_STATUS)), text(found.get(names.ERROR_MESSAGE))
    return facts_of(Said(int(given), status, message), vertex=vertex)


def _attributes(facts: ErrorFacts) -> tuple[tuple[str, Any], ...]:
    if not facts.type.isdecimal():  # what the class stands for is decided with the rest of the span
        return (
            (names.ERROR_TYPE, facts.type),
            (names.ERROR_KIND, None if facts.code else facts.kind),
            (names.ERROR_MESSAGE, facts.message),
        )
    return (
        (names.ERROR_TYPE, facts.type),
        (names.HTTP_STATUS_CODE, facts.code),
        (names.ERROR_STATUS, facts.status),
        (names.ERROR_REASON, facts.reason),
        (names.ERROR_MESSAGE, facts.message),
        (names.ERROR_KIND, facts.kind),
        (names.QUOTA_ID, facts.quota_id),
        (names.QUOTA_METRIC, facts.quota_metric),
        (names.QUOTA_LIMIT, facts.quota_limit),
        (names.RETRY_DELAY, facts.retry_delay),
    )


def _exception(span: ReadableSpan) -> tuple[str, str]:
    """Class and text of the exception; the text of the status if there is no event."""
    for event in reversed(span.events):
        if event.name == "exception" and event.attributes:
            kind, said = (event.attributes.get(f"exception.{part}") for part in ("type", "message"))
            return str(kind or ""), str(said or "")[:_LONGEST]
    return "", (span.status.description or "")[:_LONGEST]
