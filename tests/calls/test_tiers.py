"""The service tier: asked for and served, on spans, on metrics and in hints."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from google import genai
from google.genai import types

from gemini_otel import simulator
from gemini_otel.hints import evidence, find
from support import MODEL, SHAPES, Telemetry, make_client, make_vertex_client, send
from support.canned import canned
from support.live import LIVE_MODEL, live_client, needs_live

ASKED, SERVED = "gemini.request.service_tier", "gemini.response.service_tier"
WAIT = "gemini.response.flex_wait"
OK = {"candidates": [{"content": {"parts": [{"text": "Hi."}]}, "finishReason": "STOP"}]}
needs_tiers = pytest.mark.skipif(
    "service_tier" not in types.GenerateContentConfig.model_fields, reason="the SDK cannot ask for a tier"
)


@pytest.mark.parametrize("shape", SHAPES)
def test_served(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """The usage of calls and streams names the tier, which the SDK's type leaves out; none was asked for."""
    send(client, shape, "simulate:ok")
    assert telemetry.attributes[SERVED] == "standard"
    assert ASKED not in telemetry.attributes
    assert WAIT not in telemetry.attributes


@needs_tiers
@pytest.mark.parametrize("shape", SHAPES)
def test_another_one_was_served(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Priority was asked for and not given: the span has both, and a hint says so."""
    send(client, shape, "simulate:standard_tier", service_tier="priority")
    assert (telemetry.attributes[ASKED], telemetry.attributes[SERVED]) == ("priority", "standard")
    assert telemetry.attributes["gemini.hint.id"] == "perf.other_tier"
    (hint,) = telemetry.events("gemini.hint")
    assert hint["gemini.hint.evidence"].startswith("asked for priority; served by standard; ")


@needs_tiers
def test_the_one_asked_for(telemetry: Telemetry, client: genai.Client) -> None:
    """What was asked for was served: no hint, and of flex the wait is told."""
    send(client, "call", "simulate:ok", service_tier="flex")
    assert telemetry.attributes[ASKED] == telemetry.attributes[SERVED] == "flex"
    assert 0 < telemetry.attributes[WAIT] < 60
    assert "gemini.hint.id" not in telemetry.attributes


@needs_tiers
def test_labels(telemetry: Telemetry, client: genai.Client) -> None:
    """Durations and responses are told apart by the tier that served them; a tier that nobody knows does not grow without bound."""
    for tier in ("flex", "priority"):
        send(client, "call", "simulate:ok", service_tier=tier)
    assert labels(telemetry, "gen_ai.client.operation.duration") == {"flex", "priority"}
    assert labels(telemetry, "gemini.client.responses") == {"flex", "priority"}
    assert labels(telemetry, "gen_ai.client.token.usage") == {None}
    with canned(lambda _: (200, OK | {"usageMetadata": {"serviceTier": next(made_up)}})) as url:
        other = make_client(url)
        for _ in range(40):
            send(other, "call", "hi")
    found = labels(telemetry, "gemini.client.responses")
    assert len(found) == 32 + 3  # with the known ones, of which standard was not served, and _OTHER
    assert "_OTHER" in found


made_up = (f"tier_{number}" for number in range(100))


def labels(telemetry: Telemetry, metric: str) -> set[Any]:
    return {point.attributes.get(SERVED) for point in telemetry.points(metric)}


def test_header(telemetry: Telemetry) -> None:
    """Where the usage names no tier, the header of the answer does; it may be prose of a proxy."""
    recorded = {"status": 200, "response_body": OK, "response_headers": {"x-gemini-service-tier": "priority"}}
    prose = recorded | {"response_headers": {"x-gemini-service-tier": "a fine day"}}
    scenarios = [simulator.replay(recorded, name="header"), simulator.replay(prose, name="prose")]
    with simulator.serve(scenarios=scenarios) as url:
        client = make_client(str(url))
        for shape in ("call", "async_call"):
            send(client, shape, "simulate:header")
        send(client, "call", "simulate:prose")
    assert [span.attributes[SERVED] for span in telemetry.spans if span.attributes] == [
        *("priority", "priority"),
        "_OTHER",
    ]


@pytest.mark.parametrize("shape", ["call", "stream"])
def test_vertex(telemetry: Telemetry, url: str, shape: str) -> None:
    """Vertex AI names the type of traffic; the tier follows from it."""
    send(make_vertex_client(url), shape, "simulate:ok")
    assert telemetry.attributes["gemini.response.traffic_type"] == "ON_DEMAND"
    assert telemetry.attributes[SERVED] == "standard"


CAPACITY = "gemini.request.vertex_request_type"
HEADERS = {"X-Vertex-AI-LLM-Request-Type": "shared", "X-Vertex-AI-LLM-Shared-Request-Type": "priority"}


@pytest.mark.parametrize("shape", SHAPES)
def test_asked_of_vertex(telemetry: Telemetry, url: str, shape: str) -> None:
    """Vertex AI is asked for a tier and a capacity by headers; the hint of another tier shows both."""
    send(make_vertex_client(url), shape, "simulate:ok", http_options={"headers": HEADERS})
    assert (telemetry.attributes[ASKED], telemetry.attributes[SERVED]) == ("priority", "standard")
    assert telemetry.attributes[CAPACITY] == "shared"
    (hint,) = telemetry.events("gemini.hint")
    assert hint["gemini.hint.id"] == "perf.other_tier"
    assert "capacity shared" in hint["gemini.hint.evidence"]


def test_headers_of_the_client(telemetry: Telemetry, url: str) -> None:
    """Headers may be those of the client, in any case of letters; what is no capacity is not told as it stands."""
    client = make_vertex_client(url, headers={"x-vertex-ai-llm-request-type": "Dedicated"})
    send(client, "call", "simulate:ok")
    assert telemetry.attributes[CAPACITY] == "dedicated"
    assert ASKED not in telemetry.attributes
    send(
        client, "call", "simulate:ok", http_options={"headers": {"X-Vertex-AI-LLM-Request-Type": "my words"}}
    )
    assert (telemetry.spans[-1].attributes or {})[CAPACITY] == "_OTHER"


def test_headers_are_vertex_ai_s(telemetry: Telemetry, client: genai.Client) -> None:
    """The Gemini API does not know these headers: there they ask for nothing."""
    send(client, "call", "simulate:ok", http_options={"headers": HEADERS})
    assert telemetry.attributes.keys().isdisjoint({ASKED, CAPACITY})


def test_capacity_of_a_refusal() -> None:
    """Where the purchased capacity is exceeded, the hint says that the request may use no other."""
    refused = {"error.type": "429", "gemini.error.kind": "provisioned_throughput", CAPACITY: "dedicated"}
    (hint,) = find(refused)
    assert hint.id == "http.429.provisioned"
    assert (evidence(hint, refused) or "").startswith("capacity dedicated")


def test_provisioned_throughput(telemetry: Telemetry) -> None:
    """What was paid for in advance has no tier."""
    usage = {"usageMetadata": {"trafficType": "PROVISIONED_THROUGHPUT"}}
    with canned(lambda _: (200, OK | usage)) as url:
        send(make_vertex_client(url), "call", "hi")
    assert telemetry.attributes["gemini.response.traffic_type"] == "PROVISIONED_THROUGHPUT"
    assert SERVED not in telemetry.attributes


@pytest.mark.parametrize("stream", [False, True])
def test_interactions(telemetry: Telemetry, client: genai.Client, stream: bool) -> None:
    """Interactions ask for a tier and are told the one that served them."""
    if not hasattr(genai.Client, "interactions"):
        pytest.skip("the SDK has no interactions")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK says that they are experimental
        try:
            answer = client.interactions.create(
                model=MODEL, input="simulate:ok", service_tier="flex", stream=stream
            )
        except TypeError:
            pytest.skip("the SDK's interactions have no tier")
        if stream:
            list(answer)
    assert telemetry.attributes[ASKED] == telemetry.attributes[SERVED] == "flex"


@needs_live
@pytest.mark.skipif(
    "service_tier" not in types.UsageMetadata.model_fields, reason="the SDK drops the tier of Live"
)
@pytest.mark.parametrize("vertex", [False, True])
def test_live(telemetry: Telemetry, vertex: bool) -> None:
    """A turn of a Live session has the tier, on Vertex AI by its traffic."""

    async def talk(client: genai.Client) -> None:
        config = types.LiveConnectConfig(response_modalities=[types.Modality.TEXT])
        async with client.aio.live.connect(model=LIVE_MODEL, config=config) as session:
            await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text="hi")]))
            async for _ in session.receive():
                pass

    with simulator.serve() as url:
        asyncio.run(talk(live_client(url, vertex=vertex)))
    (turn,) = (span for span in telemetry.spans if span.name == f"live {LIVE_MODEL}")
    assert turn.attributes is not None
    assert turn.attributes[SERVED] == "standard"
    assert ("gemini.response.traffic_type" in turn.attributes) is vertex


def test_timeout_of_flex() -> None:
    """A timeout of a request that asked for flex has a hint of its own; others keep theirs."""
    failed = {
        "gemini.response.outcome": "error",
        "error.type": "httpx.ReadTimeout",
        "gemini.error.kind": "timeout",
    }
    assert [hint.id for hint in find(failed)] == ["net.timeout"]
    assert [hint.id for hint in find({**failed, ASKED: "standard"})] == ["net.timeout"]
    assert [hint.id for hint in find({**failed, ASKED: "flex"})] == ["net.timeout.flex"]
    late = {
        "gemini.response.outcome": "error",
        "error.type": "504",
        "gemini.error.kind": "deadline_exceeded",
    }
    assert [hint.id for hint in find({**late, ASKED: "flex"})] == ["net.timeout.flex"]


def test_wait_of_flex() -> None:
    """A long wait is put down to flex only where neither thoughts nor failed attempts took it."""
    served = {"gemini.response.outcome": "ok", SERVED: "flex", WAIT: 90.0}
    assert [hint.id for hint in find(served, level="info")] == ["perf.flex_wait"]
    for other in (
        {WAIT: 5.0},
        {"gen_ai.usage.reasoning.output_tokens": 5000},
        {"http.request.resend_count": 2},
    ):
        found = [hint.id for hint in find({**served, **other}, level="info")]
        assert "perf.flex_wait" not in found
