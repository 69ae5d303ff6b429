"""HTTP attempts below the SDK's retries."""

import asyncio
from typing import Any

import pytest
from google import genai
from google.genai import _api_client, types

from gemini_otel import simulator
from support import MODEL, Telemetry, make_client, send


def test_a_call_that_resends_saved_is_one_success(telemetry: Telemetry, url: str, shape: str) -> None:
    """429, 429, 200 is one UNSET span with two resends and two attempt events, and no error.type."""
    sent = send(make_client(url, attempts=3), shape, "simulate:rate_limited_twice")
    assert sent.error is None
    attributes = telemetry.attributes
    assert attributes["http.request.resend_count"] == 2
    assert attributes["http.response.status_code"] == 200
    assert attributes["gemini.response.outcome"] == "ok"
    assert telemetry.span.status.status_code.name == "UNSET"
    assert not {"error.type", "gemini.error.status", "gemini.error.kind", "gemini.error.message"} & set(
        attributes
    )
    events = telemetry.events("gemini.attempt")
    assert [event["gemini.attempt.number"] for event in events] == [1, 2]
    for event in events:
        assert event["http.response.status_code"] == 429
        assert event["gemini.error.status"] == "RESOURCE_EXHAUSTED"
        assert 0 < event["gemini.attempt.wait"] < 5
    (failed,) = telemetry.points("gemini.client.attempts_failed")
    assert (failed.value, failed.attributes["http.response.status_code"]) == (2, 429)
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    assert "error.type" not in duration.attributes


def test_what_the_last_refusal_said_stays_on_the_span(telemetry: Telemetry, url: str, shape: str) -> None:
    """After a saving resend the span still names the quota that was hit and the delay that was asked for."""
    send(make_client(url, attempts=3), shape, "simulate:rate_limited_twice")
    refusal = str(simulator.SCENARIOS["rate_limited_twice"].replies[1].body)
    attributes = telemetry.attributes
    assert f"'quotaId': '{attributes['gemini.quota.id']}'" in refusal
    assert f"'retryDelay': '{attributes['gemini.retry.delay']:g}s'" in refusal


def test_retries_that_do_not_help(telemetry: Telemetry, url: str, shape: str) -> None:
    """When every attempt fails, the call is an error with one event for each attempt."""
    sent = send(make_client(url, attempts=3), shape, "simulate:always_rate_limited")
    assert sent.error is not None
    assert telemetry.attributes["http.request.resend_count"] == 2
    assert telemetry.attributes["error.type"] == "429"
    events = telemetry.events("gemini.attempt")
    assert ["gemini.attempt.wait" in event for event in events] == [True, True, False]


def test_events_are_in_time(telemetry: Telemetry, url: str) -> None:
    """An attempt's event carries the time of its failure, in order, within the span."""
    send(make_client(url, attempts=3), "call", "simulate:rate_limited_twice")
    span = telemetry.span
    times = [span.start_time or 0, *(event.timestamp for event in span.events), span.end_time or 0]
    assert times == sorted(times)


def test_retry_options_of_the_call(telemetry: Telemetry, url: str, shape: str) -> None:
    """Retries that are configured on the call are seen like those of the client."""
    options = {"retry_options": {"attempts": 2, "initial_delay": 0.01, "max_delay": 0.02}}
    sent = send(make_client(url), shape, "simulate:overloaded_once", http_options=options)
    if shape == "async_stream" and sent.error is not None:
        pytest.skip("this SDK drops the retry options of a streamed async call")
    assert telemetry.attributes["http.request.resend_count"] == 1
    assert telemetry.attributes["gemini.request.max_attempts"] == 2
    assert telemetry.events("gemini.attempt")[0]["http.response.status_code"] == 503


@pytest.mark.parametrize("transport", ["httpx", "httpx2"])
def test_the_other_transports(telemetry: Telemetry, url: str, shape: str, transport: str) -> None:
    """The attempts of an injected httpx or httpx2 client are seen as well."""
    httpx = pytest.importorskip(transport)
    supported = getattr(_api_client, "_HTTPX_RESPONSE_TYPES", None)
    if transport == "httpx2" and (supported is None or httpx.Response not in supported):
        pytest.skip("this SDK does not know httpx2")
    if "httpx_client" not in types.HttpOptions.model_fields:
        pytest.skip("this SDK takes no HTTP client")
    kind = "httpx_async_client" if shape.startswith("async") else "httpx_client"
    made = httpx.AsyncClient() if shape.startswith("async") else httpx.Client()
    client = make_client(url, attempts=3, **{kind: made})
    sent = send(client, shape, "simulate:rate_limited_twice")
    assert sent.error is None
    assert telemetry.attributes["http.request.resend_count"] == 2
    if not shape.startswith("async"):
        made.close()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the SDK drops its first session open
@pytest.mark.parametrize("shape", ["async_call", "async_stream"])
def test_the_hidden_resend_of_aiohttp(
    telemetry: Telemetry, url: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without retry options the SDK sends again on a broken aiohttp connection, inside one attempt: both are seen."""
    pytest.importorskip("aiohttp")
    pause = asyncio.sleep
    monkeypatch.setattr(_api_client.asyncio, "sleep", lambda seconds: pause(0))
    sent = send(make_client(url), shape, "simulate:cut_before_headers")
    assert sent.error is not None
    assert telemetry.attributes["http.request.resend_count"] == 1
    first, second = telemetry.events("gemini.attempt")
    assert (first["gemini.attempt.number"], second["gemini.attempt.number"]) == (1, 2)
    assert "aiohttp" in first["error.type"]


def test_a_client_that_never_sends_has_no_attempts(
    telemetry: Telemetry, client: genai.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replaying or patched client makes no HTTP attempt: none is counted, and an error's code is its HTTP status."""
    from google.genai import errors

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise errors.ClientError(404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "no"}})

    monkeypatch.setattr(client._api_client, "_request", refuse)
    with pytest.raises(errors.ClientError):
        client.models.generate_content(model=MODEL, contents="x")
    assert telemetry.attributes["http.response.status_code"] == 404
    assert telemetry.events("gemini.attempt") == []
    assert "http.request.resend_count" not in telemetry.attributes


def test_other_requests_are_left_alone(telemetry: Telemetry, client: genai.Client) -> None:
    """A request outside of an observed call passes through without a span."""
    answer = client._api_client.request(
        "post", f"models/{MODEL}:countTokens", {"contents": [{"parts": [{"text": "a"}]}]}
    )
    assert answer.body
    assert telemetry.spans == []
