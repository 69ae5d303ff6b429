"""What the tests share: in-memory telemetry, an OTLP back end, one way to send a request in each shape, clients for the simulator."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.server
import operator
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from google import genai
from google.auth.credentials import Credentials
from google.genai import types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gemini_otel._telemetry import dropped

MODEL = "gemini-2.5-flash"
SHAPES = ("call", "async_call", "stream", "async_stream")
ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SHARED = ROOT.parent / "shared"
RECORDINGS = Path(os.environ.get("GEMINI_OTEL_RECORDINGS", SHARED / "recordings" / "recordings.jsonl.gz"))


class Telemetry:
    """Providers with in-memory exporters."""

    def __init__(self, **provider: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider(**provider)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider(metric_readers=[self.reader])

    @property
    def providers(self) -> dict[str, Any]:
        return {"tracer_provider": self.tracer_provider, "meter_provider": self.meter_provider}

    @property
    def spans(self) -> list[ReadableSpan]:
        dropped.flush()
        return list(self.exporter.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        """The one span."""
        (span,) = self.spans
        return span

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the one span."""
        return dict(self.span.attributes or {})

    def events(self, name: str) -> list[dict[str, Any]]:
        """The attributes of the one span's events of this name."""
        return [dict(event.attributes or {}) for event in self.span.events if event.name == name]

    def points(self, metric: str) -> list[Any]:
        """The data points of a metric."""
        dropped.flush()
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == metric
            for point in found.data.data_points
        ]


class Sent(NamedTuple):
    """What the caller got: responses or chunks, and the exception that ended the call."""

    responses: list[Any]
    error: BaseException | None


# The body of an error: the quota of a minute is used up.
QUOTA: dict[str, Any] = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "You exceeded your current quota.",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "RequestsPerMinute", "quotaValue": "10"}],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"},
        ],
    }
}


def send(client: genai.Client, shape: str, contents: Any, *, model: str = MODEL, **config: Any) -> Sent:
    """One `generate_content` in one of the four shapes, read to its end."""
    request = {
        "model": model,
        "contents": contents,
        "config": types.GenerateContentConfig(**config) if config else None,
    }
    responses: list[Any] = []
    try:
        if shape == "call":
            responses.append(client.models.generate_content(**request))
        elif shape == "stream":
            responses.extend(client.models.generate_content_stream(**request))
        else:
            event_loop().run_until_complete(_send_async(client, shape, request, responses))
    except Exception as error:
        return Sent(responses, error)
    return Sent(responses, None)


async def _send_async(
    client: genai.Client, shape: str, request: dict[str, Any], responses: list[Any]
) -> None:
    if shape == "async_call":
        responses.append(await client.aio.models.generate_content(**request))
    else:
        async for chunk in await client.aio.models.generate_content_stream(**request):
            responses.append(chunk)


_loops = threading.local()


def event_loop() -> asyncio.AbstractEventLoop:
    """One loop for each thread: a client that is used twice keeps its connections, and httpx's cannot be used once closed."""
    if not hasattr(_loops, "loop"):
        _loops.loop = asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = _loops.loop
    return loop


def ask(client: genai.Client, area: str, shape: str, config: Any, contents: Any = "hello") -> None:
    """One call of `models` or of a chat with a config that is passed on unchanged."""

    async def ask_async() -> None:
        stream = _method(client.aio, area, shape)(contents, config)
        if shape == "async_call":
            await stream
        else:
            async for _ in await stream:
                pass

    if shape.startswith("async"):
        event_loop().run_until_complete(ask_async())
    elif shape == "stream":
        list(_method(client, area, shape)(contents, config))
    else:
        _method(client, area, shape)(contents, config)


def _method(client: Any, area: str, shape: str) -> Callable[[Any, Any], Any]:
    suffix = "_stream" if shape.endswith("stream") else ""
    if area == "chat":
        return getattr(client.chats.create(model=MODEL), f"send_message{suffix}")
    generate = getattr(client.models, f"generate_content{suffix}")
    return lambda contents, config: generate(model=MODEL, contents=contents, config=config)


MODES = ("sync", "async")


def invoke(client: genai.Client, mode: str, method: str, **arguments: Any) -> Sent:
    """One call of an SDK method, such as `files.get`, on the client or its async twin."""
    area, _, name = method.rpartition(".")
    try:
        if mode == "sync":
            return Sent([getattr(operator.attrgetter(area)(client), name)(**arguments)], None)
        method_of = operator.attrgetter(area)
        call = _awaited(lambda: getattr(method_of(client.aio), name)(**arguments))
        return Sent([event_loop().run_until_complete(call)], None)
    except Exception as error:
        return Sent([], error)


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    """The result of a call that must begin inside the loop, as some clients require."""
    return await call()


class StaticCredentials(Credentials):
    """A token that never expires."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = "static"

    def refresh(self, request: Any) -> None:
        """Nothing to do."""


def make_vertex_client(url: str, **options: Any) -> genai.Client:
    """A Vertex AI client for the simulator; its options as for `make_client`."""
    return genai.Client(
        vertexai=True,
        project="my-project",
        location="us-central1",
        credentials=StaticCredentials(),
        http_options=_http_options(url, options),
    )


def make_client(url: str, **options: Any) -> genai.Client:
    """A Developer API client for the simulator; `attempts` configures retries that wait for milliseconds."""
    return genai.Client(api_key="test-key", http_options=_http_options(url, options))


def _http_options(url: str, options: dict[str, Any]) -> types.HttpOptions:
    if attempts := options.pop("attempts", None):
        options["retry_options"] = types.HttpRetryOptions(
            attempts=attempts, initial_delay=0.01, max_delay=0.02
        )
    return types.HttpOptions(base_url=url, **options)


class OtlpReceiver(http.server.ThreadingHTTPServer):
    """A small OTLP/HTTP back end, which decodes what it gets."""

    def __init__(self) -> None:
        self.traces: list[Any] = []  # ResourceSpans; the others alike
        self.metrics: list[Any] = []
        self.logs: list[Any] = []
        self.bodies: list[bytes] = []  # as they came, decompressed
        super().__init__(("127.0.0.1", 0), _OtlpHandler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Any]:
        """All spans, in the order of their end."""
        scopes = [scope for resource in list(self.traces) for scope in resource.scope_spans]
        return sorted((span for scope in scopes for span in scope.spans), key=lambda s: s.end_time_unix_nano)


class _OtlpHandler(http.server.BaseHTTPRequestHandler):
    server: OtlpReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.append(body)
        if self.path == "/v1/traces":
            self.server.traces.extend(ExportTraceServiceRequest.FromString(body).resource_spans)
            self.send_response(200)
        elif self.path == "/v1/metrics":
            self.server.metrics.extend(ExportMetricsServiceRequest.FromString(body).resource_metrics)
            self.send_response(200)
        elif self.path == "/v1/logs":
            self.server.logs.extend(ExportLogsServiceRequest.FromString(body).resource_logs)
            self.send_response(200)
        else:
            self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextlib.contextmanager
def receiving() -> Iterator[OtlpReceiver]:
    """A back end that takes OTLP over HTTP."""
    with OtlpReceiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


def plain(pairs: Sequence[KeyValue]) -> dict[str, Any]:
    """Attributes as they came over the wire, each with its type."""
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(map(_value, value.array_value.values))
    return getattr(value, str(kind))


def hint_ids(attributes: Any) -> tuple[str, ...]:
    """The ids of all hints in the attributes of a span; a single one is only in `gemini.hint.id`."""
    alone = (attributes["gemini.hint.id"],) if "gemini.hint.id" in attributes else ()
    return tuple(attributes.get("gemini.hint.ids", alone))
