"""The instrumentations of HTTP clients: their spans are below ours, and are suppressed without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from google import genai
from google.genai import types
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.utils import suppress_http_instrumentation, suppress_instrumentation

import gemini_otel
from support import MODEL, Telemetry, make_client, send


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    HTTPXClientInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
    AioHttpClientInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
    gemini_otel.instrument(**telemetry.providers)
    yield telemetry
    gemini_otel.uninstrument()
    AioHttpClientInstrumentor().uninstrument()
    HTTPXClientInstrumentor().uninstrument()


def test_below_ours(telemetry: Telemetry, url: str, shape: str) -> None:
    """Each attempt's HTTP span is a child of the round's, also in streams."""
    send(make_client(url, attempts=2), shape, "simulate:daily_quota")
    *http, ours = telemetry.spans
    assert ours.name == f"generate_content {MODEL}"
    assert [span.name for span in http] == ["POST", "POST"]
    assert {span.parent.span_id for span in http if span.parent} == {ours.context.span_id}


def test_aiohttp(telemetry: Telemetry, url: str) -> None:
    """Over aiohttp as well."""

    async def ask() -> None:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            options = types.HttpOptions(base_url=url, aiohttp_client=session)
            client = genai.Client(api_key="any", http_options=options)
            await client.aio.models.generate_content(model=MODEL, contents="hello")

    asyncio.run(ask())
    http, ours = telemetry.spans
    assert ours.name == f"generate_content {MODEL}"
    assert http.instrumentation_scope is not None
    assert http.instrumentation_scope.name.endswith("aiohttp_client")
    assert http.parent is not None
    assert http.parent.span_id == ours.context.span_id


def test_http_suppressed(telemetry: Telemetry, client: genai.Client) -> None:
    """`suppress_http_instrumentation` is for HTTP spans: ours is none, and stays."""
    with suppress_http_instrumentation():
        send(client, "call", "hello")
    assert telemetry.span.name == f"generate_content {MODEL}"


def test_all_suppressed(telemetry: Telemetry, client: genai.Client) -> None:
    """`suppress_instrumentation` is for all."""
    with suppress_instrumentation():
        send(client, "call", "hello")
    assert telemetry.spans == []
