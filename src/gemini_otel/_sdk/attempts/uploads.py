"""The pieces of an upload, which the SDK sends again if an answer does not say the upload's state.

The retry loop calls the HTTP client directly. So we run it on a stand-in for the SDK's object, whose HTTP client reports its
requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.attempts.api_client import RefusedAttemptError
from gemini_otel._sdk.drivers import async_call, call
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.rounds import Round, current_round

_STATUS = "x-goog-upload-status"


def _send_pieces(
    _: object, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`BaseApiClient._upload_fd`, and its async twin, whose coroutine is passed through."""
    observed = current_round()
    stand_in = None if observed is None else safely(_stand_in, wrapped, instance, observed)
    return (stand_in or wrapped)(*args, **kwargs)


def _stand_in(wrapped: Any, instance: Any, observed: Round) -> Callable[..., Any]:
    return MethodType(wrapped.__func__, _ApiClient(instance, _Pieces(observed)))


class _Pieces:
    """The context of each request of an upload. It reports a piece that is sent again to the call; a final failure reaches
    the call as an exception.
    """

    settled = False

    def __init__(self, call: Round) -> None:
        self._call = call
        self._refusal: RefusedAttemptError | None = None
        self._refused_at = 0.0

    def begin(self, _: object, __: Arguments) -> _Pieces:
        """A piece is about to be sent; it is a resend if the one before was refused."""
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            self._call.attempt_failed(refusal, time.monotonic() - self._refused_at)
            self._call.attempts.started()
        return self

    def __enter__(self) -> None:
        """Enter; the upload's round is already current."""

    def __exit__(self, *raised: object) -> None:
        """Leave; the SDK raises a final failure itself."""

    @guarded
    def observe(self, response: Any) -> None:
        if not response.headers.get(_STATUS):
            self._refusal, self._refused_at = RefusedAttemptError(response), time.monotonic()
        # aiohttp's answers have `status`.
        self._call.attempt_answered(getattr(response, "status_code", None) or response.status)

    def finish(self) -> None:
        """Do nothing, because other pieces may follow."""


class _Sender:
    """An HTTP client that reports its requests."""

    def __init__(self, client: Any, pieces: _Pieces, drive: Callable[..., Any]) -> None:
        self.client, self._pieces, self._drive = client, pieces, drive

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        return self._drive(self._pieces.begin, partial(self.client.request, *args), None, (), kwargs)


class _ApiClient:
    """The SDK's object with other HTTP clients."""

    def __init__(self, instance: Any, pieces: _Pieces) -> None:
        self.__dict__.update(_instance=instance, _pieces=pieces)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._instance, name)
        drive = _DRIVES.get(name)
        return value if drive is None or value is None else _Sender(value, self._pieces, drive)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._instance, name, value.client if isinstance(value, _Sender) else value)

    async def _get_aiohttp_session(self) -> Any:
        return _Sender(await self._instance._get_aiohttp_session(), self._pieces, async_call)


# By the SDK's HTTP client: httpx or aiohttp.
_DRIVES = {"_httpx_client": call, "_async_httpx_client": async_call, "_aiohttp_session": async_call}
PATCHES = tuple(
    patch("HTTP attempts", "google.genai._api_client", f"BaseApiClient.{name}", Shape.INSTEAD, _send_pieces)
    for name in ("_upload_fd", "_async_upload_fd")
)
