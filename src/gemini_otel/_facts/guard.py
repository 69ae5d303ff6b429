"""Swallows our own exceptions: each is logged once for each place, and never raised into the caller's call.

The few steps that every call takes catch their exceptions themselves and pass them to `report`, because a guard costs a
function call.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("gemini_otel")
_reported: set[str] = set()
_FRAMES = -30  # the last ones; the exception of a deep recursion has a thousand


def guarded(function: Callable[P, R]) -> Callable[P, R | None]:
    """Make `function` return None instead of raising; the first failure of each function is logged with its traceback."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception:
            report(function.__qualname__)
            return None

    return wrapper


def safely(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call `function` as if it were guarded: for functions that are passed around as values."""
    try:
        return function(*args, **kwargs)
    except Exception:
        report(getattr(function, "__qualname__", type(function).__qualname__))
        return None


def tried(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R | None, Exception | None]:
    """The result of `function` and the exception that it raised, one of which is None; for callers that handle the
    exception.
    """
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def call_back(site: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call the user's function for the setting `site`. None if it raises or is a coroutine function, which cannot be awaited
    here.
    """
    try:
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(f"{site} is a coroutine function")  # noqa: TRY301  # reported like any failure of the user's function
    except Exception:
        report(site)
        return None
    return result


def report(site: str) -> None:
    """Log the exception being handled, once for each `site`; the Gemini call is not affected.

    The log has its class and where it was raised, never its text, which may quote a prompt.
    """
    if site in _reported:
        return
    _reported.add(site)
    kind, _, place = sys.exc_info()
    logger.warning(
        "gemini-otel failed in %s; the Gemini call is unaffected, its telemetry may be incomplete. "
        "Further failures there are not logged.\n%s%s",
        site,
        "".join(traceback.format_tb(place, _FRAMES)),
        kind.__qualname__ if kind is not None else "",
    )
