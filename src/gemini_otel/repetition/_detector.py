"""Text and calls in, verdict out."""

from __future__ import annotations

import json

from ._verdict import Repetition

__all__ = ["RepetitionDetector"]

_STEP = 256
_KEEP = 16_384
_NEEDLE = 32


class RepetitionDetector:
    """Watches one reply for loops; feed it text and function calls in the order they arrive."""

    __slots__ = ("_calls", "_pending", "_seen", "_structured", "_tail", "_verdict")

    def __init__(self, structured: bool = False) -> None:
        if not isinstance(structured, bool):
            raise TypeError(f"structured must be a bool, not {type(structured).__name__}")
        self._structured = structured
        self._pending = ""
        self._tail = ""
        self._seen = 0
        self._calls: list[str] = []
        self._verdict: Repetition | None = None

    def feed(self, text: str) -> Repetition | None:
        """Take the next piece of text; None until a loop is found, then always the same verdict."""
        if self._verdict is not None or not isinstance(text, str):
            return self._verdict
        pending = self._pending + text
        offset = 0
        while self._verdict is None and len(pending) - offset >= _STEP:
            self._look(pending[offset : offset + _STEP])
            offset += _STEP
        self._pending = pending[offset:]
        return self._verdict

    def feed_call(self, name: str, args: object) -> Repetition | None:
        """Take the next function call of the model; None until a loop is found."""
        if self._verdict is not None:
            return self._verdict
        self._calls = [*self._calls[-63:], f"{name} {json.dumps(args, sort_keys=True, default=str)}"]
        for period in range(1, 6):
            span = 5 if period == 1 else 4 * period
            last = self._calls[-span:]
            if len(last) == span and last[period:] == last[:-period]:
                self._verdict = Repetition("tool_calls", period, span // period, len(self._calls) - span, 1.0)
                break
        return self._verdict

    def _look(self, fresh: str) -> None:
        self._tail = tail = (self._tail + fresh)[-_KEEP:]
        self._seen += len(fresh)
        end = len(tail)
        before = tail.rfind(tail[-_NEEDLE:], 0, end - 1)
        period = end - _NEEDLE - before
        needed = max(600, 4 * period)
        if before < 0 or needed + period > end or tail[-needed:] != tail[-needed - period : -period]:
            return
        run = needed + period
        kind = self._kind(tail[-period:])
        self._verdict = Repetition(kind, period, run // period, self._seen - run, run / self._seen)

    def _kind(self, unit: str) -> str:
        if self._structured:
            return "structured_text" if unit.strip() else "newlines"
        if not unit.strip("-|: \n"):
            return "table_hyphens" if "-" in unit else "table_tokens"
        return "table_tokens" if "|" in unit else "text"
