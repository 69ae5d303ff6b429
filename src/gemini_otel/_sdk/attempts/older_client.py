"""HTTP attempts of the client that interactions had before google-genai 2.9: told from what it does before, between and after them."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded
from gemini_otel._sdk.attempts.api_client import Attempt, RefusedAttemptError
from gemini_otel._telemetry.rounds import Round, current_round

Positional = tuple[Any, ...]

MODULE = "google.genai._interactions._base_client"


def prepare_request(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_prepare_request` of the older client: an attempt begins. Its async twin returns a coroutine, which goes through."""
    call = current_round()
    if call is not None:
        call.attempt_started()
    return wrapped(*args, **kwargs)


def sleep_for_retry(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_sleep_for_retry` of the older client: the attempt failed, and another one will follow."""
    _note_failure(kwargs.get("response"), sys.exc_info()[1])
    return wrapped(*args, **kwargs)


@guarded
def _note_failure(response: Any, error: BaseException | None) -> None:
    call = current_round()
    failure = error if response is None else RefusedAttemptError(response)
    if call is not None and failure is not None:
        call.attempt_failed(failure)


class _LastAttempt(Attempt):
    """The attempt that `_prepare_request` began last: `request` of the older client tells how it ended."""

    def __init__(self, call: Round) -> None:
        self._call, self.refusal = call, None


def request(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`request` of the older client: how the last attempt ended."""
    call = current_round()
    if call is None:
        return wrapped(*args, **kwargs)
    with _LastAttempt(call):
        return wrapped(*args, **kwargs)


async def async_request(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`request` of the older async client."""
    call = current_round()
    if call is None:
        return await wrapped(*args, **kwargs)
    with _LastAttempt(call):
        return await wrapped(*args, **kwargs)


# Name in the module, and what runs in its place.
DRIVERS: tuple[tuple[str, Driver], ...] = (
    ("SyncAPIClient._prepare_request", prepare_request),
    ("SyncAPIClient._sleep_for_retry", sleep_for_retry),
    ("SyncAPIClient.request", request),
    ("AsyncAPIClient._prepare_request", prepare_request),
    ("AsyncAPIClient._sleep_for_retry", sleep_for_retry),
    ("AsyncAPIClient.request", async_request),
)
