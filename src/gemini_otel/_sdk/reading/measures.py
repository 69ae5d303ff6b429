"""Tables of what is read from requests and answers without special code: rows of (path of fields, attribute, converter).

A converter returns None for a value that it does not know, so that no text of the user leaves the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gemini_otel._facts.calls import Measured, ResponseFacts, Value
from gemini_otel._sdk.reading.fields import field

Measures = tuple[tuple[str, str, Callable[[Any], Value | None]], ...]


class Reader(NamedTuple):
    """A function that reads an answer, and the attributes that it may set besides those of the conventions."""

    read: Callable[[Any], ResponseFacts]
    names: tuple[str, ...]


def measure(measures: Measures, source: object) -> Measured:
    """The values that `measures` find in an SDK object or dict, by attribute; an empty path is the object itself."""
    found = {}
    for path, name, convert in measures:
        value = source
        for step in path.split(".") if path else ():
            value = field(value, step)
        if value is not None and (fact := convert(value)) is not None:
            found[name] = fact
    return found


BELOW_DECORATOR = ".__wrapped__"


class Method(NamedTuple):
    """One SDK method: class and name, the name of its operation, and what is read from its request and its answer.

    Its async twin is the method of the same name on the class `Async...`. A name that ends with `.__wrapped__` is the
    function below a decorator.
    """

    name: str
    operation: str
    request: Measures = ()
    answer: Measures | Reader = ()
    timed: bool = False  # whether the conventions have a metric for its duration
