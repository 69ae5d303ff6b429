"""Sends a finished reply over a connection."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from socket import socket

from ._http import JSON_TYPE, LAST_CHUNK, SSE_TYPE, chunk, encoded, head
from ._request import Call
from ._scenario import Reply

HANG_SECONDS = 5.0

Pause = Callable[[float], None]
"""Waits; raises ConnectionAbortedError when the server closes meanwhile."""


def play(connection: socket, reply: Reply, call: Call | None, pause: Pause) -> bool:
    """Sends *reply*; False if the connection has to be closed now."""
    if reply.first_delay:
        pause(reply.first_delay)
    if reply.ending == "no_answer":
        return False
    if reply.chunks and call is not None:
        return _Stream(connection, reply, pause, sse=call.sse).play()
    if reply.ending == "hang":
        pause(HANG_SECONDS)
        return False
    return _whole(connection, reply, streaming=call is not None and call.streaming and call.sse)


def _whole(connection: socket, reply: Reply, *, streaming: bool) -> bool:
    body = encoded(reply.body)
    headers = _headers(reply, sse=streaming)
    if _is_stream(reply, headers):
        connection.sendall(head(reply.status, headers | {"Transfer-Encoding": "chunked"}))
        events = _events(body)
        if reply.ending == "cut":
            connection.sendall(b"".join(map(chunk, events[: len(events) // 2])))
            return False
        connection.sendall(b"".join(map(chunk, events)) + LAST_CHUNK)
        return True
    half = body[: len(body) // 2]
    if reply.ending == "bad_json":
        body = half
    start = head(reply.status, headers | {"Content-Length": str(len(body))})
    connection.sendall(start + (half if reply.ending == "cut" else body))
    return reply.ending != "cut"


def _is_stream(reply: Reply, headers: dict[str, str]) -> bool:
    return isinstance(reply.body, str) and headers["Content-Type"].startswith(SSE_TYPE)


def _events(body: bytes) -> list[bytes]:
    return [event for event in re.split(rb"(?<=\r\n\r\n)", body) if event]


def _headers(reply: Reply, *, sse: bool) -> dict[str, str]:
    given = {_on_the_wire(name): value for name, value in reply.headers.items()}
    default = SSE_TYPE if sse and reply.status == 200 else JSON_TYPE
    if given.get("Content-Type") == SSE_TYPE and not sse and isinstance(reply.body, dict):
        # Only a refused stream has its error under the content type of a stream.
        del given["Content-Type"]
    return {"Content-Type": default} | given


def _on_the_wire(name: str) -> str:
    """A header's name in the service's spelling, which matters to clients that keep the spelling."""
    return re.sub(r"-Url$", "-URL", name.title())


class _Stream:
    """A generate answer in chunks: server-sent events, or one JSON array without ``alt=sse``."""

    def __init__(self, connection: socket, reply: Reply, pause: Pause, *, sse: bool) -> None:
        self._connection, self._reply, self._pause, self._sse = connection, reply, pause, sse

    def play(self) -> bool:
        unsent = head(
            self._reply.status, _headers(self._reply, sse=self._sse) | {"Transfer-Encoding": "chunked"}
        )
        for number, event in enumerate(self._framed()):
            if number and self._reply.delay:
                self._pause(self._reply.delay)
            self._connection.sendall(unsent + chunk(event))
            unsent = b""
        return self._end()

    def _framed(self) -> Iterator[bytes]:
        for number, each in enumerate(self._reply.chunks):
            text = json.dumps(each, ensure_ascii=False)
            if self._sse:
                yield f"data: {text}\r\n\r\n".encode("utf-8", "replace")
            else:
                yield f"{',' if number else '['}{text}\r\n".encode("utf-8", "replace")

    def _end(self) -> bool:
        ending = self._reply.ending
        if ending == "hang":
            self._pause(HANG_SECONDS)
            return False
        last = chunk(self._last_data()) if ending != "complete" or not self._sse else b""
        if ending == "cut":
            self._connection.sendall(last[: len(last) // 2])
            return False
        self._connection.sendall(last + LAST_CHUNK)
        return True

    def _last_data(self) -> bytes:
        if self._reply.ending == "error":
            # The service writes an error in mid-stream as indented JSON without "data:".
            error = json.dumps(self._reply.body, indent=2).replace("\n", "\r\n")
            return (error + "\r\n" if self._sse else f",{error}\r\n]").encode()
        if self._reply.ending == "complete":
            return b"]"
        broken = json.dumps(self._reply.chunks[-1])[:60]
        return (f"data: {broken}\r\n\r\n" if self._sse else f",{broken}\r\n]").encode()
