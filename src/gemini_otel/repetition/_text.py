"""Looks at a stream of text at fixed positions and finds the loop it has fallen into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ._bytes import DIGITS, characters, run_length, suffix_with_digits, unit_with_digits
from ._counters import Motion, read_motion
from ._kinds import in_table, name_kind
from ._sameness import WINDOW, find_sameness, may_be_same
from ._thresholds import Thresholds
from ._units import Sort, describe, needed_characters, needed_for_counter, needed_for_growing
from ._verdict import Repetition

__all__ = ["TextLoops"]

# Characters between two looks: a loop is long by the time that it is told late in a long reply; blanks in structured
# output are told after 200. Chosen by cost: at 25 characters a chunk a look is nearly all of it.
_BRISK, _STEADY, _SLOW = 256, 512, 1_280
_EARLY, _LATE = 1_024, 8_192
_SHORTEST_STEP = 32
# The bytes at the end that are searched for, and how far back: the block itself, every second time _NEAR, every fourth
# time _FAR. In 8 bytes a rule or padding begins; it hides what follows it, see _distances.
_NEEDLE, _STRADDLE, _MARGIN = 24, 8, 128
_NEAR, _FAR = 2_304, 5_800
_TRIES = 3
# Bytes that must be equal before a run is measured: at least so many, or a unit, but no more than is kept.
_SHORT, _SHORT_STRUCTURED, _PROOF = 256, 96, 1_024
_KEEP, _MOST = 7_168, 9_216  # bytes: the farthest period, a block, and what stands before a run
_CONTEXT, _JUST_BEFORE = 400, 120
_FEW_UNITS, _TELLING = 7, 1_536  # units and bytes that show whether numbers jump
_REST = 8  # looks for which digits count after that: logs and data take half the time then
# Counting phrases takes as long as 20 looks: it is done once in so many characters, and five times besides, since loops of
# the development half are told by the fifth count.
_COUNTING, _FREE = 8_192, -5 * 8_192


class _Next(NamedTuple):
    """What the next look begins with: a run that is too short to be a loop yet, or none."""

    text: bytearray
    period: int
    run: int
    missing: int


class TextLoops:
    """The last characters of one stream. `look` takes the next block and says when to look again.

    The text is kept twice: as UTF-8, and as the same bytes without digits, so that counters do not hide a loop.
    """

    __slots__ = (
        "_bare",
        "_counted",
        "_limits",
        "_looks",
        "_next",
        "_raw",
        "_rest",
        "_seen",
        "_structured",
        "_suspect",
        "pace",
        "verdict",
    )

    def __init__(self, structured: bool, limits: Thresholds) -> None:
        self._structured = structured
        self._limits = limits
        self._raw = bytearray()
        self._bare = bytearray()
        self._seen = self._looks = self._rest = 0
        self._counted = _FREE
        self._suspect = False
        self._next: _Next | None = None
        self.pace = _BRISK if structured else _STEADY
        self.verdict: Repetition | None = None

    def look(self, block: str) -> int:
        """Take the next block and return how many characters to gather before the next look."""
        data = block.encode("utf-8", "surrogatepass")
        fresh = data.translate(None, DIGITS)
        raw, text = self._raw, self._bare
        raw += data
        text += fresh
        if len(raw) > _MOST:
            del raw[:-_KEEP]
            del text[:-_KEEP]
        self._seen += len(block)
        self._looks = looks = self._looks + 1
        if self._next is not None and (
            missing := self._resume(self._next, len(data), len(fresh), len(block))
        ):
            return missing
        if self._rest or len(fresh) * 2 <= len(data):
            text = raw
            self._rest -= self._rest > 0
        reach = len(data) + _MARGIN
        if not looks & 1:
            reach = _NEAR
            if not looks & 3:
                reach, text = _FAR, raw
                self._set_pace()
        size = len(text)
        begin = size - reach if size > reach else 0
        at = text.rfind(text[-_NEEDLE:], begin, size - 1)
        waiting = 0 if at < 0 else self._follow(text, at, begin)
        if waiting or self.verdict is not None or self._structured or self._rest:
            return waiting or self.pace
        if at < 0 and self.pace == _SLOW and not self._suspect:
            return self.pace
        return self._find_sameness()

    def _set_pace(self) -> None:
        if self._structured:
            self.pace = _BRISK if self._seen < _EARLY else _STEADY
        else:
            self.pace = _STEADY if self._seen < _LATE else _SLOW

    def _resume(self, hope: _Next, data: int, fresh: int, gathered: int) -> int:
        """Return what is missing of the run that was hoped for; 0 when it has ended."""
        self._next = None
        text, period, run, missing = hope
        grown = data if text is self._raw else fresh
        if text[-grown - period : -period] != text[-grown:]:
            return 0
        if missing > gathered:
            return self._wait(text, period, run + grown, missing - gathered)
        return self._judge(text, period, run + grown)

    def _wait(self, text: bytearray, period: int, run: int, missing: int) -> int:
        self._next = _Next(text, period, run, missing)
        return max(_SHORTEST_STEP, min(self.pace, missing))

    def _follow(self, text: bytearray, at: int, begin: int) -> int:
        """Judge the nearest period that can be proved, and the longer one that padding may be a part of; 0 if none may be a loop."""
        waiting = 0
        for period in self._distances(text, at, begin):
            if self._is_proved(text, period):
                waiting = self._judge(text, period) or waiting
                if self.verdict is not None or period > _STRADDLE:
                    break
        return waiting

    def _distances(self, text: bytearray, at: int, begin: int) -> Iterator[int]:
        """Yield how far back the last bytes stand, and the last ones before a rule or padding at the end."""
        end = len(text)
        for _ in range(_TRIES):
            period = end - at - _NEEDLE
            yield period
            if period <= _STRADDLE and end == len(text):
                filling = run_length(text, period)
                end += _STRADDLE - filling
                if end < _NEEDLE:
                    return
                begin, at = max(0, begin - filling), end - _NEEDLE
            at = text.rfind(text[end - _NEEDLE : end], begin, at + _NEEDLE - 1)
            if at < 0:
                return

    def _is_proved(self, text: bytearray, period: int) -> bool:
        least = _SHORT_STRUCTURED if self._structured else _SHORT
        span = min(_PROOF, max(period, least - period), max(least, len(text) - period))
        return len(text) >= span + period and text[-span - period : -period] == text[-span:]

    def _find_sameness(self) -> int:
        """Look for the same said in other words, where the last bytes have come before without a period."""
        self._suspect = self._counted <= self._seen and may_be_same(self._raw)
        if not self._suspect:
            return self.pace
        self._counted += _COUNTING
        same = find_sameness(self._raw)
        if same is not None:
            tail = self._raw[-WINDOW:]
            kind = "table_tokens" if tail.count(b"\n|") * 2 > tail.count(b"\n") else "text"
            self._alarm(kind, same.period, same.times, characters(tail))
        return min(self.pace, _BRISK)

    def _judge(self, text: bytearray, period: int, known: int = 0) -> int:
        """Return how many characters to gather for the run to be a loop; 0 when it never is, or is one."""
        run = max(run_length(text, period), known)
        missing = self._exact(run, period) if text is self._raw else self._masked(run, period)
        return self._wait(text, period, run, int(missing) + 1) if missing > 0 else 0

    def _masked(self, run: int, period: int) -> float:
        """Judge a run of the text without digits, whose bytes may be equal with them too."""
        unit = unit_with_digits(self._raw, period)
        length = suffix_with_digits(self._raw, run) if run <= len(self._bare) else run * unit // period
        kept = min(length, len(self._raw))
        exact = run_length(self._raw, unit)
        if exact * 10 >= kept * 9:
            return self._exact(length if exact >= kept else exact, unit)
        return self._counter(length, period, unit, run)

    def _exact(self, run: int, period: int) -> float:
        unit = _decode(self._raw[-period:])
        before = self._before(run)
        table = in_table(unit, before)
        sort = describe(unit, self._structured, table)
        width = len(unit)
        kept = self._raw[-run:]
        length = characters(kept) * run // len(kept)
        needed = needed_characters(sort, unit, self._structured, before[-_JUST_BEFORE:], self._limits)
        if length >= needed:
            self._alarm(name_kind(unit, table, self._structured), width, length // width, length)
        return needed - length

    def _counter(self, length: int, period: int, width: int, run: int) -> float:
        unit = _decode(self._raw[-width:])
        table = in_table(unit, self._before(length))
        sort = describe(unit, self._structured, table)
        if sort in {Sort.BLANK, Sort.SYMBOL} or (sort is Sort.NUMBERS and not self._structured):
            return self._refuse()
        together = needed_for_counter(unit, sort, self._structured, self._limits)
        growing = needed_for_growing(unit, sort, self._structured, self._limits)
        least = min(together, growing or together)
        if length < least:
            return least - length
        enough = min(length, max(_FEW_UNITS * width, _TELLING))
        motion = read_motion(bytes(self._raw[-enough:]), period)
        needed = growing if motion is Motion.GROWING else together
        if motion is Motion.JUMPING or not needed:
            return self._refuse()
        if length >= needed:
            self._alarm(name_kind(unit, table, self._structured), width, length // width, length)
        return needed - length

    def _refuse(self) -> float:
        self._rest = _REST
        return 0.0

    def _before(self, run: int) -> str:
        end = max(0, len(self._raw) - run)
        return _decode(self._raw[max(0, end - _CONTEXT) : end])

    def _alarm(self, kind: str, period: int, count: int, length: int) -> None:
        length = min(length, self._seen)
        self.verdict = Repetition(kind, period, max(1, count), self._seen - length, length / self._seen)


def _decode(data: bytearray) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
