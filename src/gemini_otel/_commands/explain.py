"""explain() finds the hints for a code, an exception or a response, through the same facts and attributes as for a span."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts, RequestFacts
from gemini_otel._facts.errors import causes
from gemini_otel._facts.errors.bodies import Said, said_by
from gemini_otel._facts.errors.exceptions import read_error
from gemini_otel._facts.errors.texts import facts_of, read_text
from gemini_otel._facts.outcomes import answer_outcome, worst_finish_reason
from gemini_otel._telemetry.attributes import (
    Attributes,
    failure_attributes,
    repetition_attributes,
    response_attributes,
)
from gemini_otel._telemetry.repetition_watch import RepetitionWatch
from gemini_otel.hints import Hint, find, for_code

if TYPE_CHECKING:
    from google.genai.types import GenerateContentResponse

_LONGEST_CODE = 200

# Frames of a traceback that have to do with the API; a class alone proves nothing if the frames are another library's.
_FRAMES = re.compile(r'^ +File "', re.MULTILINE)
_OURS = re.compile(
    r"genai|gemini|generate_content|vertexai|litellm|google|httpx|aiohttp|candidates", re.IGNORECASE
)


def explain(subject: str | int | BaseException | GenerateContentResponse) -> list[Hint]:
    """What is known about a code, an exception or a response of the Gemini API, the most specific hint first.

    A code is a finish or block reason, a google.rpc status, an HTTP status, an ErrorInfo reason or a hint id, in upper or
    lower case. Any other text is read like an exception's. An exception is searched together with its causes. Returns a list
    of `Hint`, which is empty if nothing is known or nothing is wrong. Raises TypeError for any other argument.
    """
    if isinstance(subject, str | int):
        code = str(getattr(subject, "value", subject))
        return for_code(code[:_LONGEST_CODE]) or _of_text(code)
    if isinstance(subject, BaseException):
        return find(_error(subject), level="info")
    if hasattr(subject, "candidates"):
        return find(_answer(subject), level="info")
    raise TypeError(f"explain() takes a code, an exception or a response, not {type(subject).__name__}")


def body_attributes(body: object) -> Attributes | None:
    """The attributes of a span with this error body, `{"error": {...}}` or its inner object; None if `body` is neither."""
    error_body = said_by(body)
    if error_body.code is None and error_body.status is None:
        return None
    return failure_attributes(facts_of(error_body, vertex=False))


def text_attributes(text: str) -> Attributes | None:
    """The attributes of a span with the error in a text, such as a record of a log; None if the text has no error."""
    facts = read_text(text)
    if facts is None or (not facts.type.isdecimal() and _FRAMES.search(text) and not _OURS.search(text)):
        return None
    if facts.kind is not None and facts.kind == causes.NO_PARTS.kind:
        # No call failed, but the program misused the reply.
        return {
            names.ERROR_TYPE: facts.type,
            names.ERROR_KIND: facts.kind,
            names.OUTCOME: "empty",
            names.FINISH_REASON: "STOP",
        }
    return failure_attributes(facts)


def message_attributes(text: str) -> Attributes | None:
    """The attributes of a span with this message given without its code or class; None if no cause is certain."""
    # The SDK's words for a missing key end like the service's for a key that it did not accept.
    if (kind := causes.kind_of_client(text)) is not None:
        return failure_attributes(ErrorFacts("ValueError", kind=kind))
    facts = facts_of(Said(message=text), vertex=False)
    if facts.kind == "unknown":
        return None
    return failure_attributes(facts)


def _of_text(text: str) -> list[Hint]:
    attributes = text_attributes(text) or message_attributes(text)
    return [] if attributes is None else find(attributes, level="info")


def _error(error: BaseException) -> Attributes:
    return failure_attributes(read_error(error, wrapped=True))


def _answer(response: GenerateContentResponse) -> Attributes:
    from gemini_otel._sdk.generate_content.operation import GenerateContentAnswer

    answer = GenerateContentAnswer(RequestFacts())
    watch = RepetitionWatch(structured=False)
    answer.feed(response, watch)
    facts = answer.facts()
    attributes = {**response_attributes(facts), **repetition_attributes(watch.verdict)}
    attributes[names.OUTCOME] = answer_outcome(facts, worst_finish_reason(facts.finish_reasons))
    return attributes
