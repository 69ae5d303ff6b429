"""Reads spans of other instrumentations into the attribute names that hints are looked up by."""

from __future__ import annotations

from gemini_otel._foreign._reading import as_ours
from gemini_otel._foreign._sources import SOURCES, Source

__all__ = ["SOURCES", "Source", "as_ours"]
