"""HTTP attempts of the interactions client before google-genai 2.9, inferred from the hooks that it calls around attempts."""

from __future__ import annotations

import sys
from functools import partial

from gemini_otel._facts.guard import guarded
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.attempts.api_client import Attempt, RefusedAttemptError
from gemini_otel._sdk.patch import Shape, patch
from gemini_otel._telemetry.rounds import current_round


def _note_attempt(_: object, __: object, ___: Arguments) -> None:
    """`_prepare_request`: an attempt begins. For the async client this is a coroutine, which is passed through."""
    call = current_round()
    if call is not None:
        call.attempts.started()


@guarded
def _note_failure(_: object, __: object, arguments: Arguments) -> None:
    """`_sleep_for_retry`: the attempt failed, and another one follows."""
    call, response = current_round(), arguments.get("response")
    failure = sys.exc_info()[1] if response is None else RefusedAttemptError(response)
    if call is not None and failure is not None:
        call.attempt_failed(failure)


def _begin_request(_: object, __: object, ___: Arguments) -> Attempt | None:
    """`request`: the end of the attempt that `_prepare_request` began last."""
    call = current_round()
    return None if call is None else Attempt(call)


_row = partial(patch, "HTTP attempts of interactions", "google.genai._interactions._base_client")
PATCHES = (
    _row("SyncAPIClient._prepare_request", Shape.CALL, _note_attempt),
    _row("SyncAPIClient._sleep_for_retry", Shape.CALL, _note_failure),
    _row("SyncAPIClient.request", Shape.CALL, _begin_request),
    _row("AsyncAPIClient._prepare_request", Shape.CALL, _note_attempt),
    _row("AsyncAPIClient._sleep_for_retry", Shape.CALL, _note_failure),
    _row("AsyncAPIClient.request", Shape.ASYNC_CALL, _begin_request),
)
