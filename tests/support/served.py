"""A web application that asks Gemini once for each request, traced as its users would: over OTLP, set up when it is imported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from google import genai
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import gemini_otel

MODEL = "gemini-2.5-flash"

tracer_provider = TracerProvider()
tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracer_provider)
meter_provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
metrics.set_meter_provider(meter_provider)
gemini_otel.instrument()
client = genai.Client(api_key="any", http_options={"base_url": os.environ["SERVED_GEMINI_URL"]})


def ask(prompt: str = "hello") -> None:
    """One call."""
    client.models.generate_content(model=MODEL, contents=prompt)


def ask_often(times: int) -> None:
    """The work of a process that was started for it, to its end; such a process runs no exit handlers."""
    for _ in range(times):
        ask()
    shutdown()


def shutdown() -> None:
    tracer_provider.shutdown()
    meter_provider.shutdown()


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    ask()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


async def asgi(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        shutdown()
        await send({"type": "lifespan.shutdown.complete"})
        return
    stream = await client.aio.models.generate_content_stream(model=MODEL, contents="hello")
    async for _ in stream:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
