"""Trace Gemini calls with an OpenTelemetry SDK that the program sets up itself, and print the traces.

Run it with `python examples/manual.py`. In production, replace the exporter by an OTLP exporter: see jaeger.py.
"""

from connect import gemini_client
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from gemini_otel.console import ConsoleTraceExporter


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter()))
    gemini_otel.instrument(tracer_provider=provider)

    with gemini_client() as client:
        answer = client.models.generate_content(
            model="gemini-3.5-flash",
            contents="Explain how a rainbow forms. (simulate:thoughts_ate_budget)",
            config={"max_output_tokens": 1024},
        )
    print("The answer:", answer.text)
    provider.shutdown()


if __name__ == "__main__":
    main()
