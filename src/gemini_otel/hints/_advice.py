"""Which of an entry's sentences suit a span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gemini_otel._semconv import HTTP_RESEND_COUNT, MAX_ATTEMPTS
from gemini_otel.hints._trigger import number

if TYPE_CHECKING:
    from gemini_otel.hints._hint import Attributes, Hint

SET_RETRIES = "google-genai makes one attempt only, unless http_options.retry_options is set."


def advice(hint: Hint, attributes: Attributes) -> tuple[str, ...]:
    """The entry's remedies without those that the span shows to be followed already."""
    if SET_RETRIES not in hint.remedy or not _retries(attributes):
        return hint.remedy
    return tuple(sentence for sentence in hint.remedy if sentence != SET_RETRIES)


def _retries(attributes: Attributes) -> bool:
    return (number(attributes, MAX_ATTEMPTS) or 1) > 1 or (number(attributes, HTTP_RESEND_COUNT) or 0) > 0
