"""Where exceptions of our own are swallowed: logged once for each site, never raised into the caller's call.

The few steps that every call takes catch their exceptions themselves, and hand them to `report`: a guard is a call more.
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
_FRAMES = -30  # the last ones: an exception of too deep a recursion has a thousand


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
    """Call `function` as if it were guarded: for readers that are passed around as values."""
    try:
        return function(*args, **kwargs)
    except Exception:
        report(getattr(function, "__qualname__", type(function).__qualname__))
        return None


def tried(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R | None, Exception | None]:
    """What `function` returns and what it raises, one of which is None: for whoever makes something of his own of the exception."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def call_back(site: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call what the user gave as `site`; None where it raises, or is a coroutine function, which nobody could await here."""
    try:
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(f"{site} is a coroutine function")  # noqa: TRY301  # reported like any failure of his
    except Exception:
        report(site)
        return None
    return result


def report(site: str) -> None:
    """Log the exception being handled, once for each `site`; the Gemini call is not affected.

    The log says where it was raised and of which class it is, never its text, which may quote a prompt.
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
