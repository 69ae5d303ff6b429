"""The pieces of an upload, which the SDK sends again where an answer says nothing of the upload's state.

It does so in a loop of its own, below which there is nothing but its HTTP client. So the loop runs on a stand-in for the SDK's
object, which differs in one thing: the requests of its HTTP client are seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MethodType
from typing import Any

from gemini_otel._facts.operation import Arguments
from gemini_otel._guard import guarded, safely
from gemini_otel._sdk.attempts.attempt import RefusedAttemptError
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.rounds import Round, current_round

_STATUS = "x-goog-upload-status"


def _send_pieces(
    _: object, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """`BaseApiClient._upload_fd`, and its async twin, whose coroutine goes through."""
    call = current_round()
    observed = None if call is None else safely(_stand_in, wrapped, instance, call)
    return (observed or wrapped)(*args, **kwargs)


def _stand_in(wrapped: Any, instance: Any, call: Round) -> Callable[..., Any]:
    return MethodType(wrapped.__func__, _ApiClient(instance, _Pieces(call)))


class _Pieces:
    """Tells the call of a piece that is sent again. What ends the upload, the SDK raises."""

    def __init__(self, call: Round) -> None:
        self._call = call
        self._refusal: RefusedAttemptError | None = None
        self._refused_at = 0.0

    @guarded
    def sending(self) -> None:
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            self._call.attempt_failed(refusal, time.monotonic() - self._refused_at)
            self._call.attempt_started()

    @guarded
    def answered(self, response: Any) -> None:
        if not response.headers.get(_STATUS):
            self._refusal, self._refused_at = RefusedAttemptError(response), time.monotonic()
        self._call.attempt_answered(getattr(response, "status_code", None) or response.status)  # of aiohttp


class _Sender:
    """An HTTP client whose requests are seen."""

    def __init__(self, client: Any, pieces: _Pieces) -> None:
        self.client, self._pieces = client, pieces

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self._pieces.sending()
        response = self.client.request(*args, **kwargs)
        self._pieces.answered(response)
        return response


class _AsyncSender(_Sender):
    """Of httpx or aiohttp."""

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        self._pieces.sending()
        response = await self.client.request(*args, **kwargs)
        self._pieces.answered(response)
        return response


class _ApiClient:
    """The SDK's object, but for its HTTP clients."""

    def __init__(self, instance: Any, pieces: _Pieces) -> None:
        self.__dict__.update(_instance=instance, _pieces=pieces)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._instance, name)
        sender = _SENDERS.get(name)
        return found if sender is None or found is None else sender(found, self._pieces)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._instance, name, value.client if isinstance(value, _Sender) else value)

    async def _get_aiohttp_session(self) -> Any:
        return _AsyncSender(await self._instance._get_aiohttp_session(), self._pieces)


_SENDERS = {"_httpx_client": _Sender, "_async_httpx_client": _AsyncSender, "_aiohttp_session": _AsyncSender}
PATCHES = tuple(
    patch("HTTP attempts", "google.genai._api_client", f"BaseApiClient.{name}", Shape.INSTEAD, _send_pieces)
    for name in ("_upload_fd", "_async_upload_fd")
)
