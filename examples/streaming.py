"""Read a stream, and stop as soon as the model repeats itself: the rest of a loop costs time and tokens.

Run it with `python examples/streaming.py`. The span of the call ends when the stream is closed.
"""

from connect import gemini_client
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import gemini_otel
from gemini_otel import Repetition, RepetitionDetector
from gemini_otel.console import ConsoleTraceExporter


def main() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter()))
    gemini_otel.instrument(tracer_provider=provider)

    with gemini_client() as client:
        stream = client.models.generate_content_stream(
            model="gemini-3.5-flash", contents="List the prime numbers. (simulate:loop_text)"
        )
        detector = RepetitionDetector()
        loop: Repetition | None = None
        received = 0
        for chunk in stream:
            received += len(chunk.text or "")
            loop = detector.feed(chunk.text or "")
            if loop:
                break
        stream.close()  # type: ignore[attr-defined]  # declared as an iterator, a generator in fact
    if loop:
        print(f"Stopped after {received} characters: {loop.count} times the same {loop.period} characters.")
    provider.shutdown()


if __name__ == "__main__":
    main()
