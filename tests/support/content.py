"""Captured content, and how to read it."""

from __future__ import annotations

import json
from typing import Any

import gemini_otel
from support import Telemetry
from support.logs import Logs

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
SYSTEM, TOOLS = "gen_ai.system_instructions", "gen_ai.tool.definitions"
TRUNCATED = "gemini.content.truncated"
REPLY = "Tides follow the Moon: its pull raises two bulges of water, and the turning Earth carries us through both."


class Captured(Telemetry):
    """Telemetry with logs, and what is captured in it."""

    def __init__(self, settings: dict[str, Any], **provider: Any) -> None:
        super().__init__(**provider)
        self.logs = Logs()
        gemini_otel.instrument(**self.providers, logger_provider=self.logs.provider, **settings)

    def said(self, name: str) -> Any:
        """The content in one attribute of the one span."""
        return json.loads(self.attributes[name])


def text(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


def plain(value: Any) -> Any:
    """Sequences as lists, as in JSON; JSON texts of older releases are parsed."""
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return {k: plain(v) for k, v in value.items()} if hasattr(value, "items") else value
