"""Calls of the real SDK against a simulator, in one form for unary calls and streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx as older_httpx
from google import genai
from google.genai import _api_client, types

# The one that the SDK uses: other packages may have brought httpx2 to an SDK that does not know it.
httpx: Any = getattr(_api_client, "httpx2", None) or older_httpx

MODEL = "gemini-2.5-flash"

__all__ = [
    "MODEL",
    "SHAPES",
    "ask",
    "ask_async",
    "httpx",
    "last_candidate",
    "make_client",
    "text_of",
    "usage_of",
]


def make_client(url: str, *, attempts: int = 0, **http_options: Any) -> genai.Client:
    """A client of the Developer API; with *attempts* it retries after milliseconds."""
    if attempts:
        http_options["retry_options"] = types.HttpRetryOptions(
            attempts=attempts, initial_delay=0.01, max_delay=0.02
        )
    return genai.Client(api_key="test-key", http_options=types.HttpOptions(base_url=url, **http_options))


def _call(client: genai.Client, contents: Any, **config: Any) -> list[types.GenerateContentResponse]:
    return [client.models.generate_content(model=MODEL, contents=contents, config=config or None)]


def _stream(client: genai.Client, contents: Any, **config: Any) -> list[types.GenerateContentResponse]:
    return list(client.models.generate_content_stream(model=MODEL, contents=contents, config=config or None))


SHAPES: dict[str, Callable[..., list[types.GenerateContentResponse]]] = {"call": _call, "stream": _stream}


def ask(
    client: genai.Client, shape: str, scenario: str, **config: Any
) -> list[types.GenerateContentResponse]:
    """All responses to a prompt that names *scenario*."""
    return SHAPES[shape](client, f"Why are there tides? simulate:{scenario}", **config)


async def ask_async(client: genai.Client, shape: str, scenario: str) -> list[types.GenerateContentResponse]:
    """As ``ask``, with the asynchronous client."""
    request: dict[str, Any] = {"model": MODEL, "contents": f"Why are there tides? simulate:{scenario}"}
    try:
        if shape == "call":
            return [await client.aio.models.generate_content(**request)]
        return [chunk async for chunk in await client.aio.models.generate_content_stream(**request)]
    finally:
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()


def text_of(responses: list[types.GenerateContentResponse]) -> str:
    return "".join(
        part.text or ""
        for response in responses
        for candidate in response.candidates or ()
        for part in (candidate.content and candidate.content.parts) or ()
        if not part.thought
    )


def usage_of(responses: list[types.GenerateContentResponse]) -> types.GenerateContentResponseUsageMetadata:
    usage = responses[-1].usage_metadata
    assert usage is not None
    return usage


def last_candidate(responses: list[types.GenerateContentResponse]) -> types.Candidate:
    candidates = responses[-1].candidates
    assert candidates
    return candidates[0]
