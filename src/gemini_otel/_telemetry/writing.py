"""Sets attributes on our spans: keeps them as they were set, and counts the values that were replaced.

Hints are derived from the attributes as they were set, not from what the limits of the OpenTelemetry SDK leave:
OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts texts, and OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT drops the attributes that came first.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.guard import logger
from gemini_otel._facts.sendable import OTHER, replaced

# Kept while somebody holds the span, which is until it has ended, because exporters get a copy.
_given: weakref.WeakKeyDictionary[Span, dict[str, Any]] = weakref.WeakKeyDictionary()
_warned = False  # whether the first replaced value was logged


def write(span: Span, attributes: Mapping[str, Any]) -> None:
    """Set attributes on the span, and keep them unchanged."""
    span.set_attributes(attributes)
    if span.is_recording():
        _given.setdefault(span, {}).update(attributes)


def keep(span: Span, attributes: dict[str, Any]) -> None:
    """Keep the attributes with which a recording span was started. Later attributes are added to the same dict."""
    _given[span] = attributes


def restore(span: Span, attributes: dict[str, Any]) -> None:
    """Restore in this copy of the span's attributes what the limits removed; what others have changed stays."""
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
    """The number of replaced values, as an attribute; empty if none was replaced. The first one in the process is logged."""
    found = replaced(attributes)
    if not found:
        return {}
    global _warned
    if not _warned:
        _warned = True
        logger.warning(
            "A value does not look like a name; the span has %s instead, in %s. "
            "Further ones are counted in %s of their spans and not logged.",
            OTHER,
            found[0],
            names.REPLACED_VALUES,
        )
    return {names.REPLACED_VALUES: len(found)}
