"""Interactions: the real SDK's `client.interactions` of whichever generation is installed, against the simulator."""

from __future__ import annotations

import gc
import importlib.util
import json
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai

import gemini_otel
from gemini_otel import explain, simulator
from support import MODEL, RECORDINGS, Telemetry, event_loop, hint_ids, make_client, make_vertex_client
from support.interactions import SHAPES, interact, recorded, run

GENERATED = importlib.util.find_spec("google.genai._gaos") is not None  # from 2.9 on


def caught(function: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException:
    """What a call raises."""
    with pytest.raises(Exception) as raised:  # of which class is what the test asks
        function(*args, **kwargs)
    return raised.value


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_interactions_of_vertex_ai(telemetry: Telemetry, url: str) -> None:
    """The provider is Vertex AI with each generation of the SDK, behind a proxy's address, too."""
    run(make_vertex_client(url), "call", lambda api: api.create, model=MODEL, input="hello")
    assert telemetry.attributes["gen_ai.provider.name"] == "gcp.vertex_ai"


def test_an_interaction_is_an_inference(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """One CLIENT span with model, tokens, status and outcome; the standard metrics as for generate_content."""
    interact(
        client,
        shape,
        "What moves the tides?",
        generation_config={"max_output_tokens": 512, "seed": 7, "thinking_level": "low"},
        previous_interaction_id="v1_before",
    )
    span, found = telemetry.span, telemetry.attributes
    assert (span.name, span.kind.name, span.status.status_code.name) == (
        f"generate_content {MODEL}",
        "CLIENT",
        "UNSET",
    )
    expected = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.request.model": MODEL,
        "gen_ai.request.max_tokens": 512,
        "gen_ai.request.seed": 7,
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.request.previous_response.id": "v1_before",
        "gen_ai.response.finish_reasons": ("completed",),
        "gen_ai.usage.input_tokens": 6,
        "gemini.interaction.status": "completed",
        "gemini.response.parts": ("text",),
        "gemini.response.outcome": "ok",
        "gemini.repetition.detected": False,
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["gemini.request.max_attempts"] in (4, 5)  # five from google-genai 2.34 on
    assert found["gen_ai.usage.output_tokens"] > 0
    assert ("gen_ai.request.stream" in found) == shape.endswith("stream")
    assert ("gen_ai.response.time_to_first_chunk" in found) == shape.endswith("stream")
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    assert duration.count == 1
    assert "gen_ai.agent.name" not in duration.attributes
    tokens = {
        point.attributes["gen_ai.token.type"]: point.sum
        for point in telemetry.points("gen_ai.client.token.usage")
    }
    assert tokens == {"input": 6, "output": found["gen_ai.usage.output_tokens"]}


@pytest.mark.parametrize(
    ("scenario", "status", "outcome"),
    [
        ("tool_call", "requires_action", "ok"),
        ("interaction_failed", "failed", "failed"),
        ("interaction_cancelled", "cancelled", "cancelled"),
        ("interaction_budget_exceeded", "budget_exceeded", "incomplete"),
        ("interaction_unknown_status", "on_holiday", "incomplete"),
        ("loop_text", "incomplete", "incomplete"),
        ("finish_safety", "failed", "failed"),
    ],
)
def test_what_became_of_it(
    telemetry: Telemetry,
    client: genai.Client,
    shape: str,
    scenario: str,
    status: str,
    outcome: str,
) -> None:
    """An interaction that failed or stopped early comes as an ordinary answer: its status is the outcome, and has a hint."""
    interact(client, shape, f"simulate:{scenario}")
    found = telemetry.attributes
    assert found["gemini.interaction.status"] == status
    assert found["gemini.response.outcome"] == outcome
    told = telemetry.span.status.description
    assert told == (
        "repetition text" if scenario == "loop_text" else None
    )  # error_outcomes has no other of these


def test_cut_at_the_limit(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """`incomplete` at max_output_tokens is truncated."""
    interact(client, shape, "simulate:loop_text", generation_config={"max_output_tokens": 512})
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"
    assert telemetry.attributes["gemini.repetition.kind"] == "text"


@pytest.mark.parametrize(
    ("scenario", "hint_id"),
    [
        ("interaction_failed", "http.429.rate_day"),
        ("interaction_budget_exceeded", "interaction.budget_exceeded"),
        ("interaction_unknown_status", "interaction.unknown"),
        ("interaction_cancelled", None),
        ("ok", None),
    ],
)
def test_hints(
    telemetry: Telemetry, client: genai.Client, shape: str, scenario: str, hint_id: str | None
) -> None:
    """An interaction that went wrong has the hint for its error, else for its status; no other."""
    interact(client, shape, f"simulate:{scenario}")
    assert [hint["gemini.hint.id"] for hint in telemetry.events("gemini.hint")] == (
        [hint_id] if hint_id else []
    )


def test_a_failed_interaction_says_why(telemetry: Telemetry, client: genai.Client) -> None:
    """The error that a failed interaction reports is told as that of a refused call is, and gets the same hint."""
    interact(client, "call", "simulate:interaction_failed")
    found = telemetry.attributes
    assert found["gemini.error.status"] == "RESOURCE_EXHAUSTED"
    assert found["gemini.error.kind"] == "daily_quota"
    assert "error.type" not in found


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_an_error_event(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """An error event in a stream is handed to the caller like any other, and ends the interaction as failed."""
    events = interact(client, shape, "simulate:interaction_stream_error")
    assert events[-1].event_type == "error"
    found = telemetry.attributes
    assert found["gemini.response.outcome"] == "failed"
    assert found["gemini.error.kind"] == "overloaded"


def test_function_calls_of_a_stream(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A function call is a part; its pieces are put together for the search for loops, and never recorded."""
    steps = [
        each
        for number in range(4)
        for each in (
            {
                "type": "function_call",
                "id": f"c{number}",
                "name": "get_weather",
                "arguments": {"location": "Boston"},
            },
            {"type": "function_result", "call_id": f"c{number}", "name": "get_weather", "result": "rain"},
        )
    ]
    interact(
        client,
        shape,
        [{"type": "user_input", "content": [{"type": "text", "text": "simulate:tool_call"}]}, *steps],
    )
    found = telemetry.attributes
    assert found["gemini.response.parts"] == ("function_call",)
    assert found["gemini.repetition.kind"] == "tool_calls"
    assert "Boston" not in str(found)


def test_retries_are_attempts(telemetry: Telemetry, url: str, shape: str) -> None:
    """The generated client retries by itself: every refusal is an event, the resends are counted."""
    interact(make_client(url, attempts=3), shape, "simulate:rate_limited_twice")
    found = telemetry.attributes
    assert found["http.request.resend_count"] == 2
    assert found["http.response.status_code"] == 200
    assert found["gemini.response.outcome"] == "ok"
    attempts = telemetry.events("gemini.attempt")
    assert [each["http.response.status_code"] for each in attempts] == [429, 429]


def test_a_refusal(telemetry: Telemetry, url: str, shape: str) -> None:
    """The caller gets the SDK's own exception; the span its code, the API's word for it, and the hint."""
    client = make_client(url, attempts=1)
    with pytest.raises(Exception) as raised:  # its class is private to the SDK
        interact(client, shape, "simulate:daily_quota")
    assert type(raised.value).__name__ == "RateLimitError"
    found = telemetry.attributes
    assert (found["error.type"], found["http.response.status_code"]) == ("429", 429)
    assert (found["gemini.error.status"], found["gemini.error.kind"]) == ("RESOURCE_EXHAUSTED", "daily_quota")
    assert found["gemini.error.message"].startswith("You exceeded")
    assert telemetry.span.status.status_code.name == "ERROR"
    assert found["gemini.hint.id"]


@pytest.mark.parametrize(
    ("scenario", "hint_id"),
    [
        ("forbidden_page", "http.gateway"),
        ("proxy_auth", "http.407.proxy_auth"),
        ("bad_json_body", "net.bad_response"),
    ],
)
def test_an_answer_that_is_not_of_the_api(
    telemetry: Telemetry, url: str, scenario: str, hint_id: str
) -> None:
    """A page that a proxy wrote, and a body that cannot be read."""
    caught(interact, make_client(url, attempts=1), "call", f"simulate:{scenario}")
    assert hint_ids(telemetry.attributes) == (hint_id,)


@pytest.mark.parametrize(("scheme", "hint_id"), [("https", "net.tls"), ("http", "net.unreachable")])
def test_no_connection(telemetry: Telemetry, url: str, shape: str, scheme: str, hint_id: str) -> None:
    """The generated client has one class for all that goes wrong with a connection; its causes tell more."""
    port = url.rpartition(":")[2] if scheme == "https" else "9"
    error = caught(interact, make_client(f"{scheme}://127.0.0.1:{port}", attempts=1), shape)
    assert type(error).__name__ == "APIConnectionError"
    assert hint_ids(telemetry.attributes) == (hint_id,)


@pytest.fixture
def own_client() -> Iterator[genai.Client]:
    """A client whose service nobody else asks: how far an interaction has got depends on how often it was looked at."""
    with simulator.serve() as url:
        yield make_client(str(url))


def test_an_agent_in_the_background(telemetry: Telemetry, own_client: genai.Client) -> None:
    """Starting is `invoke_agent`, every look `fetch_response`; the tokens of what was fetched are no usage, however often."""
    client = own_client
    started = run(
        client,
        "call",
        lambda api: api.create,
        agent="deep-research-preview",
        input="simulate:interaction_background",
        background=True,
    )[0]
    for _ in range(3):
        last = run(client, "call", lambda api: api.get, started.id)[0]
    assert last.status == "completed"
    run(client, "async_call", lambda api: api.cancel, started.id)
    run(client, "call", lambda api: api.delete, started.id)
    assert [span.name for span in telemetry.spans] == [
        "invoke_agent deep-research-preview",
        *["fetch_response"] * 3,
        "cancel_interaction",
        "delete_interaction",
    ]
    found = [dict(span.attributes or {}) for span in telemetry.spans]
    assert found[0]["gen_ai.agent.name"] == "deep-research-preview"
    assert "gen_ai.request.model" not in found[0]
    assert found[0]["gemini.interaction.background"] is True
    outcomes = [each["gemini.response.outcome"] for each in found]
    assert outcomes == ["pending", "pending", "pending", "ok", "ok", "ok"]
    assert found[3]["gemini.interaction.total_tokens"] > 0
    assert not any(name.startswith("gen_ai.usage") for each in found for name in each)
    assert not telemetry.points("gen_ai.client.token.usage")


@pytest.mark.filterwarnings("ignore:.*DEPRECATED")
@pytest.mark.parametrize("method", ["get", "cancel", "delete"])
def test_an_interaction_that_is_not_there(telemetry: Telemetry, method: str) -> None:
    """The span says which one was asked for, also where the id is given by position."""
    with simulator.serve("not_found") as url:
        client = make_client(str(url))
        with pytest.raises(Exception, match="404"):
            getattr(client.interactions, method)("v1_mine")
    assert telemetry.attributes["gen_ai.response.id"] == "v1_mine"
    assert telemetry.attributes["error.type"] == "404"


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_taking_up_a_stream_again(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """`get(stream=True)` is a fetch that streams."""
    run(client, shape, lambda api: api.get, "v1_simulated")
    assert telemetry.span.name == "fetch_response"
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
    assert telemetry.attributes["gen_ai.request.stream"] is True


@pytest.mark.skipif(not GENERATED, reason="of the generated client")
def test_the_request_as_one_object(telemetry: Telemetry, client: genai.Client) -> None:
    """`request=` instead of keywords is read all the same."""
    run(client, "call", lambda api: api.create, request={"body": {"model": MODEL, "input": "hello"}})
    assert telemetry.span.name == f"generate_content {MODEL}"
    assert telemetry.attributes["gemini.response.outcome"] == "ok"


def test_continuation_hops(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """The hops that the SDK adds are counted on the one span, and so are their tokens."""
    interact(client, shape, "simulate:continuation")
    found = telemetry.attributes
    if importlib.util.find_spec("google.genai._interactions_continuation"):  # from 2.34 on
        assert found["gemini.interaction.status"] == "completed"
        assert found["gemini.response.continuation_count"] == 1
    else:
        assert found["gemini.interaction.status"] == "requires_continuation"
        assert found["gemini.response.outcome"] == "incomplete"


def test_raw_responses(telemetry: Telemetry, client: genai.Client) -> None:
    """A raw response is handed on untouched: its body is read where the SDK has read it already."""
    (raw,) = run(client, "call", lambda api: api.with_raw_response.create, model=MODEL, input="hello")
    assert telemetry.attributes["gemini.interaction.status"] == "completed"
    assert raw.parse().status == "completed"
    telemetry.exporter.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with client.interactions.with_streaming_response.create(model=MODEL, input="hello") as streaming:
            assert streaming.parse().status == "completed"
    assert telemetry.attributes["gemini.response.outcome"] == "pending"


def stream_of(client: genai.Client) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return client.interactions.create(model=MODEL, input="hello", stream=True)


def closed_by_with(client: genai.Client) -> None:
    with stream_of(client) as events:
        next(events)


def closed(client: genai.Client) -> None:
    events = stream_of(client)
    next(events)
    events.close()
    events.close()


def dropped(client: genai.Client) -> None:
    next(stream_of(client))
    gc.collect()


def dropped_unread(client: genai.Client) -> None:
    stream_of(client)
    gc.collect()


async def closed_async(client: genai.Client) -> None:
    async with await client.aio.interactions.create(model=MODEL, input="hello", stream=True) as events:
        await events.__anext__()


@pytest.mark.parametrize("end", [closed_by_with, closed, dropped, dropped_unread])
def test_a_stream_that_nobody_reads_to_its_end(
    telemetry: Telemetry, client: genai.Client, end: Callable[[Any], None]
) -> None:
    """It ends once, as abandoned, when it is closed or dropped."""
    end(client)
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"


@pytest.mark.filterwarnings("ignore")
def test_an_async_stream_that_is_closed(telemetry: Telemetry, client: genai.Client) -> None:
    """`async with` ends it."""
    event_loop().run_until_complete(closed_async(client))
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"


def test_a_stream_that_breaks_off(telemetry: Telemetry, url: str) -> None:
    """A connection that closes in the middle: the SDK's exception for the caller, an error on the span."""
    bare = caught(interact, make_client(url, attempts=1), "stream", "simulate:cut_stream")
    found = telemetry.attributes
    assert found["gemini.response.outcome"] == "error"
    assert found["error.type"].endswith(type(bare).__name__)


@pytest.mark.skipif(not GENERATED, reason="of the generated client")
def test_the_stream_stays_the_sdks_object(telemetry: Telemetry, client: genai.Client) -> None:
    """Class, response and events are those of the SDK; the events' reading has our span, the caller's loop his own."""
    from google.genai._gaos.utils.eventstreaming import Stream
    from opentelemetry import trace

    events = stream_of(client)
    assert isinstance(events, Stream)
    assert events.response.status_code == 200
    for _ in events:
        assert trace.get_current_span() is trace.INVALID_SPAN


def test_bad_arguments(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Positional arguments and wrong types get exactly the SDK's own exceptions."""
    with pytest.raises(TypeError):
        run(client, shape, lambda api: api.create, MODEL)
    if not GENERATED:
        return  # the older client checks no types
    gemini_otel.uninstrument()
    try:
        bare = caught(run, client, shape, lambda api: api.create, model=MODEL, input=7)
    finally:
        gemini_otel.instrument(**telemetry.providers)
    ours = caught(run, client, shape, lambda api: api.create, model=MODEL, input=7)
    assert (type(ours), str(ours)) == (type(bare), str(bare))
    assert all(span.end_time for span in telemetry.spans)


def completed(stream: str) -> dict[str, Any]:
    """The interaction of the last event but `done`."""
    events = [json.loads(data) for data in re.findall(r"data: (\{.*\})", stream)]
    found: dict[str, Any] = events[-1]["interaction"]
    return found


@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings on this machine")
@pytest.mark.parametrize("exchange", recorded())
def test_recorded_exchanges(telemetry: Telemetry, exchange: dict[str, Any]) -> None:
    """What the real API sent: status, usage and parts are on the span, no text is."""
    body = exchange["response_body"]
    headers = {"Content-Type": "text/event-stream"} if isinstance(body, str) else {}
    reply = simulator.Reply(status=exchange["status"], headers=headers, body=body)
    with simulator.serve(simulator.Scenario("recorded", "As recorded.", (reply,))) as url:
        shape = "stream" if isinstance(body, str) else "call"
        interact(make_client(url), shape, "hello")
    found = telemetry.attributes
    last = body if isinstance(body, dict) else completed(body)
    assert found["gemini.interaction.status"] == last["status"]
    if usage := last.get("usage"):
        assert found["gemini.usage.total_tokens"] == usage["total_tokens"]
        tool_use = usage.get("total_tool_use_tokens", 0)
        assert found["gen_ai.usage.input_tokens"] == usage["total_input_tokens"] + tool_use
    outcome = {
        "completed": "ok",
        "requires_action": "ok",
        "in_progress": "pending",
        "incomplete": "incomplete",
    }
    assert found["gemini.response.outcome"] == outcome[last["status"]]
    texts = [
        content["text"]
        for step in last.get("steps") or ()
        for content in step.get("content") or ()
        if "text" in content
    ]
    assert not any(len(text) > 3 and text in str(found) for text in texts)


@pytest.mark.parametrize(("scenario", "parts"), [("inline_image", "image"), ("thinking", "thought")])
def test_other_kinds_of_output(
    telemetry: Telemetry, client: genai.Client, shape: str, scenario: str, parts: str
) -> None:
    """Thoughts and pictures are parts by their kind."""
    interact(client, shape, f"simulate:{scenario}")
    assert parts in telemetry.attributes["gemini.response.parts"]


def test_what_was_asked_for(telemetry: Telemetry, client: genai.Client) -> None:
    """Format, tools and the mode of calling them are read off the request."""
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    interact(
        client,
        "call",
        response_format={"type": "text", "mime_type": "application/json", "schema": schema},
        tools=[{"type": "function", "name": "get_weather", "parameters": schema}],
        generation_config={"tool_choice": "auto"},
    )
    found = telemetry.attributes
    assert found["gen_ai.output.type"] == "json"
    assert found["gemini.request.structured_output"] is True
    assert found["gemini.request.tools"] == 1
    assert found["gemini.request.tool_mode"] == "auto"


def test_idle_is_pending(telemetry: Telemetry) -> None:
    """An interaction that waits for more is healthy, and not done."""
    reply = simulator.Reply(body={"id": "v1_a", "model": MODEL, "status": "idle", "steps": []})
    with simulator.serve(simulator.Scenario("idle", "It waits.", (reply,))) as url:
        interact(make_client(url), "call", "hello")
    found = telemetry.attributes
    assert found["gemini.interaction.status"] == "idle"
    assert found["gemini.response.outcome"] == "pending"
    assert "gen_ai.response.finish_reasons" not in found
    assert not [name for name in found if name.startswith("gemini.hint")]
    assert explain("idle") == []
