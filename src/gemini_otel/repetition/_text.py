"""Looks at a stream of text at fixed positions and finds the loop it has fallen into."""

from __future__ import annotations

from ._bytes import DIGITS, characters, run_length, suffix_with_digits, unit_with_digits
from ._counters import read_counters
from ._diversity import WINDOW, find_sameness
from ._kinds import in_table, name_kind
from ._thresholds import Thresholds
from ._units import describe, needed_characters, needed_for_counter
from ._verdict import Repetition

__all__ = ["TextLoops"]

_BRISK, _STEADY, _SLOW = 256, 512, 768
_SHORTEST_STEP = 32
_NEEDLE = 24
_QUICK = 96
_MARGIN = 128
_NEAR, _FAR = 2_304, 5_600
_TRIES = 3
_SHORT, _SHORT_STRUCTURED = 256, 96
_BARE_KEEP = 4_736
_RAW_KEEP, _RAW_MOST = 11_520, 13_312
_EARLY, _LATE = 1_024, 8_192
_CONTEXT, _JUST_BEFORE = 400, 120
_FEW_UNITS = 6
_PLENTY, _COPIES = 2_048, 8
_SHORTEST_REST, _LONGEST_REST = 3, 12
_PROBE, _EARLY_PROBE = 6, 307
_ECHOES, _DEAF = 6, -2


class TextLoops:
    """The last characters of one stream. `look` takes the next block and says when to look again.

    The text is kept twice: as UTF-8, and as the same bytes without digits, so that counters do not hide a loop.
    """

    __slots__ = (
        "_bare",
        "_echoes",
        "_hurried",
        "_limits",
        "_looks",
        "_raw",
        "_refused",
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
        self._refused = 0
        self.pace = _BRISK if structured else _STEADY
        self._hurried = False
        self._echoes = 0
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
        if self._rest or len(fresh) * 2 <= len(data):
            text = raw
            self._rest -= self._rest > 0
        if len(raw) > _RAW_MOST:
            self._trim()
        reach = len(data) + _MARGIN
        if not looks & 1:
            reach = self._look_farther(looks, reach)
            if reach == _FAR:
                text = raw
        size = len(text)
        begin = size - reach if size > reach else 0
        at = text.rfind(text[-_NEEDLE:], begin, size - 1)
        if at >= 0:
            return self._follow(text, at, begin)
        self._hurried = False
        return self.pace

    def _look_farther(self, looks: int, reach: int) -> int:
        if self._echoes > 0 or not (looks & 15 or self._structured):
            self._listen()
        if looks & 3:
            return reach
        if self._structured:
            self.pace = _BRISK if self._seen < _EARLY else _STEADY
        else:
            self.pace = _STEADY if self._seen < _LATE else _SLOW
        return _NEAR if looks & 15 else _FAR

    def _trim(self) -> None:
        del self._bare[:-_BARE_KEEP]
        del self._raw[:-_RAW_KEEP]

    def _follow(self, text: bytearray, at: int, begin: int) -> int:
        """Prove a period for which the last bytes speak that were found at `at`, or at an earlier place."""
        size = len(text)
        quick = text[-_QUICK:]
        for _ in range(_TRIES):
            end = at + _NEEDLE
            if text.endswith(quick, 0, end):
                period = size - end
                span = max(period, (_SHORT_STRUCTURED if self._structured else _SHORT) - period)
                if text[-span - period : end] == text[-span:]:
                    return self._judge(text, period)
            at = text.rfind(text[-_NEEDLE:], begin, end - 1)
            if at < 0:
                break
        self._hurried = False
        if not self._structured:
            self._echoes += 1
        return self.pace

    def _judge(self, text: bytearray, period: int) -> int:
        run = run_length(text, period)
        if text is self._raw or self._raw[-run:] == text[-run:]:
            missing = self._exact(run, period)
        else:
            length = suffix_with_digits(self._raw, min(run, max(_PLENTY, _COPIES * period)))
            unit = unit_with_digits(self._raw, period)
            exact = run_length(self._raw, unit)
            if exact * 10 >= length * 9:
                missing = self._exact(exact, unit)
            else:
                missing = self._counter(length, period, unit, run)
        if period > _STEADY:
            self._looks |= 3 if period + _NEEDLE < _NEAR else 15
        if missing <= 0 or missing >= _STEADY or self._hurried:
            self._hurried = False
            return self.pace
        self._hurried = True
        return max(_SHORTEST_STEP, int(missing) + 1)

    def _exact(self, run: int, period: int) -> float:
        unit = _decode(self._raw[-period:])
        before = self._before(run)
        table = in_table(unit, before)
        sort = describe(unit, self._structured, table)
        length, width = characters(self._raw[-run:]), len(unit)
        missing = (
            needed_characters(sort, width, self._structured, before[-_JUST_BEFORE:], self._limits) - length
        )
        if missing <= 0:
            self._alarm(name_kind(unit, table, self._structured), width, length // width, length)
        return missing

    def _counter(self, length: int, period: int, unit_length: int, run: int) -> float:
        unit = _decode(self._raw[-unit_length:])
        table = in_table(unit, self._before(length))
        sort = describe(unit, self._structured, table)
        needed, units = needed_for_counter(unit, sort, self._structured, self._limits)
        if units == 0:
            return self._refuse()
        if length < max(needed, units * unit_length):
            return max(needed, units * unit_length) - length
        few = min(length, _FEW_UNITS * unit_length)
        if not read_counters(bytes(self._raw[-few:]), period).steady:
            return self._refuse()
        enough = min(length, max(int(needed), (units + 1) * unit_length) + unit_length)
        counters = read_counters(bytes(self._raw[-enough:]), period)
        if not counters.steady:
            return self._refuse()
        missing = max(needed - counters.length, (units - counters.units) * unit_length)
        if missing <= 0:
            counters = read_counters(bytes(self._raw[-suffix_with_digits(self._raw, run) :]), period)
            total = characters(self._raw[-counters.length :])
            kind = name_kind(unit, table, self._structured)
            self._alarm(kind, max(1, total // counters.units), counters.units, total)
        return missing

    def _refuse(self) -> float:
        self._refused = max(_SHORTEST_REST, min(_LONGEST_REST, self._refused * 2))
        self._rest = self._refused
        return 0.0

    def _listen(self) -> None:
        text = self._raw
        begin = len(text) - WINDOW
        if begin < 0:
            return
        early, late = text[-_EARLY_PROBE : _PROBE - _EARLY_PROBE], text[-_PROBE - 1 : -1]
        if text.count(late, begin) < _ECHOES and text.count(early, begin) < _ECHOES:
            self._echoes -= self._echoes > 0
            return
        tail = bytes(text[-WINDOW:])
        same = find_sameness(tail)
        if same is None:
            self._echoes = _DEAF
        else:
            self._alarm("text", same.period, same.times, characters(tail))

    def _before(self, run: int) -> str:
        end = len(self._raw) - run
        return _decode(self._raw[max(0, end - _CONTEXT) : end])

    def _alarm(self, kind: str, period: int, count: int, length: int) -> None:
        self.verdict = Repetition(kind, period, count, self._seen - length, length / self._seen)


def _decode(data: bytearray) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
