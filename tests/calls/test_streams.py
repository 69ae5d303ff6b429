"""Every way a stream can end: its span ends exactly once, with the outcome of the contract."""

import asyncio
import gc
import inspect
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Any

import pytest
from google import genai
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from gemini_otel import simulator
from gemini_otel._telemetry.user_calls import UserCall
from support import MODEL, Telemetry, make_client, send


class Counting(SpanProcessor):
    """Counts how often each span starts and ends."""

    def __init__(self) -> None:
        self.started = 0
        self.ended = 0

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        self.started += 1

    def on_end(self, span: ReadableSpan) -> None:
        self.ended += 1


@pytest.fixture
def counting(telemetry: Telemetry) -> Iterator[Counting]:
    """After each test, as many spans have ended as have started."""
    processor = Counting()
    telemetry.tracer_provider.add_span_processor(processor)
    yield processor
    gc.collect()
    assert processor.started == processor.ended


def stream(client: genai.Client, scenario: str = "long_stream") -> Iterator[Any]:
    return client.models.generate_content_stream(model=MODEL, contents=f"simulate:{scenario}")


async def async_stream(client: genai.Client, scenario: str = "long_stream") -> AsyncIterator[Any]:
    return await client.aio.models.generate_content_stream(model=MODEL, contents=f"simulate:{scenario}")


def outcome(telemetry: Telemetry) -> tuple[Any, str]:
    return telemetry.attributes["gemini.response.outcome"], telemetry.span.status.status_code.name


@pytest.mark.usefixtures("counting")
class TestSync:
    def test_drained(self, telemetry: Telemetry, client: genai.Client) -> None:
        """A stream read to its end is ok, and reading on is an ordinary StopIteration."""
        chunks = stream(client)
        assert len(list(chunks)) == 200
        with pytest.raises(StopIteration):
            next(chunks)
        assert outcome(telemetry) == ("ok", "UNSET")

    def test_never_read(self, telemetry: Telemetry, client: genai.Client) -> None:
        """A stream that is never read sends no request and makes no span."""
        chunks = stream(client)
        del chunks
        gc.collect()
        assert telemetry.spans == []

    def test_closed(self, telemetry: Telemetry, client: genai.Client) -> None:
        """close() after a chunk ends the span at once as abandoned, with what was seen so far."""
        chunks = stream(client)
        next(chunks)
        assert telemetry.spans == []
        chunks.close()  # type: ignore[attr-defined]
        assert outcome(telemetry) == ("abandoned", "UNSET")
        assert telemetry.attributes["gen_ai.usage.input_tokens"] > 0
        assert "error.type" not in telemetry.attributes

    def test_break(self, telemetry: Telemetry, client: genai.Client) -> None:
        """`break` out of a loop that holds the only reference ends the span at once."""
        for _ in stream(client):
            break
        assert outcome(telemetry) == ("abandoned", "UNSET")

    def test_break_in_a_reference_cycle(self, telemetry: Telemetry, client: genai.Client) -> None:
        """A stream dropped inside a reference cycle ends when the garbage collector finds it."""
        holder: list[Any] = []
        holder.append((stream(client), holder))
        next(holder[0][0])
        del holder
        gc.collect()
        assert outcome(telemetry) == ("abandoned", "UNSET")

    def test_exception_in_the_loop(self, telemetry: Telemetry, client: genai.Client) -> None:
        """An exception of the consumer's own leaves the stream abandoned, not failed."""
        with pytest.raises(KeyError):  # noqa: PT012
            for _ in stream(client):
                raise KeyError("mine")
        gc.collect()
        assert outcome(telemetry) == ("abandoned", "UNSET")

    def test_thrown_into(self, telemetry: Telemetry, client: genai.Client) -> None:
        """An exception thrown into the generator comes back out of it as the same object."""
        chunks = stream(client)
        next(chunks)
        error = KeyError("mine")
        with pytest.raises(KeyError) as raised:
            chunks.throw(error)  # type: ignore[attr-defined]
        assert raised.value is error
        del chunks, raised
        error.__traceback__ = None  # it holds the SDK's frames, and they the stream
        gc.collect()
        assert len(telemetry.spans) == 1

    def test_interleaved(self, telemetry: Telemetry, client: genai.Client) -> None:
        """Two streams read in turns have a span each, and neither is current in the consumer's code."""
        for _ in zip(stream(client), stream(client), strict=True):
            assert trace.get_current_span() is trace.INVALID_SPAN
        assert len({span.get_span_context().span_id for span in telemetry.spans}) == 2
        assert all(span.parent is None for span in telemetry.spans)

    def test_the_callers_span_is_the_parent(self, telemetry: Telemetry, client: genai.Client) -> None:
        """The caller's current span is the parent and stays current in the loop's body."""
        tracer = telemetry.tracer_provider.get_tracer("mine")
        with tracer.start_as_current_span("mine") as mine:
            for _ in stream(client):
                assert trace.get_current_span() is mine
        call, own = telemetry.spans
        assert call.parent is not None
        assert call.parent.span_id == own.get_span_context().span_id

    def test_read_in_another_thread(self, telemetry: Telemetry, client: genai.Client) -> None:
        """A stream read to its end in another thread has one span."""
        chunks = stream(client)
        next(chunks)
        thread = threading.Thread(target=lambda: list(chunks))
        thread.start()
        thread.join()
        assert outcome(telemetry) == ("ok", "UNSET")

    def test_still_a_generator(self, telemetry: Telemetry, client: genai.Client) -> None:
        """The returned object is a real generator."""
        chunks = stream(client)
        assert inspect.isgenerator(chunks)
        assert iter(chunks) is chunks

    def test_first_chunk_time(self, telemetry: Telemetry, client: genai.Client) -> None:
        """A slow first chunk shows as time to first chunk, in seconds, on span and metric."""
        list(stream(client, "slow"))
        assert 0.2 < telemetry.attributes["gen_ai.response.time_to_first_chunk"] < 5
        (point,) = telemetry.points("gen_ai.client.operation.time_to_first_chunk")
        assert point.sum == telemetry.attributes["gen_ai.response.time_to_first_chunk"]


@pytest.mark.usefixtures("counting")
class TestAsync:
    @pytest.fixture
    async def aclient(self, url: str) -> AsyncIterator[genai.Client]:
        client = make_client(url)
        yield client
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    async def test_drained(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """A stream read to its end is ok."""
        assert len([chunk async for chunk in await async_stream(aclient)]) == 200
        assert outcome(telemetry) == ("ok", "UNSET")

    async def test_closed(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """aclose() after a chunk ends the span as abandoned."""
        chunks = await async_stream(aclient)
        await chunks.__anext__()
        await chunks.aclose()  # type: ignore[attr-defined]
        await ticks()
        assert outcome(telemetry) == ("abandoned", "UNSET")

    async def test_break(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """A stream dropped without aclose() ends within the loop's next ticks."""
        async for _ in await async_stream(aclient):
            break
        await ticks()
        assert outcome(telemetry) == ("abandoned", "UNSET")

    async def test_exception_in_the_loop(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """An exception of the consumer's own leaves the stream abandoned, not failed."""
        with pytest.raises(KeyError):  # noqa: PT012
            async for _ in await async_stream(aclient):
                raise KeyError("mine")
        await ticks()
        assert outcome(telemetry) == ("abandoned", "UNSET")

    @pytest.mark.parametrize("scenario", ["hang", "slow"])
    async def test_cancelled(self, telemetry: Telemetry, aclient: genai.Client, scenario: str) -> None:
        """A cancelled task ends the span as cancelled, not as an error."""

        async def read() -> None:
            async for _ in await async_stream(aclient, scenario):
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert outcome(telemetry) == ("cancelled", "UNSET")
        assert "error.type" not in telemetry.attributes

    async def test_a_cancelled_call(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """A cancelled plain call is cancelled, too, and its attempt has not failed."""
        call = aclient.aio.models.generate_content(model=MODEL, contents="simulate:hang")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call, 0.15)
        assert outcome(telemetry) == ("cancelled", "UNSET")
        assert telemetry.events("gemini.attempt") == []

    async def test_interleaved(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """Streams that are read in turns by tasks have a span each and leave the current span alone."""

        async def read() -> int:
            count = 0
            async for _ in await async_stream(aclient):
                assert trace.get_current_span() is trace.INVALID_SPAN
                count += 1
                await asyncio.sleep(0)
            return count

        assert await asyncio.gather(read(), read(), read()) == [200, 200, 200]
        assert [(span.attributes or {})["gemini.response.outcome"] for span in telemetry.spans] == ["ok"] * 3

    async def test_still_an_async_generator(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """The returned object is a real async generator."""
        chunks = await async_stream(aclient)
        assert inspect.isasyncgen(chunks)
        await chunks.aclose()

    async def test_children_of_the_callers_span(self, telemetry: Telemetry, aclient: genai.Client) -> None:
        """The caller's current span is the parent and stays current in the loop's body."""
        with telemetry.tracer_provider.get_tracer("mine").start_as_current_span("mine") as mine:
            async for _ in await async_stream(aclient):
                assert trace.get_current_span() is mine
        call, own = telemetry.spans
        assert call.parent is not None
        assert call.parent.span_id == own.get_span_context().span_id


async def ticks() -> None:
    for _ in range(5):
        gc.collect()
        await asyncio.sleep(0.01)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # aiohttp's response wants to release its connection when the loop is closed
def test_a_loop_that_ends_with_a_stream_open(telemetry: Telemetry, url: str) -> None:
    """A stream that is still open when its event loop ends is ended then."""

    client = make_client(url)  # it closes its connections when it is dropped

    async def leave() -> Any:
        chunks = await async_stream(client)
        await chunks.__anext__()
        return chunks

    kept = asyncio.run(leave())
    del kept
    gc.collect()
    assert outcome(telemetry)[0] == "abandoned"


def test_http_spans_nest_under_ours(
    telemetry: Telemetry, client: genai.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During the request our span is current, so that an HTTP client's span becomes its child."""
    seen = []
    build = type(client._api_client)._build_request

    def spy(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(trace.get_current_span().get_span_context().span_id)
        return build(self, *args, **kwargs)

    monkeypatch.setattr(type(client._api_client), "_build_request", spy)
    client.models.generate_content(model=MODEL, contents="simulate:ok")
    list(stream(client, "ok"))
    assert seen == [span.get_span_context().span_id for span in telemetry.spans]


def get_weather(city: str) -> str:
    """A tool, so that the SDK begins a loop."""
    return city


@pytest.mark.parametrize("tools", [[], [get_weather]], ids=["plain", "loop"])
@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_a_call_of_one_round_steps_aside(telemetry: Telemetry, shape: str, tools: list[Any]) -> None:
    """After the first chunk the user call enters no frame for a chunk, unless it has a loop to keep current."""

    def frames(chunks: int) -> int:
        parts = [{"text": f"word {number} "} for number in range(chunks)]
        candidates = [{"index": 0, "content": {"role": "model", "parts": [part]}} for part in parts]
        reply = simulator.Reply(chunks=tuple({"candidates": [each]} for each in candidates))
        with simulator.serve(scenarios=[simulator.Scenario("these", "words", (reply,))]) as address:
            client = make_client(str(address))
            entered = 0

            def count(frame: FrameType, event: str, _: object) -> None:
                nonlocal entered
                entered += event == "call" and isinstance(frame.f_locals.get("self"), UserCall)

            sys.setprofile(count)
            try:
                sent = send(client, shape, "simulate:these", tools=tools)
            finally:
                sys.setprofile(None)
        assert len(sent.responses) == chunks
        return entered

    more = frames(12) - frames(3)
    assert (more > 0) == bool(tools)
