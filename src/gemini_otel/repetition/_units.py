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
_CODE = re.compile(r"[{}();=\[\]<>\\]|_\w|\w\.\w|^\s*[#/*]|::|->|0x|['\"][:,]| \| ")
_NUMERAL = re.compile(r"[0-9A-Za-z]")
_PLAIN = re.compile(r"[^\W\d_]|[ .,'\n]")
_PROSE_SHARE = 0.92
_HEX = re.compile(r"\b0x[0-9a-fA-F]*|\b[0-9a-fA-F]{0,2}(?=,)")
_TELLING = 16
_MARKUP_PART = 3
_ENOUGH = 400
_LONGEST_BLANK = 120
# A few copies of a paragraph are a loop, of a sentence or a symbol only many: refrains and rules repeat by intent.
_SENTENCE, _PARAGRAPH, _CODE_PART = 100, 250, 1.6
_SYMBOL_COPIES, _SENTENCE_COPIES, _PARAGRAPH_COPIES, _PAGE, _PAGE_COPIES = 6, 4.2, 2.6, 1_000, 2.8
# Lists that somebody asked for, in code, markup and structured output: 3.6 runs of text and 3 times the units.
_LIST = 3.6
# Blocks of lines are templates, asked for up to a dozen times: forms, calendars, cards.
_BLOCK_LINES, _BLOCK_COPIES = 5, 12.5


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
    turns = unit + unit  # the unit in every rotation: a tag cut in two is a tag
    if sum(map(len, _MARKUP.findall(turns))) * _MARKUP_PART > len(turns):
        return Unit.MARKUP
    if _WORD.search(_HEX.sub("", turns) if "0x" in turns else turns):
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


def needed_characters(sort: Unit, unit: str, structured: bool, before: str, limits: Thresholds) -> float:  # noqa: PLR0911 - one line a sort
    """Return how many characters a run must have to be a loop."""
    period = len(unit)
    if sort is Unit.BLANK:
        return limits.blank_run if structured else limits.text_run
    if structured and sort is not Unit.TABLE:
        return _of_words(period, limits) * (_CODE_PART if unit.count("\n") >= _BLOCK_LINES else 1)
    if sort is Unit.NUMBERS and period < _PARAGRAPH and not is_prose(before.rpartition("```")[2]):
        return max(limits.data_run, _SYMBOL_COPIES * period)
    if sort in {Unit.TABLE, Unit.MARKUP} and unit.count("\n") >= _BLOCK_LINES:
        return max(limits.table_run, _BLOCK_COPIES * period)
    if sort is Unit.TABLE:
        return max(limits.table_run, (_SYMBOL_COPIES if period < _SENTENCE else _SENTENCE_COPIES) * period)
    if sort is Unit.MARKUP:
        return max(limits.markup_run, _SYMBOL_COPIES * period)
    if sort is Unit.SYMBOL and period < _SENTENCE:
        return max(limits.symbol_run, _SYMBOL_COPIES * period)
    return _of_words(period, limits) * (_CODE_PART if "\\" in unit and period < _SENTENCE else 1)


def is_prose(text: str) -> bool:
    """Return whether the text reads like sentences or is too short to tell; data and code do not."""
    if len(text) < _TELLING:
        return True
    plain = len(_PLAIN.findall(text))
    return plain > _PROSE_SHARE * len(text) and text.count(" ") * 12 > len(text)


def _of_words(period: int, limits: Thresholds) -> float:
    if period >= _PARAGRAPH:
        return max(2 * limits.text_run, (_PARAGRAPH_COPIES if period < _PAGE else _PAGE_COPIES) * period)
    return max(limits.text_run, _SENTENCE_COPIES * period)


def needed_for_counter(unit: str, sort: Unit, structured: bool, limits: Thresholds) -> tuple[float, int]:
    """Return the characters and the units that a run with moving numbers must have.

    Length alone tells a loop from a list that was asked for: a year of months, 20 test users, 30 links, 25 servers. Each
    sort may be as long as such lists are.
    """
    fewest = limits.counter_units
    if sort is Unit.MARKUP:
        return 2.5 * limits.markup_run, 5 * fewest
    if structured and sort is Unit.WORDS:
        return _LIST * limits.text_run, 3 * fewest
    if sort is Unit.WORDS and (_CODE.search(unit) or unit.count("\n") >= _BLOCK_LINES):
        return _LIST * limits.text_run, 3 * fewest
    few = 0 if len(unit) < _SENTENCE else 2 if len(unit) < _PARAGRAPH else 3
    return limits.text_run, max(4, fewest - few)
