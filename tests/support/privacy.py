"""What the privacy tests need: words that occur nowhere else, every byte that leaves the process, and a service that repeats
its input.
"""

from __future__ import annotations

import http.server
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
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
from support import receiving

# Every secret contains this; the second one is the base64 form of its beginning.
SECRET = re.compile(rb"zyqxv|wnlxehzp", re.IGNORECASE)
# The simulated model's text, and the arguments of its tool calls.
REPLIES = re.compile(rb"tides follow|two bulges|zyqxv|wnlxehzp", re.IGNORECASE)


def redact(text: str) -> str:
    return re.sub(r"(?i)zyqxv\w*", "#", text)


class Exported:
    """Every byte that leaves the process while `calls` run, and every word of our log."""

    def __init__(
        self, caplog: pytest.LogCaptureFixture, compression: Compression = Compression.NoCompression
    ) -> None:
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


def found(pattern: re.Pattern[bytes], exported: bytes) -> list[bytes]:
    """The places where the pattern occurs."""
    return [exported[max(match.start() - 60, 0) : match.end() + 40] for match in pattern.finditer(exported)]


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


CAPTURES: list[Any] = [
    pytest.param({}, REPLIES, id="off"),
    pytest.param({"capture_content": True, "redact": redact}, SECRET, id="redacted"),
]
