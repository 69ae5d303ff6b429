"""Looks at a stream of text at fixed positions and finds the loop it has fallen into."""

from __future__ import annotations

from ._bytes import DIGITS, characters, run_length, suffix_with_digits
from ._counters import read_counters
from ._diversity import WINDOW, find_sameness
from ._kinds import in_table, name_kind
from ._thresholds import Thresholds
from ._units import describe, needed_characters, needed_for_counter
from ._verdict import Repetition

__all__ = ["STEP", "TextLoops"]

STEP = 512
_SHORTEST_STEP = 32
_NEEDLE = 24
_QUICK = 96
_NEAR, _FAR = 2_048, 5_600
_FAR_EVERY = 4
_TRIES = 4
_BARE_MOST, _BARE_KEEP = 8_192, 5_700
_RAW_MOST, _RAW_KEEP = 19_456, 14_336
_CONTEXT = 400
_LONGEST_REST = 8
_ECHOES = 3


class TextLoops:
    """The last characters of one stream. `look` takes the next block and says when to look again.

    The text is kept twice, as UTF-8 and as the same bytes without digits, so that counters do not hide a loop.
    """

    __slots__ = ("_bare", "_echoes", "_hurried", "_limits", "_looks", "_raw", "_refused", "_rest", "_seen", "_structured", "verdict")

    def __init__(self, structured: bool, limits: Thresholds) -> None:
        self._structured = structured
        self._limits = limits
        self._raw = bytearray()
        self._bare = bytearray()
        self._seen = 0
        self._looks = 0
        self._rest = 0
        self._refused = 0
        self._hurried = False
        self._echoes = 0
        self.verdict: Repetition | None = None

    def look(self, block: str) -> int:
        """Take the next block and return how many characters to gather before the next look."""
        data = block.encode("utf-8", "surrogatepass")
        raw, bare = self._raw, self._bare
        raw += data
        fresh = data.translate(None, DIGITS)
        bare += fresh
        self._seen += len(block)
        self._looks += 1
        text = bare if len(fresh) * 2 > len(data) else raw
        size = len(text)
        reach = _NEAR if self._looks % _FAR_EVERY else _FAR
        at = text.rfind(text[-_NEEDLE:], max(0, size - reach), size - 1)
        if at >= 0 and self._rest <= 0:
            return self._follow(text, at)
        self._rest -= 1
        self._echoes -= self._echoes > 0 and at < 0
        if size > _BARE_MOST:
            self._trim()
        return STEP

    def _trim(self) -> None:
        if len(self._bare) > _BARE_MOST:
            del self._bare[:-_BARE_KEEP]
        if len(self._raw) > _RAW_MOST:
            del self._raw[:-_RAW_KEEP]

    def _follow(self, text: bytearray, at: int) -> int:
        self._trim()
        size = len(text)
        needle, tail = text[-_NEEDLE:], text[-_QUICK:]
        at = text.rfind(needle, 0, size - 1)
        for _ in range(_TRIES):
            period = size - _NEEDLE - at
            if at >= 0 and text[-_QUICK - period : -period] == tail:
                return self._judge(text, period)
            at = text.rfind(needle, 0, at + _NEEDLE - 1) if at > 0 else -1
            if at < 0:
                break
        return self._echo()

    def _judge(self, text: bytearray, period: int) -> int:
        run = run_length(text, period)
        if text is self._raw:
            missing = self._exact(run, period)
        else:
            length = suffix_with_digits(self._raw, run)
            unit = suffix_with_digits(self._raw, period)
            exact = run_length(self._raw, unit)
            if exact * 10 >= length * 9:
                missing = self._exact(exact, unit)
            else:
                missing = self._counter(length, period, unit)
        if missing <= 0 or missing >= STEP or self._hurried:
            self._hurried = False
            return STEP
        self._hurried = True
        return max(_SHORTEST_STEP, int(missing) + 1)

    def _exact(self, run: int, period: int) -> float:
        raw = self._raw
        unit = _decode(raw[-period:])
        table = in_table(unit, self._before(run))
        length, width = characters(raw[-run:]), characters(raw[-period:])
        sort = describe(unit, self._structured, table)
        missing = needed_characters(sort, width, self._structured, self._limits) - length
        if missing <= 0:
            self._alarm(name_kind(unit, table, self._structured), width, length // width, length)
        self._refused = 0
        return missing

    def _counter(self, length: int, period: int, unit_length: int) -> float:
        raw = self._raw
        unit = _decode(raw[-unit_length:])
        table = in_table(unit, self._before(length))
        sort = describe(unit, self._structured, table)
        needed, units = needed_for_counter(unit, sort, unit_length, self._limits)
        if units == 0:
            return self._refuse()
        if length < needed:
            return needed - length
        counters = read_counters(bytes(raw[-length:]), period)
        if not counters.steady:
            return self._refuse()
        total = characters(raw[-counters.length :])
        width = total // counters.units
        missing = max(needed - total, (units - counters.units) * width)
        if missing <= 0:
            self._alarm(name_kind(unit, table, self._structured), width, counters.units, total)
        return missing

    def _refuse(self) -> float:
        self._refused = max(1, min(_LONGEST_REST, self._refused * 2))
        self._rest = self._refused
        return 0.0

    def _echo(self) -> int:
        self._echoes = min(2 * _ECHOES, self._echoes + 2)
        if self._echoes > _ECHOES and not self._structured and len(self._raw) >= WINDOW:
            tail = bytes(self._raw[-WINDOW:])
            same = find_sameness(tail)
            if same is not None:
                self._alarm("text", same.period, same.count, characters(tail))
            else:
                self._refuse()
        return STEP

    def _before(self, run: int) -> str:
        end = len(self._raw) - run
        return _decode(self._raw[max(0, end - _CONTEXT) : end])

    def _alarm(self, kind: str, period: int, count: int, length: int) -> None:
        self.verdict = Repetition(kind, period, count, self._seen - length, length / self._seen)


def _decode(data: bytearray) -> str:
    return data.decode("utf-8", "replace")
