"""Advice for a program's own retry loop: whether to send the request again after an exception, and when.

The functions look the exception up in the catalogue of hints. They patch nothing and need no telemetry.
"""

from __future__ import annotations

import importlib.util
import random
from typing import TYPE_CHECKING, NamedTuple

from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.causes import CANCELLED
from gemini_otel._facts.errors.exceptions import class_name, read_error
from gemini_otel._facts.guard import safely
from gemini_otel._telemetry.attributes import failure_attributes
from gemini_otel.hints import Hint, find

if TYPE_CHECKING:
    import tenacity
    from tenacity.wait import wait_base

__all__ = ["Advice", "advise", "retry_if_it_helps", "wait_as_told"]

# The values of Hint.retry with which the same request may succeed unchanged.
_HELPS = ("yes", "wait")
# Seconds: those of google-genai's HttpRetryOptions.
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_JITTER = 1.0


class Advice(NamedTuple):
    """What to do after an exception of a Gemini call.

    `retry` is True if the same request may succeed when it is sent again. It is False if a retry does not help, or if the
    exception is not in the catalogue. `wait` is the number of seconds to wait before the retry, without jitter; None if
    `retry` is False. `hint` says why, and what else to do; None if no hint is known. Where `retry` is False, `hint.retry`
    may be "after_change" (change the request first) or "resume" (go on where it stopped).
    """

    retry: bool
    wait: float | None
    hint: Hint | None


def advise(error: BaseException, *, attempt: int = 1) -> Advice:
    """Whether a retry helps after `error`, how long to wait for it, and why.

    `error` is an exception of google-genai, of a transport below it or of another client of the API, or one that was raised
    from such an exception. `attempt` is the number of the attempt that failed, from 1. The wait, in seconds, is what the
    service asks for. If it asks for nothing, it is 1 s, doubled with each attempt, at most 60 s, as in google-genai's
    HttpRetryOptions (https://googleapis.github.io/python-genai/). Raises TypeError if `error` is not an exception, and
    ValueError if `attempt` is less than 1.
    """
    if not isinstance(error, BaseException):
        raise TypeError(f"advise() takes an exception, not {_described(error)}")
    if attempt < 1:
        raise ValueError(f"attempt={attempt!r} is not valid; the first attempt is 1")
    facts = safely(read_error, error, wrapped=True) or ErrorFacts(class_name(error))
    hint = next(iter(find(failure_attributes(facts))), None)
    if hint is None or hint.retry not in _HELPS or _is_wanted(error):
        return Advice(False, None, hint)
    delay = facts.retry_delay
    return Advice(True, _backoff(attempt) if delay is None else delay, hint)


def retry_if_it_helps() -> tenacity.retry_if_exception:
    """For tenacity's `retry=`: another attempt if `advise()` says that a retry helps.

    Raises ImportError if tenacity is not installed; google-genai depends on it.
    """
    _need_tenacity()
    from tenacity import retry_if_exception

    return retry_if_exception(lambda error: advise(error).retry)


def wait_as_told(jitter: float = _JITTER) -> wait_base:
    """For tenacity's `wait=`: as many seconds as `advise()` says, and up to `jitter` seconds more.

    Raises ValueError if `jitter` is negative, and ImportError if tenacity is not installed; google-genai depends on it.
    """
    if jitter < 0:
        raise ValueError(f"jitter={jitter!r} is not valid; give seconds, 0 or more")
    _need_tenacity()
    from tenacity.wait import wait_base

    class WaitAsTold(wait_base):
        def __call__(self, retry_state: tenacity.RetryCallState) -> float:
            return _wait_after(retry_state) + random.uniform(0, jitter)  # noqa: S311  # spreads clients, keeps no secret

    return WaitAsTold()


def _wait_after(retry_state: tenacity.RetryCallState) -> float:
    """The wait that `advise()` gives for the attempt's exception; the backoff if it gives none, since the retry may be due
    to another of the program's conditions.
    """
    attempt, outcome = retry_state.attempt_number, retry_state.outcome
    error = outcome.exception() if outcome is not None and outcome.failed else None
    wait = advise(error, attempt=attempt).wait if error is not None else None
    return _backoff(attempt) if wait is None else wait


def _backoff(attempt: int) -> float:
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, 10))


def _is_wanted(error: BaseException) -> bool:
    """Whether the program itself ended the call: a cancelled task, Ctrl-C, the end of the process."""
    return not isinstance(error, Exception) or type(error).__name__ in CANCELLED.classes


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}; give the exception that was caught"
    return f"{type(value).__name__}; explain() takes codes and responses"


def _need_tenacity() -> None:
    if importlib.util.find_spec("tenacity") is None:
        raise ImportError(
            "retry_if_it_helps() and wait_as_told() need tenacity. Install it with: pip install tenacity"
        )
