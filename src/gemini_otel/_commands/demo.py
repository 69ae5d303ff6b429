"""`gemini-otel demo`: real SDK calls through typical scenarios, with their traces printed as trees."""

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console
from rich.text import Text

from gemini_otel import simulator
from gemini_otel._facts import names
from gemini_otel._instrumentor import instrument, uninstrument
from gemini_otel.console import ConsoleTraceExporter

MODEL = "gemini-3.5-flash"
_SERVICE = "gemini-otel-demo"
_RETRIES = types.HttpRetryOptions(attempts=3, initial_delay=0.05, max_delay=0.1)
_EXPORT_TIMEOUT = 3  # seconds


# No `from __future__ import annotations` in this file: older releases of the SDK run no function with annotations as text.
def get_weather(city: str) -> str:
    """Say how the weather is in a city."""
    raise LookupError(f"no weather station in {city}")


class Scene(NamedTuple):
    """One call."""

    title: str
    prompt: str
    config: dict[str, Any]
    stream: bool = False


SIMULATED = (
    Scene("A healthy call: no hint", "simulate:ok", {}),
    Scene("Thinking ate the budget", "simulate:thoughts_ate_budget", {"max_output_tokens": 1024}),
    Scene("The answer was blocked, over HTTP 200", "simulate:finish_safety", {}),
    Scene("The model got stuck in a loop", "simulate:loop_text", {"temperature": 0.2}, stream=True),
    Scene("A tool that fails, in a loop of three rounds", "simulate:tool_chain", {"tools": [get_weather]}),
    Scene("Rate-limited twice, then answered", "simulate:rate_limited_twice", {}),
    Scene("The daily quota is used up", "simulate:daily_quota", {}),
    Scene("Overloaded in the middle of a stream", "simulate:error_in_stream", {}, stream=True),
)
LIVE = (
    Scene("A healthy call", "Say hello in five words.", {}, stream=True),
    Scene("A cap that is too small", "Explain how a rainbow forms.", {"max_output_tokens": 16}),
    Scene("A parameter out of range", "Say hello.", {"temperature": 9.0}),
)


def run(otlp: str | None = None, live: str | None = None, console: Console | None = None) -> None:
    """Run the scenes and print each trace; also export them to `otlp`, if given.

    With `live`, the real API is called with GEMINI_API_KEY or GOOGLE_API_KEY. Raises ValueError if neither is set, and
    ConnectionError if `otlp` does not accept the traces.
    """
    console = console or Console()
    if live and not (os.environ.get("GEMINI_API_KEY") or os.environ.get("GOOGLE_API_KEY")):
        raise ValueError(
            "--live calls the real API: set GEMINI_API_KEY to a key from https://aistudio.google.com/apikey"
        )
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": _SERVICE}))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter(console)))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    instrument(tracer_provider=provider)
    try:
        if live:
            _play(LIVE, genai.Client(), live, console)
        else:
            with simulator.serve() as url:
                _play(SIMULATED, simulated_client(url), MODEL, console)
    finally:
        uninstrument()
        provider.shutdown()
    _conclude(console, kept.get_finished_spans(), otlp)


def simulated_client(url: str) -> genai.Client:
    """A client of the simulator at `url` that retries quickly."""
    options = types.HttpOptions(base_url=url, retry_options=_RETRIES, timeout=30_000)
    return genai.Client(api_key="demo", http_options=options)


def send(client: genai.Client, model: str, scene: Scene) -> None:
    """Make the scene's call and read its answer to the end."""
    config = types.GenerateContentConfig(**scene.config)
    # The trace shows the error, of the API or of a network without access to it.
    with contextlib.suppress(Exception):
        if config.tools:
            client.chats.create(model=model, config=config).send_message(scene.prompt)
        elif scene.stream:
            list(client.models.generate_content_stream(model=model, contents=scene.prompt, config=config))
        else:
            client.models.generate_content(model=model, contents=scene.prompt, config=config)


def _play(scenes: Sequence[Scene], client: genai.Client, model: str, console: Console) -> None:
    for scene in scenes:
        console.rule(Text(scene.title), align="left", style="dim")
        send(client, model, scene)


def _conclude(console: Console, spans: Sequence[ReadableSpan], otlp: str | None) -> None:
    hints = sum(event.name == names.EVENT_HINT for span in spans for event in span.events)
    told = f"{len(spans)} spans, {hints} hints. More about a code: gemini-otel explain MAX_TOKENS"
    console.print(told, highlight=False)
    if otlp:
        _export(otlp, spans)
        console.print(f"Exported to {otlp}; the service is called {_SERVICE}.", highlight=False)


def _export(otlp: str, spans: Sequence[ReadableSpan]) -> None:
    endpoint = otlp if "://" in otlp else f"http://{otlp}"
    if not endpoint.endswith("/v1/traces"):
        endpoint = f"{endpoint.rstrip('/')}/v1/traces"
    exporter = OTLPSpanExporter(endpoint, timeout=_EXPORT_TIMEOUT)
    result = SpanExportResult.FAILURE
    # Old exporters raise exceptions of requests; new ones log them and return FAILURE.
    with _muted("opentelemetry.exporter"), contextlib.suppress(OSError):
        result = exporter.export(spans)
        exporter.shutdown()  # type: ignore[no-untyped-call]  # the exporter's
    if result is not SpanExportResult.SUCCESS:
        raise ConnectionError(
            f"{endpoint} did not take the traces. Is an OTLP/HTTP back end, such as Jaeger, listening there?"
        )


@contextlib.contextmanager
def _muted(logger_name: str) -> Iterator[None]:
    logger = logging.getLogger(logger_name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
