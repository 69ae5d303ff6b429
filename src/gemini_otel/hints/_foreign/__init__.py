"""Reads spans of other instrumentations: which ones are looked at, and what they call the things that hints need.

`_reading`, which translates them, is imported when the first one ends.
"""

from __future__ import annotations

from gemini_otel.hints._foreign.scopes import SCOPES, begins_as_genai, is_second_span
from gemini_otel.hints._foreign.sources import SOURCES, Source

__all__ = ["SCOPES", "SOURCES", "Source", "begins_as_genai", "is_second_span"]
