"""The server: a thread that accepts, a thread for each connection."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from ._errors import bad_request
from ._http import MalformedRequestError, hear_out, read_request
from ._live import LivePlayer, is_upgrade
from ._playback import Playback
from ._playing import play
from ._request import Request
from ._tls import Certificate

_HOST = "127.0.0.1"
_MOST_REQUESTS = 10_000
_MOST_BYTES = 256 * 2**20  # bytes of their bodies
_PATIENCE = 5.0
_TLS_HANDSHAKE = b"\x16"  # the first byte of a connection over TLS


class Server:
    """Serves a playback on 127.0.0.1 from its creation until ``close``: HTTP, websockets, and both over TLS."""

    def __init__(self, playback: Playback, live: LivePlayer, port: int) -> None:
        self.requests: list[Request] = []
        self._bytes = 0
        self.certificate = Certificate()
        self._playback, self._live = playback, live
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._listener = socket.create_server((_HOST, port), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(
            target=self._accept, name=f"gemini-simulator-{self.port}", daemon=True
        )
        self._acceptor.start()

    def wait(self, seconds: float) -> bool:
        """Wait at most *seconds* for the server to close; return whether it has."""
        return self._closing.wait(seconds)

    def close(self) -> None:
        """Stops serving and ends every open connection at once."""
        if self._closing.is_set():
            return
        self._closing.set()
        # A connection from ourselves wakes the accepting thread on every platform.
        with suppress(OSError):
            socket.create_connection((_HOST, self.port), _PATIENCE).close()
        self._acceptor.join(_PATIENCE)
        self._listener.close()
        self._end_connections()
        self.certificate.remove()

    def _end_connections(self) -> None:
        with self._lock:
            connections = list(self._connections.items())
        for _, connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread, _ in connections:
            thread.join(_PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                # The client left before it was accepted, or too many files are open.
                if self._closing.wait(0.01):
                    return
                continue
            if self._closing.is_set():
                connection.close()
                return
            self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        thread = threading.Thread(
            target=self._serve, args=(connection,), name=f"gemini-simulator-{self.port}", daemon=True
        )
        with self._lock:
            self._connections[thread] = connection
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            # A client that leaves in mid-answer is not an error.
            with suppress(OSError), connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._secured(connection) as secured, secured.makefile("rb") as stream:
                    self._converse(secured, stream)
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def _secured(self, connection: socket.socket) -> socket.socket:
        """The connection itself, or a TLS connection if the client begins one."""
        if connection.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
            return connection
        try:
            secured = self.certificate.server_context.wrap_socket(connection, server_side=True)
        except RuntimeError as error:  # there is no certificate; a caller that asked for one got the error
            raise ConnectionAbortedError from error
        with self._lock:
            self._connections[threading.current_thread()] = secured
        return secured

    def _converse(self, connection: socket.socket, stream: BinaryIO) -> None:
        try:
            while (request := read_request(stream)) and self._answer(connection, request):
                pass
        except MalformedRequestError as error:
            reply = replace(bad_request(f"Malformed HTTP request: {error}"), status=error.status)
            play(connection, reply, None, self._pause)
            hear_out(connection)

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        self._record(request)
        if is_upgrade(request):
            self._live.serve(connection, request)
            return False
        reply, call = self._playback.answer(request)
        reusable = play(connection, reply, call, self._pause)
        return (
            reusable
            and request.headers.get("connection", "").lower() != "close"
            and not self._closing.is_set()
        )

    def _record(self, request: Request) -> None:
        with self._lock:
            self.requests.append(request)
            self._bytes += len(request.raw_body)
            while len(self.requests) > _MOST_REQUESTS or (
                self._bytes > _MOST_BYTES and len(self.requests) > 1
            ):
                forgotten = self.requests[: (len(self.requests) + 1) // 2]
                del self.requests[: len(forgotten)]
                self._bytes -= sum(len(each.raw_body) for each in forgotten)

    def _pause(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise ConnectionAbortedError
