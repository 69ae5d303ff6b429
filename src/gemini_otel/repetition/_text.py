"""Looks at a stream of text at fixed positions and finds the loop it has fallen into."""

from __future__ import annotations

from typing import NamedTuple

from ._bytes import DIGITS, characters, run_length, suffix_with_digits, unit_with_digits
from ._counters import read_counters
from ._diversity import WINDOWS, find_sameness
from ._kinds import in_table, name_kind
from ._thresholds import Thresholds
from ._units import Unit, describe, needed_characters, needed_for_counter
from ._verdict import Repetition

__all__ = ["TextLoops"]

# Costs: a longer needle meets fewer chance matches, a farther search takes longer. All chosen by measuring.
_BRISK, _STEADY, _SLOW = 256, 512, 768  # characters between looks: first in structured output, then, later
_EARLY, _LATE = 1_024, 8_192
_SHORTEST_STEP = 32
_NEEDLE, _STRADDLE = 24, 8
_MARGIN = 128
_NEAR, _FAR = 2_304, 5_800  # bytes searched every fourth and every eighth time
_TRIES = 3
_SHORT, _SHORT_STRUCTURED = 256, 96  # bytes that must be equal before a run is measured
_BARE_KEEP = 4_736
_RAW_KEEP, _RAW_MOST = 11_776, 13_312
_CONTEXT, _JUST_BEFORE = 400, 120
_FEW_UNITS = 7
_REST = 8  # looks for which digits count after numbers were found to jump
_DEAF = (
    -4
)  # each phrase met again adds 2, each look without one brings it 1 nearer to 0; above 0, phrases are counted


class _Hope(NamedTuple):
    """A run too short to be a loop yet: the next look begins with it."""

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
        "_echoes",
        "_hope",
        "_limits",
        "_looks",
        "_raw",
        "_rest",
        "_seen",
        "_structured",
        "pace",
        "verdict",
    )

    def __init__(self, structured: bool, limits: Thresholds) -> None:
        self._structured = structured
        self._limits = limits
        self._raw = bytearray()
        self._bare = bytearray()
        self._seen = 0
        self._looks = 0
        self._rest = 0
        self._echoes = 0
        self._hope: _Hope | None = None
        self.pace = _BRISK if structured else _STEADY
        self.verdict: Repetition | None = None

    def look(self, block: str) -> int:
        """Take the next block and return how many characters to gather before the next look."""
        data = block.encode("utf-8", "surrogatepass")
        raw, text = self._raw, self._bare
        raw += data
        fresh = data.translate(None, DIGITS)
        text += fresh
        self._seen += len(block)
        self._looks = looks = self._looks + 1
        if len(raw) > _RAW_MOST:
            del self._bare[:-_BARE_KEEP]
            del raw[:-_RAW_KEEP]
        if self._hope is not None:
            missing = self._resume(self._hope, len(data), len(fresh), len(block))
            if missing:
                return missing
        if self._rest or len(fresh) * 2 <= len(data):
            text = raw
            self._rest -= self._rest > 0
        reach = len(data) + _MARGIN
        if not looks & 3:
            reach = _NEAR
            if not looks & 7:
                reach, text = _FAR, raw
                self._set_pace()
        size = len(text)
        begin = size - reach if size > reach else 0
        at = text.rfind(text[-_NEEDLE:], begin, size - 1)
        if at >= 0:
            return self._follow(text, at, begin)
        if self._echoes:
            self._echoes += 1 if self._echoes < 0 else -1
        return self.pace

    def _set_pace(self) -> None:
        if self._structured:
            self.pace = _BRISK if self._seen < _EARLY else _STEADY
        else:
            self.pace = _STEADY if self._seen < _LATE else _SLOW

    def _resume(self, hope: _Hope, data: int, fresh: int, gathered: int) -> int:
        """Return what is missing of the run that was hoped for; 0 when it has ended."""
        self._hope = None
        text, period, run, missing = hope
        grown = data if text is self._raw else fresh
        if text[-grown - period : -period] != text[-grown:]:
            return 0
        if missing > gathered:
            return self._wait(text, period, run + grown, missing - gathered)
        return self._judge(text, period, run + grown)

    def _wait(self, text: bytearray, period: int, run: int, missing: int) -> int:
        self._hope = _Hope(text, period, run, missing)
        return max(_SHORTEST_STEP, min(self.pace, missing))

    def _follow(self, text: bytearray, at: int, begin: int) -> int:
        """Prove a period for which the last bytes speak that were found at `at`, or at an earlier place."""
        size = len(text)
        for _ in range(_TRIES):
            period = size - at - _NEEDLE
            if self._is_proved(text, period):
                return self._judge(text, period)
            if period <= _STRADDLE:
                return self._follow_filling(text, period, begin) or self._echo()
            at = text.rfind(text[-_NEEDLE:], begin, at + _NEEDLE - 1)
            if at < 0:
                break
        return self._echo()

    def _follow_filling(self, text: bytearray, period: int, begin: int) -> int:
        """Look past padding or a rule, which may be part of a longer unit, for the place where it began."""
        filling = run_length(text, period)
        end = len(text) - filling + _STRADDLE
        at = text.rfind(text[end - _NEEDLE : end], max(0, begin - filling), end - 1) if end > _NEEDLE else -1
        longer = end - at - _NEEDLE
        if at >= 0 and self._is_proved(text, longer):
            return self._judge(text, longer)
        return 0

    def _is_proved(self, text: bytearray, period: int) -> bool:
        span = max(period, (_SHORT_STRUCTURED if self._structured else _SHORT) - period)
        return len(text) >= span + period and text[-span - period : -period] == text[-span:]

    def _echo(self) -> int:
        self._echoes += 2
        if self._echoes > 0 and not self._structured:
            self._listen()
        return self.pace

    def _judge(self, text: bytearray, period: int, known: int = 0) -> int:
        """Return how many characters to gather for the run to be a loop, at most those of a look."""
        run = max(run_length(text, period), known)
        if text is self._raw or (run <= len(text) and self._raw[-run:] == text[-run:]):
            missing = self._exact(run, period)
        else:
            missing = self._masked(run_length(text, period), period)
        if missing <= 0:
            return self.pace
        if period <= _STRADDLE and (step := self._follow_filling(text, period, len(text) - _NEAR)):
            return step
        return self._wait(text, period, run, int(missing) + 1)

    def _masked(self, run: int, period: int) -> float:
        unit = unit_with_digits(self._raw, period)
        length = suffix_with_digits(self._raw, run)
        exact = run_length(self._raw, unit)
        if exact * 10 >= length * 9:
            return self._exact(exact, unit)
        return self._counter(length, period, unit, run)

    def _exact(self, run: int, period: int) -> float:
        unit = _decode(self._raw[-period:])
        before = self._before(run)
        table = in_table(unit, before)
        sort = describe(unit, self._structured, table)
        width = len(unit)
        kept = min(run, len(self._raw))
        length = characters(self._raw[-kept:]) * run // kept
        missing = (
            needed_characters(sort, unit, self._structured, before[-_JUST_BEFORE:], self._limits) - length
        )
        if missing <= 0:
            self._alarm(name_kind(unit, table, self._structured), width, length // width, length)
        return missing

    def _counter(self, length: int, period: int, unit_length: int, run: int) -> float:
        unit = _decode(self._raw[-unit_length:])
        table = in_table(unit, self._before(length))
        sort = describe(unit, self._structured, table)
        if sort in {Unit.BLANK, Unit.SYMBOL, Unit.NUMBERS}:
            return self._refuse()
        needed, units = needed_for_counter(unit, sort, self._structured, self._limits)
        missing = min(max(needed, units * unit_length), _BARE_KEEP) - length
        if missing > 0:
            return missing
        few = min(length, _FEW_UNITS * unit_length)
        if not read_counters(bytes(self._raw[-few:]), period).steady:
            return self._refuse()
        counters = read_counters(bytes(self._raw[-length:]), period)
        enough = read_counters(bytes(self._raw[-min(length, int(needed) + 2 * unit_length) :]), period)
        if not enough.steady:
            return self._refuse()
        if counters.length < min(needed, _BARE_KEEP - 2 * unit_length):
            return needed - counters.length
        total = characters(self._raw[-counters.length :])
        kind = name_kind(unit, table, self._structured)
        self._alarm(kind, max(1, total // counters.units), counters.units, total)
        return 0.0

    def _refuse(self) -> float:
        self._rest = _REST
        return 0.0

    def _listen(self) -> None:
        if len(self._raw) < WINDOWS[0][0]:
            return
        self._echoes = _DEAF
        for window, said_before in WINDOWS:
            tail = bytes(self._raw[-window:])
            same = find_sameness(tail, said_before) if len(tail) == window else None
            if same is not None:
                self._alarm("text", same.period, same.times, characters(tail))
                return

    def _before(self, run: int) -> str:
        end = max(0, len(self._raw) - run)
        return _decode(self._raw[max(0, end - _CONTEXT) : end])

    def _alarm(self, kind: str, period: int, count: int, length: int) -> None:
        length = min(length, self._seen)
        self.verdict = Repetition(kind, period, count, self._seen - length, length / self._seen)


def _decode(data: bytearray) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
