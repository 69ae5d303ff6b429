"""Bytes of our spans: as OTLP, compressed, and in the files of a Jaeger with Badger storage.

python benchmarks/storage.py [--jaeger]
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from google import genai
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo

ROOT = Path(__file__).parent.parent
CALLS = 500
BATCH = 512  # spans
SCENES = {
    "healthy call": demo.Scene("", "simulate:ok", {}),
    "healthy stream": demo.Scene("", "simulate:ok", {}, stream=True),
    "cut off, one hint": demo.Scene("", "simulate:thoughts_ate_budget", {}),
    "daily quota: 3 attempts, one hint": demo.Scene("", "simulate:daily_quota", {}),
    "loop of three rounds: 6 spans": demo.Scene("", "simulate:tool_chain", {"tools": [demo.get_weather]}),
}


def spans_of(scene: demo.Scene, client: genai.Client, calls: int) -> Sequence[ReadableSpan]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "storage"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    gemini_otel.instrument(tracer_provider=provider)
    for _ in range(calls):
        demo.send(client, demo.MODEL, scene)
    gemini_otel.uninstrument()
    return kept.get_finished_spans()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--jaeger", action="store_true", help="measure with the Jaeger of the integration tests"
    )
    parser.add_argument("--calls", type=int, default=CALLS)
    options = parser.parse_args()
    if options.jaeger:
        sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]
    print(f"{'bytes for each span':36}{'OTLP':>8}{'gzip':>8}{'Jaeger, Badger':>16}")
    with simulator.serve() as url:
        for name, scene in SCENES.items():
            calls = 20 if "attempts" in name else options.calls
            spans = spans_of(scene, demo.simulated_client(url), calls)
            wire = encode_spans(spans).SerializeToString()
            sizes = [len(wire) / len(spans), len(gzip.compress(wire)) / len(spans)]
            print(f"{name:36}{sizes[0]:8,.0f}{sizes[1]:8,.0f}", end="")
            print(f"{on_disk(spans):16,.0f}" if options.jaeger and calls > 20 else "")


def on_disk(spans: Sequence[ReadableSpan]) -> float:
    """Bytes that each span adds to the database."""
    return (size(spans) - size([])) / len(spans)


def size(spans: Sequence[ReadableSpan]) -> int:
    """Bytes of a database with these spans."""
    from servers import run_jaeger

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        keys, values = data / "keys", data / "values"
        storage = {"SPAN_STORAGE_TYPE": "badger"}
        flags = (
            "--badger.ephemeral=false",
            f"--badger.directory-key={keys}",
            f"--badger.directory-value={values}",
        )
        with run_jaeger(data, *flags, **storage) as jaeger:
            exporter = OTLPSpanExporter(f"{jaeger.otlp}/v1/traces")
            for start in range(0, len(spans), BATCH):
                exporter.export(spans[start : start + BATCH])
            time.sleep(3)  # it writes in the background
        return sum(file.stat().st_size for file in (*keys.rglob("*"), *values.rglob("*")))


if __name__ == "__main__":
    main()
