"""The asynchronous SDK, over aiohttp and over httpx."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google import genai
from google.genai import errors

from gemini_otel import simulator
from support.sdk_calls import MODEL, ask_async, httpx, make_client

aiohttp = pytest.importorskip("aiohttp")
# SDK 1.32 never closes the aiohttp session of a stream.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:Unclosed")

CUT = (httpx.RemoteProtocolError, aiohttp.ClientPayloadError)
HAS_STREAM_ERRORS = hasattr(errors.APIError, "raise_error")


@pytest.fixture(autouse=True)
async def _no_leftovers() -> AsyncIterator[None]:
    """Collects what the SDK leaves open in reference cycles while the loop still runs."""
    yield
    gc.collect()
    await asyncio.sleep(0)


@pytest.fixture
async def transport() -> AsyncIterator[httpx.AsyncHTTPTransport]:
    """With a transport of its own the SDK uses httpx instead of aiohttp."""
    async with httpx.AsyncHTTPTransport() as transport:
        yield transport


@pytest.fixture(params=["aiohttp", "httpx"])
def client(
    request: pytest.FixtureRequest, server: simulator.Simulator, transport: httpx.AsyncHTTPTransport
) -> genai.Client:
    """A client over one of the two HTTP libraries; it does not retry on its own."""
    options: dict[str, Any] = (
        {"async_client_args": {"transport": transport}} if request.param == "httpx" else {}
    )
    return make_client(server, attempts=1, **options)


@pytest.mark.parametrize("name", ["ok", "thinking", "long_stream", "cached", "finish_safety", "tool_call"])
async def test_answers(client: genai.Client, name: str, shape: str) -> None:
    """Answers arrive with usage and finish reason over either library."""
    responses = await ask_async(client, shape, name)
    assert responses[-1].candidates
    assert responses[-1].candidates[0].finish_reason in ("STOP", "SAFETY")
    assert responses[-1].usage_metadata
    assert responses[-1].model_version == MODEL


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("invalid_key", 400, "INVALID_ARGUMENT"),
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("overloaded", 503, "UNAVAILABLE"),
        ("bad_gateway", 502, "Bad Gateway"),
    ],
)
async def test_refusals(client: genai.Client, name: str, code: int, status: str, shape: str) -> None:
    """Refusals raise the SDK's exception over either library."""
    with pytest.raises(errors.APIError) as caught:
        await ask_async(client, shape, name)
    assert (caught.value.code, caught.value.status) == (code, status)


async def test_stream_refused_at_once_over_aiohttp(server: simulator.Simulator) -> None:
    """Over aiohttp the content type of a stream hides the error's JSON: the SDK keeps it as text."""
    with pytest.raises(errors.ClientError) as caught:
        await ask_async(make_client(server, attempts=1), "stream", "error_in_stream_start")
    assert (caught.value.code, caught.value.status) == (400, "Bad Request")
    assert "API_KEY_INVALID" in caught.value.details["message"]


@pytest.mark.parametrize("name", ["rate_limited_twice", "overloaded_once"])
async def test_sequences(server: simulator.Simulator, name: str, shape: str) -> None:
    """A client that retries gets the answer at the end of a sequence."""
    responses = await ask_async(make_client(server, attempts=4), shape, name)
    assert responses[-1].candidates


async def test_cut_stream(client: genai.Client, shape: str) -> None:
    """A connection cut in mid-answer raises the transport's error."""
    with pytest.raises(CUT):
        await ask_async(client, shape, "cut_stream")


async def test_no_answer(
    server: simulator.Simulator, transport: httpx.AsyncHTTPTransport, shape: str
) -> None:
    """A connection closed without an answer raises httpx's protocol error."""
    client = make_client(server, async_client_args={"transport": transport})
    with pytest.raises(httpx.RemoteProtocolError):
        await ask_async(client, shape, "cut_before_headers")


@pytest.mark.skipif(not HAS_STREAM_ERRORS, reason="this SDK does not look for errors inside a stream")
async def test_error_in_stream(client: genai.Client, shape: str) -> None:
    """A 503 inside a stream is raised as a ServerError over either library."""
    with pytest.raises(errors.ServerError) as caught:
        await ask_async(client, shape, "error_in_stream")
    assert caught.value.code == 503


@pytest.mark.parametrize("name", ["bad_json_stream", "bad_json_body"])
async def test_bad_json(client: genai.Client, name: str, shape: str) -> None:
    """What is not JSON raises the SDK's own error in a stream and a JSONDecodeError in a unary call."""
    with pytest.raises(json.JSONDecodeError if shape == "call" else errors.UnknownApiResponseError):
        await ask_async(client, shape, name)


async def test_many_at_once(server: simulator.Simulator, transport: httpx.AsyncHTTPTransport) -> None:
    """Twenty streams are open at once: none goes on before all have begun."""
    client = make_client(server, async_client_args={"transport": transport})

    waiting: list[asyncio.Event] = []

    async def slow_stream() -> int:
        stream = await client.aio.models.generate_content_stream(model=MODEL, contents="simulate:slow")
        await anext(stream)
        waiting.append(asyncio.Event())
        if len(waiting) == 20:
            for each in waiting:
                each.set()
        await asyncio.wait_for(waiting[-1].wait(), 60)
        return len([chunk async for chunk in stream])

    counts = await asyncio.gather(*(slow_stream() for _ in range(20)))
    await transport.aclose()
    assert counts == [2] * 20
