"""How long something took, as people read it: in the report, in the terminal view and in the evidence of hints."""

from __future__ import annotations

_LONGEST_MS = 0.9995  # what is written in milliseconds
_LONGEST_S, _LONGEST_MIN, _MANY_HOURS = 100, 6000, 360_000


def duration(seconds: float) -> str:
    """*seconds* in the unit that suits them, with three digits: `3 ms`, `1.25 s`, `10 min`, `2 h`."""
    if seconds < _LONGEST_MS:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _LONGEST_S:
        return f"{seconds:.3g} s"
    if seconds < _LONGEST_MIN:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h" if seconds < _MANY_HOURS else f"{seconds / 3600:,.0f} h"
