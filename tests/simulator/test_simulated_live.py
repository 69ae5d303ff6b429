"""The simulator's websocket and TLS side."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gemini_otel import simulator
from gemini_otel.simulator import LIVE_SCENARIOS, Burst, LiveScenario
from support.live import needs_live

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


def plain(url: str) -> ClientConnection:
    """A websocket client of another kind than the SDK: it needs no TLS."""
    return connect(str(url).replace("http", "ws", 1) + PATH)


def set_up(websocket: ClientConnection, **setup: Any) -> dict[str, Any]:
    websocket.send(json.dumps({"setup": {"model": "models/gemini-live", **setup}}))
    answer: dict[str, Any] = json.loads(websocket.recv())
    return answer


def ask(websocket: ClientConnection, text: str) -> list[dict[str, Any]]:
    """One turn."""
    content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
    websocket.send(json.dumps({"clientContent": content}))
    said = []
    while not said or "turnComplete" not in said[-1].get("serverContent", {}):
        said.append(json.loads(websocket.recv(timeout=10)))
    return said


def test_a_plain_websocket() -> None:
    """Without TLS, any client can speak; the request is recorded."""
    with simulator.serve() as url:
        with plain(url) as websocket:
            assert set_up(websocket) == {"setupComplete": {}}
            said = ask(websocket, "simulate:live_text")
        assert [request.path for request in url.requests] == [PATH]
    assert said[-1]["usageMetadata"]["promptTokenCount"] == 5
    assert said[-1]["usageMetadata"]["responseTokensDetails"] == [{"modality": "TEXT", "tokenCount": 9}]


def test_own_scenarios() -> None:
    """A scenario of one's own is played turn by turn, its last turn from then on; it may be the default."""
    done = {"serverContent": {"turnComplete": True}}
    turns = [
        Burst(({"serverContent": {"modelTurn": {"parts": [{"text": word}]}}}, done))
        for word in ("one", "two")
    ]
    mine = LiveScenario("mine", "Counts.", tuple(turns))
    for scenario, prompt in (("ok", "simulate:mine"), (mine, "hello")):
        with simulator.serve(scenario, scenarios=[mine]) as url, plain(url) as websocket:
            set_up(websocket)
            words = [
                ask(websocket, prompt)[0]["serverContent"]["modelTurn"]["parts"][0]["text"] for _ in range(3)
            ]
        assert words == ["one", "two", "two"]


def test_unknown_scenario() -> None:
    """The close frame names it; `serve` lists the Live scenarios among the choices."""
    with simulator.serve() as url, plain(url) as websocket:
        set_up(websocket)
        with pytest.raises(ConnectionClosed, match="No Live scenario is named nonsense"):
            ask(websocket, "simulate:nonsense")
    with pytest.raises(ValueError, match="live_text"):
        simulator.serve("live_txt")


def test_scenarios_are_checked() -> None:
    """A scenario needs a name that a prompt can hold, and something to say."""
    with pytest.raises(ValueError, match="not a scenario name"):
        LiveScenario("Not This", "", (Burst(),))
    with pytest.raises(ValueError, match="no turns"):
        LiveScenario("mine", "", ())


def test_every_scenario_describes_itself() -> None:
    """Names say that they are of Live, and do not hide those of HTTP."""
    assert all(name.startswith("live_") and each.description for name, each in LIVE_SCENARIOS.items())
    assert not set(LIVE_SCENARIOS) & set(simulator.SCENARIOS)


def test_http_refusals_are_closes() -> None:
    """A scenario that refuses requests closes a Live session with its message."""
    refused = pytest.raises(ConnectionClosed, match=r"1011 .*overloaded")
    with simulator.serve("overloaded") as url, plain(url) as websocket, refused:
        set_up(websocket)


def test_rejection() -> None:
    """A connection may be refused by HTTP."""
    with simulator.serve("live_rejected") as url, pytest.raises(InvalidStatus, match="403"):
        plain(url)


def test_fragments_and_pings() -> None:
    """A message may come in fragments, with a ping in between."""
    with simulator.serve() as url, plain(url) as websocket:
        setup = json.dumps({"setup": {"model": "m"}})
        websocket.send([setup[:10], setup[10:]])
        assert websocket.ping().wait(5)
        assert json.loads(websocket.recv(timeout=5)) == {"setupComplete": {}}
        websocket.send("not json")
        assert ask(websocket, "simulate:live_empty")


def test_closing_ends_open_sessions() -> None:
    """A server that closes lets no session go on."""
    url = simulator.serve()
    with plain(url) as websocket:
        set_up(websocket)
        url.close()
        with pytest.raises(ConnectionClosed):
            websocket.recv(timeout=5)


@needs_live
def test_https() -> None:
    """HTTP is served over TLS on the same port; the certificate's file serves other processes, and goes with the server."""
    with simulator.serve() as url:
        file = Path(url.certificate)
        address = str(url).replace("http", "https", 1) + "/v1beta/models"
        with urllib.request.urlopen(address, context=url.ssl_context()) as answer:
            assert answer.status == 200
        context = ssl.create_default_context(cafile=str(file))
        with urllib.request.urlopen(address, context=context) as answer:
            assert answer.status == 200
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(address, context=ssl.create_default_context())
    assert not file.exists()


def test_broken_tls(capfd: pytest.CaptureFixture[str]) -> None:
    """A connection that begins like TLS and is not ends; nothing is printed."""
    with simulator.serve() as url:
        with socket.create_connection(("127.0.0.1", url.port), 5) as connection:
            connection.sendall(b"\x16\x03\x01 nonsense")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        with plain(url) as websocket:
            assert set_up(websocket)
    assert capfd.readouterr().err == ""


def test_without_trustme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that makes certificates, asking for one says what to install; HTTP is served all the same."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    with simulator.serve() as url:
        with pytest.raises(RuntimeError, match=r"pip install 'gemini-otel\[demo\]'"):
            url.ssl_context()
        with socket.create_connection(("127.0.0.1", url.port), 5) as connection:
            connection.sendall(b"\x16\x03\x01")
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
        with plain(url) as websocket:
            assert set_up(websocket)
