"""The privacy proof: words that nobody else uses go through every input, and nothing that is exported or logged has them."""

import asyncio
import contextlib
import http.server
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk._logs import export
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from gemini_otel import _guard
from support import MODEL, SHAPES, StaticCredentials, make_client, receiving, send
from test_turns import ask

# Every secret has this in it; the second is what base64 makes of its beginning.
SECRET = re.compile(rb"zyqxv|wnlxehzp", re.IGNORECASE)
# What the simulated model says, and what it calls tools with.
REPLIES = re.compile(rb"tides follow|two bulges|zyqxv|wnlxehzp", re.IGNORECASE)


def redact(text: str) -> str:
    return re.sub(r"(?i)zyqxv\w*", "#", text)


@pytest.fixture(autouse=True)
def afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_guard, "_reported", set())
    yield
    gemini_otel.uninstrument()


class Exported:
    """Every byte that leaves the process while `calls` run, and every word of our log."""

    def __init__(self, caplog: pytest.LogCaptureFixture, compression: Compression) -> None:
        self._caplog, self._compression = caplog, compression

    def of(self, calls: Callable[[], object], **settings: Any) -> bytes:
        with receiving() as receiver, self._caplog.at_level(logging.DEBUG, "gemini_otel"):
            end = receiver.endpoint
            tracers = TracerProvider()
            tracers.add_span_processor(
                SimpleSpanProcessor(OTLPSpanExporter(f"{end}/v1/traces", compression=self._compression))
            )
            metrics = OTLPMetricExporter(f"{end}/v1/metrics", compression=self._compression)
            meters = MeterProvider(metric_readers=[PeriodicExportingMetricReader(metrics)])
            logs = sdk_logs.LoggerProvider()
            logs.add_log_record_processor(
                export.SimpleLogRecordProcessor(
                    OTLPLogExporter(f"{end}/v1/logs", compression=self._compression)
                )
            )
            gemini_otel.instrument(
                tracer_provider=tracers,
                meter_provider=meters,
                logger_provider=logs,
                hint_level="info",
                hint_signal="both",
                **settings,
            )
            calls()
            gemini_otel.uninstrument()
            for provider in (tracers, meters, logs):
                provider.force_flush()
                provider.shutdown()
            kinds = (receiver.traces, receiver.metrics, receiver.logs)
            assert all(kinds), "something of each signal was exported"
            ours = [record for record in self._caplog.records if record.name.startswith("gemini_otel")]
            logged = "\n".join(self._caplog.handler.format(record) for record in ours)
            return b"\n".join([*receiver.bodies, logged.encode()])


@pytest.fixture
def exported(caplog: pytest.LogCaptureFixture) -> Exported:
    return Exported(caplog, Compression.NoCompression)


def found(pattern: re.Pattern[bytes], exported: bytes) -> list[bytes]:
    """The places where the pattern occurs."""
    return [exported[max(match.start() - 60, 0) : match.end() + 40] for match in pattern.finditer(exported)]


def get_weather(city: str = "ZyqxvTown") -> str:
    """Zyqxvdoc says how the weather is."""
    return f"Zyqxvresult for {city}"


def failing(zyqxvargument: str = "Zyqxvdefault") -> str:
    """Zyqxvdoc always fails."""
    raise LookupError(f"Zyqxvexception {zyqxvargument}")


FULL: dict[str, Any] = {
    "system_instruction": "Zyqxvinstruction",
    "stop_sequences": ["Zyqxvstop"],
    "response_mime_type": "application/json",
    "response_schema": types.Schema(
        type=types.Type.OBJECT,
        description="Zyqxvdescription",
        properties={"zyqxv_field": types.Schema(type=types.Type.STRING, enum=["Zyqxvenum"])},
    ),
    "http_options": types.HttpOptions(
        headers={"X-Secret": "Zyqxvheader"}, extra_body={"labels": {"a": "Zyqxvbody"}}
    ),
}


def history(prompt: str) -> list[Any]:
    """A conversation with a secret in every part of it."""
    return [
        types.UserContent(
            [
                types.Part(text="Zyqxvearlier"),
                types.Part.from_bytes(data=b"Zyqxvinline data", mime_type="image/png"),
                types.Part.from_uri(
                    file_uri="https://example.com/zyqxvfile.pdf", mime_type="application/pdf"
                ),
                types.Part(
                    inline_data=types.Blob(data=b"1", mime_type="text/plain", display_name="zyqxvname.txt")
                ),
            ]
        ),
        types.ModelContent(
            [
                types.Part(text="Zyqxvthought", thought=True, thought_signature=b"Zyqxvsignature"),
                types.Part.from_function_call(name="lookup", args={"zyqxv_key": "Zyqxvargument"}),
                types.Part.from_executable_code(code="print('Zyqxvcode')", language=types.Language.PYTHON),
                types.Part.from_code_execution_result(outcome=types.Outcome.OUTCOME_OK, output="Zyqxvoutput"),
            ]
        ),
        types.UserContent(
            [types.Part.from_function_response(name="lookup", response={"zyqxv_out": "Zyqxvresponse"})]
        ),
        types.UserContent(f"Zyqxvprompt {prompt}"),
    ]


SCENARIOS = (
    "ok",
    "thinking",
    "grounding_tool_use",
    "inline_image",
    "finish_malformed_function_call",
    "block_safety",
    "loop_text",
    "model_not_found",
    "invalid_key",
    "error_in_stream",
    "cut_stream",
    "rate_limited_twice",
    "continuation",
)


def generate(client: genai.Client, shape: str) -> None:
    for scenario in SCENARIOS:
        send(client, shape, history(f"simulate:{scenario}"), **FULL)
    for via in ("models", "chats"):
        for tool in (get_weather, failing):
            ask(
                client,
                via,
                shape,
                "Zyqxvprompt simulate:tool_call",
                tools=[tool],
                system_instruction="Zyqxvsystem",
            )


def clients(url: str) -> list[genai.Client]:
    """Secrets in key, URL, headers, project, location."""
    secret_url = url.replace("http://", "http://zyqxvuser:Zyqxvpassword@") + "?zyqxvparameter=Zyqxvvalue"
    options = types.HttpOptions(base_url=url, headers={"X-Client": "Zyqxvclient"})
    return [
        genai.Client(api_key="Zyqxvkey", http_options=options),
        genai.Client(api_key="Zyqxvkey", http_options=types.HttpOptions(base_url=secret_url)),
        genai.Client(
            vertexai=True,
            project="zyqxvproject",
            location="us-central1",
            credentials=StaticCredentials(),
            http_options=types.HttpOptions(base_url=url),
        ),
    ]


def other_methods(client: genai.Client, path: Path) -> None:
    """Each method that takes a text, a name or a file; many of them fail here, and what they raise has secrets, too."""
    file = path / "zyqxvfile.txt"
    file.write_text("Zyqxvcontent")
    cache = types.CreateCachedContentConfig(
        contents=["Zyqxvcontent"], system_instruction="Zyqxvsystem", display_name="Zyqxvdisplay"
    )
    batch: Any = [{"contents": [{"parts": [{"text": "Zyqxvbatch"}]}]}]
    vertex_model = "projects/zyqxvproject/locations/us-central1/publishers/google/models/gemini-2.5-flash"
    calls: list[Callable[[], object]] = [
        lambda: client.files.upload(file=file, config={"display_name": "Zyqxvdisplay"}),
        lambda: client.files.upload(file=path / "zyqxvmissing.txt"),
        lambda: client.caches.create(model=MODEL, config=cache),
        lambda: client.caches.get(name="projects/zyqxvproject/locations/x/cachedContents/1"),
        lambda: client.batches.create(model=MODEL, src=batch, config={"display_name": "Zyqxvdisplay"}),
        lambda: client.batches.create(model=MODEL, src="gs://zyqxvbucket/zyqxvobject"),
        lambda: client.file_search_stores.create(config={"display_name": "Zyqxvdisplay"}),
        lambda: client.models.embed_content(
            model=MODEL, contents="Zyqxvtext", config={"title": "Zyqxvtitle"}
        ),
        lambda: client.models.count_tokens(model=MODEL, contents="Zyqxvtext"),
        lambda: client.models.compute_tokens(model=MODEL, contents="Zyqxvtext"),
        lambda: client.models.generate_images(model="imagen-4", prompt="Zyqxvimage"),
        lambda: client.models.generate_videos(model="veo-3", prompt="Zyqxvvideo"),
        lambda: client.models.get(model=vertex_model),
        lambda: client.models.generate_content(model=vertex_model, contents="Zyqxvprompt"),
        lambda: client.models.generate_content(model="Tell me Zyqxvprompt", contents="Zyqxvprompt"),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"labels": {"zyqxvlabel": "zyqxvvalue"}}
        ),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"cached_content": "cachedContents/zyqxvcache"}
        ),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"temperature": "Zyqxvbad"}
        ),  # type: ignore[typeddict-item]
        lambda: client.models.generate_content(model=MODEL, contents=object()),  # type: ignore[arg-type]
    ]
    for call in calls:
        with contextlib.suppress(Exception):
            call()


class Echo(http.server.BaseHTTPRequestHandler):
    """A service whose every error repeats the request: in its message, without quotes, and in all of its details."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        words = " ".join(re.findall(r"\w+", body))
        details = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"description": words}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "BAD",
                "metadata": {"said": words},
            },
            {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "message": words},
            {"@type": "type.googleapis.com/google.rpc.DebugInfo", "detail": words},
        ]
        error = {
            "code": 400,
            "message": f"Cannot process: {words}",
            "status": "INVALID_ARGUMENT",
            "details": details,
        }
        answer = json.dumps({"error": error}).encode() if "plain" not in body else f"<p>{words}</p>".encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json" if "plain" not in body else "text/html")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def echo() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def raising(*subjects: Any) -> Any:
    raise RuntimeError(chr(90) + "yqxvhook", subjects)


CAPTURES: list[Any] = [
    pytest.param({}, REPLIES, id="off"),
    pytest.param({"capture_content": True, "redact": redact}, SECRET, id="redacted"),
]


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_generate_content(url: str, exported: Exported, shape: str, settings: Any, secrets: Any) -> None:
    """Every input of generate_content, in each shape, with tools that return and tools that raise."""
    client = make_client(url, attempts=3)
    assert found(secrets, exported.of(lambda: generate(client, shape), **settings)) == []


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
def test_clients_and_other_methods(
    url: str, exported: Exported, tmp_path: Path, settings: Any, secrets: Any
) -> None:
    """Keys, URLs, headers, projects and labels, and the inputs of every other method."""

    def calls() -> None:
        for client in clients(url):
            other_methods(client, tmp_path)
            send(client, "stream", "Zyqxvprompt simulate:ok")
        send(make_client(url), "call", "simulate:finish_max_tokens")  # something that succeeds, with a hint

    assert found(secrets, exported.of(calls, **settings)) == []


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_that_repeat_the_request(
    echo: str, exported: Exported, shape: str, tmp_path: Path, settings: Any, secrets: Any
) -> None:
    """Errors whose message and details repeat the request word for word, as JSON and as a page."""

    def calls() -> None:
        for prompt in ("json", "plain"):
            send(make_client(echo, attempts=2), shape, history(prompt), **FULL)
        for client in clients(echo):
            other_methods(client, tmp_path)

    assert found(secrets, exported.of(calls, **settings)) == []


@pytest.mark.parametrize("settings", [{}, {"capture_content": True, "redact": raising}], ids=["off", "on"])
def test_hooks_that_raise(url: str, exported: Exported, settings: Any) -> None:
    """What hooks, callables and the redact function raise quotes the request; our log does not."""
    hooks = dict.fromkeys(("request_hook", "response_hook", "error_hook", "on_repetition"), raising)

    def calls() -> None:
        for scenario in ("ok", "rate_limited", "loop_text"):
            send(make_client(url), "stream", f"Zyqxvprompt simulate:{scenario}")

    spoiled = {"span_attributes": lambda: raising("x"), "metric_attributes": {"a": lambda: raising("x")}}
    assert found(SECRET, exported.of(calls, **hooks, **spoiled, **settings)) == []


@pytest.mark.parametrize("place", ["fields", "snake_case"])
def test_our_own_failures(url: str, exported: Exported, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our own code fails on what it reads, the log says where, and not on what."""
    from gemini_otel.operations import _candidates, generate_content

    def fail(value: Any, *_: Any) -> Any:
        raise KeyError(chr(90) + "yqxv", value)

    def calls() -> None:
        for module in (generate_content, _candidates):
            monkeypatch.setattr(module, "fields", fail)
        send(make_client(url), "call", "Zyqxvprompt simulate:finish_max_tokens")
        monkeypatch.undo()
        send(make_client(url), "call", "simulate:finish_max_tokens")

    monkeypatch.setattr(_guard, "_reported", set())
    assert found(SECRET, exported.of(calls)) == []


async def test_mcp(url: str, exported: Exported) -> None:
    """Arguments and results of MCP tools, and what an MCP server says when a tool fails."""
    pytest.importorskip("mcp")
    from test_mcp import run

    def calls() -> None:
        for prompt in ("Zyqxvprompt simulate:tool_call", "Zyqxvprompt simulate:tool_loop"):
            asyncio.run(run(make_client(url), "chats", False, prompt))
        send(make_client(url), "call", "simulate:finish_max_tokens")

    assert found(REPLIES, await asyncio.to_thread(exported.of, calls)) == []


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_search_finds_what_is_there(
    url: str, caplog: pytest.LogCaptureFixture, compression: Compression
) -> None:
    """With capture on and nothing redacted, the secrets are found, compressed or not: the search can fail."""
    exported = Exported(caplog, compression)
    places = b"\n".join(
        found(SECRET, exported.of(lambda: generate(make_client(url), "call"), capture_content=True))
    )
    for secret in (
        "prompt",
        "instruction",
        "stop",
        "argument",
        "response",
        "code",
        "output",
        "thought",
        "result",
    ):
        assert f"Zyqxv{secret}".encode() in places, secret
