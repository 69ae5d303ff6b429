"""Traffic for the playground: calls a simulated Gemini API over and over, in a given mix, and sends its telemetry over OTLP.

    OTEL_SERVICE_NAME=chat python examples/playground/traffic.py ok=20 always_rate_limited=1

Each word is a scenario (`gemini-otel simulate --list`) and its weight. OTEL_EXPORTER_OTLP_ENDPOINT names the back end.
"""

import argparse
import contextlib
import itertools
import random
import signal
import sys
import threading
from collections.abc import Callable

from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import gemini_otel
from gemini_otel import simulator

STREAMED = ("stream", "loop", "slow")  # scenarios with one of these in their names
TOOLS = ("tool",)
JSON = ("json",)


# No `from __future__ import annotations` in this file: older releases of the SDK run no function with annotations as text.
def get_weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"Rain in {city}."


def get_no_weather(city: str) -> str:
    """Say how the weather is in a city."""
    raise TimeoutError(f"No weather of {city}.")


def call(client: genai.Client, model: str, scenario: str, tool: Callable[[str], str] = get_weather) -> None:
    """Make one call and read it to its end; its trace shows the result."""
    config = types.GenerateContentConfig(
        tools=[tool] if any(word in scenario for word in TOOLS) else None,
        response_mime_type="application/json" if any(word in scenario for word in JSON) else None,
    )
    request = {"model": model, "contents": f"simulate:{scenario}", "config": config}
    with contextlib.suppress(Exception):
        if config.tools:
            client.chats.create(model=model, config=config).send_message(f"simulate:{scenario}")
        elif any(word in scenario for word in STREAMED):
            list(client.models.generate_content_stream(**request))
        else:
            client.models.generate_content(**request)


def weighted(text: str) -> tuple[str, int]:
    name, _, weight = text.partition("=")
    if name not in simulator.SCENARIOS or not weight.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a scenario with its weight, such as ok=20")
    return name, int(weight)


def main() -> None:
    parser = argparse.ArgumentParser(description="Traffic for the playground.")
    parser.add_argument("mix", nargs="+", type=weighted, metavar="SCENARIO=WEIGHT")
    parser.add_argument("--model", default="gemini-3.5-flash")
    parser.add_argument("--rate", type=float, default=1.0, help="calls a second (default %(default)s)")
    parser.add_argument("--rounds", type=int, help="how often to play the whole mix (default: until stopped)")
    parser.add_argument("--broken-tool", action="store_true", help="the function that the model calls raises")
    options = parser.parse_args()
    tool = get_no_weather if options.broken_tool else get_weather

    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    meter_provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    gemini_otel.instrument(tracer_provider=tracer_provider, meter_provider=meter_provider)

    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    mix = [name for name, weight in options.mix for _ in range(weight)]
    shuffled = random.Random(0)  # noqa: S311
    with simulator.serve() as url:
        client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=url))
        for _ in range(options.rounds) if options.rounds else itertools.count():
            for scenario in shuffled.sample(mix, len(mix)):
                if stopped.wait(1 / options.rate):
                    break
                call(client, options.model, scenario, tool)
            if stopped.is_set():
                break
    tracer_provider.shutdown()
    meter_provider.shutdown()


if __name__ == "__main__":
    sys.exit(main())
