"""HTTP attempts of the generated clients, which resend by themselves.

`_gaos` sends every attempt through one function; those of `_interactions`, before google-genai 2.9, are told from what it
does before, between and after them.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from gemini_otel._attempts import Attempt
from gemini_otel._call import Call, current_call
from gemini_otel._guard import guarded
from gemini_otel._operation import Arguments, Driver

Positional = tuple[Any, ...]
Send = Callable[[int], Any]

MODULE = "google.genai._gaos.utils.retries"
OLD_MODULE = "google.genai._interactions._base_client"


class RefusedAttemptError(Exception):
    """An attempt whose answer is an HTTP error, in the form of the client's own exceptions."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.status_code = response.status_code
        self.response = response
        try:
            self.body = response.json()
        except Exception:  # noqa: BLE001  # no JSON, or a stream that only the SDK may read
            self.body = None


def retry(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`retry(send, retries)`: every request passes through it, also one that is not to be repeated."""
    call = current_call()
    if call is None or not args:
        return wrapped(*args, **kwargs)
    send, *rest = args

    def attempt(number: int) -> Any:
        observed = Attempt(call)
        with observed:
            response = send(number)
            _note_refusal(observed, response)
        return response

    return wrapped(attempt, *rest, **kwargs)


async def async_retry(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`retry_async(send, retries)`."""
    call = current_call()
    if call is None or not args:
        return await wrapped(*args, **kwargs)
    send, *rest = args

    async def attempt(number: int) -> Any:
        observed = Attempt(call)
        with observed:
            response = await send(number)
            _note_refusal(observed, response)
        return response

    return await wrapped(attempt, *rest, **kwargs)


def _note_refusal(observed: Attempt, response: Any) -> None:
    status_code = getattr(response, "status_code", None)
    if isinstance(status_code, int) and status_code >= 400:
        observed.refusal = RefusedAttemptError(response)


def prepare_request(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_prepare_request` of the older client: an attempt begins. Its async twin returns a coroutine, which goes through."""
    call = current_call()
    if call is not None:
        call.attempt_started()
    return wrapped(*args, **kwargs)


def sleep_for_retry(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_sleep_for_retry` of the older client: the attempt failed, and another one will follow."""
    _note_failure(kwargs.get("response"), sys.exc_info()[1])
    return wrapped(*args, **kwargs)


@guarded
def _note_failure(response: Any, error: BaseException | None) -> None:
    call = current_call()
    failure = error if response is None else RefusedAttemptError(response)
    if call is not None and failure is not None:
        call.attempt_failed(failure)


class _LastAttempt(Attempt):
    """The attempt that `_prepare_request` began last: `request` of the older client tells how it ended."""

    def __init__(self, call: Call) -> None:
        self._call, self.refusal = call, None


def request(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`request` of the older client: how the last attempt ended."""
    call = current_call()
    if call is None:
        return wrapped(*args, **kwargs)
    with _LastAttempt(call):
        return wrapped(*args, **kwargs)


async def async_request(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`request` of the older async client."""
    call = current_call()
    if call is None:
        return await wrapped(*args, **kwargs)
    with _LastAttempt(call):
        return await wrapped(*args, **kwargs)


# Name in the module, and what runs in its place.
DRIVERS: tuple[tuple[str, Driver], ...] = (("retry", retry), ("retry_async", async_retry))
OLD_DRIVERS: tuple[tuple[str, Driver], ...] = (
    ("SyncAPIClient._prepare_request", prepare_request),
    ("SyncAPIClient._sleep_for_retry", sleep_for_retry),
    ("SyncAPIClient.request", request),
    ("AsyncAPIClient._prepare_request", prepare_request),
    ("AsyncAPIClient._sleep_for_retry", sleep_for_retry),
    ("AsyncAPIClient.request", async_request),
)
