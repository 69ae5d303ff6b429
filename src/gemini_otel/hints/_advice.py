"""Fits an entry's sentences to a span."""

from __future__ import annotations

import dataclasses
import functools

from gemini_otel._facts.names import (
    ERROR_KIND,
    HTTP_RESEND_COUNT,
    MAX_ATTEMPTS,
    REPETITION_KIND,
    REQUEST_TEMPERATURE,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    USAGE_OUTPUT_TOKENS,
)
from gemini_otel.hints._failure import SET_RETRIES, read_failure
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import Trigger, number
from gemini_otel.hints.entries import finish_reasons, repetition
from gemini_otel.hints.entries.narrowed import NARROWED

_NARROWED = frozenset(words.hint_id for words in NARROWED.values())
_LOOPS = (*repetition.HINTS, *repetition.CATCH_ALL)


def varies(hint: Hint) -> bool:
    """Whether `fitted` may return another entry than this one."""
    return (
        hint.id in _NARROWED
        or SET_RETRIES in hint.remedy
        or repetition.RAISE_TEMPERATURE in hint.remedy
        or hint is finish_reasons.LOOP
    )


def fitted(hint: Hint, attributes: Attributes) -> Hint:
    """The entry without advice that the span shows was already followed; for a loop, with what is known about its kind."""
    if hint is finish_reasons.LOOP:
        hint = _with_kind(hint, next(entry for entry in _LOOPS if _is_of_kind(entry, attributes)))
    if hint.id in _NARROWED:
        hint = narrowed(hint, str(attributes.get(ERROR_KIND) or read_failure(attributes)))
    if SET_RETRIES in hint.remedy and RESPONSE_TIME_TO_FIRST_CHUNK in attributes:
        return _of_begun_stream(hint)
    if SET_RETRIES in hint.remedy and _retries(attributes):
        return _without(SET_RETRIES, hint)
    if repetition.RAISE_TEMPERATURE in hint.remedy and _is_hot(attributes):
        return _without(repetition.RAISE_TEMPERATURE, hint)
    return hint


def narrowed(hint: Hint, kind: str) -> Hint:
    """The entry with the sentences for this kind of error, if there are any."""
    words = NARROWED.get(kind)
    return _narrowed(hint, kind) if words is not None and words.hint_id == hint.id else hint


def _retries(attributes: Attributes) -> bool:
    return (number(attributes, MAX_ATTEMPTS) or 1) > 1 or (number(attributes, HTTP_RESEND_COUNT) or 0) > 0


def _is_hot(attributes: Attributes) -> bool:
    return (number(attributes, REQUEST_TEMPERATURE) or 0) >= repetition.WARM_ENOUGH


def _is_of_kind(entry: Hint, attributes: Attributes) -> bool:
    when, kind = entry.when, attributes.get(REPETITION_KIND)
    return isinstance(when, Trigger) and when.accepts(kind) and (when.also is None or when.also(attributes))


@functools.cache
def _narrowed(hint: Hint, kind: str) -> Hint:
    words = NARROWED[kind]
    return dataclasses.replace(hint, summary=words.summary, cause=words.cause, remedy=words.remedy)


@functools.cache
def _without(advice: str, hint: Hint) -> Hint:
    return dataclasses.replace(hint, remedy=tuple(each for each in hint.remedy if each != advice))


@functools.cache
def _of_begun_stream(hint: Hint) -> Hint:
    """For a stream that has begun, retry options no longer apply."""
    return dataclasses.replace(
        hint,
        remedy=(START_AGAIN, *(advice for advice in hint.remedy if advice != SET_RETRIES)),
        evidence=(
            BROKE_AFTER,
            BROKE_IN_STREAM,
            *(words for words in hint.evidence if not any(name in words for name in _SAID_OTHERWISE)),
        ),
    )


_SAID_OTHERWISE = (MAX_ATTEMPTS, RESPONSE_TIME_TO_FIRST_CHUNK)
START_AGAIN = "Start the request again, and discard what came, or ask for the rest."
BROKE_AFTER = f"broke after {{{USAGE_OUTPUT_TOKENS}}} output tokens"
BROKE_IN_STREAM = (
    f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}:s}}; a stream that has begun is not repeated"
)


@functools.cache
def _with_kind(hint: Hint, kind: Hint) -> Hint:
    _, *others = hint.remedy
    return dataclasses.replace(
        hint,
        cause=f"{kind.cause} {hint.cause}",
        remedy=(*kind.remedy, *(each for each in others if each not in kind.remedy)),
        evidence=(*kind.evidence, *hint.evidence[1:]),
    )
