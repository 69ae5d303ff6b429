"""Sums of token counts, on the span around several calls: `gen_ai.usage.*` stays on the calls, so nothing is counted twice."""

from __future__ import annotations

from gemini_otel._facts.calls import USAGE, UsageFacts
from gemini_otel._facts.sendable import MAX_NUMBER

_TOTALS = tuple((counter.fact, counter.of_loop) for counter in USAGE if counter.of_loop is not None)


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
