"""How attributes get onto our spans: kept as they were given, and counted where a value is not what was sent.

Hints are concluded from what a span was given, and not from what the limits of the OpenTelemetry SDK leave of it:
OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts the end off a text, and OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT drops the attributes that
came first.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.guard import logger
from gemini_otel._facts.sendable import OTHER, replaced

# Kept for as long as somebody holds the span, which is until it has ended: what is exported is a copy.
_given: weakref.WeakKeyDictionary[Span, dict[str, Any]] = weakref.WeakKeyDictionary()
_warned = False  # of a value that was replaced


def write(span: Span, attributes: Mapping[str, Any]) -> None:
    """Set attributes, and keep them as they are."""
    span.set_attributes(attributes)
    if span.is_recording():
        _given.setdefault(span, {}).update(attributes)


def keep(span: Span, attributes: dict[str, Any]) -> None:
    """Keep what a span that records was started with. Who sets more attributes adds them to the same dict."""
    _given[span] = attributes


def restore(span: Span, attributes: dict[str, Any]) -> None:
    """Put what the limits took from the span's attributes back into this copy of them; what somebody else has changed stays so."""
    given = _given.get(span)
    if given is None or given.items() <= attributes.items():
        return
    for name, value in given.items():
        left = attributes.get(name)
        if left is None or _is_cut(left, value):
            attributes[name] = value


def _is_cut(left: object, value: object) -> bool:
    if isinstance(value, str):
        return isinstance(left, str) and value.startswith(left)
    if isinstance(value, tuple | list) and isinstance(left, tuple | list):
        return len(left) == len(value) and all(map(_is_cut, left, value))
    return False


def replacements(attributes: Mapping[str, Any]) -> dict[str, int]:
    """How many of the values are not what was sent, as an attribute; none where none was replaced. The first one is logged."""
    found = replaced(attributes)
    if not found:
        return {}
    global _warned
    if not _warned:
        _warned = True
        logger.warning(
            "A value was sent that has not the form of a name; the span has %s instead, in %s. "
            "Further ones are counted in %s of their spans, and not logged.",
            OTHER,
            found[0],
            names.REPLACED_VALUES,
        )
    return {names.REPLACED_VALUES: len(found)}
