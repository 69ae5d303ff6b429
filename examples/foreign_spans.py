"""Hints on spans that something else makes: your own gateway, or another instrumentation of Gemini.

Run it with `python examples/foreign_spans.py`. It needs neither the google-genai SDK nor `gemini_otel.instrument()`: the
processor reads the attributes of each GenAI span when it ends.
"""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from gemini_otel.console import ConsoleTraceExporter


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(gemini_otel.HintSpanProcessor())
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter()))
    tracer = provider.get_tracer("my-gateway")

    request = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gemini-3.5-flash"}
    with tracer.start_as_current_span("chat gemini-3.5-flash", attributes=request) as span:
        span.set_attribute("gen_ai.response.finish_reasons", ["recitation"])
    provider.shutdown()


if __name__ == "__main__":
    main()
