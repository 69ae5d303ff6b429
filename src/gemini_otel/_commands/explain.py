"""explain(): from a code, an exception or a response to hints, through the same facts and attributes as a span's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gemini_otel._facts import names
from gemini_otel._facts.calls import RequestFacts
from gemini_otel._facts.errors.causes import KNOWN, KNOWN_KINDS, LIVE_INTERACTION
from gemini_otel._facts.errors.exceptions import ErrorBody, read_error
from gemini_otel._facts.errors.kinds import HTTP_CODES, error_kind
from gemini_otel._facts.outcomes import answer_outcome, worst_finish_reason
from gemini_otel._telemetry.attributes import (
    Attributes,
    error_attributes,
    repetition_attributes,
    response_attributes,
)
from gemini_otel._telemetry.repetition_watch import RepetitionWatch
from gemini_otel.hints import Hint, find, for_code

if TYPE_CHECKING:
    from google.genai.types import GenerateContentResponse


_LONGEST = 8000  # characters at the end of a text that are looked at
_CLASSES = KNOWN.difference(KNOWN_KINDS).union(LIVE_INTERACTION)


def explain(subject: str | int | BaseException | GenerateContentResponse) -> list[Hint]:
    """What there is to know about a code, an exception or a response of the Gemini API; likeliest first.

    A code is a finish or block reason, a google.rpc status, an HTTP status, an ErrorInfo reason or a hint id, in any case.
    Returns an empty list where nothing is known, or nothing is wrong. Raises TypeError for anything else.
    """
    if isinstance(subject, str | int):
        return for_code(str(getattr(subject, "value", subject)))
    if isinstance(subject, BaseException):
        return find(_error(subject), level="info")
    if hasattr(subject, "candidates"):
        return find(_answer(subject), level="info")
    raise TypeError(f"explain() takes a code, an exception or a response, not {type(subject).__name__}")


def body_attributes(body: object) -> Attributes | None:
    """What a span would show of an error body, `{"error": {...}}` or what is inside; None where `body` is none."""
    if isinstance(body, list) and body:
        body = body[0]
    said = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(said, Mapping):
        return None
    code, status = said.get("code"), said.get("status")
    if isinstance(code, str) and not code.isdecimal():
        code, status = None, code  # the Interactions API names its errors by words
    if code is None and isinstance(status, str):
        code = HTTP_CODES.get(status.upper())
    if code is not None and str(code).isdecimal():
        return _error(ErrorBody(int(code), {"error": {**said, "status": status}}))
    if not isinstance(status, str):
        return None
    kind = error_kind(code=None, status=status, message=str(said.get("message") or ""))
    return {
        names.ERROR_TYPE: status,
        names.ERROR_STATUS: status,
        names.ERROR_KIND: kind,
        names.OUTCOME: "error",
    }


def text_attributes(text: str) -> Attributes | None:
    """What a span would show of the last exception whose text stands in a log or a traceback; None where there is none."""
    from gemini_otel.hints._foreign.errors import add_exception

    lines = text[-_LONGEST:].splitlines()
    for place in reversed(range(len(lines))):
        named = next((word for word in re.findall(r"\w+", lines[place]) if word in _CLASSES), "")
        told: Attributes = {}
        add_exception(named, lines[place], told)
        if names.ERROR_TYPE in told:
            found: Attributes = {names.OUTCOME: "error"}
            add_exception(named, "\n".join(lines[place:]), found)  # its message may go on below
            return found
    return None


def _error(error: BaseException) -> Attributes:
    facts = read_error(error)
    attributes = error_attributes(facts)
    attributes[names.OUTCOME] = "error"
    if facts.code is not None:
        attributes[names.HTTP_STATUS_CODE] = facts.code
    return attributes


def _answer(response: GenerateContentResponse) -> Attributes:
    from gemini_otel._sdk.generate_content.operation import GenerateContentAnswer

    answer = GenerateContentAnswer(RequestFacts())
    watch = RepetitionWatch(structured=False)
    answer.feed(response, watch)
    facts = answer.facts()
    attributes = {**response_attributes(facts), **repetition_attributes(watch.verdict)}
    attributes[names.OUTCOME] = answer_outcome(facts, worst_finish_reason(facts.finish_reasons))
    return attributes
