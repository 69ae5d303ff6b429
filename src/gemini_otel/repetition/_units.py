"""What a repeated unit consists of, and how long a run of it must be."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from ._thresholds import Thresholds

__all__ = [
    "Sort",
    "describe",
    "is_blank",
    "is_prose",
    "needed_characters",
    "needed_for_counter",
    "needed_for_growing",
]

_ESCAPED_BLANK = re.compile(r"\\(?:[nrtf]|u(?:000[9aAdD]|0020|00a0|00A0))|&nbsp;|\s")
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9aAdD]{0,3})?|&[nbsp]{0,4}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HEX = re.compile(r"\b0x[0-9a-fA-F]*|\b[0-9a-fA-F]{0,2}(?=,)")  # not words, though they look like some
_MARKUP = re.compile(r"</?[A-Za-z][^>]*>|https?://[^\s)>]*|&[a-z]+;")
_TAG = re.compile(r"</?[A-Za-z_]+>")
# Marks of code and data per character: above this a unit is not prose. Prose has a bracket or two, Markdown its own marks.
_CODE_MARKS, _CODE_SHARE = re.compile(r"[(){}\[\]<>=;_\\|\"@$+&%~^/]"), 0.05
_NUMERAL = re.compile(r"[0-9A-Za-z]")
_VALUE = re.compile(  # a value of words, in JSON, XML and YAML
    r"[:\[,] ?\"(?=[^\"]*[^\W\d_]{2})[^\"\\]*\"(?! ?:)|>[^<>]*[^\W\d_]{2}[^<>]*<|: [^\W\d_]+ [^\W\d_]+"
)
_CELL = re.compile(r"\| *[^\W\d_]{3}[^|\d]*\|")  # a cell of words; a computed table has none
# Of subtitles and transcripts, not of timetables.
_CLOCK = re.compile(r"\d:\d\d(?::\d\d|[.,]\d)|[\[(]\d+:\d\d")
_NUMBERS = re.compile(r"\d+")
# In a value; names of fields have marks between them.
_FOUR_WORDS = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?:,? [^\W\d_]+){3}")
_PLAIN = re.compile(r"[^\W\d_]|[ .,'\n]")
_PROSE_SHARE, _BLANK_SHARE = 0.92, 1 / 12
_AROUND, _SENTENCE_WORDS, _SENTENCE_SHARE = ".,:;!?()[]\"'`*", 5, 0.6
_TELLING = 16  # characters before a run that are enough to distinguish prose from data
_MARKUP_PART = 3  # a unit is markup when a third of it is
_ENOUGH = 400  # characters of a unit that are examined
_LONGEST_BLANK = 120  # characters of a unit of escaped blanks

# Copies that are needed besides a length, because refrains, rules and cards repeat by intent. Chosen on the development
# half: the longest ordinary runs of units shorter than a sentence have 5 copies, of units shorter than a paragraph 4, of
# paragraphs 2.
_SENTENCE, _PARAGRAPH, _PAGE = 100, 250, 1_000
_SYMBOL_COPIES, _SENTENCE_COPIES, _PARAGRAPH_COPIES, _PAGE_COPIES = 6, 4.2, 2.6, 2.8
_BLOCK_LINES, _BLOCK_RUN = (
    5,
    3.6,
)  # lines of a block, and its run in text_run: forms and cards are asked for by the dozen
_ESCAPES_PART = 1.6  # of words, because LaTeX and regular expressions repeat commands
_MARKUP_RUN, _MARKUP_UNITS = 2.5, 5  # of a counter, in markup_run and counter_units: bars of 30 links
# Letters that a unit needs under a clock, and beside computed values; and from how many on it counts as a sentence.
_FEWEST_TIMED, _FEWEST_LETTERS, _MANY_LETTERS = 4, 12, 60


class _List(NamedTuple):
    """How long a list of units with moving numbers may be that somebody asked for: a longer one is a loop."""

    run: float  # in text_run
    units: float  # in counter_units
    long_units: float  # the same for units from a sentence's length on

    def longest(self, period: int, limits: Thresholds) -> float:
        units = self.units if period < _SENTENCE else self.long_units
        return max(self.run * limits.text_run, units * limits.counter_units * period)


# Chosen on the development half and on the 54 lists of tests/repetition/asked_for.py: 12 months, 20 users, 24 slots, 30 links.
_ITEMS = _List(3.6, 3, 2)  # in code, data and structured output: 2,160 characters, 21 or 14 units
_CODE_BLOCKS = _List(2.3, 2.4, 1.8)  # 17 or 13: people ask for a dozen blocks of _CODE_LINES and more
_CODE_LINES = 4
_RECORDS = _List(
    1.6, 2, 1.5
)  # of structured output, with a value that is a phrase, or with numbers that grow: 14 or 11
# Numbers that grow, each at its own pace, are not a counter: a line under time codes or a row; and values in a sentence.
_TIMED, _VALUES = _List(1.6, 2, 2), _List(5, 6, 6)


class Sort(Enum):
    """The sorts of unit that need runs of different length."""

    BLANK = auto()
    SYMBOL = auto()
    WORDS = auto()
    TABLE = auto()
    NUMBERS = auto()
    MARKUP = auto()


def describe(unit: str, structured: bool, in_table: bool) -> Sort:
    """Return the sort of the unit; `structured` is True if the reply was asked for in another format than plain text."""
    unit = unit[:_ENOUGH]
    if is_blank(unit, structured):
        return Sort.BLANK
    if unit == unit[0] * len(unit):
        return Sort.NUMBERS if unit[0].isalnum() else Sort.SYMBOL
    if in_table:
        return Sort.TABLE
    turns = unit + unit  # the unit in every rotation: a tag cut in two is a tag
    if sum(map(len, _MARKUP.findall(turns))) * _MARKUP_PART > len(turns):
        return Sort.MARKUP
    if _WORD.search(_HEX.sub("", turns) if "0x" in turns else turns):
        return Sort.WORDS
    return Sort.NUMBERS if _NUMERAL.search(unit) else Sort.SYMBOL


def is_blank(unit: str, structured: bool) -> bool:
    """Return whether the unit is white space, or escapes for it in structured output."""
    if not unit.strip():
        return True
    if not structured or not ("\\" in unit or "&" in unit) or len(unit) > _LONGEST_BLANK:
        return False
    turns = unit * 3
    rest = _ESCAPED_BLANK.sub("", turns[max(turns.find("\\"), turns.find("&"), 0) :])
    return not rest or (len(rest) < len(unit) and _ESCAPE_BEGUN.fullmatch(rest) is not None)


def _is_code(unit: str) -> bool:
    return len(_CODE_MARKS.findall(unit)) > _CODE_SHARE * len(unit) and not _is_sentence(unit)


def _is_sentence(unit: str) -> bool:
    """Return whether most of the pieces between blanks are words; marks around them belong to a sentence, too."""
    tokens = [token.strip(_AROUND) for token in unit.split()]
    words = sum(token.isalpha() and len(token) > 1 for token in tokens)
    return words >= _SENTENCE_WORDS and words > _SENTENCE_SHARE * len(tokens)


def is_prose(text: str) -> bool:
    """Return whether the text reads like sentences or is too short to decide; data and code do not."""
    if len(text) < _TELLING:
        return True
    plain = len(_PLAIN.findall(text))
    return plain > _PROSE_SHARE * len(text) and text.count(" ") > _BLANK_SHARE * len(text)


def needed_characters(sort: Sort, unit: str, structured: bool, before: str, limits: Thresholds) -> float:
    """Return how many characters a run of equal units must have to be a loop."""
    period = len(unit)
    if sort is Sort.BLANK:
        return limits.blank_run if structured else limits.text_run
    if structured and sort is not Sort.TABLE:
        return max(_of_block(unit, limits) / 2, _of_words(period, limits))
    if sort is Sort.NUMBERS and period < _PARAGRAPH and not is_prose(before.rpartition("```")[2]):
        return max(limits.data_run, _SYMBOL_COPIES * period)
    return _in_text(sort, unit, limits)


def _in_text(sort: Sort, unit: str, limits: Thresholds) -> float:
    period = len(unit)
    if sort is Sort.MARKUP and not _is_one_tag(unit):
        copies = _SENTENCE_COPIES if period >= _PARAGRAPH else _SYMBOL_COPIES
        return max(limits.markup_run, _of_block(unit, limits), copies * period)
    if sort is Sort.TABLE:
        rows = _of_words(period, limits) if period >= _SENTENCE else _SYMBOL_COPIES * period
        return max(limits.table_run, _of_block(unit, limits), rows)
    if sort is Sort.SYMBOL and period < _SENTENCE:
        ruled_lines = _BLOCK_RUN * limits.text_run if "\n" in unit else 0
        return max(limits.symbol_run, ruled_lines, _SYMBOL_COPIES * period)
    return _of_words(period, limits) * (_ESCAPES_PART if "\\" in unit and period < _SENTENCE else 1)


def _is_one_tag(unit: str) -> bool:
    """Return whether the unit is a tag without attributes, in any rotation: a model's control token."""
    bare = "".join(unit.split())
    start = bare.find("<")
    return start >= 0 and _TAG.fullmatch(bare[start:] + bare[:start]) is not None


def _of_block(unit: str, limits: Thresholds) -> float:
    return _BLOCK_RUN * limits.text_run if unit.count("\n") >= _BLOCK_LINES else 0


def _of_words(period: int, limits: Thresholds) -> float:
    if period >= _PARAGRAPH:
        return max(2 * limits.text_run, (_PARAGRAPH_COPIES if period < _PAGE else _PAGE_COPIES) * period)
    return max(limits.text_run, _SENTENCE_COPIES * period)


def needed_for_counter(unit: str, sort: Sort, structured: bool, limits: Thresholds) -> float:
    """Return how many characters a run must have to be a loop whose numbers move at one pace; 0 if it never is.

    Only its length distinguishes a loop from a list that was asked for, so each sort may be as long as such lists usually
    are.
    """
    turns, period = unit + unit, len(unit)
    data = structured and sort is not Sort.TABLE
    if sort in {Sort.MARKUP, Sort.NUMBERS} and not data and not _is_sentence(unit):
        return max(_MARKUP_RUN * limits.markup_run, _MARKUP_UNITS * limits.counter_units * period)
    if sort is Sort.TABLE and not _WORD.search(turns) and len(_NUMBERS.findall(turns)) > 2:
        return 0
    if data and _FOUR_WORDS.search(turns):
        return _RECORDS.longest(period, limits)
    if data or (sort is Sort.WORDS and _is_code(unit)):
        if unit.count("\n") >= _CODE_LINES and not data:
            return _CODE_BLOCKS.longest(period, limits)
        return _ITEMS.longest(period, limits)
    fewer = 0 if period < _SENTENCE else 2 if period < _PARAGRAPH else 3
    return max(limits.text_run, _of_block(unit, limits), max(4, limits.counter_units - fewer) * period)


def needed_for_growing(unit: str, sort: Sort, structured: bool, limits: Thresholds) -> float:
    """Return the same for numbers that grow, each at its own pace."""
    turns, period = unit + unit, len(unit)
    letters = sum(map(len, _WORD.findall(turns))) // 2
    clock = _CLOCK.search(turns) is not None
    if sort is Sort.TABLE or structured:
        # A name at the very end has its colon at the beginning.
        says = (_VALUE if sort is not Sort.TABLE else _CELL).search(turns + turns[:2]) is not None
    else:
        says = letters >= (_FEWEST_TIMED if clock else _FEWEST_LETTERS)
    if not says or sort is Sort.NUMBERS or (sort is Sort.MARKUP and not clock):
        return 0
    if clock or structured or sort is Sort.TABLE or letters >= _MANY_LETTERS:
        return (_RECORDS if structured else _TIMED).longest(period, limits)
    return 0 if _is_code(turns) else _VALUES.longest(period, limits)
