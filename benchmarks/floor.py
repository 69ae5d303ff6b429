"""The floor: one hand-written wrapper for one method that makes the span and the three metric records of a plain call.

It has only the fields of the measured call, reads them without a check, and guards nothing. So it adds to a call what
OpenTelemetry itself takes for this telemetry. `differences` compares its telemetry with gemini-otel's for the same call.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from google import genai
from google.genai import models
from opentelemetry import context as otel_context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

import work

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4.0**power for power in range(14))
_RECORDS = ("gen_ai.client.operation.duration", "gen_ai.client.token.usage")


def install(tracer_provider: TracerProvider, meter_provider: MeterProvider) -> None:
    """Replace `Models.generate_content` with the wrapper."""
    tracer, meter = tracer_provider.get_tracer("floor"), meter_provider.get_meter("floor")
    duration = meter.create_histogram(
        "gen_ai.client.operation.duration", unit="s", explicit_bucket_boundaries_advisory=_SECONDS
    )
    tokens = meter.create_histogram(
        "gen_ai.client.token.usage", unit="{token}", explicit_bucket_boundaries_advisory=_TOKENS
    )
    wrapped = models.Models.generate_content
    addresses: dict[str, tuple[str, int]] = {}

    def generate_content(self: Any, *, model: str, contents: Any, config: Any = None) -> Any:
        options = self._api_client._http_options
        if options.base_url not in addresses:
            addresses[options.base_url] = (urlsplit(options.base_url).hostname or "", 443)
        address, port = addresses[options.base_url]
        labels = {
            "gen_ai.operation.name": "generate_content",
            "gen_ai.provider.name": "gcp.gemini",
            "gen_ai.request.model": model,
            "server.address": address,
            "server.port": port,
        }
        started = time.perf_counter()
        span = tracer.start_span(f"generate_content {model}", kind=SpanKind.CLIENT, attributes=labels)
        context = set_span_in_context(span)
        token = otel_context.attach(context)
        try:
            response = wrapped(self, model=model, contents=contents, config=config)
        except BaseException:
            span.set_status(Status(StatusCode.ERROR))
            span.end()
            raise
        finally:
            otel_context.detach(token)
        seconds = time.perf_counter() - started
        usage, candidate = response.usage_metadata, response.candidates[0]
        received = usage.candidates_token_count + usage.thoughts_token_count
        if span.is_recording():
            span.set_attributes(
                {
                    "gemini.request.api_version": "v1",
                    "gemini.request.max_attempts": 1,
                    "gen_ai.usage.input_tokens": usage.prompt_token_count,
                    "gen_ai.usage.output_tokens": received,
                    "gen_ai.usage.reasoning.output_tokens": usage.thoughts_token_count,
                    "gemini.usage.total_tokens": usage.total_token_count,
                    "gen_ai.response.id": response.response_id,
                    "gen_ai.response.model": response.model_version,
                    "gen_ai.response.finish_reasons": (candidate.finish_reason.value.lower(),),
                    "gemini.response.finish_reason": candidate.finish_reason.value,
                    "gemini.response.parts": tuple("text" for part in candidate.content.parts if part.text),
                    "http.response.status_code": 200,
                    "gemini.response.outcome": "ok",
                    "gemini.repetition.detected": False,
                }
            )
        labels["gen_ai.response.model"] = response.model_version
        tokens.record(usage.prompt_token_count, {**labels, "gen_ai.token.type": "input"}, context)
        tokens.record(received, {**labels, "gen_ai.token.type": "output"}, context)
        duration.record(seconds, labels, context)
        span.end()
        return response

    models.Models.generate_content = generate_content  # type: ignore[method-assign]


def emitted(instrument: Any, client: genai.Client) -> list[object]:
    """Span and records of one call: names, attributes, units, buckets, exemplars and values."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrument(tracer_provider=tracer_provider, meter_provider=MeterProvider([reader]))
    work.call(client)
    (span,) = exporter.get_finished_spans()
    return [_of_span(span), *sorted(_records(reader, span), key=str)]


def _of_span(span: ReadableSpan) -> object:
    attributes = dict(sorted((span.attributes or {}).items()))
    return (span.name, span.kind, span.status.status_code, len(span.events), attributes)


def _records(reader: InMemoryMetricReader, span: ReadableSpan) -> Iterator[object]:
    """The histograms. Our counters, such as `gemini.client.responses`, are not records, because only a reader asks for them."""
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data else ():
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            if metric.name.startswith("gen_ai."):
                for point in metric.data.data_points:
                    value = None if metric.unit == "s" else point.sum  # type: ignore[union-attr]
                    exemplars = [
                        span.context is not None and exemplar.span_id == span.context.span_id
                        for exemplar in point.exemplars
                    ]
                    labels = dict(sorted((point.attributes or {}).items()))
                    bounds = point.explicit_bounds  # type: ignore[union-attr]
                    yield (metric.name, metric.unit, labels, point.count, value, bounds, exemplars)  # type: ignore[union-attr]
