"""The terminal view: a span exporter that prints each trace as a tree, with its hints. It needs the extra `console`.

It knows OpenTelemetry's spans and the names in `_facts`, never google.genai.
"""

from __future__ import annotations

from gemini_otel.console._exporter import ConsoleTraceExporter

__all__ = ["ConsoleTraceExporter"]
