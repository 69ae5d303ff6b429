"""Logfire, which calls the official instrumentation and has providers and spans of its own around OpenTelemetry's."""

from __future__ import annotations

from collections.abc import Iterator

import logfire
import pytest
from google import genai
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from support import Telemetry, hint_ids, send


@pytest.fixture(params=["theirs, ours", "ours, theirs"])
def telemetry(request: pytest.FixtureRequest) -> Iterator[Telemetry]:
    """What Logfire exports, with both instrumentations in either order."""
    telemetry, reader = Telemetry(), InMemoryMetricReader()
    telemetry.reader = reader
    logfire.configure(
        send_to_logfire=False,
        console=False,
        inspect_arguments=False,
        additional_span_processors=[SimpleSpanProcessor(telemetry.exporter)],
        metrics=logfire.MetricsOptions(additional_readers=[reader]),
    )
    for who in request.param.split(", "):
        if who == "ours":
            gemini_otel.instrument()
        else:
            logfire.instrument_google_genai()
    yield telemetry
    gemini_otel.uninstrument()
    GoogleGenAiSdkInstrumentor().uninstrument()


def test_one_span(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """In each shape a call has one span, with our facts and hints, and is measured once."""
    assert send(client, shape, "simulate:finish_max_tokens").error is None
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"
    assert telemetry.events("gemini.hint")[0]["gemini.hint.id"].startswith("finish.max_tokens")
    assert len(telemetry.events("gemini.hint")) == len(hint_ids(telemetry.attributes))
    assert sum(point.count for point in telemetry.points("gen_ai.client.operation.duration")) == 1
