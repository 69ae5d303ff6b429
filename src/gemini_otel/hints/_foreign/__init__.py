"""Reads spans of other instrumentations: which spans are read, and their names for the attributes that hints need.

`reading`, which translates the attributes, is imported when the first such span ends.
"""

from __future__ import annotations

from gemini_otel.hints._foreign.scopes import SCOPES, begins_as_genai, is_second_span
from gemini_otel.hints._foreign.sources import SOURCES, Source

__all__ = ["SCOPES", "SOURCES", "Source", "begins_as_genai", "is_second_span"]
