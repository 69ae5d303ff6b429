"""Answers that repeat themselves until the output token limit."""

from __future__ import annotations

import json

from .._chunks import text_chunks
from .._scenario import Reply, Scenario

_SENTENCE = "I will check the harbour table once more. "
_ITEM = json.dumps({"name": "Other", "category": "Other", "confidence": 0.5})
_HEADING = "| Harbour | High water | Low water |\n"
_ROW = "| Saint-Malo | 06:12 | 12:48 |\n"


def _looping(name: str, description: str, text: str) -> Scenario:
    return Scenario(name, description, (Reply(chunks=text_chunks(text, pieces=40, finish="MAX_TOKENS")),))


ALL = (
    _looping("loop_text", "One sentence, 100 times.", "Let me look at the tides. " + _SENTENCE * 100),
    _looping(
        "loop_newlines_json",
        "JSON that ends in 3000 newlines.",
        '{\n  "harbour": "Saint-Malo",\n  "high_water": "06:12",' + "\n" * 3000,
    ),
    _looping(
        "loop_table_hyphens",
        "A Markdown table whose separator line has 3000 hyphens.",
        _HEADING + "|---------|" + "-" * 3000,
    ),
    _looping(
        "loop_table_tokens",
        "A Markdown table with one row, 150 times.",
        _HEADING + "|---|---|---|\n" + _ROW * 150,
    ),
    _looping(
        "loop_json_items",
        "A JSON array with one item, 100 times.",
        '{"items": [' + ", ".join([_ITEM] * 100) + ", {",
    ),
)
