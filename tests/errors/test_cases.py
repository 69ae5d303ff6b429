"""What real bug reports brought: each case of tests/data/cases.jsonl, with its input and what is right for it."""

from __future__ import annotations

import http.server
import importlib.util
import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from google.genai import errors
from google.genai import types as genai_types
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

import gemini_otel
from gemini_otel import HintSpanProcessor, RepetitionDetector, cli
from support import DATA, Telemetry, make_client, make_vertex_client

CASES = [json.loads(line) for line in (DATA / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
BY_HAND = "(checked by hand: see the log)"


def _of(kind: str, part: str) -> Any:
    cases = [case for case in CASES if case["kind"] == kind and part in case["input"]]
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def _judge(hints: list[str], expect: dict[str, Any]) -> None:
    """The first hint is a right one, and none is untrue, or weak where a right one is known."""
    if expect.get("no_hint"):
        assert hints == []
        return
    assert hints
    right = expect.get("hint_any", ())
    assert not right or hints[0] in right
    assert set(hints).isdisjoint((*expect.get("hint_not", ()), *expect.get("weak", ())))


class Answering(http.server.ThreadingHTTPServer):
    """Gives one answer to each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: tuple[int, Any] = (200, {})
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Answering

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status, body = self.server.answer
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Not to the terminal."""


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering() as running:
        yield running
        running.shutdown()


def _call(client: Any, given: dict[str, Any]) -> None:
    model, name = given["model"], given["call"]
    if name == "embed_content":
        client.models.embed_content(model=model, contents="x")
    elif name == "generate_images":
        client.models.generate_images(model=model, prompt="x")
    else:
        client.models.generate_content(model=model, contents="x")


@pytest.mark.filterwarnings("ignore")  # of methods that the SDK means to give up
@_of("error_body", "body")
def test_body(case: dict[str, Any], telemetry: Telemetry, server: Answering) -> None:
    """The SDK's call that gets this answer has the right hint."""
    given = case["input"]
    server.answer = (given["status"], given["body"])
    client = (make_vertex_client if given.get("vertex") else make_client)(server.url)
    with pytest.raises(errors.APIError):
        _call(client, given)
    _judge([event["gemini.hint.id"] for event in telemetry.events("gemini.hint")], case["expect"])


@_of("error_body", "close")
def test_close(case: dict[str, Any]) -> None:
    """The exception of a closed websocket is explained by its reason."""
    from websockets.exceptions import ConnectionClosedError
    from websockets.frames import Close

    close = case["input"]["close"]
    error = ConnectionClosedError(Close(close["code"], close["reason"]), None, None)
    _judge([hint.id for hint in gemini_otel.explain(error)], case["expect"])


@_of("error_body", "stdin")
def test_standard_input(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command explains the log, and so it does where the log is its argument."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(case["input"]["stdin"]))
    assert cli.main(["explain", "-", "--json"]) == 0
    _judge([hint["id"] for hint in json.loads(capsys.readouterr().out)], case["expect"])
    assert cli.main(["explain", case["input"]["stdin"], "--json"]) == 0
    _judge([hint["id"] for hint in json.loads(capsys.readouterr().out)], case["expect"])


@_of("error_body", "foreign")
def test_foreign_span(case: dict[str, Any]) -> None:
    """The span of another client has the right hint."""
    given = case["input"]["foreign"]
    from opentelemetry.sdk.trace import TracerProvider

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(HintSpanProcessor())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    late = given.get("late", False)
    tracer = provider.get_tracer(given.get("scope", "a.client"))
    span = tracer.start_span("chat", attributes=None if late else given["attributes"])
    span.set_attributes(given["attributes"])
    kind, text = given["exception"]
    span.add_event("exception", {"exception.type": kind, "exception.message": text})
    span.set_status(Status(StatusCode.ERROR))
    span.end()
    (finished,) = exporter.get_finished_spans()
    hints = [
        str((event.attributes or {})["gemini.hint.id"])
        for event in finished.events
        if event.name == "gemini.hint"
    ]
    _judge(hints, case["expect"])


@_of("response", "body")
def test_response(case: dict[str, Any], telemetry: Telemetry, server: Answering) -> None:
    """The SDK's call that gets this answer has the right hint and outcome."""
    given, expect = case["input"], case["expect"]
    server.answer = (200, given["body"])
    config = genai_types.GenerateContentConfig(**(given.get("config") or {}))
    client = make_client(server.url)
    client.models.generate_content(model=given.get("model", "gemini-2.5-flash"), contents="x", config=config)
    _judge([event["gemini.hint.id"] for event in telemetry.events("gemini.hint")], expect)
    assert telemetry.attributes["gemini.response.outcome"] not in expect.get("outcome_not", ())


@_of("loop", "text")
def test_loop(case: dict[str, Any]) -> None:
    """The loop is found, and of the right kind; what the manual lists as missed may be missed."""
    given, expect = case["input"], case["expect"]
    detector, found = RepetitionDetector(structured=given["structured"]), None
    for begin in range(0, len(given["text"]), given["chunk"]):
        found = detector.feed(given["text"][begin : begin + given["chunk"]]) or found
    if found is None:
        assert expect["documented_miss"]
    else:
        assert found.kind == expect["repetition"]


def _script(source: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


@_of("healthy", "script")
def test_healthy(case: dict[str, Any]) -> None:
    """A program in which nothing went wrong has no hint."""
    printed = _script(case["input"]["script"]).strip().splitlines()[-1]
    assert all(hints == [] for _, _, hints in eval(printed))


@_of("python", "script")
def test_program(case: dict[str, Any]) -> None:
    """A program runs as it does without this package, and its spans say what went wrong."""
    source, expect = case["input"]["script"], case["expect"]
    if source == BY_HAND:
        pytest.skip("no script")
    if "langsmith" in source and importlib.util.find_spec("langsmith") is None:
        pytest.skip("tests/coexistence/test_langsmith.py has it")
    printed = _script(source)
    assert expect.get("prints", "") in printed
    assert "prints_not" not in expect or expect["prints_not"] not in printed
    if "hint_any" in expect:
        assert any(hint in printed for hint in expect["hint_any"])
        assert not any(
            f"'{hint}'" in printed for hint in (*expect.get("hint_not", ()), *expect.get("weak", ()))
        )
