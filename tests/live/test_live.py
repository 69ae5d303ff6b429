"""Live sessions: the real SDK talks over a real websocket to the simulator."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from opentelemetry.sdk.trace import ReadableSpan

import gemini_otel
from gemini_otel import simulator
from support import Telemetry
from support.live import LIVE_MODEL, SILENCE, SOUND, live_client, needs_live

pytestmark = needs_live

TIER = (
    {"gemini.response.service_tier": "standard"} if "service_tier" in types.UsageMetadata.model_fields else {}
)
HAS_CLOSE_ERRORS = hasattr(errors.APIError, "raise_error")
"""The SDK turns close codes into APIErrors."""


@pytest.fixture(scope="module")
def live_url() -> Iterator[simulator.Simulator]:
    with simulator.serve() as url:
        yield url


@pytest.fixture
def client(live_url: simulator.Simulator) -> genai.Client:
    return live_client(live_url)


@asynccontextmanager
async def connected(client: genai.Client, **config: Any) -> AsyncIterator[Any]:
    config = {"response_modalities": ["TEXT"], **config}
    async with client.aio.live.connect(model=LIVE_MODEL, config=config) as session:  # type: ignore[arg-type]
        yield session


async def ask(session: Any, prompt: str) -> list[Any]:
    """One turn of text; all that came back."""
    await session.send_client_content(turns={"role": "user", "parts": [{"text": prompt}]})
    return [message async for message in session.receive()]


def turns(telemetry: Telemetry) -> list[ReadableSpan]:
    return [span for span in telemetry.spans if span.name == f"live {LIVE_MODEL}"]


def connection(telemetry: Telemetry) -> ReadableSpan:
    (span,) = [span for span in telemetry.spans if span.name == f"live_connection {LIVE_MODEL}"]
    return span


def has(span: ReadableSpan, expected: dict[str, Any]) -> None:
    """The span has these attributes; None: it lacks them."""
    attributes = dict(span.attributes or {})
    assert {name: attributes.get(name) for name in expected} == expected


def events(span: ReadableSpan) -> list[str]:
    return [event.name for event in span.events]


async def test_a_turn_of_text(client: genai.Client, telemetry: Telemetry) -> None:
    """A connection span with a turn below it; every attribute of both."""
    async with connected(client, temperature=0.5, max_output_tokens=100) as session:
        messages = await ask(session, "simulate:live_text")
    assert type(session).__module__ == "google.genai.live"
    assert [message.text for message in messages[:2]] == ["Tides follow the moon, ", "twice a day."]
    (turn,), whole = turns(telemetry), connection(telemetry)
    assert turn.parent is not None
    assert turn.parent.span_id == whole.get_span_context().span_id
    common = {
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": LIVE_MODEL,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.output.type": "text",
        "server.address": "127.0.0.1",
        "gemini.response.outcome": "ok",
    }
    varying = ("server.port", "gemini.request.api_version")
    said = dict(turn.attributes or {})
    waited = said.pop("gen_ai.response.time_to_first_chunk")
    assert isinstance(waited, float)
    assert 0 < waited < 5
    assert said.pop("gemini.live.time_to_first_text") == waited
    assert {name: value for name, value in said.items() if name not in varying} == {
        **common,
        "gen_ai.operation.name": "live",
        "gen_ai.request.stream": True,
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.text.input_tokens": 5,
        "gen_ai.usage.text.output_tokens": 9,
        "gemini.usage.total_tokens": 14,
        "gen_ai.response.finish_reasons": ("stop",),
        "gemini.response.finish_reason": "STOP",
        "gemini.response.parts": ("text",),
        "gemini.repetition.detected": False,
        "gemini.live.turn": 1,
        "gemini.live.interrupted": False,
        "gemini.live.generation_complete": True,
        **TIER,
    }
    assert events(turn) == ["gemini.live.generation_complete"]
    of_whole = dict(whole.attributes or {})
    assert isinstance(of_whole.pop("gemini.live.setup_time"), float)
    assert {name: value for name, value in of_whole.items() if name not in varying} == {
        **common,
        "gen_ai.operation.name": "live_connection",
        "gemini.usage.input_tokens": 5,
        "gemini.usage.output_tokens": 9,
        "gemini.live.turns": 1,
        "gemini.live.interruptions": 0,
        "gemini.live.session_resumption": False,
        "gemini.live.resumed": False,
    }
    assert (turn.kind.name, whole.kind.name) == ("CLIENT", "CLIENT")
    assert {turn.status.status_code.name, whole.status.status_code.name} == {"UNSET"}


async def test_below_the_callers_span(client: genai.Client, telemetry: Telemetry) -> None:
    """The connection belongs to what the caller was doing, and his context is as it was."""
    tracer = telemetry.tracer_provider.get_tracer("mine")
    with tracer.start_as_current_span("mine") as mine:
        async with connected(client) as session:
            with tracer.start_as_current_span("inside") as inside:
                await ask(session, "simulate:live_text")
    whole = connection(telemetry)
    assert whole.parent is not None
    assert whole.parent.span_id == mine.get_span_context().span_id
    assert inside.parent.span_id == mine.get_span_context().span_id  # type: ignore[attr-defined]


async def test_turns_are_exported_while_the_connection_is_open(
    client: genai.Client, telemetry: Telemetry
) -> None:
    """Every turn is readable when it ends, with its number and all that its request said."""
    async with connected(client) as session:
        for number in (1, 2, 3):
            await ask(session, "simulate:live_text")
            assert len(turns(telemetry)) == number
    assert [(turn.attributes or {})["gemini.live.turn"] for turn in turns(telemetry)] == [1, 2, 3]
    has(connection(telemetry), {"gemini.live.turns": 3, "gemini.usage.output_tokens": 27})


async def test_metrics(client: genai.Client, telemetry: Telemetry) -> None:
    """A turn is measured as any other call, under its own operation; tokens are counted once."""
    async with connected(client) as session:
        await ask(session, "simulate:live_thinking")
    tokens = {
        point.attributes["gen_ai.token.type"]: point.sum
        for point in telemetry.points("gen_ai.client.token.usage")
    }
    assert tokens == {"input": 6, "output": 11}
    durations = telemetry.points("gen_ai.client.operation.duration")
    assert {point.attributes["gen_ai.operation.name"] for point in durations} == {"live", "live_connection"}
    (first,) = telemetry.points("gen_ai.client.operation.time_to_first_chunk")
    assert first.attributes["gen_ai.operation.name"] == "live"
    responses = {
        (point.attributes["gen_ai.operation.name"], point.attributes["gemini.response.outcome"]): point.value
        for point in telemetry.points("gemini.client.responses")
    }
    assert responses == {("live", "ok"): 1, ("live_connection", "ok"): 1}
    (thoughts,) = telemetry.points("gemini.client.thoughts_tokens")
    assert thoughts.value == 2


async def test_sound(client: genai.Client, telemetry: Telemetry) -> None:
    """Sound is measured in both directions, and none of it is kept."""
    async with connected(client, system_instruction="simulate:live_audio") as session:
        await session.send_realtime_input(audio=types.Blob(data=SOUND, mime_type="audio/pcm;rate=16000"))
        await session.send_realtime_input(audio={"data": SOUND, "mime_type": "audio/pcm"})
        await session.send_realtime_input(video=types.Blob(data=b"jpeg", mime_type="image/jpeg"))
        await session.send_realtime_input(audio_stream_end=True)
        async for _ in session.receive():
            pass
    (turn,) = turns(telemetry)
    expected = {
        "gemini.live.input.audio_bytes": 2 * len(SOUND),
        "gemini.live.input.audio_seconds": 0.1,  # of the second chunk nobody knows the rate
        "gemini.live.input.video_bytes": 4,
        "gemini.live.output.audio_bytes": 24_000,
        "gemini.live.output.audio_seconds": 0.5,
    }
    has(turn, expected)
    has(connection(telemetry), expected)
    has(
        turn,
        {"gen_ai.usage.audio.output_tokens": 13, "gemini.response.parts": ("inline_data", "transcription")},
    )
    waits = ("gemini.live.time_to_first_audio", "gemini.live.time_to_first_text")
    assert all(isinstance((turn.attributes or {})[name], float) for name in waits)
    assert b"\x00\x01" not in repr([dict(span.attributes or {}) for span in telemetry.spans]).encode()


async def test_a_microphone_that_streams(client: genai.Client, telemetry: Telemetry) -> None:
    """With automatic activity detection the turn begins with what was streamed first; silence after it makes no turn."""
    async with connected(client, system_instruction="simulate:live_audio") as session:
        for chunk in (SOUND, SOUND, SILENCE):
            await session.send_realtime_input(audio=types.Blob(data=chunk, mime_type="audio/pcm;rate=16000"))
        assert turns(telemetry) == []
        async for _ in session.receive():
            pass
        for _ in range(3):
            await session.send_realtime_input(
                audio=types.Blob(data=SILENCE, mime_type="audio/pcm;rate=16000")
            )
    (turn,) = turns(telemetry)
    has(turn, {"gemini.live.input.audio_seconds": pytest.approx(0.3)})
    has(
        connection(telemetry),
        {"gemini.live.input.audio_seconds": pytest.approx(0.6), "gemini.live.turns": 1},
    )
    assert turn.start_time is not None
    assert turn.end_time is not None
    waited = (turn.attributes or {})["gemini.live.time_to_first_audio"]
    assert isinstance(waited, float)
    assert waited < (turn.end_time - turn.start_time) / 1e9


async def test_manual_activity(client: genai.Client, telemetry: Telemetry) -> None:
    """The time to the first sound counts from the end of the activity, not from its start."""
    config = {"realtime_input_config": {"automatic_activity_detection": {"disabled": True}}}
    async with connected(client, system_instruction="simulate:live_audio", **config) as session:
        await session.send_realtime_input(activity_start=types.ActivityStart())
        await session.send_realtime_input(audio=types.Blob(data=SOUND, mime_type="audio/pcm;rate=16000"))
        await asyncio.sleep(0.5)
        await session.send_realtime_input(activity_end=types.ActivityEnd())
        async for _ in session.receive():
            pass
    (turn,) = turns(telemetry)
    assert (turn.end_time or 0) - (turn.start_time or 0) > 0.5e9
    waited = (turn.attributes or {})["gemini.live.time_to_first_audio"]
    assert isinstance(waited, float)
    assert waited < 0.4


async def test_a_prefilled_context(client: genai.Client, telemetry: Telemetry) -> None:
    """Content that does not end the user's turn begins it and asks nothing; unanswered, it is no turn."""
    async with connected(client) as session:
        history = {"role": "user", "parts": [{"text": "earlier"}]}
        await session.send_client_content(turns=history, turn_complete=False)
        await asyncio.sleep(0.2)
        await ask(session, "simulate:live_text")
        await session.send_client_content(turns=history, turn_complete=False)
    (turn,) = turns(telemetry)
    assert (turn.end_time or 0) - (turn.start_time or 0) > 0.2e9
    waited = (turn.attributes or {})["gen_ai.response.time_to_first_chunk"]
    assert isinstance(waited, float)
    assert waited < 0.2


async def test_a_tool(client: genai.Client, telemetry: Telemetry) -> None:
    """A function call keeps the turn open; the caller's run of it is a span from the call to the response."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_tool_call"}]})
        async for message in session.receive():
            if message.tool_call:
                call = message.tool_call.function_calls[0]
                await asyncio.sleep(0.1)
                await session.send_tool_response(
                    function_responses=types.FunctionResponse(
                        id=call.id, name=call.name, response={"ok": True}
                    )
                )
    (turn,) = turns(telemetry)
    (tool,) = [span for span in telemetry.spans if span.name == "execute_tool get_weather"]
    assert tool.parent is not None
    assert tool.parent.span_id == turn.get_span_context().span_id
    assert (tool.end_time or 0) - (tool.start_time or 0) >= 0.1e9
    has(tool, {"gen_ai.tool.call.id": "function-call-1", "gen_ai.tool.type": "function"})
    has(
        turn,
        {
            "gemini.live.tool_calls": 1,
            "gemini.live.tool_responses": 1,
            "gemini.live.tool_cancellations": None,
            "gemini.response.parts": ("function_call", "text"),
            "gemini.response.outcome": "ok",
        },
    )
    (measured,) = telemetry.points("gen_ai.execute_tool.duration")
    assert measured.sum >= 0.1


async def test_a_cancelled_tool(client: genai.Client, telemetry: Telemetry) -> None:
    """A function call that is taken back ends its span; the turn is interrupted."""
    async with connected(client) as session:
        await ask(session, "simulate:live_tool_cancelled")
    (turn,) = turns(telemetry)
    has(
        turn,
        {
            "gemini.live.tool_calls": 1,
            "gemini.live.tool_cancellations": 1,
            "gemini.live.interrupted": True,
            "gemini.response.outcome": "abandoned",
        },
    )
    assert telemetry.spans[0].name == "execute_tool get_weather"


async def test_an_unanswered_tool(client: genai.Client, telemetry: Telemetry) -> None:
    """A function call that is never answered ends with the connection."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_tool_call"}]})
        async for _ in session.receive():
            break
    names = [span.name.partition(" ")[0] for span in telemetry.spans]
    assert sorted(names) == ["execute_tool", "live", "live_connection"]
    assert names[-1] == "live_connection"
    has(turns(telemetry)[0], {"gemini.response.outcome": "abandoned"})


async def test_an_interruption(client: genai.Client, telemetry: Telemetry) -> None:
    """A turn that the user cuts off is neither an error nor worth a hint."""
    async with connected(client) as session:
        await ask(session, "simulate:live_interrupted")
    (turn,) = turns(telemetry)
    has(
        turn,
        {
            "gemini.live.interrupted": True,
            "gemini.live.generation_complete": False,
            "gemini.response.finish_reason": "INTERRUPTED",
            "gemini.response.outcome": "abandoned",
            "gemini.hint.id": None,
        },
    )
    assert events(turn) == ["gemini.live.interrupted"]
    assert turn.status.status_code.name == "UNSET"
    has(connection(telemetry), {"gemini.live.interruptions": 1, "gemini.response.outcome": "ok"})


async def test_a_question_while_the_model_speaks(client: genai.Client, telemetry: Telemetry) -> None:
    """It interrupts the turn, and begins the next one when it was asked."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_slow"}]})
        asked = False
        async for _ in session.receive():
            if not asked:
                asked = True
                await session.send_client_content(turns={"parts": [{"text": "simulate:live_text"}]})
        async for _ in session.receive():
            pass
    first, second = turns(telemetry)
    has(first, {"gemini.response.outcome": "abandoned", "gemini.live.turn": 1})
    has(second, {"gemini.response.outcome": "ok", "gemini.live.turn": 2})
    assert first.end_time is not None
    assert second.start_time is not None
    assert second.start_time < first.end_time


async def test_a_question_that_the_connection_does_not_survive(telemetry: Telemetry) -> None:
    """Asked while the model spoke, and never answered: a turn of its own, that failed."""
    deaf = simulator.LiveScenario("deaf", "Dies.", (simulator.Burst(dies=True),))
    with simulator.serve(scenarios=[deaf]) as url, pytest.raises(Exception, match=r"close|1006"):  # noqa: PT012
        async with connected(live_client(url)) as session:
            await session.send_client_content(turns={"parts": [{"text": "simulate:live_slow"}]})
            async for _ in session.receive():
                break
            await session.send_client_content(turns={"parts": [{"text": "simulate:deaf"}]})
            while True:
                async for _ in session.receive():
                    pass
    first, second = turns(telemetry)
    has(first, {"gemini.response.outcome": "abandoned", "gemini.live.turn": 1})
    has(second, {"gemini.response.outcome": "error", "gemini.live.turn": 2, "error.type": "1006"})


async def test_more_is_asked_before_the_answer(client: genai.Client, telemetry: Telemetry) -> None:
    """What is asked before the model answers is of the same turn; the wait counts from the last of it."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_silent"}]})
        await asyncio.sleep(0.5)
        await ask(session, "simulate:live_text")
    (turn,) = turns(telemetry)
    assert (turn.end_time or 0) - (turn.start_time or 0) > 0.5e9
    waited = (turn.attributes or {})["gen_ai.response.time_to_first_chunk"]
    assert isinstance(waited, float)
    assert waited < 0.45


async def test_sending_and_receiving_tasks(client: genai.Client, telemetry: Telemetry) -> None:
    """One task streams, another receives turn after turn: what is spoken over an answer interrupts it."""

    async def speak(session: Any) -> None:
        for _ in range(3):
            for chunk in (SOUND, SOUND, SILENCE):
                blob = types.Blob(data=chunk, mime_type="audio/pcm;rate=16000")
                await session.send_realtime_input(audio=blob)
                await asyncio.sleep(0.05)

    async def listen(session: Any) -> None:
        for _ in range(3):
            async for _ in session.receive():
                pass

    async with connected(client, system_instruction="simulate:live_slow") as session:
        await asyncio.wait_for(asyncio.gather(speak(session), listen(session)), 20)
    found = turns(telemetry)
    assert [(turn.attributes or {})["gemini.live.turn"] for turn in found] == [1, 2, 3]
    outcomes = [(turn.attributes or {})["gemini.response.outcome"] for turn in found]
    assert outcomes == ["abandoned", "abandoned", "ok"]
    for earlier, later in pairwise(found):
        assert (later.start_time or 0) >= (earlier.end_time or 0) - 1e6
    sent = connection(telemetry)
    has(sent, {"gemini.live.input.audio_seconds": pytest.approx(0.9), "gemini.live.interruptions": 2})


async def test_leaving_receive_and_coming_back(client: genai.Client, telemetry: Telemetry) -> None:
    """A `receive()` that is left, or whose task times out, is continued by the next one: it is one turn."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_slow"}]})
        async for _ in session.receive():
            break
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(session.receive()), 0.1)
        async for _ in session.receive():
            pass
    (turn,) = turns(telemetry)
    has(turn, {"gemini.response.outcome": "ok", "gemini.response.parts": ("text",)})


async def test_resumption(client: genai.Client, telemetry: Telemetry) -> None:
    """Whether a session can be resumed, and was, is told; the handle is not."""
    handle = None
    async with connected(client, session_resumption={}) as session:
        await ask(session, "simulate:live_text")
        async for message in session.receive():
            handle = message.session_resumption_update.new_handle
            break
    assert handle
    flags = ("gemini.live.session_resumption", "gemini.live.resumed", "gemini.live.resumable")
    has(connection(telemetry), dict(zip(flags, (True, False, True), strict=True)))
    telemetry.exporter.clear()
    async with connected(client, session_resumption={"handle": handle}):
        pass
    has(connection(telemetry), dict(zip(flags, (True, True, None), strict=True)))
    assert handle not in repr([span.to_json() for span in telemetry.spans])


async def test_vertex(live_url: simulator.Simulator, telemetry: Telemetry) -> None:
    """On Vertex AI the session's id is the conversation's, and tokens are spelt differently."""
    async with connected(live_client(live_url, vertex=True)) as session:
        await ask(session, "simulate:live_text")
    (turn,) = turns(telemetry)
    has(turn, {"gen_ai.provider.name": "gcp.vertex_ai", "gen_ai.usage.output_tokens": 9})
    if hasattr(session, "session_id") and session.session_id:
        has(connection(telemetry), {"gemini.live.session_id": session.session_id})


async def test_go_away(client: genai.Client, telemetry: Telemetry) -> None:
    """The notice is an event with the time left; the end that it announces is no failure."""
    async with connected(client) as session:
        await ask(session, "simulate:live_go_away")
        with pytest.raises(Exception, match="1000") as raised:
            async for _ in session.receive():
                pass
    assert type(raised.value).__name__ in {"APIError", "ConnectionClosedOK"}
    whole = connection(telemetry)
    assert "gemini.live.go_away" in events(whole)
    has(
        whole,
        {
            "gemini.live.go_away.time_left": 10.0,
            "gemini.live.close_code": 1000,
            "gemini.response.outcome": "ok",
            "error.type": None,
        },
    )
    assert whole.status.status_code.name == "UNSET"


CLOSES = {
    "live_closed": ("1000", "live_closed"),
    "live_going_away": ("1001", "live_closed"),
    "live_dies": ("1006", "live_lost"),
    "live_invalid_argument": ("1007", "live_invalid_argument"),
    "live_unsupported": ("1008", "live_unsupported"),
    "live_internal": ("1011", "live_internal"),
    "live_unavailable": ("1011", "overloaded"),
    "live_deadline": ("1011", "deadline_exceeded"),
    "live_quota": ("1011", "help_only_quota"),
    "invalid_key": ("1007", "invalid_key"),
}


@pytest.mark.parametrize("scenario", CLOSES)
async def test_closed_in_mid_turn(client: genai.Client, telemetry: Telemetry, scenario: str) -> None:
    """Turn and connection end once, as errors with the close code; the cause is explained once, on the turn."""
    code, kind = CLOSES[scenario]
    with pytest.raises(Exception, match=r"close|1\d\d\d") as raised:
        async with connected(client) as session:
            await ask(session, f"simulate:{scenario}")
    assert type(raised.value).__name__ in {"APIError", "ConnectionClosedError", "ConnectionClosedOK"}
    (turn,), whole = turns(telemetry), connection(telemetry)
    assert [span.name for span in telemetry.spans] == [turn.name, whole.name]
    has(turn, {"error.type": code, "gemini.error.kind": kind, "gemini.response.outcome": "error"})
    has(turn, {"http.response.status_code": None})
    has(whole, {"error.type": code, "gemini.error.kind": None, "gemini.response.outcome": "error"})
    has(whole, {"gemini.live.close_code": int(code)})
    assert (whole.attributes or {}).get("gemini.hint.id") in {None, "live.go_away"}
    assert {span.status.status_code.name for span in (turn, whole)} == {"ERROR"}
    assert {span.status.description for span in (turn, whole)} == {code}
    assert (turn.attributes or {}).get("gemini.hint.id") is not None


REFUSALS = {
    "live_rejected": ("403", "permission_denied", 403, None),
    "live_invalid_key": ("1007", "invalid_key", None, 1007),
    "live_wrong_model": ("1008", "model_not_found", None, 1008),
    "live_wrong_modality": ("1007", "live_modality", None, 1007),
    "live_expired_handle": ("1008", "live_resumption", None, 1008),
    "live_no_setup": ("1006", "live_lost", None, 1006),
    "unauthenticated": ("1008", "unauthenticated", None, 1008),
}


@pytest.mark.parametrize("scenario", REFUSALS)
async def test_refused(telemetry: Telemetry, scenario: str) -> None:
    """A connection that never comes about is one failed span, with its cause and a hint."""
    error_type, kind, status, code = REFUSALS[scenario]
    with simulator.serve(scenario) as url, pytest.raises(Exception, match=r"HTTP 403|close|1\d\d\d"):
        async with connected(live_client(url)):
            pytest.fail("connected")
    has(
        connection(telemetry),
        {
            "error.type": error_type,
            "gemini.error.kind": kind,
            "http.response.status_code": status,
            "gemini.live.close_code": code,
            "gemini.response.outcome": "error",
        },
    )
    assert len(telemetry.spans) == 1
    assert (telemetry.span.attributes or {}).get("gemini.hint.id") is not None


async def test_nobody_listens(telemetry: Telemetry) -> None:
    """Where no server is, the span says what failed."""
    with simulator.serve() as url:
        client = live_client(url)
    with pytest.raises(OSError, match=r"Connect call failed|refused"):
        async with connected(client):
            pytest.fail("connected")
    has(connection(telemetry), {"error.type": "ConnectionRefusedError", "gemini.hint.id": "net.unreachable"})


@pytest.mark.skipif(not HAS_CLOSE_ERRORS, reason="this SDK drops error messages")
async def test_an_error_message(client: genai.Client, telemetry: Telemetry) -> None:
    """The service's own words are told, though the SDK trips over them; the session goes on."""
    async with connected(client) as session:
        with pytest.raises(TypeError):
            await ask(session, "simulate:live_server_error")
        await ask(session, "again")
    failed, fine = turns(telemetry)
    has(
        failed,
        {
            "error.type": "503",
            "gemini.error.status": "UNAVAILABLE",
            "gemini.error.kind": "overloaded",
            "gemini.response.outcome": "error",
        },
    )
    has(fine, {"gemini.response.outcome": "ok"})
    has(connection(telemetry), {"gemini.response.outcome": "ok"})


@pytest.mark.skipif(not HAS_CLOSE_ERRORS, reason="this SDK drops error messages")
async def test_an_error_message_that_ends_the_session(client: genai.Client, telemetry: Telemetry) -> None:
    """Where the caller leaves with the SDK's exception, the connection has the service's code, not the TypeError's; the hint is the turn's."""
    with pytest.raises(TypeError):
        async with connected(client) as session:
            await ask(session, "simulate:live_server_error")
    (turn,) = turns(telemetry)
    has(turn, {"error.type": "503", "gemini.hint.id": "http.503.overloaded"})
    has(
        connection(telemetry),
        {
            "error.type": "503",
            "gemini.response.outcome": "error",
            "gemini.hint.id": None,
        },
    )


async def test_two_that_receive(client: genai.Client, telemetry: Telemetry) -> None:
    """A second task that receives is refused by the websocket; turn and connection go on with the first."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_slow"}]})
        first = asyncio.create_task(read(session))
        await asyncio.sleep(0.1)
        with pytest.raises(RuntimeError):
            await read(session)
        await first
    (turn,) = turns(telemetry)
    has(turn, {"gemini.response.outcome": "ok", "gemini.live.generation_complete": True, "error.type": None})
    has(connection(telemetry), {"gemini.response.outcome": "ok", "error.type": None})


async def read(session: Any) -> None:
    """One turn, without asking."""
    async for _ in session.receive():
        pass


async def test_a_close_that_nobody_noticed(client: genai.Client, telemetry: Telemetry) -> None:
    """Where nobody received when the service closed, no exception tells it; the connection's close code does."""
    async with connected(client) as session:
        await session.send_client_content(turns={"parts": [{"text": "simulate:live_internal"}]})
        await asyncio.wait_for(session._ws.wait_closed(), 30)
    (turn,) = turns(telemetry)
    has(turn, {"gemini.response.outcome": "abandoned", "error.type": None})
    has(connection(telemetry), {"gemini.live.close_code": 1011, "gemini.response.outcome": "ok"})


async def test_a_message_that_is_not_json(client: genai.Client, telemetry: Telemetry) -> None:
    """The turn fails with the SDK's exception; leaving the session with it fails the connection as well."""
    with pytest.raises(ValueError, match="Failed to parse"):
        async with connected(client) as session:
            await ask(session, "simulate:live_not_json")
    (turn,) = turns(telemetry)
    has(turn, {"error.type": "ValueError", "gemini.response.outcome": "error"})
    has(connection(telemetry), {"error.type": "ValueError", "gemini.response.outcome": "error"})


async def test_a_blocked_turn(client: genai.Client, telemetry: Telemetry) -> None:
    """The reason why a turn is complete is its finish reason."""
    async with connected(client) as session:
        messages = await ask(session, "simulate:live_blocked")
    known = getattr(messages[-1].server_content, "turn_complete_reason", None) is not None
    has(
        turns(telemetry)[0],
        {
            "gemini.response.finish_reason": "PROHIBITED_INPUT_CONTENT" if known else "STOP",
            "gemini.response.outcome": "blocked" if known else "empty",
        },
    )


async def test_an_empty_turn(client: genai.Client, telemetry: Telemetry) -> None:
    """A turn without an answer is empty."""
    async with connected(client) as session:
        await ask(session, "simulate:live_empty")
    has(turns(telemetry)[0], {"gemini.response.outcome": "empty"})


async def test_the_deprecated_send(client: genai.Client, telemetry: Telemetry) -> None:
    """`send` begins a turn too, and its warning points to the caller."""
    async with connected(client) as session:
        with pytest.warns(DeprecationWarning, match="send") as warned:
            await session.send(input="simulate:live_text", end_of_turn=True)
        async for _ in session.receive():
            pass
        with pytest.warns(DeprecationWarning, match="send"):
            await session.send(input={"data": SOUND, "mime_type": "audio/pcm;rate=16000"})
    assert [warning.filename for warning in warned] == [__file__]
    has(turns(telemetry)[0], {"gemini.response.outcome": "ok"})
    has(connection(telemetry), {"gemini.live.input.audio_seconds": pytest.approx(0.1)})


async def test_a_deprecated_setting(client: genai.Client, telemetry: Telemetry) -> None:
    """Nested generation settings are read, and the SDK's warning of them points to the caller."""
    manager = client.aio.live.connect(model=LIVE_MODEL, config={"generation_config": {"temperature": 0.25}})
    with pytest.warns(DeprecationWarning, match="generation_config") as warned:
        await manager.__aenter__()
    await manager.__aexit__(None, None, None)
    assert [warning.filename for warning in warned] == [__file__]
    has(connection(telemetry), {"gen_ai.request.temperature": 0.25})


@pytest.mark.parametrize("capture", ["no_content", "span_only"])
async def test_the_words_of_a_tool(live_url: simulator.Simulator, capture: str) -> None:
    """What a tool gets and gives is content: on its span where that is captured, and nowhere else."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, capture_content=capture)
    try:
        async with connected(live_client(live_url)) as session:
            await session.send_client_content(turns={"parts": [{"text": "simulate:live_tool_call"}]})
            async for message in session.receive():
                if message.tool_call:
                    await session.send_tool_response(
                        function_responses={
                            "id": "function-call-1",
                            "name": "get_weather",
                            "response": {"error": "a secret reason"},
                        }
                    )
    finally:
        gemini_otel.uninstrument()
    (tool,) = [span for span in telemetry.spans if span.name == "execute_tool get_weather"]
    captured = capture != "no_content"
    assert ("Boston" in tool.to_json()) == captured
    assert ("a secret reason" in tool.to_json()) == captured
    has(tool, {"error.type": "tool_error"})


async def test_a_conversation(client: genai.Client, telemetry: Telemetry) -> None:
    """The conversation in which the session was opened is that of its turns, whichever task speaks and listens."""

    async def elsewhere(session: Any) -> None:
        with gemini_otel.conversation("other"):
            await ask(session, "simulate:live_text")

    with gemini_otel.conversation("c-1"):
        manager = client.aio.live.connect(model=LIVE_MODEL)
        session = await manager.__aenter__()
    await asyncio.create_task(elsewhere(session))
    await manager.__aexit__(None, None, None)
    assert {(span.attributes or {}).get("gen_ai.conversation.id") for span in telemetry.spans} == {"c-1"}


async def test_speech_that_the_service_notices(live_url: simulator.Simulator, telemetry: Telemetry) -> None:
    """Its start begins the turn, its end begins the wait for the answer."""
    if "voice_activity_detection_signal" not in types.LiveServerMessage.model_fields:
        pytest.skip("this SDK drops the signals")
    starts, ends = (
        {"voiceActivityDetectionSignal": {"vadSignalType": f"VAD_SIGNAL_TYPE_{edge}"}}
        for edge in ("SOS", "EOS")
    )
    answer = {"serverContent": {"modelTurn": {"parts": [{"text": "Yes?"}]}}}
    done = {"serverContent": {"turnComplete": True}}
    scenario = simulator.LiveScenario(
        "spoken", "Speech.", (simulator.Burst((starts, ends, answer, done), 0.3),)
    )
    with simulator.serve(scenario) as url:
        async with connected(live_client(url)) as session:
            for chunk in (SOUND, SILENCE):
                await session.send_realtime_input(
                    audio=types.Blob(data=chunk, mime_type="audio/pcm;rate=16000")
                )
                await asyncio.sleep(0.2)
            async for _ in session.receive():
                pass
    (turn,) = turns(telemetry)
    attributes = dict(turn.attributes or {})
    waited = attributes["gen_ai.response.time_to_first_chunk"]
    assert isinstance(waited, float)
    assert waited < 0.55  # from the end of speech; from its start it is 0.6
    has(turn, {"gemini.live.input.audio_seconds": pytest.approx(0.2)})


async def test_a_turn_that_goes_on(live_url: simulator.Simulator, telemetry: Telemetry) -> None:
    """Where the service says that it is still busy, the turn ends when it is idle, as `receive()` does."""
    if importlib.util.find_spec("google.genai._interactions_continuation") is None:
        pytest.skip("before google-genai 2.34 a turn ends at turn_complete")
    content: dict[str, Any] = {
        "modelTurn": {"parts": [{"text": "Well..."}]},
        "interactionStatus": "IN_PROGRESS",
    }
    burst = simulator.Burst(
        (
            {"serverContent": {**content, "turnComplete": True}},
            {"serverContent": {"modelTurn": {"parts": [{"text": "yes."}]}, "interactionStatus": "IDLE"}},
        )
    )
    with simulator.serve(simulator.LiveScenario("busy", "Busy.", (burst,))) as url:
        async with connected(live_client(url)) as session:
            messages = await ask(session, "hello")
    assert len(messages) == 2
    has(turns(telemetry)[0], {"gemini.response.finish_reason": "STOP", "gemini.live.turn": 1})


async def test_late_usage_counts(live_url: simulator.Simulator, telemetry: Telemetry) -> None:
    """Token counts that come after their turn are in the connection's sums."""
    late = {"usageMetadata": {"promptTokenCount": 100, "responseTokenCount": 50}}
    burst = simulator.Burst(({"serverContent": {"turnComplete": True}}, late))
    with simulator.serve(simulator.LiveScenario("late", "Late.", (burst,))) as url:
        async with connected(live_client(url)) as session:
            await ask(session, "hello")
            async for _ in session.receive():
                break
    has(connection(telemetry), {"gemini.usage.input_tokens": 102, "gemini.usage.output_tokens": 50})


async def test_keepalive(telemetry: Telemetry) -> None:
    """A connection whose pings get no answer says so."""
    from websockets.exceptions import ConnectionClosedError
    from websockets.frames import Close

    from gemini_otel._facts.errors.exceptions import read_error

    closed = ConnectionClosedError(None, Close(1011, "keepalive ping timeout"), None)
    assert read_error(closed)[:5] == ("1006", None, None, None, "live_keepalive")
    if HAS_CLOSE_ERRORS:
        error = errors.APIError(1006, "abnormal closure [internal]")  # type: ignore[arg-type]
        error.__context__ = closed
        assert read_error(error).kind == "live_keepalive"
