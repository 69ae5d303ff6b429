"""Every way to walk away from a stream, through models and chats, with and without tools, sync and async.

Each ending is played without us and with us: what the caller sees is the same, and the span tree always closes.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import chats
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

import gemini_otel
from support import MODEL, Telemetry, make_client


class Mine(Exception):
    """The consumer's own exception."""


def get_weather(city: str = "Paris") -> str:
    """Say how the weather is."""
    return f"sunny in {city}"


class Order(SpanProcessor):
    """The order in which spans start and end."""

    def __init__(self) -> None:
        self.open: dict[int, str] = {}
        self.wrong: list[str] = []

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        self.open[span.get_span_context().span_id] = span.name

    def on_end(self, span: ReadableSpan) -> None:
        own = (span.get_span_context() or trace.INVALID_SPAN_CONTEXT).span_id
        if self.open.pop(own, None) is None:
            self.wrong.append(f"{span.name} ended twice")
        ended.append(span)


ended: list[ReadableSpan] = []


def open_sync(client: genai.Client, via: str, prompt: str, config: dict[str, Any]) -> Iterator[Any]:
    if via == "models":
        return client.models.generate_content_stream(model=MODEL, contents=prompt, config=config)  # type: ignore[arg-type]
    return client.chats.create(model=MODEL, config=config).send_message_stream(prompt)  # type: ignore[arg-type]


async def open_async(
    client: genai.Client, via: str, prompt: str, config: dict[str, Any]
) -> AsyncIterator[Any]:
    if via == "models":
        return await client.aio.models.generate_content_stream(model=MODEL, contents=prompt, config=config)  # type: ignore[arg-type]
    return await client.aio.chats.create(model=MODEL, config=config).send_message_stream(prompt)  # type: ignore[arg-type]


def drain(chunks: Any, seen: list[Any]) -> None:
    seen.extend(chunks)


def close(chunks: Any, seen: list[Any]) -> None:
    seen.append(next(chunks))
    chunks.close()
    seen.append(next(chunks, "exhausted"))


def drop(chunks: Any, seen: list[Any]) -> None:
    seen.append(next(chunks))


def unread(chunks: Any, seen: list[Any]) -> None:
    """Leave the stream alone."""


def fail(chunks: Any, seen: list[Any]) -> None:
    for chunk in chunks:
        seen.append(chunk)
        raise Mine


def throw(chunks: Any, seen: list[Any]) -> None:
    seen.append(next(chunks))
    chunks.throw(Mine())


def hand_over(chunks: Any, seen: list[Any]) -> None:
    seen.append(next(chunks))
    thread = threading.Thread(target=lambda: seen.extend(chunks))
    thread.start()
    thread.join()


def cycle(chunks: Any, seen: list[Any]) -> None:
    seen.append(next(chunks))
    holder = [chunks]
    holder.append(holder)


SYNC: dict[Callable[[Any, list[Any]], None], str | None] = {
    drain: "ok",
    close: "abandoned",
    drop: "abandoned",
    unread: None,
    fail: "abandoned",
    throw: None,
    hand_over: "ok",
    cycle: "abandoned",
}


async def adrain(chunks: Any, seen: list[Any]) -> None:
    seen.extend([chunk async for chunk in chunks])


async def aclose(chunks: Any, seen: list[Any]) -> None:
    seen.append(await chunks.__anext__())
    await chunks.aclose()


async def adrop(chunks: Any, seen: list[Any]) -> None:
    seen.append(await chunks.__anext__())


async def aunread(chunks: Any, seen: list[Any]) -> None:
    """Leave the stream alone."""


async def afail(chunks: Any, seen: list[Any]) -> None:
    async for chunk in chunks:
        seen.append(chunk)
        raise Mine


async def athrow(chunks: Any, seen: list[Any]) -> None:
    seen.append(await chunks.__anext__())
    await chunks.athrow(Mine())


async def ahand_over(chunks: Any, seen: list[Any]) -> None:
    seen.append(await chunks.__anext__())
    await asyncio.create_task(adrain(chunks, seen))


async def acancel(chunks: Any, seen: list[Any]) -> None:
    task = asyncio.create_task(adrain(chunks, seen))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        seen.append("cancelled")


async def acancel_between(chunks: Any, seen: list[Any]) -> None:
    between = asyncio.Event()

    async def read() -> None:
        seen.append(await chunks.__anext__())
        between.set()
        await asyncio.Event().wait()  # for ever

    task = asyncio.create_task(read())
    await between.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        seen.append("cancelled")


ASYNC: dict[Callable[[Any, list[Any]], Any], str | None] = {
    adrain: "ok",
    aclose: "abandoned",
    adrop: "abandoned",
    aunread: None,
    afail: "abandoned",
    athrow: None,
    ahand_over: "ok",
    acancel: "cancelled",
    acancel_between: "abandoned",
}


def texts(seen: list[Any]) -> list[Any]:
    """What the caller can see of the chunks."""
    return [each if isinstance(each, str) else [part.text for part in each.parts or ()] for each in seen]


def play_sync(url: str, via: str, config: dict[str, Any], prompt: str, ending: Any) -> tuple[list[Any], str]:
    seen: list[Any] = []
    raised = ""
    client = make_client(url)  # kept: dropping it closes its connections
    try:
        ending(open_sync(client, via, prompt, config), seen)
    except Mine as error:
        raised = repr(error)
    gc.collect()
    return texts(seen), raised


def play_async(url: str, via: str, config: dict[str, Any], prompt: str, ending: Any) -> tuple[list[Any], str]:
    async def play() -> tuple[list[Any], str]:
        client = make_client(url)
        seen: list[Any] = []
        raised = ""
        try:
            await ending(await open_async(client, via, prompt, config), seen)
        except Mine as error:
            raised = repr(error)
        for _ in range(5):
            gc.collect()
            await asyncio.sleep(0.005)
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()
        return texts(seen), raised

    return asyncio.run(play())


@pytest.mark.parametrize("tools", [False, True], ids=["plain", "tools"])
@pytest.mark.parametrize("via", ["models", "chats"])
@pytest.mark.parametrize(
    ("play", "ending", "outcome"),
    [(play_sync, ending, outcome) for ending, outcome in SYNC.items()]
    + [(play_async, ending, outcome) for ending, outcome in ASYNC.items()],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_ending(url: str, via: str, tools: bool, play: Any, ending: Any, outcome: str | None) -> None:
    """The caller sees what he sees without us; every span ends once, children first, with the contract's outcome."""
    config = {"tools": [get_weather]} if tools else {}
    prompt = "simulate:tool_chain" if tools else "simulate:long_stream"
    bare = play(url, via, config, prompt, ending)
    ended.clear()
    order, telemetry = Order(), Telemetry()
    telemetry.tracer_provider.add_span_processor(order)
    gemini_otel.instrument(**telemetry.providers)
    try:
        with telemetry.tracer_provider.get_tracer("mine").start_as_current_span("mine") as mine:
            ours = play(url, via, config, prompt, ending)
            assert trace.get_current_span() is mine
    finally:
        gemini_otel.uninstrument()
    if ending is not acancel:  # where a cancellation strikes is a matter of timing
        assert ours == bare
    assert order.wrong == []
    assert order.open == {}
    check_tree(outcome, ending, ended)


def check_tree(outcome: str | None, ending: Any, spans: list[ReadableSpan]) -> None:
    spans = sorted(
        spans, key=lambda span: span.end_time or 0
    )  # what is dropped is ended later, with its time
    ids = [span.get_span_context().span_id for span in spans]
    for position, span in enumerate(spans):
        if span.parent is not None:
            assert ids.index(span.parent.span_id) > position, f"{span.name} ended after its parent"
    turn = [span for span in spans if span.name != "mine"]
    if ending in (unread, aunread):
        assert turn == []
    if outcome is not None and (turn or ending is not acancel):
        assert (turn[-1].attributes or {})["gemini.response.outcome"] == outcome
        assert turn[-1].status.status_code.name == "UNSET"


EXIT = """
import sys
from google import genai
import gemini_otel
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
late = sys.argv[2] == "late"
if late:
    gemini_otel.instrument()
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
if not late:
    gemini_otel.instrument()
client = genai.Client(api_key="k", http_options={"base_url": sys.argv[1]})
kept = client.models.generate_content_stream(model="m", contents="simulate:long_stream")
next(kept)
"""


@pytest.mark.parametrize("when", ["early", "late"])
def test_interpreter_exit(url: str, when: str) -> None:
    """A stream that is open when the program ends is ended and exported, whenever its provider was set."""
    command = [sys.executable, "-c", EXIT, url, when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.count('"name": "generate_content m"') == 1, done.stderr
    assert '"gemini.response.outcome": "abandoned"' in done.stdout


def test_break_that_keeps_the_reference(url: str) -> None:
    """A stream that is left but kept is still open, and ends when it is let go."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        client = make_client(url)
        chunks = open_sync(client, "models", "simulate:long_stream", {})
        for _ in chunks:
            break
        assert telemetry.spans == []
        del chunks
        assert telemetry.attributes["gemini.response.outcome"] == "abandoned"
    finally:
        gemini_otel.uninstrument()


@pytest.mark.parametrize("tools", [False, True], ids=["plain", "tools"])
@pytest.mark.parametrize("via", ["models", "chats"])
@pytest.mark.parametrize("ending", ["ok", "error", "cancelled"])
def test_every_ending_of_a_plain_call(url: str, via: str, tools: bool, ending: str) -> None:
    """A plain async call that returns, raises or is cancelled closes its tree with that outcome."""
    scenario = {"ok": "tool_chain" if tools else "ok", "error": "daily_quota", "cancelled": "hang"}[ending]
    config = {"tools": [get_weather]} if tools else {}
    ended.clear()
    order, telemetry = Order(), Telemetry()
    telemetry.tracer_provider.add_span_processor(order)

    async def play() -> None:
        client = make_client(url)
        prompt = f"simulate:{scenario}"
        if via == "models":
            call = client.aio.models.generate_content(model=MODEL, contents=prompt, config=config)  # type: ignore[arg-type]
        else:
            call = client.aio.chats.create(model=MODEL, config=config).send_message(prompt)  # type: ignore[arg-type]
        try:
            await asyncio.wait_for(call, 0.3 if ending == "cancelled" else 20)
        except (genai.errors.APIError, asyncio.TimeoutError):
            assert ending != "ok"
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    gemini_otel.instrument(**telemetry.providers)
    try:
        asyncio.run(play())
    finally:
        gemini_otel.uninstrument()
    assert (order.wrong, order.open) == ([], {})
    assert (ended[-1].attributes or {})["gemini.response.outcome"] == ending
    assert ended[-1].status.status_code.name == ("ERROR" if ending == "error" else "UNSET")
    assert ended[-1].name.startswith("automatic" if tools else "generate")


def test_context_variables_of_the_consumer(url: str) -> None:
    """What the consumer sets in his loop's body stays set, as without us."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("mine", default=0)
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        client = make_client(url)
        for number, _ in enumerate(open_sync(client, "models", "simulate:ok", {}), start=1):
            assert variable.get() == number - 1
            variable.set(number)
        assert variable.get() == number
    finally:
        gemini_otel.uninstrument()


@pytest.mark.skipif(not hasattr(asyncio, "timeout"), reason="asyncio.timeout is of Python 3.11")
@pytest.mark.parametrize("via", ["models", "chats"])
def test_a_timeout_of_the_task(url: str, via: str) -> None:
    """asyncio.timeout around a stream ends its span as cancelled."""
    telemetry = Telemetry()

    async def play() -> None:
        client = make_client(url)
        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(0.2):
                async for _ in await open_async(client, via, "simulate:hang", {}):
                    pass
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    gemini_otel.instrument(**telemetry.providers)
    try:
        asyncio.run(play())
    finally:
        gemini_otel.uninstrument()
    assert telemetry.attributes["gemini.response.outcome"] == "cancelled"


@pytest.mark.skipif(
    not hasattr(chats, "_validate_response"), reason="the SDK does not look at the chunks of a chat"
)
def test_the_sdk_fails_between_two_chunks(client: genai.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that breaks in the SDK, after a round has told its chunk, has failed: it was not left by its reader."""
    seen, told = [], []
    look = chats._validate_response

    def fail_at_the_third(response: Any) -> bool:
        seen.append(response)
        if len(seen) == 3:
            raise LookupError("secret")
        return look(response)

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, error_hook=lambda span, error: told.append(error))
    try:
        monkeypatch.setattr(chats, "_validate_response", fail_at_the_third)
        with pytest.raises(LookupError):
            list(client.chats.create(model=MODEL).send_message_stream("simulate:long_stream"))
        assert telemetry.attributes["gemini.response.outcome"] == "error"
        assert telemetry.attributes["error.type"] == "LookupError"
        assert telemetry.span.status.status_code.name == "ERROR"
        assert [type(error) for error in told] == [LookupError]
    finally:
        gemini_otel.uninstrument()


@pytest.mark.parametrize("stream", [False, True], ids=["call", "stream"])
def test_ctrl_c_in_a_hook(client: genai.Client, stream: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Ctrl-C where a hook runs leaves a span with its outcome, which ends once."""

    def interrupt(span: Any, request: Any) -> None:
        raise KeyboardInterrupt

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, request_hook=interrupt)
    try:
        method = client.models.generate_content_stream if stream else client.models.generate_content
        with pytest.raises(KeyboardInterrupt):
            list(method(model=MODEL, contents="hello"))
        assert "gemini.response.outcome" in telemetry.attributes
        assert [record.getMessage() for record in caplog.records if "ended span" in record.getMessage()] == []
    finally:
        gemini_otel.uninstrument()


def test_an_unhashable_class(client: genai.Client, telemetry: Telemetry) -> None:
    """A chat of a class that cannot be looked up works, with arguments by position, too."""

    class Unhashable(type):  # noqa: PLW1641
        def __eq__(cls, other: object) -> bool:
            return cls is other

    class Mine(chats.Chat, metaclass=Unhashable):
        pass

    chat = client.chats.create(model=MODEL)
    chat.__class__ = Mine
    assert chat.send_message("hello").text
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
