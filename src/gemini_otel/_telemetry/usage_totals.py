"""Sums of token counts, on the span around several calls: `gen_ai.usage.*` stays on the calls, so nothing is counted twice."""

from __future__ import annotations

from gemini_otel._facts import names
from gemini_otel._facts.calls import UsageFacts
from gemini_otel._facts.sendable import MAX_NUMBER

_TOTALS = (
    ("input_tokens", names.LOOP_INPUT_TOKENS),
    ("output_tokens", names.LOOP_OUTPUT_TOKENS),
    ("thoughts_tokens", names.LOOP_REASONING_TOKENS),
    ("cached_tokens", names.LOOP_CACHED_TOKENS),
)


class UsageTotals:
    """Adds up; a count that no call had stays absent."""

    __slots__ = ("attributes",)

    def __init__(self) -> None:
        self.attributes: dict[str, int] = {}

    def add(self, usage: UsageFacts) -> None:
        for fact, name in _TOTALS:
            tokens = getattr(usage, fact)
            if tokens is not None:
                self.attributes[name] = min(self.attributes.get(name, 0) + tokens, MAX_NUMBER)
