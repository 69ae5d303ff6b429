"""openinference-instrumentation-google-genai: its span is the one span of a call, streams included; it has no metrics."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from google import genai
from openinference.instrumentation.google_genai import GoogleGenAIInstrumentor

from neighbours import OURS, Neighbours, get_weather, measured, scopes
from support import MODEL, SHAPES, Telemetry, ask, make_client, send

OPENINFERENCE = "openinference.instrumentation.google_genai"


def instrumentor() -> Any:
    return GoogleGenAIInstrumentor()


def test_one_span(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """In each shape there is one span, theirs, with our facts under our names, and one measurement."""
    assert send(client, shape, "simulate:finish_max_tokens").error is None
    assert scopes(telemetry.spans) == [OPENINFERENCE]
    found = telemetry.attributes
    assert found["llm.model_name"] == MODEL
    assert found["gemini.response.outcome"] == "truncated"
    assert found["gen_ai.usage.output_tokens"] > 0
    (first, *_) = telemetry.events("gemini.hint")
    assert first["gemini.hint.id"].startswith("finish.max_tokens")
    assert measured(telemetry) == 1


def test_an_error(both: Neighbours, telemetry: Telemetry, url: str, shape: str) -> None:
    """Attempts and the cause of an error are on their span."""
    assert send(make_client(url, attempts=2), shape, "simulate:daily_quota").error is not None
    assert scopes(telemetry.spans) == [OPENINFERENCE]
    assert len(telemetry.events("gemini.attempt")) == 2
    assert [event["gemini.hint.id"] for event in telemetry.events("gemini.hint")] == ["http.429.rate_day"]
    assert telemetry.span.status.is_ok is False


def test_a_refused_call(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A call that fails before any request has one span, too."""
    with pytest.raises(ValueError, match="no_such_setting"):
        ask(client, "models", shape, {"no_such_setting": 1})
    assert scopes(telemetry.spans) == [OPENINFERENCE]


def test_a_loop(both: Neighbours, telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Their span is the parent of a function calling loop."""
    send(client, shape, "simulate:tool_chain", tools=[get_weather])
    *inside, outer = telemetry.spans
    assert outer.instrumentation_scope is not None
    assert outer.instrumentation_scope.name == OPENINFERENCE
    assert Counter(span.name.split()[0] for span in inside) == {"generate_content": 3, "execute_tool": 2}
    assert {span.parent.span_id for span in inside if span.parent} == {outer.context.span_id}
    assert dict(outer.attributes or {})["gemini.afc.rounds"] == 3
    assert measured(telemetry) == 3


def test_a_stream_left_early(both: Neighbours, telemetry: Telemetry, client: genai.Client) -> None:
    """A stream that is not read to its end is one span, which says so."""
    for _ in client.models.generate_content_stream(model=MODEL, contents="hello"):
        break
    assert scopes(telemetry.spans) == [OPENINFERENCE]
    assert telemetry.attributes["gemini.response.outcome"] == "abandoned"


@pytest.mark.parametrize("leaver", ["ours", "theirs"])
def test_one_leaves(
    both: Neighbours, telemetry: Telemetry, client: genai.Client, url: str, leaver: str
) -> None:
    """Uninstrumenting one leaves the other working, in each shape; what comes back works as before."""
    both.uninstrument(leaver)
    for shape in SHAPES:
        send(make_client(url), shape, "hello")
    send(client, "stream", "simulate:tool_chain", tools=[get_weather])
    assert set(scopes(telemetry.spans)) == {OPENINFERENCE if leaver == "ours" else OURS}
    assert len(telemetry.spans) == (5 if leaver == "ours" else 4 + 6)
    telemetry.exporter.clear()
    both.instrument(leaver)
    for shape in SHAPES:
        send(make_client(url), shape, "hello")
    assert scopes(telemetry.spans) == [OPENINFERENCE] * 4
    assert {(span.attributes or {})["gemini.response.outcome"] for span in telemetry.spans} == {"ok"}


def test_embeddings(both: Neighbours, telemetry: Telemetry, client: genai.Client) -> None:
    """An embedding is one span, too."""
    client.models.embed_content(model="gemini-embedding-001", contents="hello")
    assert scopes(telemetry.spans) == [OPENINFERENCE]
    assert telemetry.attributes["gemini.response.outcome"] == "ok"
