"""What a repeated unit is made of, and how long a run of it must be."""

from __future__ import annotations

import re
from enum import Enum, auto

from ._thresholds import Thresholds

__all__ = ["Unit", "describe", "is_blank", "is_prose", "needed_characters", "needed_for_counter"]

_ESCAPED_BLANK = re.compile(r"\\(?:[nrtf]|u(?:000[9aAdD]|0020|00a0|00A0))|&nbsp;|\s")
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9aAdD]{0,3})?|&[nbsp]{0,4}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"</?[A-Za-z][^>]*>|https?://[^\s)>]*|&[a-z]+;")
_CODE = re.compile(r"[{}();=\[\]<>\\]|_\w|\w\.\w|^\s*[#/*]|::|->|0x|['\"]:| \| ")
_NUMERAL = re.compile(r"[0-9A-Za-z]")
_PLAIN = re.compile(r"[^\W\d_]|[ .,'\n]")
_PROSE_SHARE = 0.92
_TWO_DIGITS, _DIGITS = re.compile(r"\d\d"), 10
_BLOCK_LINES, _NUMBERED_BLOCKS = 4, 16
_TELLING = 16
_MARKUP_PART = 3
_ENOUGH = 400
_LONGEST_BLANK = 120
_SENTENCE, _PARAGRAPH = 100, 250
_PARAGRAPH_COPIES, _PAGE, _PAGE_COPIES = 2.6, 1_000, 2.8


class Unit(Enum):
    """The sorts of unit that need runs of different length."""

    BLANK = auto()
    SYMBOL = auto()
    WORDS = auto()
    TABLE = auto()
    NUMBERS = auto()
    MARKUP = auto()


def describe(unit: str, structured: bool, in_table: bool) -> Unit:
    """Return the sort of the unit; `structured` when the reply was asked for as JSON."""
    unit = unit[:_ENOUGH]
    if is_blank(unit, structured):
        return Unit.BLANK
    if unit == unit[0] * len(unit):
        return Unit.NUMBERS if unit[0].isalnum() else Unit.SYMBOL
    if in_table:
        return Unit.TABLE
    if sum(map(len, _MARKUP.findall(unit))) * _MARKUP_PART > len(unit):
        return Unit.MARKUP
    if _WORD.search(unit + unit):
        return Unit.WORDS
    return Unit.NUMBERS if _NUMERAL.search(unit) else Unit.SYMBOL


def is_blank(unit: str, structured: bool) -> bool:
    """Return whether the unit is white space, or escapes of it in structured output."""
    if not unit.strip():
        return True
    if not structured or not ("\\" in unit or "&" in unit) or len(unit) > _LONGEST_BLANK:
        return False
    turns = unit * 3
    rest = _ESCAPED_BLANK.sub("", turns[max(turns.find("\\"), turns.find("&"), 0) :])
    return not rest or (len(rest) < len(unit) and _ESCAPE_BEGUN.fullmatch(rest) is not None)


def needed_characters(sort: Unit, period: int, structured: bool, before: str, limits: Thresholds) -> float:
    """Return how many characters a run must have to be a loop."""
    if sort is Unit.BLANK:
        return limits.blank_run if structured else limits.text_run
    if structured and sort is not Unit.TABLE:
        return _of_words(period, limits)
    if sort is Unit.NUMBERS and period < _PARAGRAPH and not is_prose(before):
        return max(limits.data_run, 6 * period)
    if sort is Unit.TABLE:
        return max(limits.table_run, (6 if period < _SENTENCE else 4.2) * period)
    if sort is Unit.MARKUP and period < _PARAGRAPH:
        return max(limits.markup_run, 6 * period)
    symbols = sort is Unit.SYMBOL and period < _SENTENCE
    return max(limits.symbol_run, 6 * period) if symbols else _of_words(period, limits)


def is_prose(text: str) -> bool:
    """Return whether the text reads like sentences or is too short to tell; data and code do not."""
    if len(text) < _TELLING:
        return True
    plain = len(_PLAIN.findall(text))
    return plain > _PROSE_SHARE * len(text) and text.count(" ") * 12 > len(text)


def _of_words(period: int, limits: Thresholds) -> float:
    if period >= _PARAGRAPH:
        return max(2 * limits.text_run, (_PARAGRAPH_COPIES if period < _PAGE else _PAGE_COPIES) * period)
    return max(limits.text_run, 4.2 * period)


def needed_for_counter(unit: str, sort: Unit, structured: bool, limits: Thresholds) -> tuple[float, int]:
    """Return the characters and the units that a run with moving numbers must have; no units: never a loop."""
    period = len(unit)
    fewest = max(4, limits.counter_units - (0 if period < _SENTENCE else 2 if period < _PARAGRAPH else 3))
    if sort is Unit.MARKUP:
        return limits.markup_run, fewest + (18 if period < _SENTENCE else 2)
    if sort is Unit.WORDS and structured:
        return 1.3 * limits.text_run, fewest + (3 if period < _SENTENCE else 1)
    if sort is Unit.WORDS and _CODE.search(unit):
        ordinary = (
            _NUMBERED_BLOCKS
            if unit.count("\n") >= _BLOCK_LINES
            else 0
            if _TWO_DIGITS.search(unit)
            else _DIGITS
        )
        return 1.6 * limits.text_run, max(fewest + 5, ordinary + 1)
    return limits.text_run, fewest if sort in (Unit.WORDS, Unit.TABLE) else 0
