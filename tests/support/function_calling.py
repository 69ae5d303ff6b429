"""User calls with automatic function calling."""

import asyncio
from typing import Any

from google import genai
from google.genai import types

from support import MODEL, event_loop


def get_weather(city: str = "Paris") -> str:
    """Say how the weather is."""
    return f"sunny in {city}"


async def get_weather_async(city: str = "Paris") -> str:
    """Say how the weather is."""
    await asyncio.sleep(0)
    return f"sunny in {city}"


def failing(city: str = "Paris") -> str:
    """Always fail."""
    raise LookupError(f"secret {city}")


def ask(client: genai.Client, via: str, shape: str, prompt: str, **config: Any) -> list[Any]:
    """One user call, read to its end: the responses or chunks."""
    settings = types.GenerateContentConfig(**config)
    if shape in ("call", "stream"):
        if via == "models":
            method = (
                client.models.generate_content if shape == "call" else client.models.generate_content_stream
            )
            answer: Any = method(model=MODEL, contents=prompt, config=settings)
        else:
            chat = client.chats.create(model=MODEL, config=settings)
            answer = chat.send_message(prompt) if shape == "call" else chat.send_message_stream(prompt)
        return [answer] if shape == "call" else list(answer)
    return event_loop().run_until_complete(ask_async(client, via, shape, prompt, settings))


async def ask_async(client: genai.Client, via: str, shape: str, prompt: str, settings: Any) -> list[Any]:
    if via == "models":
        models = client.aio.models
        method = models.generate_content if shape == "async_call" else models.generate_content_stream
        answer: Any = await method(model=MODEL, contents=prompt, config=settings)
    else:
        chat = client.aio.chats.create(model=MODEL, config=settings)
        answer = await (
            chat.send_message(prompt) if shape == "async_call" else chat.send_message_stream(prompt)
        )
    return [answer] if shape == "async_call" else [chunk async for chunk in answer]
