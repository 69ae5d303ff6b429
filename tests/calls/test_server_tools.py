"""Tools that the service runs itself: what was asked for, what they did, and what the prompt's safety settings were."""

from __future__ import annotations

import asyncio
import datetime as dt
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

SEARCH = types.Tool(google_search=types.GoogleSearch())
READER = types.Tool(url_context=types.UrlContext())
CODE = types.Tool(code_execution=types.ToolCodeExecution())
R = "gemini.response."
TEXT = {"parts": [{"text": "Hi."}]}


def answered(telemetry: Telemetry, candidate: dict[str, Any], **config: Any) -> dict[str, Any]:
    """The attributes of a call that is answered so."""
    answer = {"candidates": [{"content": TEXT, "finishReason": "STOP", **candidate}]}
    with canned(lambda _: (200, answer)) as url:
        send(make_client(url), "call", "hi", **config)
    return telemetry.attributes


def uses(telemetry: Telemetry) -> dict[tuple[str, str], int]:
    points = telemetry.points("gemini.client.server_tool_uses")
    return {
        (p.attributes["gen_ai.tool.name"], p.attributes["gemini.server_tool.result"]): p.value for p in points
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_search(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Searches and sources are counted, and what was looked for stays where it is."""
    send(client, shape, "simulate:grounding_tool_use", tools=[SEARCH, {"function_declarations": []}])
    found = telemetry.attributes
    assert found["gemini.request.server_tools"] == ("google_search",)
    assert (found[R + "searches"], found[R + "sources"]) == (1, 1)
    assert found[R + "source_kinds"] == ("web",)
    assert uses(telemetry) == {("google_search", "ok"): 1}
    assert "tides" not in telemetry.span.to_json().replace("simulate:", "")
    assert "example.com" not in telemetry.span.to_json()


@pytest.mark.parametrize("shape", SHAPES)
def test_pages_and_code(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Pages by what became of them, and runs of code by how they ended."""
    send(client, shape, "simulate:url_not_read", tools=[READER])
    send(client, shape, "simulate:code_execution", tools=[CODE])
    pages, code = (dict(span.attributes or {}) for span in telemetry.spans)
    assert (pages[R + "urls_read"], pages[R + "urls_failed"]) == (1, ("PAYWALL",))
    assert (code[R + "code_executions"], code[R + "code_failed"]) == (2, ("FAILED",))
    assert uses(telemetry) == {
        ("url_context", "ok"): 1,
        ("url_context", "paywall"): 1,
        ("code_execution", "failed"): 1,
        ("code_execution", "ok"): 1,
    }
    assert find(code, level="info")[0].id == "out.code_failed"


def test_repeated_metadata(telemetry: Telemetry) -> None:
    """Chunks of a stream that repeat what was found, or add to it, are not added up."""
    first = {"webSearchQueries": ["a"], "groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    second = {
        "webSearchQueries": ["a", "b"],
        "groundingChunks": [{"web": {"uri": "https://a.example"}}, {"web": {"uri": "https://b.example"}}],
    }
    chunks = [{"candidates": [{"content": TEXT, "groundingMetadata": each}]} for each in (first, second)]
    with canned(lambda _: (200, chunks)) as url:
        send(make_client(url), "stream", "hi")
    assert (telemetry.attributes[R + "searches"], telemetry.attributes[R + "sources"]) == (2, 2)


def test_maps_and_files(telemetry: Telemetry) -> None:
    """Places and documents are sources of kinds of their own, and one use of the tool that found them."""
    chunks = [
        {"maps": {"uri": "https://maps.example/1", "title": "A place"}},
        {"maps": {"uri": "https://maps.example/2", "title": "Another"}},
        {"retrievedContext": {"title": "manual.pdf", "text": "Turn it off and on."}},
    ]
    found = answered(telemetry, {"groundingMetadata": {"groundingChunks": chunks}})
    assert found[R + "sources"] == 3
    assert found[R + "source_kinds"] == ("maps", "retrieved_context")
    assert uses(telemetry) == {("google_maps", "ok"): 1, ("retrieval", "ok"): 1}
    assert not {"A place", "manual"} & set(telemetry.span.to_json().split('"'))


@pytest.mark.skipif(not hasattr(types, "ComputerUse"), reason="the SDK has no computer use")
def test_computer_use(telemetry: Telemetry) -> None:
    """What the model wants done on a computer is counted, apart from functions that the request declares."""
    calls = [{"functionCall": {"name": name, "args": {}}} for name in ("click_at", "click_at", "get_tide")]
    tools = [
        types.Tool(computer_use=types.ComputerUse()),
        types.Tool(function_declarations=[types.FunctionDeclaration(name="get_tide")]),
    ]
    found = answered(telemetry, {"content": {"parts": calls}}, tools=tools)
    assert found["gemini.request.server_tools"] == ("computer_use",)
    assert found[R + "computer_actions"] == 2
    assert uses(telemetry) == {("computer_use", "ok"): 2}


def test_a_plain_call(telemetry: Telemetry, client: genai.Client) -> None:
    """A call without tools says nothing of any."""
    send(client, "call", "simulate:ok")
    words = ("searches", "sources", "source_kinds", "urls_read", "code_executions", "computer_actions")
    assert not {R + word for word in words} & telemetry.attributes.keys()
    assert uses(telemetry) == {}


@pytest.mark.parametrize("stream", [False, True])
def test_interactions(telemetry: Telemetry, client: genai.Client, stream: bool) -> None:
    """The steps of an interaction tell the same, each once, also where a stream tells them in two events."""
    if not hasattr(genai.Client, "interactions"):
        pytest.skip("the SDK has no interactions")
    scenarios = ("grounding_tool_use", "url_not_read", "code_execution", "ok")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK says that they are experimental
        for scenario in scenarios:
            tools: Any = [{"type": "google_search"}]
            answer = client.interactions.create(
                model=MODEL, input=f"simulate:{scenario}", tools=tools, stream=stream
            )
            if stream:
                list(answer)
    search, pages, code, idle = (dict(span.attributes or {}) for span in telemetry.spans)
    assert search["gemini.request.server_tools"] == ("google_search",)
    assert (search[R + "searches"], search[R + "sources"]) == (1, 1)
    assert (pages[R + "urls_read"], pages[R + "urls_failed"]) == (1, ("PAYWALL",))
    assert pages["gemini.hint.id"] == "out.url_not_read"
    assert (code[R + "code_executions"], code[R + "code_failed"]) == (2, ("FAILED",))
    assert idle[R + "unused_tools"] == ("google_search",)
    assert R + "unused_tools" not in search
    assert uses(telemetry) == {
        ("google_search", "ok"): 1,
        ("url_context", "ok"): 1,
        ("url_context", "paywall"): 1,
        ("code_execution", "failed"): 1,
        ("code_execution", "ok"): 1,
    }


@needs_live
def test_live(telemetry: Telemetry) -> None:
    """A turn of a Live session tells the same."""

    async def talk(client: genai.Client) -> None:
        config = types.LiveConnectConfig(response_modalities=[types.Modality.TEXT], tools=[SEARCH])
        async with client.aio.live.connect(model=LIVE_MODEL, config=config) as session:
            question = types.Content(role="user", parts=[types.Part(text="simulate:live_server_tools")])
            await session.send_client_content(turns=question)
            async for _ in session.receive():
                pass

    with simulator.serve() as url:
        asyncio.run(talk(live_client(url)))
    (turn,) = (dict(span.attributes or {}) for span in telemetry.spans if span.name == f"live {LIVE_MODEL}")
    assert turn["gemini.request.server_tools"] == ("google_search",)
    assert (turn[R + "searches"], turn[R + "sources"], turn[R + "source_kinds"]) == (1, 1, ("web",))
    assert (turn[R + "urls_read"], turn[R + "urls_failed"]) == (1, ("UNSAFE",))
    assert (turn[R + "code_executions"], turn[R + "code_failed"]) == (1, ("FAILED",))
    assert turn["gemini.hint.id"] == "out.url_not_read"


def test_tools_that_made_the_context_large() -> None:
    """Where the tools' results are most of a long input, that is a note; a few tokens of them are none."""
    said = {"gemini.response.outcome": "ok", "gen_ai.usage.input_tokens": 12_530}
    large = {**said, "gemini.usage.tool_use_tokens": 12_504}
    assert [hint.id for hint in find(large, level="info")] == ["perf.tool_context"]
    (hint,) = find(large, level="info")
    assert evidence(hint, large) == "12504 of 12530 input tokens"
    assert find({**said, "gemini.usage.tool_use_tokens": 63}, level="info") == []
    long_prompt = {**large, "gen_ai.usage.input_tokens": 90_000}
    assert "perf.tool_context" not in [hint.id for hint in find(long_prompt, level="info")]


# --- safety settings, caches, retirement, log-probabilities

HARASSMENT, HATE = "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH"


@pytest.mark.parametrize("scenario", ["finish_safety", "block_safety"])
def test_threshold_in_force(telemetry: Telemetry, client: genai.Client, scenario: str) -> None:
    """The hint of a safety block shows the threshold that was asked for of the category that blocked."""
    settings = [{"category": each, "threshold": "BLOCK_ONLY_HIGH"} for each in (HARASSMENT, HATE)]
    send(client, "call", f"simulate:{scenario}", safety_settings=settings)
    assert telemetry.attributes["gemini.request.safety_settings"] == (
        f"{HARASSMENT}:BLOCK_ONLY_HIGH",
        f"{HATE}:BLOCK_ONLY_HIGH",
    )
    (hint,) = telemetry.events("gemini.hint")
    blocked = telemetry.attributes["gemini.response.blocked_categories"]
    shown = hint["gemini.hint.evidence"].partition("thresholds asked for: ")[2].partition(";")[0].split(", ")
    assert [each.rpartition(":")[0] for each in shown] == [each.partition(":")[0] for each in blocked]
    known = {HARASSMENT, HATE}
    assert {each.rpartition(":")[2] for each in shown if each.rpartition(":")[0] in known} <= {
        "BLOCK_ONLY_HIGH"
    }


def test_thresholds_of_nothing_known() -> None:
    """Where the service does not say what blocked, all that were asked for are shown; a category without a setting has the default."""
    asked = {"gemini.request.safety_settings": (f"{HATE}:BLOCK_NONE",)}
    blocked = {"gemini.response.outcome": "blocked", "gemini.response.block_reason": "SAFETY", **asked}
    (hint,) = find(blocked)
    assert evidence(hint, blocked) == f"thresholds asked for: {HATE}:BLOCK_NONE"
    blocked["gemini.response.blocked_categories"] = (f"{HARASSMENT}:HIGH",)
    assert f"thresholds asked for: {HARASSMENT}:the default" in (evidence(hint, blocked) or "")


@pytest.mark.parametrize("shape", SHAPES)
def test_overwritten_threshold(telemetry: Telemetry, url: str, shape: str) -> None:
    """Where the service puts a threshold in the place of the one that was asked for, the hint of the block shows both."""
    category = "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT"
    settings = [{"category": category, "threshold": "BLOCK_NONE"}]
    send(make_vertex_client(url), shape, "simulate:finish_image_safety", safety_settings=settings)
    assert telemetry.attributes[R + "overwritten_thresholds"] == (f"{category}:BLOCK_LOW_AND_ABOVE",)
    (hint,) = telemetry.events("gemini.hint")
    assert (
        f"thresholds asked for: {category}:BLOCK_NONE; thresholds that the service set instead: {category}:BLOCK_LOW_AND_ABOVE"
        in hint["gemini.hint.evidence"]
    )


def test_cached_content(telemetry: Telemetry, client: genai.Client) -> None:
    """The id of the cache that a request uses, without the project; a hint of a refusal shows it."""
    send(client, "call", "simulate:ok", cached_content="projects/p/locations/l/cachedContents/c-1")
    assert telemetry.attributes["gemini.request.cached_content"] == "cachedContents/c-1"
    send(client, "call", "simulate:ok", cached_content="cachedContents/words-of-mine")
    assert "gemini.request.cached_content" not in (telemetry.spans[-1].attributes or {})
    refused = {
        "error.type": "403",
        "gemini.error.kind": "cached_content",
        "gemini.request.cached_content": "cachedContents/c-1",
    }
    (hint,) = find(refused)
    assert evidence(hint, refused) == "cachedContents/c-1"


@pytest.mark.skipif(
    "model_status" not in types.GenerateContentResponse.model_fields,
    reason="the SDK drops the model's status",
)
def test_retirement(telemetry: Telemetry) -> None:
    """The day that the service names is that of the hint, which a far day does not need."""
    soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=20)
    answer = {"candidates": [{"content": TEXT, "finishReason": "STOP"}]}
    status = {"modelStatus": {"modelStage": "STABLE", "retirementTime": soon.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    with canned(lambda _: (200, answer | status)) as url:
        send(make_client(url), "call", "hi", model="gemini-9-flash")
    found = telemetry.attributes
    assert found[R + "model_retirement"] == soon.date().isoformat()
    (hint,) = find(found, level="info")
    assert hint.id == "cfg.model_retiring"
    assert f"the service retires it on {soon.date().isoformat()}" in (evidence(hint, found) or "")
    assert find({**found, R + "model_retirement": "2099-01-01"}, level="info") == []
    assert find({**found, R + "model_retirement": "soon"}, level="info") == []


def test_logprobs(telemetry: Telemetry) -> None:
    """The average log-probability is on the span; a very low one of a text is a note."""
    found = answered(telemetry, {"avgLogprobs": -3.5})
    assert found[R + "avg_logprobs"] == -3.5
    for other, noted in (
        ({}, True),
        ({R + "avg_logprobs": -0.2}, False),
        ({R + "parts": ("function_call",)}, False),
    ):
        ids = [hint.id for hint in find({**found, **other}, level="info")]
        assert ("out.unsure" in ids) is noted
