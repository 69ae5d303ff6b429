"""The detector's verdict about a loop."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Repetition"]


@dataclass(frozen=True)
class Repetition:
    """A loop in model output, in numbers only: it never holds the text.

    - `kind`: `table_hyphens`, `table_tokens`, `newlines`, `structured_text`, `tool_calls` or `text`.
    - `period`: characters per repeated unit; for `tool_calls`, calls per cycle.
    - `count`: whole units seen when the alarm was raised.
    - `start`: character offset at which the loop began; for `tool_calls`, the 0-based index of its first call.
    - `share`: part of the output so far that belongs to the loop, 0 to 1.
    """

    kind: str
    period: int
    count: int
    start: int
    share: float
