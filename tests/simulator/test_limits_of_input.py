"""What the simulator does with input that nobody would send: a clear refusal, never an exception, and bounded memory."""

from __future__ import annotations

import base64
import json
import random
import socket
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gemini_otel import simulator
from gemini_otel.simulator import _http, _server
from gemini_otel.simulator._routes import ROUTES

_TARGET = "/v1beta/models/m:generateContent?key=k"
_LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@pytest.fixture
def unhandled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Exceptions that ended a thread."""
    found: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", found.append)
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[simulator.Simulator]:
    with simulator.serve() as url:
        yield url


def sent(url: simulator.Simulator, data: bytes) -> tuple[int, str]:
    """Status and body of the answer to these bytes; the connection is closed then."""
    with socket.create_connection(("127.0.0.1", url.port), 20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body.decode(errors="replace")


def post(*headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"POST {_TARGET} HTTP/1.1", *headers, "", ""]).encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("path", ["models", "files", "cachedContents"])
def test_a_page_token_of_5000_digits(path: str, served: simulator.Simulator) -> None:
    """It is none, and the first page comes."""
    address = f"{served}/v1beta/{path}?key=k&pageToken={'9' * 5000}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        (post(*(f"X-{n}: y" for n in range(300))), 431, "headers"),
        (post("X: " + "y" * 70_000), 431, "headers"),
        (post(*(f"X-{n}: {'y' * 1000}" for n in range(100))), 431, "headers"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414, "first line"),
        (b"hello\r\n\r\n", 400, "Malformed"),
        (post("Content-Length: -5"), 400, "'-5' is not a content length"),
        (post("Content-Length: ten"), 400, "'ten' is not a content length"),
        (post("Content-Length: ²"), 400, "is not a content length"),
        (post(f"Content-Length: {'9' * 5000}"), 413, "more than 104857600 bytes"),
        (post("Content-Length: 104857601"), 413, "more than 104857600 bytes"),
        (post("Content-Length: 50", body=b"{}"), 400, "shorter than it says"),
        (post("Transfer-Encoding: gzip, chunked"), 501, "'gzip, chunked' is not supported"),
        (post(CHUNKED, body=b"xyz\r\n{}\r\n0\r\n\r\n"), 400, "is not the size of a chunk"),
        (post(CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"), 400, "is not the size of a chunk"),
        (post(CHUNKED, body=b"\r\n"), 400, "is not the size of a chunk"),
        (post(CHUNKED, body=b"2\r\n{}{}{}\r\n0\r\n\r\n"), 400, "longer than it says"),
        (post(CHUNKED, body=b"20\r\n{}\r\n"), 400, "shorter than it says"),
        (post(CHUNKED, body=b"7fffffff\r\n{}"), 413, "more than 104857600 bytes"),
        (post(CHUNKED, body=b"0\r\n" + b"X: y\r\n" * 300 + b"\r\n"), 431, "headers"),
    ],
)  # fmt: skip
def test_malformed(
    request_: bytes, status: int, said: str, served: simulator.Simulator, unhandled: list[Any]
) -> None:
    """What is no request, or too much of one, is refused with the reason, and the connection closes."""
    answered, body = sent(served, request_)
    assert (answered, said in body, unhandled) == (status, True, [])


def test_chunks_without_end(served: simulator.Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read up to the limit, and a client that sends more is told so."""
    monkeypatch.setattr(_http, "MAX_BODY", 100_000)
    chunks = (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 100
    status, said = sent(served, post(CHUNKED, body=chunks))
    assert (status, "more than 100000 bytes" in said) == (413, True)


def test_chunks_and_trailers(served: simulator.Simulator) -> None:
    """A body in chunks with an extension and a trailer is read as one."""
    body = json.dumps({"contents": [{"parts": [{"text": "hi"}]}]}).encode()
    chunked = b"%x;name=value\r\n%b\r\n5\r\n     \r\n0\r\nX: y\r\n\r\n" % (len(body), body)
    status, said = sent(served, post(CHUNKED, body=chunked))
    assert (status, "candidates" in said) == (200, True)


def test_requests_are_forgotten_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of requests has a bound in bytes; the latest stays."""
    monkeypatch.setattr(_server, "_MOST_BYTES", 1000)
    with simulator.serve() as url:
        for number in range(20):
            body = json.dumps({"contents": [{"parts": [{"text": f"{number} {'x' * 200}"}]}]}).encode()
            sent(url, post(f"Content-Length: {len(body)}", body=body))
        assert 0 < sum(len(each.raw_body) for each in url.requests) <= 1000
        assert b"19 " in url.requests[-1].raw_body


_DEEP = "[" * 50_000 + "]" * 50_000


def _value(chance: random.Random, depth: int = 0) -> Any:
    if depth < 3 and chance.random() < 0.3:
        return [_value(chance, depth + 1) for _ in range(2)]
    if depth < 3 and chance.random() < 0.5:
        return {name: _value(chance, depth + 1) for name in chance.sample(_FIELDS, 4)}
    return chance.choice((None, True, 0, -1, 10**30, 1.5, "", "text", "\ud800", "²", [], {}))


_FIELDS = [
    "agent",
    "content",
    "contents",
    "config",
    "data",
    "displayName",
    "error",
    "file",
    "functionCall",
    "functionDeclarations",
    "functionResponse",
    "generationConfig",
    "inlineData",
    "input",
    "instances",
    "instance",
    "items",
    "maxOutputTokens",
    "mimeType",
    "minItems",
    "model",
    "name",
    "outputDimensionality",
    "parameters",
    "parts",
    "prompt",
    "properties",
    "previous_interaction_id",
    "requests",
    "responseSchema",
    "required",
    "response_format",
    "role",
    "sampleCount",
    "schema",
    "serviceTier",
    "src",
    "stream",
    "steps",
    "systemInstruction",
    "text",
    "thinkingConfig",
    "tools",
    "ttl",
    "type",
    "uris",
    "usage",
    "video",
]


def _path(pattern: str, chance: random.Random) -> str:
    """A path that a route may match."""
    for of, by in (
        (r"(?:/(?P<version>[^/]+))?/(?P<parents>(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?)",
         chance.choice(("/v1beta/", "/v1/projects/p/locations/l/", "/v1%0d%0aX:%20y/", "/%E2%82%AC/"))),
        (r"(?:models|tunedModels|endpoints)/(?P<model>[^:]+)", "models/m"),
        (r"generateContent|streamGenerateContent", "streamGenerateContent"),
    ):  # fmt: skip
        pattern = pattern.replace(of, by)
    for part in ("(?P<method>", "(?P<resource>", "(?:", "(", ")", "[^/]+", "[^/:]+", ".+", "?", "\\"):
        pattern = pattern.replace(part, "r" if part.startswith(("[", ".")) else "")
    return pattern.partition("|")[0]


def test_every_route_with_nonsense(served: simulator.Simulator, unhandled: list[Any]) -> None:
    """Each is answered, whatever the body holds."""
    chance = random.Random(5)
    statuses = Counter()
    for route in ROUTES:
        for _ in range(6):
            body = json.dumps({name: _value(chance) for name in chance.sample(_FIELDS, 12)}).encode()
            target = _path(route.path.pattern, chance) + chance.choice(
                ("", "?alt=sse", "?pageSize=-1", "?%00=%ff")
            )
            head = f"{route.http_method} {target} HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
            more = chance.choice(
                ("", "x-goog-upload-command: start\r\n", "x-goog-upload-command: upload, finalize\r\n")
            )
            statuses[sent(served, (head + more + "\r\n").encode() + body)[0]] += 1
    assert unhandled == []
    assert 0 not in statuses
    assert statuses[404] < sum(statuses.values()) / 4, statuses
    assert statuses[200] > 100


@pytest.mark.parametrize(
    ("path", "body"), [("files:register", '{"uris": 5}'), ("models/m:generateContent", "[5]")]
)
def test_fields_of_another_type(
    path: str, body: str, served: simulator.Simulator, unhandled: list[Any]
) -> None:
    """What an endpoint cannot read is an invalid argument."""
    head = f"POST /v1beta/{path}?key=k HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    status, said = sent(served, (head + body).encode())
    assert (status, "INVALID_ARGUMENT" in said, unhandled) == (400, True, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("models/m:generateContent", _DEEP),
        ("models/m:embedContent", '{"content": {"parts": [{"text": "x"}]}, "outputDimensionality": 1000000000}'),
        ("models/m:predict", '{"instances": [{"prompt": "x"}], "parameters": {"sampleCount": 1000000000}}'),
        (
            "models/m:generateContent",
            ('{"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"responseMimeType": "application/json", "responseSchema": '
            '{"type": "ARRAY", "minItems": 1000000000, "items": {"type": "ARRAY", "minItems": 1000000000, "items": {"type": "STRING"}}}}}'),
        ),
    ],
    ids=["deep", "dimensions", "images", "items"],
)  # fmt: skip
def test_no_request_makes_a_huge_answer(
    path: str, body: str, served: simulator.Simulator, unhandled: list[Any]
) -> None:
    """Whatever number it names, and however deep it is."""
    content = body.encode()
    head = (
        f"POST /v1beta/{path}?key=k HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    status, said = sent(served, head.encode() + content)
    assert (status in (200, 400), len(said) < 200_000, unhandled) == (True, True, [])


def closed_with(url: simulator.Simulator, *messages: str | bytes, path: str = _LIVE) -> int:
    """The code with which a Live connection closes after these messages."""
    with connect(f"ws://127.0.0.1:{url.port}{path}", open_timeout=20, close_timeout=5, max_size=None) as live:
        with pytest.raises(ConnectionClosed) as closed:
            talk(live, messages)
        assert closed.value.rcvd is not None
        return int(closed.value.rcvd.code)


def talk(live: Any, messages: Iterable[str | bytes]) -> None:
    """Say all of it, and listen."""
    for message in messages:
        live.send(message)
    while True:
        live.recv(timeout=20)


@pytest.mark.parametrize(
    "setup",
    [
        '{"setup": 5}',
        '{"setup": ["model"]}',
        "[]",
        "5",
        "not json",
        '{"clientContent": {}}',
        _DEEP,
        b"\xff\xfe",
    ],
    ids=["number", "list", "no object", "no message", "no JSON", "no setup", "deep", "bytes"],
)
def test_a_live_setup_that_is_none(
    setup: str | bytes, served: simulator.Simulator, unhandled: list[Any]
) -> None:
    """The connection closes with 1007, as the service does it."""
    assert closed_with(served, setup) == 1007
    assert unhandled == []


def test_live_messages_of_nonsense(served: simulator.Simulator, unhandled: list[Any]) -> None:
    """Sound that is no base64, a rate of zero, fields of other types: the session goes on, or closes with 1007."""
    chance = random.Random(7)
    setups = [{"model": 5, "systemInstruction": 7}, {"model": "models/m", "sessionResumption": []}]
    fields = (
        "clientContent",
        "realtimeInput",
        "toolResponse",
        "turns",
        "audio",
        "mediaChunks",
        "weightedPrompts",
    )
    for number in range(12):
        nonsense = {name: {inner: _value(chance) for inner in fields} for name in fields[:2]}
        sound = {"realtimeInput": {"audio": {"data": "A" * (4 * number + 1), "mimeType": "audio/pcm;rate=0"}}}
        asked = {"realtimeInput": {"text": "simulate:live_closed"}}
        messages = [{"setup": setups[number % 2]}, sound, nonsense, asked]
        assert closed_with(served, *map(json.dumps, messages)) in (1000, 1007)
    assert unhandled == []


def test_a_live_message_in_pieces(served: simulator.Simulator) -> None:
    """Fragments that arrive one after the other are one message."""
    with connect(f"ws://127.0.0.1:{served.port}{_LIVE}", open_timeout=20) as live:
        live.send(iter(['{"setup": ', '{"model": ', '"models/m"}}']))
        assert "setupComplete" in json.loads(live.recv(timeout=20))


def test_a_live_message_that_is_too_large(served: simulator.Simulator, unhandled: list[Any]) -> None:
    """The connection closes with 1009."""
    assert closed_with(served, '{"setup": {}}', "x" * (16 * 2**20 + 1)) == 1009
    assert unhandled == []


@pytest.mark.parametrize("key", ["", "Sec-WebSocket-Key: short\r\n"])
def test_a_live_handshake_that_is_none(key: str, served: simulator.Simulator, unhandled: list[Any]) -> None:
    """It is answered with 400."""
    head = f"GET {_LIVE} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n"
    assert sent(served, head.encode())[0] == 400
    assert unhandled == []


def test_a_live_interaction_of_nonsense(served: simulator.Simulator, unhandled: list[Any]) -> None:
    """Events of other types are passed over."""
    path = "/v1beta/interactions/live"
    ending = {"event_type": "input", "content": [{"text": "simulate:live_interaction_leaves"}]}
    sound = base64.b64encode(b"x").decode()
    nonsense = [[], 5, {"event_type": []}, {"events": [5, {"event_type": "input", "content": sound}]}]
    assert closed_with(served, *map(json.dumps, [*nonsense, ending]), path=path) == 1000
    assert unhandled == []
