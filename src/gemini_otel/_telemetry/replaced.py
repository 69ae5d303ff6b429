"""Tells that a value on a span is not what was sent: on the span each time, in the log once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.sendable import OTHER, replaced
from gemini_otel._guard import logger

_told = False


def replacements(attributes: Mapping[str, Any]) -> dict[str, int]:
    """How many of the values have been replaced, as an attribute; none where none was."""
    found = replaced(attributes)
    if not found:
        return {}
    global _told
    if not _told:
        _told = True
        logger.warning(
            "A value was sent that has not the form of a name; the span has %s instead, in %s. "
            "Further ones are counted in %s of their spans, and not logged.",
            OTHER,
            found[0],
            names.REPLACED_VALUES,
        )
    return {names.REPLACED_VALUES: len(found)}
