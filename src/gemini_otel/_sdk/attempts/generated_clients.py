"""HTTP attempts of the generated clients, which have their own function for sending and resending."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from gemini_otel._facts.guard import safely
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.attempts.api_client import Attempt, RefusedAttemptError
from gemini_otel._sdk.drivers import async_call, call
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.rounds import Round, current_round


class _Attempt(Attempt):
    """An attempt whose refusal is an ordinary answer that the SDK checks later."""

    settled = False
    __slots__ = ()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._call.attempt_failed(error)

    def observe(self, response: Any) -> None:
        refusal = safely(_refusal, response)
        if refusal is None:
            self._call.attempts.succeeded()
        else:
            self._call.attempt_failed(refusal)


def _refusal(response: Any) -> RefusedAttemptError | None:
    status_code = getattr(response, "status_code", None)
    refused = isinstance(status_code, int) and status_code >= 400
    return RefusedAttemptError(response) if refused else None


def _begin_attempt(observed: Round, _: object, __: Arguments) -> _Attempt:
    observed.attempts.started()
    return _Attempt(observed)


def _retry(
    drive: Callable[..., Any],
    _: object,
    wrapped: Callable[..., Any],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Any:
    """`retry(send, retries)`: every request passes through it, even one that is not to be repeated."""
    observed = current_round()
    if observed is None or not args:
        return wrapped(*args, **kwargs)
    send, *rest = args

    def attempt(number: int) -> Any:
        return drive(partial(_begin_attempt, observed), partial(send, number), None, (), {})

    return wrapped(attempt, *rest, **kwargs)


_row = partial(patch, "HTTP attempts of generated clients", "google.genai._gaos.utils.retries")
PATCHES = (
    _row("retry", Shape.INSTEAD, partial(_retry, call)),
    _row("retry_async", Shape.INSTEAD, partial(_retry, async_call)),
)
