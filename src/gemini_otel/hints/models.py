"""What is known about Gemini models: dated data, to be updated only here.

As of 2026-11-21. Sources: https://ai.google.dev/gemini-api/docs/models , .../docs/thinking , .../docs/deprecations ,
.../docs/whats-new-gemini-3.6 , .../docs/caching . The shutdown dates are the earliest possible ones and have been moved
before.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from gemini_otel._facts.names import REQUEST_MODEL, RESPONSE_MODEL
from gemini_otel.hints._trigger import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gemini_otel.hints._hint import Attributes

AS_OF = dt.date(2026, 11, 21)

Sampling = Literal["adjustable", "keep_default", "ignored"]
T = TypeVar("T")


class Lifecycle(NamedTuple):
    """The earliest shutdown date of a model on the Gemini API, and its replacement."""

    shutdown: dt.date
    replacement: str


class Budget(NamedTuple):
    """The thinking budgets that a model accepts besides -1, which means dynamic."""

    least: int
    most: int
    can_be_off: bool


# In these tables, the row with the longest matching beginning of the model's name counts.
LIFECYCLE: Mapping[str, Lifecycle] = {
    "gemini-1.": Lifecycle(dt.date(2025, 9, 30), "a Gemini 3 model"),
    "gemini-pro-vision": Lifecycle(dt.date(2025, 9, 30), "a Gemini 3 model"),
    "gemini-2.0-flash": Lifecycle(dt.date(2026, 6, 1), "gemini-3.5-flash"),
    "gemini-2.0-flash-lite": Lifecycle(dt.date(2026, 6, 1), "gemini-3.5-flash-lite"),
    "gemini-2.5-pro": Lifecycle(dt.date(2026, 12, 1), "gemini-3.8-flash"),
    "gemini-2.5-pro-preview": Lifecycle(dt.date(2025, 12, 2), "gemini-3.8-flash"),
    "gemini-2.5-flash": Lifecycle(dt.date(2026, 12, 1), "gemini-3.5-flash-lite"),
    "gemini-2.5-flash-image": Lifecycle(dt.date(2026, 10, 2), "a newer image model"),
    "gemini-3-pro-preview": Lifecycle(dt.date(2026, 3, 9), "gemini-3.1-pro-preview"),
    "gemini-3-pro-image-preview": Lifecycle(dt.date(2026, 6, 25), "the stable image model"),
    "gemini-3.1-flash-image-preview": Lifecycle(dt.date(2026, 6, 25), "the stable image model"),
    "gemini-3.1-flash-lite": Lifecycle(dt.date(2027, 5, 7), "gemini-3.5-flash-lite"),
    "gemini-3.1-flash-lite-preview": Lifecycle(dt.date(2026, 5, 25), "gemini-3.1-flash-lite"),
    "text-embedding-004": Lifecycle(dt.date(2026, 1, 14), "gemini-embedding-001"),
}
# Listed because the row of a shorter name above would match them.
NOT_RETIRING = ("gemini-2.5-flash-lite",)

THINKING_BUDGETS: Mapping[str, Budget] = {
    "gemini-2.5-pro": Budget(128, 32768, can_be_off=False),
    "gemini-2.5-flash": Budget(0, 24576, can_be_off=True),
    "gemini-2.5-flash-lite": Budget(512, 24576, can_be_off=True),
}
_ALL_LEVELS = frozenset({"minimal", "low", "medium", "high"})
_NOT_MINIMAL = frozenset({"low", "medium", "high"})
THINKING_LEVELS: Mapping[str, frozenset[str]] = {
    "gemini-3-pro-preview": frozenset({"low", "high"}),
    "gemini-3-flash": _ALL_LEVELS,
    "gemini-3.1-pro": _NOT_MINIMAL,
    "gemini-3.1-flash-lite": _ALL_LEVELS,
    "gemini-3.1-flash-lite-image": frozenset({"minimal", "high"}),
    "gemini-3.5-flash": _ALL_LEVELS,
    "gemini-3.6-flash": _ALL_LEVELS,
    "gemini-3.7-flash": _NOT_MINIMAL,
    "gemini-3.8-flash": _NOT_MINIMAL,
    "gemini-4": _NOT_MINIMAL,
}
OUTPUT_LIMITS: Mapping[str, int] = {
    "gemini-1.5": 8192,
    "gemini-2.0": 8192,
    "gemini-2.5": 65536,
    "gemini-2.5-flash-image": 32768,
    "gemini-3": 65536,
}
CACHE_MINIMUM: Mapping[str, int] = {  # input tokens above which implicit caching applies
    "gemini-2.5": 2048,
    "gemini-3": 4096,
    "gemini-4": 4096,
}
CONTEXT_WINDOW = 1_048_576  # context window, in tokens, of every Gemini text model since 1.5 Flash
LONG_CONTEXT = 200_000  # input tokens above which latency and, on some models, the price rise


def short_name(model: str) -> str:
    """A model's name in lower case, without a path before it."""
    return model[-200:].rpartition("/")[2].lower()


@functools.lru_cache(maxsize=256)
def series(model: str) -> tuple[int, int] | None:
    """The generation, such as `(2, 5)`; None for an alias or a model that is not a numbered Gemini model."""
    match = re.match(r"gemini-(\d{1,2})(?:\.(\d{1,2}))?(?![\d.])", short_name(model))
    return (int(match[1]), int(match[2] or 0)) if match else None


@functools.lru_cache(maxsize=256)
def sampling(model: str) -> Sampling | None:
    """What effect temperature, top_p and top_k have on a model; None if that is not known."""
    generation = series(model)
    if generation is None:
        return None
    if generation >= (3, 6) or short_name(model).startswith("gemini-3.5-flash-lite"):
        return "ignored"
    return "keep_default" if generation >= (3, 0) else "adjustable"


def today() -> dt.date:
    """Today's date in UTC, with which shutdown dates are compared."""
    return dt.datetime.now(dt.timezone.utc).date()


@functools.lru_cache(maxsize=256)
def lifecycle(model: str) -> Lifecycle | None:
    """When the model is shut down; None if that is not known."""
    name = short_name(model)
    return None if name.startswith(NOT_RETIRING) else longest_match(LIFECYCLE, name)


def longest_match(table: Mapping[str, T], model: str) -> T | None:
    """The row with the longest beginning of the model's name."""
    name = short_name(model)
    return max(
        ((key, row) for key, row in table.items() if name.startswith(key)), default=(None, None), key=_length
    )[1]


def _length(item: tuple[str | None, object]) -> int:
    return len(item[0] or "")


def model_of(attributes: Attributes) -> str:
    """The model that answered, else the requested one; empty if the span names neither."""
    return text(attributes, RESPONSE_MODEL) or text(attributes, REQUEST_MODEL)
