"""A pytest plugin that instruments google-genai for the whole run, when GEMINI_OTEL_SDK_TESTS says so."""

import os
from typing import Any


def pytest_configure(config: Any) -> None:
    if os.environ.get("GEMINI_OTEL_SDK_TESTS") == "instrumented":
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider

        import gemini_otel

        meter_provider = MeterProvider(metric_readers=[InMemoryMetricReader()])
        gemini_otel.instrument(tracer_provider=TracerProvider(), meter_provider=meter_provider)
