"""What a repeated unit is made of, and how long a run of it must be."""

from __future__ import annotations

import re
from enum import Enum, auto

from ._thresholds import Thresholds

__all__ = ["Unit", "describe", "needed_characters", "needed_for_counter"]

_ESCAPED_BLANK = re.compile(r"\\(?:[nrtf]|u00(?:0[9aAdD]|20|a0|A0))|[nrtf](?=\\|$)|&nbsp;|<br ?/?>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"</?[A-Za-z][^>]*>|https?://|&[a-z]+;")
_CODE = re.compile(r"[{}();=\[\]<>\\]|_\w|\w\.\w|^\s*[#/*]|::|->|0x")


class Unit(Enum):
    """The sorts of unit that need runs of different length."""

    BLANK = auto()
    SYMBOL = auto()
    LETTER = auto()
    WORDS = auto()
    TABLE = auto()
    DATA = auto()
    MARKUP = auto()


def describe(unit: str, structured: bool, in_table: bool) -> Unit:
    """Return the sort of the unit; `structured` when the reply was asked for as JSON."""
    if is_blank(unit, structured):
        return Unit.BLANK
    if len(set(unit)) == 1:
        return Unit.LETTER if unit[0].isalnum() else Unit.SYMBOL
    if in_table:
        return Unit.TABLE
    if _MARKUP.search(unit):
        return Unit.MARKUP
    words = len(_WORD.findall(unit * 3)) // 3
    return Unit.WORDS if words >= 1 else Unit.DATA


def is_blank(unit: str, structured: bool) -> bool:
    """Return whether the unit is white space, or escapes of it in structured output."""
    if structured and "\\" in unit:
        return not _ESCAPED_BLANK.sub("", unit + unit).strip("\\ nrt")
    return not unit.strip()


def needed_characters(sort: Unit, period: int, structured: bool, limits: Thresholds) -> float:
    """Return how many characters a run must have to be a loop."""
    if sort is Unit.BLANK:
        return limits.blank_run if structured else limits.text_run
    if sort is Unit.SYMBOL:
        return limits.symbol_run
    if sort is Unit.LETTER:
        return limits.symbol_run if structured else limits.letter_run
    if sort is Unit.TABLE:
        return max(limits.table_run, 6 * period) if period < 100 else max(limits.table_run, 4.2 * period)
    if sort is Unit.MARKUP and not structured:
        return max(limits.markup_run, 6 * period)
    if sort is Unit.DATA and not structured:
        return max(limits.data_run, 6 * period)
    if period >= 2_000:
        return 3 * period
    if period >= 400:
        return max(1_700, 3.6 * period)
    return max(limits.text_run, 4.2 * period)


def needed_for_counter(unit: str, sort: Unit, period: int, limits: Thresholds) -> tuple[float, int]:
    """Return the characters and the units that a run with moving numbers must have."""
    if sort is Unit.MARKUP:
        return limits.markup_run, 25
    if sort not in (Unit.WORDS, Unit.TABLE):
        return float("inf"), 0
    if sort is Unit.WORDS and _CODE.search(unit):
        return 1_000, limits.counter_units + 5
    if period < 100:
        return limits.text_run, limits.counter_units
    return limits.text_run, max(4, limits.counter_units - (2 if period < 250 else 3))
