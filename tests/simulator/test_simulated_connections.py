"""Connections: keep-alive, odd requests, and clients that leave."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest

from gemini_otel import simulator
from gemini_otel.simulator._server import Server
from support.raw_calls import GENERATE, connect, read_all, request_bytes
from support.sdk_calls import MODEL, ask, make_client


def test_connections_are_kept_alive(server: simulator.Simulator) -> None:
    """Unary answers, streams and errors follow each other on one connection."""
    connection = http.client.HTTPConnection(server.removeprefix("http://"))
    for scenario in ("ok", "overloaded", "error_in_stream", "ok"):
        for method in ("generateContent", "streamGenerateContent?alt=sse"):
            body = json.dumps({"contents": [{"parts": [{"text": f"simulate:{scenario}"}]}]})
            connection.request("POST", f"/v1/models/{MODEL}:{method}", body)
            before = connection.sock
            response = connection.getresponse()
            response.read()
            assert connection.sock is before
    connection.close()


def test_pipelined_requests(server: simulator.Simulator) -> None:
    """Requests sent at once are answered in order, and Connection: close ends the connection."""
    with connect(server) as connection:
        connection.sendall(request_bytes("overloaded") + request_bytes("ok", "Connection: close"))
        answers = read_all(connection)
    assert answers.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 1


def test_chunked_request_body(server: simulator.Simulator) -> None:
    """A request body may be chunked."""
    connection = http.client.HTTPConnection(server.removeprefix("http://"))
    pieces = [b'{"contents": [{"parts": ', b'[{"text": "simulate:not_found"}]}]}']
    connection.request("POST", GENERATE, iter(pieces), encode_chunked=True)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 404


def test_trailers_of_a_chunked_body(server: simulator.Simulator) -> None:
    """Trailers after a chunked body belong to it."""
    head = f"POST {GENERATE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with connect(server) as connection:
        connection.sendall(head + b"2;x=1\r\n{}\r\n0\r\nDigest: none\r\n\r\n")
        connection.sendall(request_bytes("not_found", "Connection: close"))
        answers = read_all(connection)
    assert answers.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"HTTP/1.1 404 Not Found\r\n" in answers


@pytest.mark.parametrize(
    "data",
    [b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"\x00\x03\x01 \r\n\r\n"],
)
def test_malformed_requests(server: simulator.Simulator, data: bytes) -> None:
    """What is not HTTP is a 400, and the connection closes."""
    with connect(server) as connection:
        connection.sendall(data)
        assert read_all(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_clients_that_leave(
    server: simulator.Simulator, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients that leave in mid-request or mid-answer disturb nobody, and nothing is printed."""
    ended, serve = threading.Semaphore(0), Server._serve

    def served(server: Server, connection: socket.socket) -> None:
        try:
            serve(server, connection)
        finally:
            ended.release()

    monkeypatch.setattr(Server, "_serve", served)
    stream = GENERATE.replace("generateContent", "streamGenerateContent?alt=sse")
    requests = (
        b"POST",
        request_bytes()[:-5],
        request_bytes("slow"),
        request_bytes("long_stream", path=stream),
    )
    for data in requests:
        connection = connect(server)
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
    assert all(ended.acquire(timeout=30) for _ in requests)
    assert ask(make_client(server), "call", "ok")
    assert capfd.readouterr() == ("", "")


def test_many_clients_at_once(server: simulator.Simulator) -> None:
    """Fifty clients in as many threads are all answered."""
    lengths: list[int] = []

    def stream() -> None:
        lengths.append(len(ask(make_client(server), "stream", "ok")))

    threads = [threading.Thread(target=stream) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [3] * 50
