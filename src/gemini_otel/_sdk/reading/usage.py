"""Token counts of an answer: the last value that the service gave for each counter."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts.calls import GIVEN_COUNTERS, UsageFacts
from gemini_otel._facts.sendable import MAX_NUMBER
from gemini_otel._facts.sendable import modality as known_modality
from gemini_otel._sdk.reading.fields import enum_code, enum_value, fields, items, quantity

_COUNTERS = tuple(next(iter(counter.fields), "") for counter in GIVEN_COUNTERS)
_OTHER_SPELLINGS = tuple(
    (spelling, index, counter.fields[0])
    for index, counter in enumerate(GIVEN_COUNTERS)
    for spelling in counter.fields[1:]
)
_BY_MODALITY = {
    "prompt_tokens_details": "input",
    "tool_use_prompt_tokens_details": "input",
    "candidates_tokens_details": "output",
    "response_tokens_details": "output",  # as Live spells it
    "cache_tokens_details": "cache_read",
}


class UsageReader:
    """Keeps the last non-empty value of each counter: chunks carry running totals that are never summed and may fall."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}

    def feed(self, usage: object) -> None:
        last = self._last
        for name, value in fields(usage).items():
            if value is not None:
                last[name] = value

    @property
    def service_tier(self) -> str | None:
        """The tier that served the request, where the usage says so."""
        return enum_value(self._last.get("service_tier"))

    @property
    def traffic_type(self) -> str | None:
        """What Vertex AI says instead of the tier."""
        return enum_code(self._last.get("traffic_type"))

    def facts(self) -> UsageFacts:
        last = self._last
        counts = [
            value if value is None or (type(value) is int and 0 <= value < MAX_NUMBER) else quantity(value)
            for value in map(last.get, _COUNTERS)
        ]
        for spelling, index, usual in _OTHER_SPELLINGS:
            if spelling in last and usual not in last:
                counts[index] = quantity(last[spelling])
        return UsageFacts._make((*counts, self._by_modality()))

    def _by_modality(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for name, direction in _BY_MODALITY.items():
            details = self._last.get(name)
            for each in items(details) if details else ():
                detail = fields(each)
                modality, tokens = enum_value(detail.get("modality")), quantity(detail.get("token_count"))
                if modality and tokens is not None:
                    key = (known_modality(modality), direction)
                    counts[key] = min(counts.get(key, 0) + tokens, MAX_NUMBER)
        return counts
