"""The server itself: its address, what it keeps, and how it closes."""

from __future__ import annotations

import copy
import http.client
import pickle
import socket
import threading
from typing import Any

import pytest

from gemini_otel import simulator
from gemini_otel.simulator import Reply, Scenario, _server
from support.raw_calls import GENERATE, connect, read_all, request_bytes
from support.sdk_calls import MODEL, SHAPES, ask, httpx, make_client


def test_the_server_is_its_address() -> None:
    """serve() is the address as a string, before, in and after a with statement."""
    with simulator.serve() as url:
        assert isinstance(url, str)
        assert url == f"http://127.0.0.1:{url.port}"
        assert url.port > 0


def test_copies_are_plain_strings(server: simulator.Simulator) -> None:
    """Copying or pickling the server gives its address."""
    for duplicate in (copy.copy(server), copy.deepcopy(server), pickle.loads(pickle.dumps(server))):
        assert type(duplicate) is str
        assert duplicate == server


def test_a_port_can_be_chosen() -> None:
    """A closed port is free for the next server."""
    with simulator.serve() as url:
        port = url.port
    with simulator.serve(port=port) as url:
        assert url.port == port
        assert ask(make_client(url), "call", "ok")


def test_requests_are_kept(server: simulator.Simulator) -> None:
    """What was received is kept, and credentials are not in its repr."""
    client = make_client(server)
    ask(client, "stream", "ok")
    request = server.requests[-1]
    assert (request.method, request.query["alt"]) == ("POST", "sse")
    assert request.path.endswith(f"/models/{MODEL}:streamGenerateContent")
    assert request.body["contents"][0]["parts"][0]["text"].endswith("simulate:ok")
    assert request.headers["x-goog-api-key"] == "test-key"
    assert "test-key" not in repr(request)


def test_the_oldest_requests_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of requests does not grow without bound."""
    monkeypatch.setattr(_server, "_MOST_REQUESTS", 4)
    with simulator.serve() as url:
        client = make_client(url)
        for number in range(10):
            client.models.generate_content(model=MODEL, contents=str(number))
        assert len(url.requests) <= 4
        assert url.requests[-1].body["contents"][0]["parts"][0]["text"] == "9"


def test_own_scenarios() -> None:
    """Scenarios given to a server are known to prompts, as its default, and in place of those that ship."""
    teapot = Scenario("teapot", "No coffee.", (Reply(418, {"x-pot": "short"}, {"error": {"code": 418}}),))
    replaced = Scenario("ok", "Text.", (Reply(299, body=b"raw"),))
    with simulator.serve("teapot", scenarios=[teapot, replaced]) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        for body, status in (("{}", 418), ('{"contents": [{"parts": [{"text": "simulate:ok"}]}]}', 299)):
            connection.request("POST", GENERATE, body)
            response = connection.getresponse()
            response.read()
            assert response.status == status
        connection.close()
    with simulator.serve(teapot) as url, pytest.raises(Exception, match="418"):
        SHAPES["call"](make_client(url), "Hello")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scenario("No Name", "", (Reply(),)), "'No Name' is not a scenario name"),
        (lambda: Scenario("empty", "", ()), "'empty' has no replies"),
        (lambda: Reply(ending="error"), "needs the error body"),
    ],
)
def test_bad_scenarios(make: Any, message: str) -> None:
    """A scenario that cannot be played cannot be made."""
    with pytest.raises(ValueError, match=message):
        make()


def test_close_releases_hanging_requests(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing ends hanging and slow answers at once."""
    endless = Scenario(
        "endless", "Slow.", (Reply(chunks=simulator.SCENARIOS["ok"].replies[0].chunks, delay=60),)
    )
    late = Scenario("late", "Late.", (Reply(first_delay=60),))
    failures: list[BaseException] = []
    monkeypatch.setattr("gemini_otel.simulator._playing.HANG_SECONDS", 60)
    arrived, record = threading.Semaphore(0), _server.Server._record

    def recorded(server: _server.Server, request: simulator.Request) -> None:
        record(server, request)
        arrived.release()

    monkeypatch.setattr(_server.Server, "_record", recorded)
    url = simulator.serve(scenarios=[endless, late])

    def ask_until_closed(name: str) -> None:
        try:
            ask(make_client(url), shape, name)
        except httpx.HTTPError as error:
            failures.append(error)

    threads = [
        threading.Thread(target=ask_until_closed, args=(name,)) for name in ("hang", "endless", "late")
    ]
    for thread in threads:
        thread.start()
    assert all(arrived.acquire(timeout=30) for _ in threads)
    url.close()
    for thread in threads:
        thread.join(30)  # the answers would take a minute
    assert not any(thread.is_alive() for thread in threads)
    assert len(failures) == 3


def test_hang_in_mid_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream can fall silent after its chunks; the connection closes after a while."""
    monkeypatch.setattr("gemini_otel.simulator._playing.HANG_SECONDS", 0.05)
    chunks = simulator.SCENARIOS["ok"].replies[0].chunks
    silent = Scenario("silent", "Silence.", (Reply(chunks=chunks[:2], ending="hang"),))
    with simulator.serve(silent) as url:
        client = make_client(url)
        stream = client.models.generate_content_stream(model=MODEL, contents="Hello")
        assert next(stream).text
        assert next(stream).text
        with pytest.raises(httpx.RemoteProtocolError):
            next(stream)
        with pytest.raises(httpx.RemoteProtocolError):
            SHAPES["call"](make_client(url), "Hello")


def test_delay_between_chunks(pauses: list[float]) -> None:
    """A delay separates the chunks, and a unary call waits for all of them."""
    paced = Scenario(
        "paced", "Paced.", (Reply(chunks=simulator.SCENARIOS["ok"].replies[0].chunks, delay=0.1),)
    )
    with simulator.serve(paced) as url:
        ask(make_client(url), "call", "paced")
        assert pauses == [0.2]
        ask(make_client(url), "stream", "paced")
        assert pauses == [0.2, 0.1, 0.1]


def test_close_is_idempotent_and_leaves_nothing() -> None:
    """A server with idle connections closes more than once, and leaves no thread: none is waited for in vain."""
    with simulator.serve() as url:
        idle = [connect(url) for _ in range(5)]
        for connection in idle:
            connection.sendall(request_bytes())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        url.close()
        url.close()
    assert not [each for each in threading.enumerate() if each.name == f"gemini-simulator-{url.port}"]
    for connection in idle:
        assert read_all(connection) == b""
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        connect(url)


def test_close_while_nothing_can_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose accept() keeps failing still closes."""

    def accept(_: socket.socket) -> Any:
        raise OSError("too many open files")

    monkeypatch.setattr(socket.socket, "accept", accept)
    url = simulator.serve()
    url.close()
    assert not url._server._acceptor.is_alive()


def test_accept_survives_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing accept() does not end the server."""
    real = socket.socket.accept
    failures = iter([OSError("too many open files")])

    def accept(listener: socket.socket) -> Any:
        for failure in failures:
            raise failure
        return real(listener)

    monkeypatch.setattr(socket.socket, "accept", accept)
    with simulator.serve() as url:
        assert ask(make_client(url), "call", "ok")


def test_serve_forever() -> None:
    """serve_forever calls on_start with the address, serves, and returns on Ctrl-C."""
    addresses: list[str] = []

    def interrupt(url: str) -> None:
        addresses.append(url)
        SHAPES["call"](make_client(url), "Hello")
        raise KeyboardInterrupt

    simulator.serve_forever(port=0, on_start=interrupt)
    assert addresses[0].startswith("http://127.0.0.1:")


def test_serve_forever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """serve_forever serves until the server is closed."""
    servers: list[_server.Server] = []
    real = _server.Server.wait

    def wait(server: _server.Server, seconds: float) -> bool:
        if servers:
            server.close()
        servers.append(server)
        return real(server, min(seconds, 0.01))

    monkeypatch.setattr(_server.Server, "wait", wait)
    simulator.serve_forever(port=0)
    assert len(servers) == 2


def test_public_names() -> None:
    """Every public name exists."""
    assert all(hasattr(simulator, name) for name in simulator.__all__)
