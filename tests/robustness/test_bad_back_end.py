"""A back end that is down, slow or refusing: the calls go on as they were, memory stays bounded, and the log says so once."""

from __future__ import annotations

import collections
import contextlib
import gc
import http.server
import importlib.util
import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from google import genai
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

import gemini_otel
from gemini_otel._telemetry import exporter_log
from support import send

QUEUE, BATCH, CALLS = 50, 10, 150


@contextlib.contextmanager
def closed() -> Iterator[str]:
    """Nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """Connections are taken, and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


class _Refusing(http.server.BaseHTTPRequestHandler):
    status = 503

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Forbidding(_Refusing):
    status = 403


@contextlib.contextmanager
def answering(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


BACK_ENDS = {
    "closed": closed,
    "hanging": hanging,
    "503": lambda: answering(_Refusing),
    "403": lambda: answering(_Forbidding),
}


class NotingExporter(OTLPSpanExporter):
    """Notes which threads send batches, and that several batches came to an end."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, timeout=1)
        self.threads: set[int] = set()
        self.ended = 0
        self.several_ended = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.threads.add(threading.get_ident())
        try:
            return super().export(spans)
        finally:
            self.ended += 1
            if self.ended > 2:
                self.several_ended.set()


@contextlib.contextmanager
def exporting(endpoint: str) -> Iterator[tuple[TracerProvider, NotingExporter]]:
    """The package, instrumented as in production: batches of spans and metrics to `endpoint`."""
    exporter = NotingExporter(f"{endpoint}/v1/traces")
    spans = BatchSpanProcessor(
        exporter,
        max_queue_size=QUEUE,
        max_export_batch_size=BATCH,
        schedule_delay_millis=50,
    )
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=1), 200, 1000)
    tracer_provider, meter_provider = TracerProvider(resource=Resource({})), MeterProvider([reader])
    tracer_provider.add_span_processor(spans)
    gemini_otel.instrument(tracer_provider=tracer_provider, meter_provider=meter_provider)
    try:
        yield tracer_provider, exporter
    finally:
        # As a program that cannot wait: what is queued is given up.
        for each in (exporter, reader._exporter):
            each.shutdown()
        tracer_provider.shutdown()
        meter_provider.shutdown()
        gemini_otel.uninstrument()


class Reports(logging.Handler):
    """Keeps the text of what is logged; a record would keep its exception, whose frames keep the batch that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.reports.append((record.name, record.levelname, str(record.msg)))


@pytest.fixture(scope="module", params=BACK_ENDS)
def outage(request: pytest.FixtureRequest, url: str) -> dict[str, object]:
    """What was seen while the back end failed."""
    if request.param == "503" and importlib.util.find_spec("opentelemetry.sdk._shared_internal") is None:
        pytest.skip("OpenTelemetry before 1.35 retries for a minute, also after its shutdown")
    handler = Reports()
    otel = logging.getLogger("opentelemetry")
    client = genai.Client(api_key="test-key", http_options={"base_url": url})
    otel.addHandler(handler)
    otel.propagate = False  # pytest keeps records
    try:
        with BACK_ENDS[request.param]() as endpoint, exporting(endpoint) as (provider, exporter):
            answered = sum(send(client, "call", "simulate:ok").error is None for _ in range(CALLS))
            gc.collect()
            spans = [each for each in gc.get_objects() if type(each) is ReadableSpan]
            alive = sum(span.resource is provider.resource for span in spans)
            del spans
            assert exporter.several_ended.wait(60)
    finally:
        otel.propagate = True
        otel.removeHandler(handler)
    return {
        "answered": answered,
        "sent by callers": threading.get_ident() in exporter.threads,
        "alive": alive,
        "slow": request.param == "hanging",
        "reports": handler.reports,
    }


def test_calls_do_not_wait(outage: dict[str, object]) -> None:
    """With a failing back end each call is answered, and none sends a batch itself, so none waits for the back end."""
    assert outage["answered"] == CALLS
    assert not outage["sent by callers"]


def test_memory_is_bounded(outage: dict[str, int]) -> None:
    """No more spans are kept than the queue and the batch in flight hold."""
    assert outage["alive"] <= QUEUE + BATCH + 1 < CALLS
    assert outage["alive"] > 0 or not outage["slow"]  # what a slow back end has not taken yet


def test_said_once(outage: dict[str, list[tuple[str, str, str]]]) -> None:
    """The log says that the export fails, each report once."""
    said = collections.Counter(outage["reports"])
    assert any("xport" in text for _, _, text in said)
    assert [report for report, times in said.items() if times > 1] == []


@pytest.mark.parametrize("quiet", [True, False])
def test_it_can_be_switched_off(quiet: bool) -> None:
    """`quiet_exporters=False` leaves every report in the log; `uninstrument()` leaves the loggers as they were."""
    filters = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter").filters
    before = list(filters)
    gemini_otel.instrument(quiet_exporters=quiet)
    assert (len(filters) > len(before)) is quiet
    gemini_otel.uninstrument()
    assert filters == before


def test_again_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What still fails after ten minutes is reported again, with the number of reports that were left out."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    once = exporter_log.OncePerOutage()

    def report(message: str = "Failed: %s", level: int = logging.ERROR) -> str | None:
        record = logging.LogRecord("name", level, __file__, 1, message, ("why",), None)
        return record.getMessage() if once.filter(record) else None

    assert [report() for _ in range(4)] == ["Failed: why", None, None, None]
    assert report("Another: %s") == "Another: why"
    assert [report(level=logging.INFO) for _ in range(2)] == ["Failed: why"] * 2
    now = 601.0
    assert [report(), report()] == ["Failed: why (3 such reports since the last one)", None]
    now = 1300.0
    assert report("Another: %s") == "Another: why"


def test_reports_that_are_new_each_time() -> None:
    """Reports that differ each time all pass, and are not all remembered."""
    once = exporter_log.OncePerOutage()
    records = [
        logging.LogRecord("name", logging.ERROR, __file__, 1, f"Failed: {number}", None, None)
        for number in range(1000)
    ]
    assert all(map(once.filter, records))
    assert len(once._seen) <= 100
