"""`gemini-otel demo`: real SDK calls through telling scenarios, their traces printed as trees."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from google import genai
from google.genai import errors, types
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from rich.console import Console

from gemini_otel import simulator
from gemini_otel._instrumentor import instrument, uninstrument
from gemini_otel.console import ConsoleTraceExporter

_MODEL = "gemini-2.5-flash"
_RETRIES = types.HttpRetryOptions(attempts=3, initial_delay=0.05, max_delay=0.1)


class Scene(NamedTuple):
    title: str
    prompt: str
    config: dict[str, Any]
    stream: bool = False


_SIMULATED = (
    Scene("A healthy call: no hint", "simulate:ok", {}),
    Scene("Thinking ate the budget", "simulate:thoughts_ate_budget", {"max_output_tokens": 1024}),
    Scene("The answer was blocked, over HTTP 200", "simulate:finish_safety", {}),
    Scene("The model got stuck in a loop", "simulate:loop_text", {"temperature": 0.2}, stream=True),
    Scene("Rate-limited twice, then answered", "simulate:rate_limited_twice", {}),
    Scene("The daily quota is used up", "simulate:daily_quota", {}),
    Scene("Overloaded in the middle of a stream", "simulate:error_in_stream", {}, stream=True),
)
_LIVE = (
    Scene("A healthy call", "Say hello in five words.", {}, stream=True),
    Scene("A cap that is too small", "Explain how a rainbow forms.", {"max_output_tokens": 16}),
    Scene("A parameter out of range", "Say hello.", {"temperature": 9.0}),
)


def run(otlp: str | None = None, live: str | None = None, console: Console | None = None) -> None:
    """Run the scenes and print each trace; export them to `otlp` as well where given.

    With `live`, the real API is called with GEMINI_API_KEY or GOOGLE_API_KEY; ValueError where neither is set.
    """
    console = console or Console()
    if live and not (os.environ.get("GEMINI_API_KEY") or os.environ.get("GOOGLE_API_KEY")):
        raise ValueError(
            "--live calls the real API: set GEMINI_API_KEY to a key from https://aistudio.google.com/apikey"
        )
    provider = _provider(console, otlp)
    instrument(tracer_provider=provider)
    try:
        if live:
            _play(_LIVE, genai.Client(), live, console)
        else:
            with simulator.serve() as url, _client(url) as client:
                _play(_SIMULATED, client, _MODEL, console)
    finally:
        uninstrument()
        provider.shutdown()
    if otlp:
        console.print(f"Exported to {otlp} as service gemini-otel-demo.", style="dim")


def _provider(console: Console, otlp: str | None) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({"service.name": "gemini-otel-demo"}))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleTraceExporter(console)))
    if otlp:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{otlp.rstrip('/')}/v1/traces")))
    return provider


@contextlib.contextmanager
def _client(url: str) -> Iterator[genai.Client]:
    yield genai.Client(
        api_key="demo", http_options=types.HttpOptions(base_url=url, retry_options=_RETRIES, timeout=30_000)
    )


def _play(scenes: tuple[Scene, ...], client: genai.Client, model: str, console: Console) -> None:
    for scene in scenes:
        console.rule(scene.title, align="left", style="dim")
        with contextlib.suppress(errors.APIError):  # the trace that follows tells what happened
            _send(client, model, scene)
        console.print()


def _send(client: genai.Client, model: str, scene: Scene) -> None:
    call: Callable[..., Any] = client.models.generate_content
    if scene.stream:
        call = client.models.generate_content_stream
    config = types.GenerateContentConfig(**scene.config)
    answer = call(model=model, contents=scene.prompt, config=config)
    if scene.stream:
        for _ in answer:
            pass
