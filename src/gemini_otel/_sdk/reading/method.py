"""A row of the table of methods."""

from __future__ import annotations

from typing import NamedTuple

from gemini_otel._sdk.reading.measures import Measures, Reader

BELOW_DECORATOR = ".__wrapped__"


class Method(NamedTuple):
    """One SDK method: class and name, the name of its operation, and what is read off its request and its answer.

    Its async twin is the method of the same name on the class `Async...`. A name that ends with `.__wrapped__` is that of the
    function below a decorator.
    """

    name: str
    operation: str
    request: Measures = ()
    answer: Measures | Reader = ()
    timed: bool = False  # whether the conventions have a metric for its duration
