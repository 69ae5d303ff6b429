"""The catalogue of hints: what went wrong with a Gemini call, why, and what to do about it.

Entries are found by span attributes alone, so they work on spans of any instrumentation. Each name is loaded when it is
first used, because reading spans of others (`_foreign`) needs no catalogue. This room never imports google.genai, _sdk or
_telemetry.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemini_otel.hints._catalogue import Catalogue
    from gemini_otel.hints._disabled import disabled_ids
    from gemini_otel.hints._events import Events
    from gemini_otel.hints._evidence import evidence
    from gemini_otel.hints._hint import Attributes, Hint, Severity
    from gemini_otel.hints._lookup import is_healthy
    from gemini_otel.hints._search import codes, default_hints, find, for_code, related

__all__ = [
    "Attributes",
    "Catalogue",
    "Events",
    "Hint",
    "Severity",
    "codes",
    "default_hints",
    "disabled_ids",
    "evidence",
    "find",
    "for_code",
    "is_healthy",
    "related",
]

_HOMES = {
    "Attributes": "_hint",
    "Catalogue": "_catalogue",
    "Events": "_events",
    "Hint": "_hint",
    "Severity": "_hint",
    "codes": "_search",
    "default_hints": "_search",
    "disabled_ids": "_disabled",
    "evidence": "_evidence",
    "find": "_search",
    "for_code": "_search",
    "is_healthy": "_lookup",
    "related": "_search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
