"""Every HTTP attempt, where the SDK makes it: below its retries, above all of its transports."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded, safely, tried
from gemini_otel._telemetry.rounds import Round, current_round

Positional = tuple[Any, ...]

MODULE = "google.genai._api_client"


def attempt(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`BaseApiClient._request_once`: one call, one attempt."""
    call = current_round()
    if call is None:
        return wrapped(*args, **kwargs)
    with Attempt(call):
        return wrapped(*args, **kwargs)


async def async_attempt(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`BaseApiClient._async_request_once`: one call, one attempt, but for aiohttp's resend below."""
    call = current_round()
    if call is None:
        return await wrapped(*args, **kwargs)
    with Attempt(call):
        return await wrapped(*args, **kwargs)


def renew_ssl_context(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`BaseApiClient._ensure_aiohttp_ssl_ctx`: inside an attempt, the SDK calls it for one reason only.

    Without retry options it handles a broken aiohttp connection by sleeping and sending again, in the same attempt function.
    """
    _note_hidden_resend(sys.exc_info()[1])
    return wrapped(*args, **kwargs)


@guarded
def _note_hidden_resend(error: BaseException | None) -> None:
    call = current_round()
    if call is not None and error is not None:
        call.attempt_failed(error)
        call.attempt_started()


class Attempt:
    """One attempt of `call`: failed with the exception that leaves the block, or with the `refusal` noted inside."""

    __slots__ = ("_call", "refusal")

    def __init__(self, call: Round) -> None:
        self._call = call
        self.refusal: Exception | None = None
        call.attempt_started()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: object
    ) -> None:
        error = error or self.refusal
        if error is None:
            self._call.attempt_succeeded()
        else:
            self._call.attempt_failed(error)


class RefusedAttemptError(Exception):
    """An attempt whose answer is a refusal that the SDK itself does not raise."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.body = None
        if hasattr(response, "status_code"):
            self.status_code = response.status_code
            self.body, _ = tried(
                response.json
            )  # which raises of what is no JSON, and of a stream that only the SDK may read
        else:  # of aiohttp, whose body only a coroutine could read
            self.status_code = response.status


def transfer(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`BaseApiClient.upload_file` and `download_file`: the SDK sends the requests itself, without `_request_once`.

    All of them are one attempt, however many pieces a file has, but for pieces that are sent again: see `_uploads`.
    """
    _note_size(args)
    destination = kwargs.get("destination")
    start = safely(_written, destination)
    answer = attempt(wrapped, instance, args, kwargs)
    _note_written(destination, start)
    return answer


async def async_transfer(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`BaseApiClient.async_upload_file` and `async_download_file`."""
    _note_size(args)
    destination = kwargs.get("destination")
    start = safely(_written, destination)
    answer = await async_attempt(wrapped, instance, args, kwargs)
    _note_written(destination, start)
    return answer


@guarded
def _note_size(args: Positional) -> None:
    """The size of an upload, which is known also where it breaks off."""
    call = current_round()
    if call is not None and len(args) > _SIZE and isinstance(args[_SIZE], int):
        call.note({names.RESOURCE_SIZE: args[_SIZE]})


def _written(destination: Any) -> int | None:
    """How far a stream is written that a download goes to; a file at a path is written anew."""
    if current_round() is None:
        return None
    if isinstance(destination, str | os.PathLike):
        return 0
    seekable = getattr(destination, "seekable", None)
    return int(destination.tell()) if seekable is not None and seekable() else None


@guarded
def _note_written(destination: Any, start: int | None) -> None:
    """The size of a download that the caller does not get as bytes."""
    call = current_round()
    if call is None or start is None:
        return
    at_path = isinstance(destination, str | os.PathLike)
    end = Path(destination).stat().st_size if at_path else destination.tell()
    call.note({names.RESOURCE_SIZE: end - start})


_SIZE = 2  # upload_file(file, url, size)
# Name on BaseApiClient, and what runs in its place.
DRIVERS: tuple[tuple[str, Driver], ...] = (
    ("BaseApiClient._request_once", attempt),
    ("BaseApiClient._async_request_once", async_attempt),
    ("BaseApiClient._ensure_aiohttp_ssl_ctx", renew_ssl_context),
    ("BaseApiClient.upload_file", transfer),
    ("BaseApiClient.async_upload_file", async_transfer),
    ("BaseApiClient.download_file", transfer),
    ("BaseApiClient.async_download_file", async_transfer),
)
