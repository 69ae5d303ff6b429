"""A program without a line of telemetry. OpenTelemetry's own launcher adds it from outside:

    pip install ".[console]" google-genai opentelemetry-distro
    OTEL_TRACES_EXPORTER=gemini_console OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none \\
        opentelemetry-instrument python examples/zero_code.py

With OTEL_TRACES_EXPORTER=otlp (and opentelemetry-exporter-otlp) the traces go to an OTLP back end.
"""

from connect import gemini_client


def main() -> None:
    with gemini_client() as client:
        answer = client.models.generate_content(
            model="gemini-3.5-flash",
            contents="Tell me about the tides. (simulate:finish_safety)",
        )
    print("The answer:", answer.text)


if __name__ == "__main__":
    main()
