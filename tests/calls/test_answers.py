"""What a healthy answer leaves on the span and on the metrics, compared whole."""

from typing import Any

import pytest
from google import genai
from google.genai import types

from support import MODEL, Telemetry, make_client, make_vertex_client, send

STREAMS = ("stream", "async_stream")


def test_the_whole_span(telemetry: Telemetry, url: str, shape: str) -> None:
    """An ordinary call has exactly these attributes."""
    client = make_client(url, timeout=20_000, attempts=4)
    sent = send(
        client,
        shape,
        "simulate:thinking",
        temperature=1,
        top_p=0.5,
        top_k=40.0,
        max_output_tokens=9000,
        seed=7,
        stop_sequences=["END"],
        presence_penalty=0.25,
        frequency_penalty=0,
        candidate_count=1,
        response_modalities=["TEXT"],
        thinking_config=types.ThinkingConfig(thinking_budget=512, include_thoughts=True),
        tools=[
            types.Tool(google_search=types.GoogleSearch()),
            types.Tool(function_declarations=[{"name": "f"}]),
        ],
        tool_config={"function_calling_config": {"mode": "ANY"}},
    )
    assert sent.error is None
    usage = sent.responses[-1].usage_metadata
    attributes = telemetry.attributes
    first_chunk = attributes.pop("gen_ai.response.time_to_first_chunk", None)
    assert (first_chunk is not None) == (shape in STREAMS)
    if first_chunk is not None:
        assert 0 < first_chunk < 10
        assert attributes.pop("gen_ai.request.stream") is True
    assert attributes == {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": MODEL,
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.top_k": 40,
        "gen_ai.request.max_tokens": 9000,
        "gen_ai.request.seed": 7,
        "gemini.request.stop_sequences": 1,
        "gen_ai.request.presence_penalty": 0.25,
        "gen_ai.request.frequency_penalty": 0.0,
        "gen_ai.output.type": "text",
        "gen_ai.response.id": sent.responses[-1].response_id,
        "gen_ai.response.model": MODEL,
        "gemini.response.service_tier": "standard",
        "gemini.request.server_tools": ("google_search",),
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": usage.prompt_token_count,
        "gen_ai.usage.text.input_tokens": usage.prompt_token_count,
        "gen_ai.usage.output_tokens": usage.candidates_token_count + usage.thoughts_token_count,
        "gen_ai.usage.reasoning.output_tokens": usage.thoughts_token_count,
        "gemini.usage.total_tokens": usage.total_token_count,
        "gemini.request.thinking_budget": 512,
        "gemini.request.api_version": client._api_client._http_options.api_version,
        "gemini.request.timeout": 20.0,
        "gemini.request.max_attempts": 4,
        "gemini.request.tools": 2,
        "gemini.response.unused_tools": ("google_search",),
        "gemini.request.tool_mode": "ANY",
        "gemini.response.finish_reason": "STOP",
        "gemini.response.outcome": "ok",
        "gemini.response.parts": ("thought", "text"),
        "gemini.repetition.detected": False,
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": int(url.rpartition(":")[2]),
    }
    assert telemetry.span.events == ()
    for name, value in attributes.items():
        if name in (
            "gen_ai.request.temperature",
            "gen_ai.request.frequency_penalty",
            "gemini.request.timeout",
        ):
            assert type(value) is float


def test_a_config_as_dict_is_read_as_well(telemetry: Telemetry, client: genai.Client) -> None:
    """snake_case and camelCase dict configs give the same attributes as the model."""
    for config in ({"max_output_tokens": 5, "top_k": 3.0}, {"maxOutputTokens": 5, "topK": 3.0}):
        client.models.generate_content(model=MODEL, contents="simulate:ok", config=config)  # type: ignore[arg-type]
    for span in telemetry.spans:
        attributes = span.attributes or {}
        assert (attributes["gen_ai.request.max_tokens"], attributes["gen_ai.request.top_k"]) == (5, 3)


@pytest.mark.parametrize(
    ("config", "output_type"),
    [
        ({"response_mime_type": "application/json"}, "json"),
        ({"response_modalities": ["TEXT", "IMAGE"]}, "image"),
        ({"response_modalities": ["AUDIO"]}, "speech"),
        ({"response_mime_type": "text/plain"}, "text"),
        ({}, None),
    ],
)
def test_output_type(
    telemetry: Telemetry, client: genai.Client, config: dict[str, Any], output_type: str
) -> None:
    """What was asked for is named in the words of the conventions, and left out where the request does not say."""
    send(client, "call", "simulate:ok", **config)
    assert telemetry.attributes.get("gen_ai.output.type") == output_type


def test_structured_output_that_parses(telemetry: Telemetry, client: genai.Client) -> None:
    """With a response schema, gemini.response.parsed says whether the SDK could parse the answer."""
    schema = {"type": "OBJECT", "properties": {"name": {"type": "STRING"}}}
    json = {"response_mime_type": "application/json", "response_schema": schema}
    send(client, "call", "simulate:ok", **json)
    send(client, "call", "simulate:finish_max_tokens", **json)
    parsed = [(span.attributes or {}).get("gemini.response.parsed") for span in telemetry.spans]
    assert parsed == [True, False]
    assert all(
        (span.attributes or {})["gemini.request.structured_output"] is True for span in telemetry.spans
    )


@pytest.mark.skipif(
    "should_return_http_response" not in types.GenerateContentConfig.model_fields,
    reason="this SDK has no such option",
)
def test_the_raw_response_is_read_too(telemetry: Telemetry, client: genai.Client) -> None:
    """With should_return_http_response the answer is only in the body; the span says the same as ever."""
    sent = send(client, "call", "simulate:ok", should_return_http_response=True)
    assert sent.responses[0].candidates is None
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
    assert telemetry.attributes["gen_ai.usage.input_tokens"] > 0


def test_cached_and_tool_use_tokens(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Cached and tool-use tokens are on the span as the API gave them; cached tokens are counted."""
    cached = send(client, shape, "simulate:cached").responses[-1].usage_metadata
    used = send(client, shape, "simulate:grounding_tool_use").responses[-1].usage_metadata
    first, second = (dict(span.attributes or {}) for span in telemetry.spans)
    assert first["gen_ai.usage.cache_read.input_tokens"] == cached.cached_content_token_count > 0
    assert first["gen_ai.usage.text.cache_read.input_tokens"] == cached.cached_content_token_count
    assert second["gemini.usage.tool_use_tokens"] == used.tool_use_prompt_token_count > 0
    (point,) = telemetry.points("gemini.client.cached_tokens")
    assert point.value == cached.cached_content_token_count


def test_parts(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A function call and an image are usable answers and are named as parts."""
    send(client, shape, "simulate:tool_call")
    send(client, shape, "simulate:inline_image")
    calls, image = (dict(span.attributes or {}) for span in telemetry.spans)
    assert "function_call" in calls["gemini.response.parts"]
    assert "inline_data" in image["gemini.response.parts"]
    assert [calls["gemini.response.outcome"], image["gemini.response.outcome"]] == ["ok", "ok"]


def test_thinking_chunks_are_not_summed(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Running totals in chunks are never added up: the last value of each counter counts."""
    sent = send(client, shape, "simulate:thoughts_ate_budget", max_output_tokens=1024)
    usage = sent.responses[-1].usage_metadata
    output = (usage.candidates_token_count or 0) + usage.thoughts_token_count
    assert telemetry.attributes["gen_ai.usage.output_tokens"] == output
    points = {p.attributes["gen_ai.token.type"]: p.sum for p in telemetry.points("gen_ai.client.token.usage")}
    assert points == {"input": usage.prompt_token_count, "output": output}
    (thoughts,) = telemetry.points("gemini.client.thoughts_tokens")
    assert thoughts.value == usage.thoughts_token_count


def test_chats_give_one_span_a_turn(telemetry: Telemetry, client: genai.Client) -> None:
    """A chat turn without tools is exactly one span."""
    chat = client.chats.create(model=MODEL)
    chat.send_message("simulate:ok")
    for _ in chat.send_message_stream("simulate:ok"):
        pass
    assert [span.name for span in telemetry.spans] == [f"generate_content {MODEL}"] * 2


async def test_async_chats_give_one_span_a_turn(telemetry: Telemetry, client: genai.Client) -> None:
    """An async chat turn without tools is exactly one span."""
    chat = client.aio.chats.create(model=MODEL)
    await chat.send_message("simulate:ok")
    async for _ in await chat.send_message_stream("simulate:ok"):
        pass
    await close(client)
    assert [span.name for span in telemetry.spans] == [f"generate_content {MODEL}"] * 2


async def close(client: genai.Client) -> None:
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


def test_vertex(telemetry: Telemetry, url: str, shape: str) -> None:
    """A Vertex client gives the provider gcp.vertex_ai and a model without project and location."""
    client = make_vertex_client(url)
    sent = send(client, shape, "simulate:ok", model="publishers/google/models/gemini-2.5-pro")
    assert sent.error is None
    assert telemetry.attributes["gen_ai.provider.name"] == "gcp.vertex_ai"
    assert telemetry.attributes["gen_ai.request.model"] == "gemini-2.5-pro"
    assert telemetry.span.name == "generate_content gemini-2.5-pro"


def test_a_base_url_of_the_call_wins(telemetry: Telemetry, url: str) -> None:
    """server.address and server.port are those of the call's own base URL, timeout and retries too."""
    client = genai.Client(api_key="k")
    options = types.HttpOptions(
        base_url=url, timeout=5000, api_version="v1beta", retry_options=types.HttpRetryOptions(attempts=0)
    )
    send(client, "call", "simulate:ok", http_options=options)
    attributes = telemetry.attributes
    assert (attributes["server.address"], attributes["server.port"]) == (
        "127.0.0.1",
        int(url.rpartition(":")[2]),
    )
    assert (attributes["gemini.request.timeout"], attributes["gemini.request.api_version"]) == (5.0, "v1beta")
    assert attributes["gemini.request.max_attempts"] == 1


def test_repetition_is_flagged(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A hundred equal sentences are flagged as text, with an event while the answer is still arriving."""
    send(client, shape, "simulate:loop_text")
    attributes = telemetry.attributes
    assert attributes["gemini.repetition.detected"] is True
    assert attributes["gemini.repetition.kind"] == "text"
    assert attributes["gemini.repetition.count"] > 5
    assert 0 < attributes["gemini.repetition.share"] <= 1
    (event,) = telemetry.events("gemini.repetition")
    assert event == {
        name: value for name, value in attributes.items() if name.startswith("gemini.repetition.")
    }
    (point,) = telemetry.points("gemini.client.responses")
    assert point.attributes["gemini.repetition.kind"] == "text"


def test_repetition_can_be_switched_off(client: genai.Client) -> None:
    """repetition=False looks for no loops and says so on the counter."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, repetition=False)
    send(client, "call", "simulate:loop_text")
    gemini_otel.uninstrument()
    assert "gemini.repetition.detected" not in telemetry.attributes
    (point,) = telemetry.points("gemini.client.responses")
    assert point.attributes["gemini.repetition.kind"] == "not_checked"


def test_on_repetition(client: genai.Client, shape: str, caplog: pytest.LogCaptureFixture) -> None:
    """The callable gets the verdict once for each answer that loops; what it raises is logged and harmless."""
    import gemini_otel

    seen: list[gemini_otel.Repetition] = []

    def told(verdict: gemini_otel.Repetition) -> None:
        seen.append(verdict)
        raise RuntimeError("mine")

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, on_repetition=told)
    try:
        sent = send(client, shape, "simulate:loop_text")
        send(client, shape, "simulate:ok")
    finally:
        gemini_otel.uninstrument()
    assert sent.error is None
    assert [verdict.kind for verdict in seen] == ["text"]


def test_repetition_thresholds(client: genai.Client) -> None:
    """With raised thresholds a loop is called one later."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(
        **telemetry.providers, repetition_thresholds={"text_run": 4000, "markup_run": 4000, "data_run": 4000}
    )
    try:
        send(client, "call", "simulate:loop_text")
    finally:
        gemini_otel.uninstrument()
    found = telemetry.attributes
    assert found["gemini.repetition.period"] * found["gemini.repetition.count"] > 3_000
