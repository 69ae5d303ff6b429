"""HTTP attempts of the generated clients, which send and resend by a function of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._sdk.attempts.api_client import Attempt, RefusedAttemptError
from gemini_otel._telemetry.rounds import current_round

Positional = tuple[Any, ...]
Send = Callable[[int], Any]

MODULE = "google.genai._gaos.utils.retries"


def retry(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`retry(send, retries)`: every request passes through it, also one that is not to be repeated."""
    call = current_round()
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
    call = current_round()
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


# Name in the module, and what runs in its place.
DRIVERS: tuple[tuple[str, Driver], ...] = (("retry", retry), ("retry_async", async_retry))
