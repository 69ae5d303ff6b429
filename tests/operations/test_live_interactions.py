"""Live interactions: one span for the connection, however it ends."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai

from gemini_otel import simulator
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
