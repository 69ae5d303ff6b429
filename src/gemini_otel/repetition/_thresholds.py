"""How long a loop must be before it is called one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

__all__ = ["Thresholds", "read_thresholds"]

_RUN_RANGE = (64, 4_000)
_COUNT_RANGE = (2, 50)


@dataclass(frozen=True)
class Thresholds:
    """The settings of the detector. `*_run` are characters; the others count units or calls.

    blank_run:        blanks or escaped blanks in structured output.
    symbol_run:       one character repeated, other than a letter or digit.
    text_run:         units of words.
    table_run:        units inside Markdown tables.
    data_run:         letters, digits and numbers repeated where the text before is data already: dumps, constants.
    markup_run:       units that are markup.
    counter_units:    units that differ only in a moving number.
    identical_calls:  the same function call in a row.
    call_cycles:      cycles of two to five calls.
    volatile_calls:   calls, or cycles of calls, that differ only in a time or an id.
    """

    blank_run: int = 200
    symbol_run: int = 560
    text_run: int = 600
    table_run: int = 620
    data_run: int = 1_300
    markup_run: int = 1_400
    counter_units: int = 7
    identical_calls: int = 5
    call_cycles: int = 4
    volatile_calls: int = 6


_DEFAULTS = Thresholds()


def read_thresholds(given: Mapping[str, int] | None) -> Thresholds:
    """Return the defaults, with `given` in place of some; raises ValueError for an unknown name or a bad value."""
    if not given:
        return _DEFAULTS
    values = dict(given)
    known = {field.name for field in fields(Thresholds)}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"unknown threshold {name!r}; known are {', '.join(sorted(known))}")
        low, high = _RUN_RANGE if name.endswith("_run") else _COUNT_RANGE
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"threshold {name} must be a whole number from {low} to {high}, not {value!r}")
    return Thresholds(**values)
