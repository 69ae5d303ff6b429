"""What our spans were given, before the limits of the OpenTelemetry SDK: hints are concluded from it, and not from what is left of it.

OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts the end off a text, and OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT drops the attributes that came first.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span

# Kept for as long as somebody holds the span, which is until it has ended: what is exported is a copy.
_given: weakref.WeakKeyDictionary[Span, dict[str, Any]] = weakref.WeakKeyDictionary()


def write(span: Span, attributes: Mapping[str, Any]) -> None:
    """Set attributes, and keep them as they are."""
    span.set_attributes(attributes)
    keep(span, attributes)


def keep(span: Span, attributes: Mapping[str, Any]) -> None:
    """Keep what the span was started with."""
    if span.is_recording():
        _given.setdefault(span, {}).update(attributes)


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
