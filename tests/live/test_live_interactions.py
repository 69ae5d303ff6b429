"""Live interactions: one span for the connection, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import inspect
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai

import gemini_otel
from gemini_otel import explain, simulator
from gemini_otel._commands.explain import text_attributes
from gemini_otel._telemetry.live.interaction import Reconnections
from gemini_otel.hints import find
from support import Telemetry, make_client

pytest.importorskip("google.genai._interactions_websocket")
pytestmark = pytest.mark.filterwarnings("ignore:Live Interactions usage")

SECRETS = ("secret-", "board", "minutes", "auth_tokens")


@pytest.fixture
def client() -> Iterator[genai.Client]:
    with simulator.serve() as url:
        yield make_client(url)


async def talk(client: genai.Client, ending: str) -> list[str]:
    """The types of the events that come after one input."""
    heard = []
    async with client.aio.interactions.connect("i1") as connection:
        await connection.send(f"simulate:live_interaction_{ending}")
        async for event in connection.receive():
            heard.append(event.event_type)
    return heard


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [("completed", "ok"), ("failed", "failed"), ("cancelled", "cancelled"), ("reconnect", "pending")],
)
async def test_an_event_ends_it(
    client: genai.Client, telemetry: Telemetry, ending: str, outcome: str
) -> None:
    """The last event says what became of the interaction, and its tokens."""
    heard = await talk(client, ending)
    assert heard[0] == "interaction.connected"
    assert telemetry.span.name == "interaction_connection"
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == outcome
    assert attributes["gen_ai.response.id"] == "i1"
    assert attributes["gemini.live.turns"] == 1
    assert attributes["gemini.live.setup_time"] > 0
    assert attributes.get("gen_ai.usage.input_tokens") == (None if ending == "reconnect" else 12)
    assert attributes.get("gen_ai.usage.output_tokens") == (None if ending == "reconnect" else 5)


@pytest.mark.parametrize(("ending", "code"), [("closes", 1011), ("dies", 1006)])
async def test_a_lost_connection(client: genai.Client, telemetry: Telemetry, ending: str, code: int) -> None:
    """A connection that breaks is an error with its close code."""
    with pytest.raises(Exception, match=str(code)) as raised:
        await talk(client, ending)
    assert type(raised.value).__name__ == "APIWebSocketError"
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert telemetry.attributes["gemini.live.close_code"] == code
    assert telemetry.attributes["error.type"] == str(code)


@pytest.mark.parametrize(
    ("ending", "hint"),
    [
        ("closes", "live.internal"),
        ("refused", "live.unsupported"),
        ("dies", "live.lost"),
        ("garbage", "net.bad_response"),
    ],
)
async def test_the_exception_is_explained(
    client: genai.Client, telemetry: Telemetry, ending: str, hint: str
) -> None:
    """The span, the exception and the text of a traceback get the same hint."""
    with pytest.raises(Exception, match=r"(?i)live") as raised:
        await talk(client, ending)
    assert telemetry.attributes["gemini.hint.id"] == hint
    assert explain(raised.value)[0].id == hint
    text = "".join(traceback.format_exception_only(raised.value))
    told = text_attributes(f"Traceback (most recent call last):\n{text}")
    assert told is not None
    assert find(told, level="info")[0].id == hint


def websocket_error(**said: Any) -> Exception:
    from google.genai.interactions import APIWebSocketError

    return APIWebSocketError(**said)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ({"close_code": 1011}, "live.internal"),
        ({"close_code": 1008}, "live.unsupported"),
        ({"http_status": 403}, "http.403.permission"),
        ({"http_status": 403, "server_code": "PERMISSION_DENIED"}, "http.403.permission"),
        ({"server_code": "PERMISSION_DENIED"}, "http.403.permission"),
        ({"close_code": 1011, "server_code": "RESOURCE_EXHAUSTED"}, "http.429.unspecified"),
        ({"close_code": 1011, "server_code": "SOMETHING_NEW"}, "live.internal"),
        ({"message": "Timed out establishing live interaction connection."}, "net.timeout"),
    ],
)
def test_what_an_exception_carries(said: dict[str, Any], hint: str) -> None:
    """What the service calls its error comes before the code of the close."""
    assert explain(websocket_error(**said))[0].id == hint


def test_a_setup_that_failed_proves_nothing() -> None:
    """The SDK hides why: nothing is said but that it is an exception."""
    (hint,) = explain(websocket_error(message="The live interaction setup failed."))
    assert hint.id == "error.exception"


async def test_reconnections_are_counted(client: genai.Client, telemetry: Telemetry) -> None:
    """The next connection to the same interaction tells how many there were; an interaction that is over is forgotten."""
    for ending in ("reconnect", "leaves", "completed", "completed"):
        with contextlib.suppress(Exception):
            await talk(client, ending)
    counts = [(span.attributes or {}).get("gemini.live.reconnections") for span in telemetry.spans]
    assert counts == [None, 1, 2, None]


def test_the_table_of_reconnections_is_bounded() -> None:
    """The oldest is forgotten."""
    table = Reconnections(limit=2)
    assert [table.begun(each) for each in "abcab"] == [0, 0, 0, 0, 0]
    assert table.begun("b") == 1


async def test_a_frame_that_cannot_be_read(client: genai.Client, telemetry: Telemetry) -> None:
    """The SDK closes the connection over it."""
    with pytest.raises(Exception, match="valid JSON"):
        await talk(client, "garbage")
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert telemetry.attributes["error.type"].endswith("APIWebSocketError")


async def test_a_refused_connection(telemetry: Telemetry) -> None:
    """The HTTP status of the refusal is told."""
    with simulator.serve("live_rejected") as url, pytest.raises(Exception, match="setup failed"):
        await talk(make_client(url), "completed")
    assert telemetry.attributes["http.response.status_code"] == 403
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert telemetry.attributes["gemini.error.status"] == "PERMISSION_DENIED"
    assert telemetry.attributes["gemini.error.message"] == "The <masked> does not have permission"


async def test_why_a_handshake_fails(telemetry: Telemetry) -> None:
    """The SDK's exception hides it, and the span tells: the cause passes below."""
    with pytest.raises(Exception, match="setup failed") as raised:
        await talk(make_client("http://127.0.0.1:9"), "completed")
    assert raised.value.__cause__ is raised.value.__context__ is None
    attributes = telemetry.attributes
    assert attributes["error.type"].endswith("APIWebSocketError")
    assert attributes["gemini.error.kind"] == "unreachable"
    assert attributes["gemini.hint.id"] == "net.unreachable"


async def _complete(connection: Any) -> None:
    await connection.complete()
    assert [event.event_type async for event in connection.receive()][-1] == "interaction.completed"


async def _cancel(connection: Any) -> None:
    await connection.cancel()


async def _send_cancel(connection: Any) -> None:
    await connection.send([{"event_type": "interaction.cancel"}])


async def _detach(connection: Any) -> None:
    await connection.detach()
    await connection.detach()


@pytest.mark.parametrize("end", [_complete, _cancel, _send_cancel, _detach])
async def test_where_nobody_listens(client: genai.Client, end: Any) -> None:
    """Without a provider the connection works as without us."""
    gemini_otel.instrument()
    try:
        assert await talk(client, "completed")
        async with client.aio.interactions.connect("i1") as connection:
            await end(connection)
    finally:
        gemini_otel.uninstrument()


@pytest.mark.parametrize(
    ("end", "outcome"),
    [(_complete, "ok"), (_cancel, "cancelled"), (_send_cancel, "cancelled"), (_detach, "ok")],
)
async def test_the_caller_ends_it(client: genai.Client, telemetry: Telemetry, end: Any, outcome: str) -> None:
    """One span, whether or not a block is left afterwards."""
    async with client.aio.interactions.connect("i1") as connection:
        await end(connection)
    assert telemetry.span.attributes is not None
    assert telemetry.attributes["gemini.response.outcome"] == outcome


async def test_without_a_block(client: genai.Client, telemetry: Telemetry) -> None:
    """`await` opens it as well; detaching ends it."""
    connection = await client.aio.interactions.connect("i1")
    await connection.detach()
    assert telemetry.attributes["gemini.response.outcome"] == "ok"


async def test_a_dropped_connection(client: genai.Client, telemetry: Telemetry) -> None:
    """What nobody holds any more was abandoned."""
    connection = await client.aio.interactions.connect("i1")
    websocket = connection._websocket
    del connection
    gc.collect()
    await websocket.close()
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"


async def test_a_cancelled_task(client: genai.Client, telemetry: Telemetry) -> None:
    """The task is cancelled while it waits for events."""
    task = asyncio.create_task(talk(client, "goes_on"))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert telemetry.attributes["gemini.response.outcome"] == "cancelled"


async def test_the_callers_own_exception(client: genai.Client, telemetry: Telemetry) -> None:
    """It is none of the service's."""
    with pytest.raises(KeyError):
        async with client.aio.interactions.connect("i1"):
            raise KeyError
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"


async def test_no_secret_leaves(client: genai.Client, telemetry: Telemetry) -> None:
    """Neither what is said, nor the world's events and its key."""
    await talk(client, "world")
    told = telemetry.span.to_json()
    assert not [secret for secret in SECRETS if secret in told]


def test_a_refused_auth_token(telemetry: Telemetry) -> None:
    """The error is read below the public method, and has its code; the token is in no byte."""
    with simulator.serve("permission_denied") as url:
        client = make_client(url)
        with pytest.raises(Exception, match="permission"):
            client.interactions.auth_tokens.delete(interaction_id="i1", auth_token="auth_tokens/secret-7")
    assert telemetry.attributes["http.response.status_code"] == 403
    assert telemetry.attributes["gemini.response.outcome"] == "error"
    assert "secret-7" not in telemetry.span.to_json()


async def _ask(method: Any, arguments: dict[str, str]) -> None:
    done = method(**arguments)
    if inspect.isawaitable(done):
        await done


@pytest.mark.parametrize("method", ["create", "delete"])
@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_the_warning_names_the_caller(
    client: genai.Client, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, method: str, mode: str
) -> None:
    """The SDK's warning that live interactions are experimental points to the line that calls it, as without us."""
    experimental = importlib.import_module("google.genai._live_interactions_experimental")
    monkeypatch.setattr(experimental, "_live_interactions_experimental_warned", False)
    tokens: Any = (client if mode == "sync" else client.aio).interactions.auth_tokens
    arguments = {"interaction_id": "i1"} | (
        {"auth_token": "auth_tokens/secret-7"} if method == "delete" else {}
    )
    with pytest.warns(match="experimental") as caught:
        await _ask(getattr(tokens, method), arguments)
    assert caught[0].filename == __file__
    assert telemetry.span.name == f"{method}_interaction_auth_token"
    assert "secret-7" not in telemetry.span.to_json()
