"""`conversation()`: the id on everything inside, across threads and tasks, and nowhere else."""

import asyncio
import contextvars
import threading
from typing import Any

import pytest
from google import genai

import gemini_otel
from gemini_otel import conversation
from support import MODEL, Telemetry, send
from support.function_calling import ask, get_weather
from support.logs import Logs

ID = "gen_ai.conversation.id"


def ids(telemetry: Telemetry) -> list[Any]:
    return [(span.attributes or {}).get(ID) for span in telemetry.spans]


@pytest.mark.parametrize("via", ["models", "chats"])
def test_everything_inside(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """Loop, rounds and tool runs carry the id; a call outside has none, also in a chat."""
    with conversation("c-1"):
        ask(client, via, shape, "simulate:tool_call", tools=[get_weather])
    assert ids(telemetry) == ["c-1"] * 4
    telemetry.exporter.clear()
    ask(client, via, shape, "simulate:ok")
    assert ids(telemetry) == [None]


def test_nested_and_reused(telemetry: Telemetry, client: genai.Client) -> None:
    """The inner id wins inside, the outer one comes back after it; the same object may be entered again."""
    outer = conversation("outer")
    for _ in range(2):
        with outer:
            with conversation("inner"), outer:
                send(client, "call", "simulate:ok")
            send(client, "call", "simulate:ok")
    assert ids(telemetry) == ["outer"] * 4
    with outer, conversation("inner"):
        send(client, "call", "simulate:ok")
    assert ids(telemetry)[-1] == "inner"


async def test_tasks(telemetry: Telemetry, client: genai.Client) -> None:
    """Tasks that run at the same time keep their own ids, and a task started inside has the id after the block as well."""
    started = asyncio.Event()

    async def ask_later() -> None:
        await started.wait()
        await client.aio.models.generate_content(model=MODEL, contents="simulate:ok")

    async def talk(name: str) -> None:
        async with conversation(name):
            await client.aio.models.generate_content(model=MODEL, contents="simulate:ok")

    async with conversation("parent"):
        later = asyncio.create_task(ask_later())
    await asyncio.gather(talk("a"), talk("b"))
    started.set()
    await later
    assert sorted(ids(telemetry)) == ["a", "b", "parent"]
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


async def test_threads(telemetry: Telemetry, client: genai.Client) -> None:
    """asyncio.to_thread and a copied context carry the id; a bare thread starts without."""

    def call() -> None:
        send(client, "call", "simulate:ok")

    with conversation("c"):
        await asyncio.to_thread(call)
        copied = threading.Thread(target=contextvars.copy_context().run, args=(call,))
        for thread in (copied, threading.Thread(target=call)):
            thread.start()
            thread.join()
    assert ids(telemetry) == ["c", "c", None]


@pytest.mark.parametrize("prompt", ["simulate:ok", "simulate:tool_call"])
def test_a_stream_read_elsewhere(telemetry: Telemetry, client: genai.Client, prompt: str) -> None:
    """A stream that is opened inside keeps its conversation, though it is read after the block and in another thread."""
    with conversation("c"):
        stream = client.models.generate_content_stream(
            model=MODEL, contents=prompt, config={"tools": [get_weather]}
        )
    thread = threading.Thread(target=lambda: list(stream))
    thread.start()
    thread.join()
    assert set(ids(telemetry)) == {"c"}


def test_a_call_that_a_tool_makes(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A Gemini call inside a tool belongs to the conversation as well, though the SDK may run the tool in a thread."""

    def get_weather(city: str = "Paris") -> str:
        """Say how the weather is."""
        return str(client.models.generate_content(model=MODEL, contents="simulate:ok").text)

    with conversation("c"):
        ask(client, "chats", shape, "simulate:tool_call", tools=[get_weather])
    assert ids(telemetry) == ["c"] * 5


def test_an_abandoned_generator(telemetry: Telemetry, client: genai.Client) -> None:
    """A generator with a conversation of its own that is dropped elsewhere leaves the context of that place alone."""

    def talk() -> Any:
        with conversation("c"):
            yield send(client, "call", "simulate:ok")

    def drop(generator: Any) -> None:
        with conversation("other"):
            generator.close()
            send(client, "call", "simulate:ok")

    generator = talk()
    contextvars.copy_context().run(next, generator)
    drop(generator)
    assert ids(telemetry) == ["c", "other"]


@pytest.mark.parametrize("bad", ["", None, 7])
def test_a_bad_id(bad: Any) -> None:
    """An id that is no string, or empty, is a ValueError that names it."""
    with pytest.raises(ValueError, match=r"conversation\(.*\) is not valid"):
        conversation(bad)


def test_log_events(client: genai.Client) -> None:
    """A hint that is sent as a log event carries the id."""
    telemetry, logs = Telemetry(), Logs()
    gemini_otel.instrument(**telemetry.providers, logger_provider=logs.provider, hint_signal="logs")
    try:
        with conversation("c"):
            send(client, "call", "simulate:finish_max_tokens")
    finally:
        gemini_otel.uninstrument()
    (record,) = logs.records
    assert record.attributes[ID] == "c"
