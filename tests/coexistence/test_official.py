"""opentelemetry-instrumentation-google-genai: its span is the one span of a call, with our facts and hints."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from opentelemetry.util.genai.handler import TelemetryHandler

from neighbours import OURS, Neighbours, attributes, get_weather, measured, scopes
from support import MODEL, SHAPES, Telemetry, ask, make_client, send

OFFICIAL = "opentelemetry.instrumentation.google_genai"


def instrumentor() -> Any:
    return GoogleGenAiSdkInstrumentor()


def test_one_span(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """In each shape there is one span, theirs, with our facts; the call is measured once."""
    assert send(client, shape, "simulate:finish_max_tokens").error is None
    assert scopes(telemetry.spans) == [OFFICIAL]
    found = telemetry.attributes
    assert found["gemini.response.outcome"] == "truncated"
    assert found["http.response.status_code"] == 200
    assert found["gen_ai.response.finish_reasons"] == ("max_tokens",)
    (first, *_) = telemetry.events("gemini.hint")
    assert first["gemini.hint.id"].startswith("finish.max_tokens")
    assert measured(telemetry) == 1
    (point,) = telemetry.points("gemini.client.responses")
    assert point.value == 1


def test_an_error(both: Neighbours, telemetry: Telemetry, url: str, shape: str) -> None:
    """Attempts and the cause of an error are on their span; its status is theirs."""
    assert send(make_client(url, attempts=2), shape, "simulate:daily_quota").error is not None
    assert scopes(telemetry.spans) == [OFFICIAL]
    assert len(telemetry.events("gemini.attempt")) == 2
    assert telemetry.attributes["gemini.error.kind"] == "daily_quota"
    assert [event["gemini.hint.id"] for event in telemetry.events("gemini.hint")] == ["http.429.rate_day"]
    assert telemetry.span.status.is_ok is False
    assert measured(telemetry) == 1


def test_a_refused_call(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A call that fails before any request has one span, too; of an async stream they never end it, with us or without."""
    with pytest.raises(ValueError, match="no_such_setting"):
        ask(client, "models", shape, {"no_such_setting": 1})
    assert scopes(telemetry.spans) == ([] if shape == "async_stream" else [OFFICIAL])


def test_a_loop(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Their span is the parent of a function calling loop; each tool run has one span."""
    send(client, shape, "simulate:tool_chain", tools=[get_weather])
    *inside, outer = telemetry.spans
    assert (outer.instrumentation_scope or inside).name == OFFICIAL  # type: ignore[union-attr]
    assert Counter(span.name for span in inside) == {
        f"generate_content {MODEL}": 3,
        "execute_tool get_weather": 2,
    }
    assert {span.parent.span_id for span in inside if span.parent} == {outer.context.span_id}
    assert attributes(outer)["gemini.afc.rounds"] == 3
    assert attributes(outer)["gemini.afc.tools"] == 2
    assert measured(telemetry) == 1
    assert sum(point.count for point in telemetry.points("gen_ai.execute_tool.duration")) == 2


def test_a_chat(both: Neighbours, telemetry: Telemetry, client: genai.Client) -> None:
    """The loop of a chat is ours, because they have no span for it; of its rounds each has one span, theirs."""
    config = types.GenerateContentConfig(tools=[get_weather])
    client.chats.create(model=MODEL, config=config).send_message("simulate:tool_chain")
    *inside, loop = telemetry.spans
    assert loop.name == f"automatic_function_calling {MODEL}"
    assert attributes(loop)["gemini.afc.rounds"] == 3
    rounds = [span for span in inside if span.name.startswith("generate_content")]
    assert [(span.instrumentation_scope or loop).name for span in rounds] == [OFFICIAL] * 3  # type: ignore[union-attr]
    assert {attributes(span)["gemini.response.outcome"] for span in rounds} == {"ok"}
    assert {span.parent.span_id for span in inside if span.parent} == {loop.context.span_id}
    assert Counter(span.name for span in inside)["execute_tool get_weather"] == 2
    assert measured(telemetry) == 3


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_stream_left_early(
    both: Neighbours, telemetry: Telemetry, client: genai.Client, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream that is not read to its end is one span, which says so."""
    stream = client.models.generate_content_stream(model=MODEL, contents="hello")
    next(stream)
    if how == "close":
        stream.close()  # type: ignore[attr-defined]
    del stream
    assert scopes(telemetry.spans) == [OFFICIAL]
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"
    assert measured(telemetry) == 1
    assert caplog.records == []


@pytest.mark.parametrize("leaver", ["ours", "theirs"])
def test_one_leaves(
    both: Neighbours, telemetry: Telemetry, client: genai.Client, url: str, leaver: str
) -> None:
    """Uninstrumenting one leaves the other working, in each shape; what comes back works as before."""
    both.uninstrument(leaver)
    for shape in SHAPES:
        send(make_client(url), shape, "hello")
    send(client, "call", "simulate:tool_chain", tools=[get_weather])
    staying = OFFICIAL if leaver == "ours" else OURS
    assert set(scopes(telemetry.spans)) == {staying}
    assert ("gemini.response.outcome" in attributes(telemetry.spans[0])) == (leaver == "theirs")
    assert measured(telemetry) == (5 if leaver == "ours" else 7)
    telemetry.exporter.clear()
    both.instrument(leaver)
    for shape in SHAPES:
        send(make_client(url), shape, "hello")
    assert scopes(telemetry.spans) == [OFFICIAL] * 4
    assert {attributes(span)["gemini.response.outcome"] for span in telemetry.spans} == {"ok"}


def test_a_framework_on_util_genai(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """An outer instrumentation that uses opentelemetry-util-genai gets our tokens into its span and its metrics."""
    import gemini_otel

    handler = TelemetryHandler(**telemetry.providers)
    gemini_otel.instrument(**telemetry.providers)
    try:
        with handler.inference("gcp.gemini", request_model=MODEL):
            send(client, shape, "simulate:finish_max_tokens")
    finally:
        gemini_otel.uninstrument()
    assert telemetry.span.name == f"chat {MODEL}"
    assert telemetry.attributes["gemini.response.outcome"] == "truncated"
    assert telemetry.attributes["gen_ai.response.finish_reasons"] == ("max_tokens",)
    assert measured(telemetry) == 1
    tokens = {
        point.attributes["gen_ai.token.type"]: point.sum
        for point in telemetry.points("gen_ai.client.token.usage")
    }
    assert tokens["output"] == telemetry.attributes["gen_ai.usage.output_tokens"]


def test_embeddings(both: Neighbours, telemetry: Telemetry, client: genai.Client) -> None:
    """An embedding is one span, too, and measured once."""
    client.models.embed_content(model="gemini-embedding-001", contents="hello")
    assert scopes(telemetry.spans) == [OFFICIAL]
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
    assert measured(telemetry) == 1
