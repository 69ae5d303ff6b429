"""Calls that the SDK refuses before it sends anything: they have failed, and have a span that says so."""

from __future__ import annotations

import pytest
from google import genai

from support import MODEL, Telemetry, ask, hint_ids

REFUSED = {
    "unknown_setting": {"no_such_setting": 1},
    "wrong_type": {"temperature": "hot"},
    "wrong_schema": {"response_schema": lambda: None},
    "wrong_type_beside_tools": {"temperature": "hot", "tools": [len]},
}


@pytest.mark.parametrize("area", ["models", "chat"])
@pytest.mark.parametrize("reason", REFUSED)
def test_a_config_that_the_sdk_refuses(
    telemetry: Telemetry, client: genai.Client, shape: str, area: str, reason: str
) -> None:
    """The one span has the model, the exception's class and the hint, below what is current; it is measured; no text is on it."""
    with telemetry.tracer_provider.get_tracer("app").start_as_current_span("parent") as parent:
        with pytest.raises(Exception, match=r".") as raised:
            ask(client, area, shape, REFUSED[reason])
        assert parent.is_recording()
    span, _ = telemetry.spans
    found = dict(span.attributes or {})
    assert span.name == f"generate_content {MODEL}"
    assert span.parent is not None
    assert span.parent.span_id == parent.get_span_context().span_id
    assert found["gen_ai.request.model"] == MODEL
    assert found["error.type"].rpartition(".")[2] == type(raised.value).__name__
    assert found["gemini.response.outcome"] == "error"
    assert found.get("gen_ai.request.stream", False) == shape.endswith("stream")
    assert hint_ids(found) == ("sdk.invalid_request",)
    assert span.status.status_code.name == "ERROR"
    assert not telemetry.spans[0].events or all(event.name == "gemini.hint" for event in span.events)
    assert "hot" not in span.to_json()
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert (point.count, point.attributes["error.type"]) == (1, found["error.type"])


@pytest.mark.parametrize("area", ["models", "chat"])
def test_a_refusal_within_the_round_is_told_once(
    telemetry: Telemetry, client: genai.Client, shape: str, area: str
) -> None:
    """Empty contents are refused after the round has begun, or by the chat before it."""
    with pytest.raises(ValueError, match="ontent"):
        ask(client, area, shape, None, [])
    assert hint_ids(telemetry.attributes) == ("sdk.invalid_request",)


def test_an_unknown_argument(telemetry: Telemetry, client: genai.Client) -> None:
    """Python's own refusal of an argument is told, too."""
    with pytest.raises(TypeError):
        client.models.generate_content(model=MODEL, prompt="hello")  # type: ignore[call-arg]
    assert telemetry.attributes["error.type"] == "TypeError"


def test_nobody_listens(client: genai.Client) -> None:
    """Without providers the caller's exception is the SDK's, and nothing else happens."""
    import gemini_otel

    gemini_otel.instrument()
    try:
        with pytest.raises(Exception, match="no_such_setting"):
            ask(client, "models", "call", REFUSED["unknown_setting"])
    finally:
        gemini_otel.uninstrument()
