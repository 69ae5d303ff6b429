"""Ask a file of traces what went wrong, what it cost and what to do first.

Run it with `python examples/report.py`. It writes a file as a Collector would, with a few calls, some of which go wrong, and
then runs `gemini-otel report traces.jsonl`.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from connect import gemini_client
from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

import gemini_otel
from gemini_otel.cli import main as gemini_otel_command


class FileExporter(SpanExporter):
    """Writes a line of OTLP as JSON for each batch of spans."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(MessageToDict(encode_spans(spans))) + "\n")
        return SpanExportResult.SUCCESS


def main() -> None:
    path = Path(tempfile.mkdtemp(), "traces.jsonl")
    provider = TracerProvider(resource=Resource({"service.name": "tides"}))
    provider.add_span_processor(SimpleSpanProcessor(FileExporter(path)))
    gemini_otel.instrument(tracer_provider=provider)
    with gemini_client() as client:
        for scenario in ("ok", "ok", "thoughts_ate_budget", "finish_safety"):
            client.models.generate_content(model="gemini-3.5-flash", contents=f"simulate:{scenario}")
    gemini_otel_command(["report", str(path)])


if __name__ == "__main__":
    main()
