"""The simulator without sockets: the same bytes, and the same number of awaits each time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, NamedTuple

from google import genai
from google.genai import types

from gemini_otel.simulator import SCENARIOS, Request, Scenario
from gemini_otel.simulator._choice import Choice
from gemini_otel.simulator._playback import Playback
from gemini_otel.simulator._playing import play
from gemini_otel.simulator._request import read_json, split_target
from support.sdk_calls import httpx

_LONG = 30.0  # seconds that nobody waits


class _Silence(Exception):
    """The simulator would be silent now."""


class _Wire:
    """What the simulator takes for a socket."""

    def __init__(self) -> None:
        self.sent = b""
        self.silent = False

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def pause(self, seconds: float) -> None:
        if seconds > 1:
            self.silent = True
            raise _Silence


class Answer(NamedTuple):
    """An answer as it came over the wire; `ends` tells whether its body is whole."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes]
    ends: str  # "complete", "cut", "silent"


def _read(wire: _Wire) -> Answer | None:
    head, _, rest = wire.sent.partition(b"\r\n\r\n")
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if "transfer-encoding" in headers:
        pieces, complete = _chunks(rest)
        del headers["transfer-encoding"]
    else:
        pieces = [rest]
        complete = len(rest) == int(headers.pop("content-length"))
    ends = "complete" if complete else "silent" if wire.silent else "cut"
    return Answer(int(first.split()[1]), headers, pieces, ends)


def _chunks(data: bytes) -> tuple[list[bytes], bool]:
    pieces = []
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size or b"0", 16)
        if length == 0:
            return pieces, True
        if len(data) < length:
            return [*pieces, data], False
        pieces.append(data[:length])
        data = data[length + 2 :]
    return pieces, False


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc]  # one of two packages
    def __init__(self, answer: Answer, memory: Memory) -> None:
        self._answer, self._memory = answer, memory

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.pieces
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._answer.pieces:
            await asyncio.sleep(0)
            yield piece
        await self._memory.wait(silent=self._answer.ends == "silent")
        self._end()

    def _end(self) -> None:
        if self._answer.ends == "cut":
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        if self._answer.ends == "silent":
            raise httpx.ReadTimeout("silence")


class Memory(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc]  # one of two packages
    """A transport for the SDK's clients. While somebody listens for silence, it is silent instead of telling of a timeout."""

    def __init__(self, scenarios: Iterable[Scenario] = ()) -> None:
        known = SCENARIOS | {each.name: each for each in scenarios}
        self._playback = Playback(Choice((known["ok"],), known, {}))
        self.requests: list[Request] = []
        self.silence: asyncio.Event | None = None

    def client(self, attempts: int = 0) -> genai.Client:
        """A client of the Developer API, which retries after a millisecond where it has attempts."""
        options: dict[str, Any] = {
            "base_url": "http://simulator",
            "client_args": {"transport": self},
            "async_client_args": {"transport": self},
        }
        if attempts:
            options["retry_options"] = types.HttpRetryOptions(
                attempts=attempts, initial_delay=0.001, max_delay=0.001
            )
        return genai.Client(api_key="test-key", http_options=types.HttpOptions(**options))

    def listen(self) -> asyncio.Event:
        """Listen for silence."""
        self.silence = asyncio.Event()
        return self.silence

    async def wait(self, *, silent: bool) -> None:
        """Be silent, or let the loop run once."""
        if silent and self.silence is not None:
            self.silence.set()
            await asyncio.sleep(_LONG)
        await asyncio.sleep(0)

    def handle_request(self, request: Any) -> Any:
        request.read()
        return self._response(self._played(request))

    async def handle_async_request(self, request: Any) -> Any:
        await request.aread()
        await asyncio.sleep(0)
        wire = self._played(request)
        await self.wait(silent=wire.silent and not wire.sent)
        return self._response(wire)

    def _played(self, request: Any) -> _Wire:
        wire = _Wire()
        path, query = split_target(request.url.raw_path.decode())
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, path, read_json(request.content), headers, query, request.content)
        self.requests.append(asked)
        reply, call = self._playback.answer(asked)
        with contextlib.suppress(_Silence):
            play(wire, reply, call, wire.pause)  # type: ignore[arg-type]  # what it needs of a socket
        return wire

    def _response(self, wire: _Wire) -> Any:
        answer = _read(wire)
        if answer is None and wire.silent:
            raise httpx.ReadTimeout("silence")
        if answer is None:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, self))
