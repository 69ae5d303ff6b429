"""Send traces to a local Jaeger over OTLP. Start Jaeger, run this, then open http://localhost:16686:

    docker run --rm -d --name jaeger -p 16686:16686 -p 4318:4318 cr.jaegertracing.io/jaegertracing/jaeger:2.20.0
    python examples/jaeger.py

OTEL_EXPORTER_OTLP_ENDPOINT names another OTLP back end.
"""

from connect import gemini_client
from google.genai import errors
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import gemini_otel


def main() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "gemini-otel-example"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    gemini_otel.instrument()

    with gemini_client() as client, trace.get_tracer("example").start_as_current_span("plan a trip"):
        client.models.generate_content(model="gemini-3.5-flash", contents="Name three sights of Rome.")
        try:
            client.models.generate_content(
                model="gemini-3.5-flash", contents="And of Oslo? (simulate:daily_quota)"
            )
        except errors.APIError as error:
            print("The call failed:", error.code, error.status)
    provider.shutdown()  # sends what is still pending


if __name__ == "__main__":
    main()
