"""Token counts of an answer: the last value that the service gave for each counter."""

from __future__ import annotations

import operator
from functools import partial
from itertools import compress
from typing import Any

from gemini_otel._facts.calls import GIVEN_COUNTERS, NO_COUNTS, UsageFacts
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
    "response_tokens_details": "output",  # Live's spelling
    "cache_tokens_details": "cache_read",
}
_USUAL = frozenset({int, type(None)})
_is_given = partial(operator.is_not, None)


class UsageReader:
    """Keeps the last non-empty value of each field: chunks carry running totals, which are never summed and may decrease."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def feed(self, usage: object) -> None:
        given = fields(usage)
        self.last.update(compress(given.items(), map(_is_given, given.values())))

    def traffic_type(self) -> str | None:
        """Vertex AI's type of traffic, which it reports instead of the tier."""
        return enum_code(self.last.get("traffic_type"))

    def facts(self) -> UsageFacts:
        last = self.last
        counts = list(map(last.get, _COUNTERS))
        if not _are_usual(counts):
            counts = [None if count is None else quantity(count) for count in counts]
        for spelling, index, usual in _OTHER_SPELLINGS:
            if spelling in last and usual not in last:
                counts[index] = quantity(last[spelling])
        by_modality = NO_COUNTS if _BY_MODALITY.keys().isdisjoint(last) else self._by_modality()
        return UsageFacts._make((*counts, by_modality))

    def _by_modality(self) -> dict[tuple[str, str], int]:
        last = self.last
        counts: dict[tuple[str, str], int] = {}
        for name, direction in compress(_BY_MODALITY.items(), map(last.get, _BY_MODALITY)):
            for each in items(last[name]):
                get = fields(each).get
                modality, tokens = enum_value(get("modality")), quantity(get("token_count"))
                if modality and tokens is not None:
                    key = (known_modality(modality), direction)
                    counts[key] = min(counts.get(key, 0) + tokens, MAX_NUMBER)
        return counts


def _are_usual(counts: list[Any]) -> bool:
    """Whether all values are None or whole numbers that can be exported."""
    known = [*filter(None, counts)]
    return (
        set(map(type, counts)) <= _USUAL and min(known, default=0) >= 0 and max(known, default=0) < MAX_NUMBER
    )
