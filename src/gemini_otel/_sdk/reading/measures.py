"""What is read off requests and answers without code of their own: rows of (path of fields, attribute, converter).

A converter gives None for what it does not know, so that no text of the user's leaves the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from gemini_otel._facts.calls import Measured, ResponseFacts, Value
from gemini_otel._sdk.reading.fields import enum_value, field, items

Measures = tuple[tuple[str, str, Callable[[Any], Value | None]], ...]


class Reader(NamedTuple):
    """Code that reads an answer, and the attributes that it may give besides those of the conventions."""

    read: Callable[[Any], ResponseFacts]
    names: tuple[str, ...]


_WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)
_IDENTIFIER = re.compile(r"[\w.:/=+-]{1,256}", re.ASCII)


def measure(measures: Measures, source: object) -> Measured:
    """What `measures` find in an SDK object or dict, by attribute; an empty path is the object itself."""
    found = {}
    for path, name, convert in measures:
        value = source
        for step in path.split(".") if path else ():
            value = field(value, step)
        if value is not None and (fact := convert(value)) is not None:
            found[name] = fact
    return found


def word(value: object) -> str | None:
    """The value of an enum: one word, whoever made it up."""
    raw = enum_value(value)
    return raw if raw is not None and _WORD.fullmatch(raw) else None


def identifier(value: object) -> str | None:
    """An id; None for a text in its place."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def count(value: object) -> int:
    """How many there are in a list; 1 for anything else."""
    return len(items(value)) if isinstance(value, list | tuple) else 1
