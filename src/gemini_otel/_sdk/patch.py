"""What is patched in the SDK, as data: one row for each function. `plan` joins the rows of all areas."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

from gemini_otel._facts.operation import Arguments, Operation, TurnOperation

Positional = tuple[Any, ...]
# What runs in place of an SDK function: `driver(wrapped, instance, args, kwargs)`, as wrapt calls it.
Driver = Callable[[Callable[..., Any], Any, Positional, Arguments], Any]


class Shape(enum.Enum):
    """How a patched function returns its answer, which decides the driver."""

    CALL = enum.auto()
    ASYNC_CALL = enum.auto()
    # A generator function.
    STREAM = enum.auto()
    # An async generator function, or a coroutine function that sends the request and returns an async iterator.
    ASYNC_STREAM = enum.auto()
    # As STREAM, but held by the user: it begins when it is called, and may be read anywhere.
    PUBLIC_STREAM = enum.auto()
    # A coroutine function that returns an async generator, which the user holds.
    PUBLIC_ASYNC_STREAM = enum.auto()
    # The arguments decide: an answer, or an iterator over its events, which the user holds.
    CALL_OR_STREAM = enum.auto()
    ASYNC_CALL_OR_STREAM = enum.auto()
    # None of these: `begin` runs in its place, as `begin(instrumentation, wrapped, instance, args, kwargs)`.
    INSTEAD = enum.auto()


STREAMS = frozenset({Shape.STREAM, Shape.ASYNC_STREAM, Shape.PUBLIC_STREAM, Shape.PUBLIC_ASYNC_STREAM})


class Target(NamedTuple):
    """One SDK function: a module, and dotted names in it, of which the first that exists is used."""

    module: str
    names: tuple[str, ...]


class Patch(NamedTuple):
    """One SDK function, and what begins when it is called.

    `begin(instrumentation, [operation,] instance, arguments, [stream=True])` returns an observation, inside which the call
    runs, or None. All arguments are named, including positional ones. It never raises.
    """

    area: str
    target: Target
    shape: Shape
    begin: Callable[..., Any]
    operation: Operation | TurnOperation | None = None
    inside: bool = (
        False  # whether it has work to do only inside of observed calls: it sleeps until there is one
    )


def patch(
    area: str, module: str, name: str, shape: Shape, begin: Callable[..., Any], *, inside: bool = False
) -> Patch:
    """A row for a function that has one name in all releases of the SDK."""
    return Patch(area, Target(module, (name,)), shape, begin, inside=inside)
