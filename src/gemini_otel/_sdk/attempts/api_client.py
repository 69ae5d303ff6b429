"""Every HTTP attempt of the SDK's main client: below its retries, above all of its transports."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.guard import guarded, safely, tried
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.patch import Shape, patch
from gemini_otel._telemetry.rounds import Round, current_round


class Attempt:
    """An attempt that has begun. It fails with the exception that leaves the block, and succeeds without one."""

    settled = True
    __slots__ = ("_call",)

    def __init__(self, call: Round) -> None:
        self._call = call

    def __enter__(self) -> None:
        """Enter; the round is already current."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._call.attempts.succeeded()
        else:
            self._call.attempt_failed(error)

    def observe(self, response: Any) -> None:
        """Look at the answer, where more is to be known of it."""

    def finish(self) -> None:
        """It has ended with the block."""


class RefusedAttemptError(Exception):
    """An attempt whose answer is a refusal for which the SDK itself raises nothing."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.body = None
        if hasattr(response, "status_code"):
            self.status_code = response.status_code
            # It raises if the answer is not JSON, and for a stream, which only the SDK may read.
            self.body, _ = tried(response.json)
        else:  # aiohttp's answer, whose body only a coroutine can read
            self.status_code = response.status


def _begin_attempt(_: object, __: object, ___: Arguments) -> Attempt | None:
    """`BaseApiClient._request_once`: one call is one attempt, except for the resend with aiohttp below."""
    call = current_round()
    if call is None:
        return None
    call.attempts.started()
    return Attempt(call)


@guarded
def _note_hidden_resend(_: object, __: object, ___: Arguments) -> None:
    """`BaseApiClient._ensure_aiohttp_ssl_ctx`: inside an attempt, the SDK calls it only before a hidden resend.

    Without retry options it handles a broken aiohttp connection by sleeping and sending again, in the same attempt function.
    """
    call, error = current_round(), sys.exc_info()[1]
    if call is not None and error is not None:
        call.attempt_failed(error)
        call.attempts.started()


@guarded
def _begin_transfer(_: object, __: object, arguments: Arguments) -> _Transfer | None:
    """`BaseApiClient.upload_file` and `download_file`: the SDK sends the requests itself, without `_request_once`.

    All requests together are one attempt, however many pieces a file has, except for pieces that are sent again: see
    `uploads`.
    """
    call = current_round()
    if call is None:
        return None
    if isinstance(size := arguments.get("upload_size"), int):  # recorded even if the upload breaks off
        call.note({names.RESOURCE_SIZE: size})
    transfer = _Transfer(call, arguments.get("destination"))
    call.attempts.started()
    return transfer


class _Transfer(Attempt):
    """A transfer that records the size of a download that the caller does not get as bytes."""

    settled = False
    __slots__ = ("_destination", "_start")

    def __init__(self, call: Round, destination: Any) -> None:
        super().__init__(call)
        self._destination = destination
        self._start = safely(_written, destination)

    @guarded
    def observe(self, response: Any) -> None:
        if self._start is not None:
            at_path = isinstance(self._destination, str | os.PathLike)
            end = Path(self._destination).stat().st_size if at_path else self._destination.tell()
            self._call.note({names.RESOURCE_SIZE: end - self._start})


def _written(destination: Any) -> int | None:
    """The position up to which a download's stream has been written; 0 for a file at a path, which is written anew."""
    if isinstance(destination, str | os.PathLike):
        return 0
    seekable = getattr(destination, "seekable", None)
    return int(destination.tell()) if seekable is not None and seekable() else None


_row = partial(patch, "HTTP attempts", "google.genai._api_client", inside=True)
PATCHES = (
    _row("BaseApiClient._request_once", Shape.CALL, _begin_attempt),
    _row("BaseApiClient._async_request_once", Shape.ASYNC_CALL, _begin_attempt),
    _row("BaseApiClient._ensure_aiohttp_ssl_ctx", Shape.CALL, _note_hidden_resend),
    _row("BaseApiClient.upload_file", Shape.CALL, _begin_transfer),
    _row("BaseApiClient.async_upload_file", Shape.ASYNC_CALL, _begin_transfer),
    _row("BaseApiClient.download_file", Shape.CALL, _begin_transfer),
    _row("BaseApiClient.async_download_file", Shape.ASYNC_CALL, _begin_transfer),
)
