"""Every way to leave a Live session. Each is played without us and with us: what the caller sees is the same.

And every span ends once, turns before their connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

import gemini_otel
from gemini_otel import simulator
from gemini_otel._telemetry.rounds import Round
from support import Telemetry
from support.live import LIVE_MODEL, SOUND, live_client, needs_live

pytestmark = needs_live

Seen = list[Any]


class Mine(Exception):
    """The caller's own exception."""


@pytest.fixture(scope="module")
def live_url() -> Iterator[simulator.Simulator]:
    with simulator.serve() as url:
        yield url


class Order(SpanProcessor):
    """The spans in the order in which they end."""

    def __init__(self) -> None:
        self.open: dict[int, str] = {}
        self.ended: list[ReadableSpan] = []
        self.wrong: list[str] = []

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        self.open[span.get_span_context().span_id] = span.name

    def on_end(self, span: ReadableSpan) -> None:
        if self.open.pop(span.get_span_context().span_id, None) is None:
            self.wrong.append(f"{span.name} ended twice")
        self.ended.append(span)


def connect(client: genai.Client) -> Any:
    return client.aio.live.connect(model=LIVE_MODEL, config={"response_modalities": ["TEXT"]})  # type: ignore[arg-type]


async def ask(session: Any, scenario: str) -> None:
    await session.send_client_content(turns={"parts": [{"text": f"simulate:{scenario}"}]})


def note(seen: Seen, message: Any) -> None:
    content = message.server_content
    turn = content.model_turn if content else None
    seen.append([part.text for part in turn.parts] if turn else message.model_fields_set)


async def read_all(session: Any, seen: Seen) -> None:
    async for message in session.receive():
        note(seen, message)


async def finished(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_text")
        await read_all(session, seen)


async def test_a_leave_that_is_thrown_away_is_only_noted(live_url: simulator.Simulator) -> None:
    """The collector may close the coroutine that leaves a session, inside of any lock: the span is ended later."""
    telemetry, order = Telemetry(), Order()
    telemetry.tracer_provider.add_span_processor(order)
    gemini_otel.instrument(**telemetry.providers)
    try:
        manager = connect(live_client(live_url))
        session = await manager.__aenter__()
        leaving = manager.__aexit__(None, None, None)
        leaving.send(None)  # it waits for the service's close frame
        with ending_elsewhere(order):
            leaving.close()
        await session._ws.close()
        assert [span.name.split()[0] for span in telemetry.spans] == ["live_connection"]
    finally:
        gemini_otel.uninstrument()


async def test_a_turn_leaves_nothing(live_url: simulator.Simulator, telemetry: Telemetry) -> None:
    """A turn that has ended is gone at once: no cycle keeps it for the collector."""
    async with connect(live_client(live_url)) as session:
        await ask(session, "live_text")
        await read_all(session, [])
        gc.collect()
        gc.disable()
        try:
            before = rounds_in_memory()
            for _ in range(5):
                await ask(session, "live_text")
                await read_all(session, [])
            telemetry.exporter.clear()
            assert rounds_in_memory() <= before + 1  # the next turn may have begun
        finally:
            gc.enable()


def rounds_in_memory() -> int:
    return sum(isinstance(each, Round) for each in gc.get_objects())


async def test_a_block_that_is_thrown_away_is_only_noted(live_url: simulator.Simulator) -> None:
    """The same where the SDK's leave does not wait: the coroutine around the block is closed, and no span ends inside of it."""
    telemetry, order = Telemetry(), Order()
    telemetry.tracer_provider.add_span_processor(order)
    gemini_otel.instrument(**telemetry.providers)
    try:
        manager = connect(live_client(live_url))
        session = await manager.__aenter__()
        await session._ws.close()
        leaving = manager.__aexit__(GeneratorExit, GeneratorExit(), None)
        with ending_elsewhere(order), contextlib.suppress(StopIteration, GeneratorExit):
            leaving.send(None)
        assert [span.name.split()[0] for span in telemetry.spans] == ["live_connection"]
    finally:
        gemini_otel.uninstrument()


@contextlib.contextmanager
def ending_elsewhere(order: Order) -> Iterator[None]:
    """No span is ended by this thread."""
    ended_by: list[int] = []
    on_end = order.on_end
    order.on_end = lambda span: (ended_by.append(threading.get_ident()), on_end(span))  # type: ignore[method-assign,assignment,func-returns-value]
    yield
    order.on_end = on_end  # type: ignore[method-assign]
    assert threading.get_ident() not in ended_by


async def never_entered(client: genai.Client, seen: Seen) -> None:
    manager = connect(client)
    seen.append((isinstance(manager, contextlib.AbstractAsyncContextManager), type(manager).__name__))


async def nothing_said(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        seen.append(type(session))


async def left_in_mid_turn(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_slow")
        async for message in session.receive():
            note(seen, message)
            break


async def left_unread(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_slow")


async def failed_by_the_caller(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_slow")
        async for message in session.receive():
            note(seen, message)
            raise Mine


async def cancelled(client: genai.Client, seen: Seen) -> None:
    task = asyncio.create_task(left_silent(client, seen))
    while not seen:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        seen.append("cancelled")


async def left_silent(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        seen.append("connected")
        await ask(session, "live_silent")
        await read_all(session, seen)


async def timed_out(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_silent")
        try:
            await asyncio.wait_for(read_all(session, seen), 0.1)
        except asyncio.TimeoutError:
            seen.append("timeout")


async def closed_by_the_caller(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_text")
        await read_all(session, seen)
        await session.close()


async def closed_while_receiving(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_silent")
        receiver = asyncio.create_task(read_all(session, seen))
        await asyncio.sleep(0.05)
        await session.close()
        try:
            await receiver
        except Exception as error:
            seen.append(type(error).__name__)


async def read_after_close(client: genai.Client, seen: Seen) -> None:
    """What had arrived before a session was closed can still be read."""
    async with connect(client) as session:
        await ask(session, "live_text")
        await asyncio.sleep(0.3)
        await session.close()
        await read_all(session, seen)


async def sent_after_close(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await session.close()
        try:
            await ask(session, "live_text")
        except Exception as error:
            seen.append((type(error).__name__, str(error)))


async def closed_by_the_service(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_internal")
        await read_all(session, seen)


async def closed_and_caught(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_dies")
        for _ in range(2):
            try:
                await read_all(session, seen)
            except Exception as error:
                seen.append((type(error).__name__, str(error)))


async def closed_while_sending(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        await ask(session, "live_dies")
        await asyncio.sleep(0.2)
        for _ in range(2):
            try:
                await session.send_realtime_input(text="still there?")
            except Exception as error:
                seen.append(type(error).__name__)


async def dropped(client: genai.Client, seen: Seen) -> None:
    manager = connect(client)
    session = await manager.__aenter__()
    await ask(session, "live_slow")
    async for message in session.receive():
        note(seen, message)
        break
    del manager, session


async def handed_over(client: genai.Client, seen: Seen) -> None:
    """Entered in one task, left in another."""
    manager = connect(client)
    session = await asyncio.create_task(manager.__aenter__())
    await ask(session, "live_text")
    await asyncio.create_task(read_all(session, seen))
    await asyncio.create_task(manager.__aexit__(None, None, None))


async def decorated(client: genai.Client, seen: Seen) -> None:
    """The manager as a decorator: a connection for each call."""

    @connect(client)
    async def work() -> None:
        seen.append("worked")

    await work()
    await work()


async def wrong_arguments(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        wrong: list[Callable[[], Any]] = [
            lambda: session.send_client_content("positional"),
            lambda: session.send_client_content(turns=42),
            session.send_realtime_input,
            lambda: session.send_realtime_input(text="a", audio_stream_end=True),
            lambda: session.send_realtime_input(audio="no blob"),
            lambda: session.send_realtime_input(nonsense=1),
            lambda: session.send_tool_response(function_responses={"name": "without_an_id", "response": {}}),
            lambda: session.send_tool_response(function_responses=7),
            session.send_tool_response,
        ]
        for call in wrong:
            try:
                await call()
            except Exception as error:
                seen.append((type(error), str(error)))
        await ask(session, "live_text")
        await read_all(session, seen)


async def wrong_connection(client: genai.Client, seen: Seen) -> None:
    wrong: list[Callable[[], Any]] = [
        lambda: client.aio.live.connect(LIVE_MODEL),  # type: ignore[misc,arg-type]
        client.aio.live.connect,
        lambda: client.aio.live.connect(model=LIVE_MODEL, config={"nonsense": 1}),  # type: ignore[arg-type]
        lambda: client.aio.live.connect(model=None),  # type: ignore[arg-type]
        lambda: client.aio.live.connect(model=LIVE_MODEL, config={"http_options": {"timeout": 5}}),
    ]
    for call in wrong:
        try:
            async with call():
                seen.append("connected")
        except Exception as error:
            seen.append((type(error), str(error)))


async def entered_twice(client: genai.Client, seen: Seen) -> None:
    manager = connect(client)
    async with manager:
        pass
    try:
        async with manager:
            pass
    except Exception as error:
        seen.append((type(error), str(error)))


async def a_closed_client(client: genai.Client, seen: Seen) -> None:
    """A client's HTTP side may be closed; Live does not use it."""
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()
    client.close() if hasattr(client, "close") else None
    async with connect(client) as session:
        await ask(session, "live_text")
        await read_all(session, seen)


async def streamed(client: genai.Client, seen: Seen) -> None:
    async with connect(client) as session:
        for _ in range(5):
            blob = types.Blob(data=SOUND, mime_type="audio/pcm;rate=16000")
            await session.send_realtime_input(audio=blob)
            seen.append(session._ws.__class__.__name__)


# What is played, and the outcomes of its turns and of its connections
ENDINGS: dict[Callable[[genai.Client, Seen], Any], tuple[list[str], list[str]]] = {
    finished: (["ok"], ["ok"]),
    never_entered: ([], []),
    nothing_said: ([], ["ok"]),
    left_in_mid_turn: (["abandoned"], ["ok"]),
    left_unread: (["abandoned"], ["ok"]),
    failed_by_the_caller: (["abandoned"], ["abandoned"]),
    cancelled: (["cancelled"], ["cancelled"]),
    timed_out: (["abandoned"], ["ok"]),
    closed_by_the_caller: (["ok"], ["ok"]),
    closed_while_receiving: (["abandoned"], ["ok"]),
    read_after_close: (["abandoned"], ["ok"]),
    sent_after_close: ([], ["ok"]),
    closed_by_the_service: (["error"], ["error"]),
    closed_and_caught: (["error"], ["error"]),
    closed_while_sending: (["error"], ["error"]),
    dropped: (["abandoned"], ["abandoned"]),
    handed_over: (["ok"], ["ok"]),
    decorated: ([], ["ok", "ok"]),
    wrong_arguments: (["ok"], ["ok"]),
    wrong_connection: ([], ["error", "error"]),
    entered_twice: ([], ["ok"]),
    a_closed_client: (["ok"], ["ok"]),
    streamed: ([], ["ok"]),
}


def play(url: simulator.Simulator, ending: Callable[[genai.Client, Seen], Any]) -> tuple[Seen, str]:
    async def run() -> tuple[Seen, str]:
        seen: Seen = []
        raised = ""
        client = live_client(url)
        try:
            await asyncio.wait_for(ending(client, seen), 20)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        gc.collect()
        await asyncio.sleep(0.05)
        return seen, raised

    return asyncio.run(run())


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_every_ending(live_url: simulator.Simulator, ending: Callable[[genai.Client, Seen], Any]) -> None:
    """The caller sees what he sees without us; every span ends once, children first, with the right outcome."""
    bare = play(live_url, ending)
    telemetry, order = Telemetry(), Order()
    telemetry.tracer_provider.add_span_processor(order)
    gemini_otel.instrument(**telemetry.providers)
    try:
        with telemetry.tracer_provider.get_tracer("mine").start_as_current_span("mine") as mine:
            ours = play(live_url, ending)
            assert trace.get_current_span() is mine
    finally:
        gemini_otel.uninstrument()
    assert ours == bare
    assert (order.wrong, order.open) == ([], {})
    spans = [span for span in order.ended if span.name != "mine"]
    ids = [span.get_span_context().span_id for span in spans]
    for position, span in enumerate(spans):
        if span.parent is not None and span.parent.span_id in ids:
            assert ids.index(span.parent.span_id) > position, f"{span.name} ended after its parent"
    turns, connections = ENDINGS[ending]
    assert outcomes(spans, "live") == turns
    if ending is wrong_connection:
        assert set(outcomes(spans, "live_connection")) == {"error"}
    else:
        assert outcomes(spans, "live_connection") == connections
    for span in spans:
        failed = (span.attributes or {})["gemini.response.outcome"] == "error"
        assert span.status.status_code.name == ("ERROR" if failed else "UNSET")


def outcomes(spans: list[ReadableSpan], operation: str) -> list[Any]:
    found = [dict(span.attributes or {}) for span in spans]
    return [each["gemini.response.outcome"] for each in found if each["gen_ai.operation.name"] == operation]


EXIT = """
import asyncio, os, sys
from google import genai
import gemini_otel
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
gemini_otel.instrument()
client = genai.Client(api_key="k", http_options={"base_url": sys.argv[1]})
kept = []
async def main():
    kept.append(client.aio.live.connect(model="m"))
    session = await kept[0].__aenter__()
    kept.append(session)
    await session.send_client_content(turns={"parts": [{"text": "simulate:live_slow"}]})
    async for _ in session.receive():
        break
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""


def test_interpreter_exit(live_url: simulator.Simulator) -> None:
    """A session that is open when the program ends is ended and exported, its turn as well."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXIT, live_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"SSL_CERT_FILE": live_url.certificate},
    )
    assert done.stdout.count('"gemini.response.outcome": "abandoned"') == 2, done.stderr


def test_uninstrumented_in_mid_session(live_url: simulator.Simulator) -> None:
    """A session that outlives `uninstrument()` goes on, and its spans end with it."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)

    async def run() -> None:
        seen: Seen = []
        async with connect(live_client(live_url)) as session:
            await ask(session, "live_slow")
            gemini_otel.uninstrument()
            await read_all(session, seen)
        assert len(seen) == 4

    try:
        asyncio.run(run())
    finally:
        gemini_otel.uninstrument()
    assert outcomes(telemetry.spans, "live_connection") == ["ok"]


def test_a_session_that_is_older_than_instrument(live_url: simulator.Simulator) -> None:
    """A session that was there before `instrument()` is left alone."""
    telemetry = Telemetry()

    async def run() -> None:
        async with connect(live_client(live_url)) as session:
            gemini_otel.instrument(**telemetry.providers)
            await ask(session, "live_text")
            await read_all(session, [])
            with pytest.warns(DeprecationWarning, match="send"):
                await session.send(input="simulate:live_text", end_of_turn=True)
            await session.close()

    try:
        asyncio.run(run())
    finally:
        gemini_otel.uninstrument()
    assert telemetry.spans == []


@pytest.mark.parametrize("sampled", [True, False])
def test_not_sampled(live_url: simulator.Simulator, sampled: bool) -> None:
    """Without a sampled span only metrics are recorded."""
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    telemetry = Telemetry(sampler=ALWAYS_ON if sampled else ALWAYS_OFF)
    gemini_otel.instrument(**telemetry.providers)
    try:
        play(live_url, finished)
    finally:
        gemini_otel.uninstrument()
    assert len(telemetry.spans) == 2 * sampled
    assert sum(point.sum for point in telemetry.points("gen_ai.client.token.usage")) == 14


def test_nobody_listens(live_url: simulator.Simulator) -> None:
    """Without providers a session is left alone."""
    gemini_otel.instrument()
    try:
        assert play(live_url, finished)[1] == ""
    finally:
        gemini_otel.uninstrument()
