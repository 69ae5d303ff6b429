"""One websocket on a plain socket: the protocol is that of the `websockets` package, which google-genai depends on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from socket import socket
from typing import Any

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from ._http import hear_out
from ._request import Request, read_json
from ._scenario import Json

_CLOSE_PATIENCE = 1.0
_MAX_MESSAGE = 16 * 2**20


class WebSocket:
    """The server's side of a connection after its upgrade. Reading and writing raise OSError once it has ended."""

    def __init__(self, connection: socket, request: Request) -> None:
        self._connection = connection
        self._protocol = ServerProtocol(max_size=_MAX_MESSAGE)
        self._fragments = bytearray()  # bytes of a message that has not ended
        head = [f"GET {request.path} HTTP/1.1", *(f"{k}: {v}" for k, v in request.headers.items())]
        self._protocol.receive_data(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        for handshake in self._protocol.events_received():
            self._protocol.send_response(self._protocol.accept(handshake))  # type: ignore[arg-type]  # the first event
        self._flush()

    def receive(self, seconds: float | None) -> list[Json]:
        """The JSON messages that arrive within `seconds`; returns with the first of them."""
        self._connection.settimeout(seconds)
        try:
            data = self._connection.recv(65536)
        except TimeoutError:
            return []
        finally:
            self._connection.settimeout(None)
        if not data:
            raise ConnectionAbortedError
        self._protocol.receive_data(data)
        messages = [*self._messages()]
        self._flush()
        if self._protocol.close_expected() and not messages:
            if (
                self._protocol.close_rcvd is None
            ):  # the client broke the protocol, and may be in the middle of a message
                hear_out(self._connection)
            raise ConnectionAbortedError
        return messages

    def send(self, message: Json) -> None:
        text = message["raw"] if "raw" in message else json.dumps(message)
        try:
            self._protocol.send_binary(text.encode())  # as the service does
        except InvalidState as error:  # the client closed it before it read this
            raise ConnectionAbortedError from error
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and wait a moment for the client's."""
        with suppress(InvalidState):
            self._protocol.send_close(code, reason)
        self._flush()
        deadline = time.monotonic() + _CLOSE_PATIENCE
        with suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                self.receive(left)

    def _messages(self) -> Iterator[Json]:
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._fragments += event.data
                if event.fin:
                    message: Any = read_json(bytes(self._fragments))
                    self._fragments.clear()
                    yield message if isinstance(message, dict) else {}

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)
