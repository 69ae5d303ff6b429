"""Interactions in every shape."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from google import genai

from support import MODEL, RECORDINGS, event_loop

if not hasattr(genai.Client, "interactions"):
    pytest.skip("google-genai before 1.55 has no interactions", allow_module_level=True)

SHAPES = ("call", "async_call", "stream", "async_stream")


Read = Callable[[Any], Any]


def interact(client: genai.Client, shape: str, prompt: str = "hello", **body: Any) -> list[Any]:
    """One interaction in one of the four shapes, read to its end: the interaction, or the events."""
    return run(client, shape, lambda api: api.create, model=MODEL, input=prompt, **body)


def run(client: genai.Client, shape: str, method: Read, *args: Any, **kwargs: Any) -> list[Any]:
    if shape.endswith("stream"):
        kwargs["stream"] = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK says that interactions are experimental
        if shape.startswith("async"):
            return event_loop().run_until_complete(_run_async(client, method, args, kwargs))
        answer = method(client.interactions)(*args, **kwargs)
    return list(answer) if kwargs.get("stream") else [answer]


async def _run_async(client: genai.Client, method: Read, args: Any, kwargs: Any) -> list[Any]:
    answer = await method(client.aio.interactions)(*args, **kwargs)
    return [event async for event in answer] if kwargs.get("stream") else [answer]


def recorded() -> list[Any]:
    if not RECORDINGS.exists():
        return []
    found = []
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            exchange = json.loads(line)
            if "/interactions" in (exchange.get("url_path") or "") and exchange["method"] == "POST":
                found.append(pytest.param(exchange, id=str(number)))
    return found
