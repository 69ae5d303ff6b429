"""Refusals, sequences and broken connections, as the real SDK sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from expected_scenarios import (
    HAS_STREAM_ERRORS,
    REFUSED,
    RPC,
    SEQUENCES,
)
from google import genai
from google.genai import errors

from gemini_otel import simulator
from support.sdk_calls import MODEL, ask, httpx, make_client, text_of


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(sdk: genai.Client, name: str, shape: str) -> None:
    """A refusal raises the SDK's exception with code, status, message and google.rpc details."""
    code, status, message, kinds = REFUSED[name]
    with pytest.raises(errors.APIError) as caught:
        ask(sdk, shape, name)
    error = caught.value
    assert type(error) is (errors.ClientError if code < 500 else errors.ServerError)
    assert (error.code, error.status) == (code, status)
    assert message in (error.message or "")
    assert [each["@type"] for each in error.details["error"].get("details", [])] == [
        RPC + kind for kind in kinds
    ]


def details_of(sdk: genai.Client, name: str) -> dict[str, Any]:
    with pytest.raises(errors.APIError) as caught:
        ask(sdk, "call", name)
    return {each["@type"].removeprefix(RPC): each for each in caught.value.details["error"]["details"]}


@pytest.mark.parametrize(
    ("name", "window", "limit", "delay"),
    [("rate_limited", "Minute", "10", "34s"), ("daily_quota", "Day", "50", "5s")],
)
def test_quota_details(sdk: genai.Client, name: str, window: str, limit: str, delay: str) -> None:
    """A quota error names the quota, its limit, the model and a delay."""
    details = details_of(sdk, name)
    (violation,) = details["QuotaFailure"]["violations"]
    assert violation["quotaId"] == f"GenerateRequestsPer{window}PerProjectPerModel-FreeTier"
    assert violation["quotaValue"] == limit
    assert violation["quotaDimensions"] == {"location": "global", "model": MODEL}
    assert details["RetryInfo"]["retryDelay"] == delay


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("invalid_key", "API_KEY_INVALID"),
        ("unauthenticated", "CREDENTIALS_MISSING"),
        ("service_disabled", "SERVICE_DISABLED"),
    ],
)
def test_error_info(sdk: genai.Client, name: str, reason: str) -> None:
    """The ErrorInfo of the error has the documented reason."""
    assert details_of(sdk, name)["ErrorInfo"]["reason"] == reason


def test_bad_gateway_is_html(sdk: genai.Client, shape: str) -> None:
    """A 502 has an HTML body, so the SDK takes the reason phrase for the status."""
    with pytest.raises(errors.ServerError) as caught:
        ask(sdk, shape, "bad_gateway")
    assert (caught.value.code, caught.value.status) == (502, "Bad Gateway")
    assert "<html" in (caught.value.message or "")


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [("forbidden_page", 403, "Forbidden"), ("proxy_auth", 407, "Proxy Authentication Required")],
)
def test_pages_of_a_proxy(sdk: genai.Client, shape: str, name: str, code: int, status: str) -> None:
    """A refusal that is not JSON has HTTP's phrase for its status."""
    with pytest.raises(errors.ClientError) as caught:
        ask(sdk, shape, name)
    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence_with_retries(server: simulator.Simulator, name: str, shape: str) -> None:
    """A client that retries gets the answer at the end of the sequence, and the next call starts it again."""
    client = make_client(server, attempts=4)
    for _ in range(2):
        before = len(server.requests)
        assert text_of(ask(client, shape, name))
        assert len(server.requests) - before == SEQUENCES[name]


def test_sequences_of_different_requests_are_apart(sdk: genai.Client) -> None:
    """Another prompt or another method does not move a sequence on."""
    with pytest.raises(errors.ServerError):
        ask(sdk, "call", "overloaded_once")
    with pytest.raises(errors.ServerError):
        ask(sdk, "stream", "overloaded_once")
    with pytest.raises(errors.ServerError):
        sdk.models.generate_content(model=MODEL, contents="Another prompt. simulate:overloaded_once")
    for contents in (
        "Why are there tides? simulate:overloaded_once",
        "Another prompt. simulate:overloaded_once",
    ):
        assert sdk.models.generate_content(model=MODEL, contents=contents).text
    assert text_of(ask(sdk, "stream", "overloaded_once"))


def test_always_rate_limited_outlasts_retries(server: simulator.Simulator, shape: str) -> None:
    """However often the client retries, it is refused."""
    with pytest.raises(errors.ClientError):
        ask(make_client(server, attempts=3), shape, "always_rate_limited")


@pytest.mark.parametrize("name", ["cut_stream", "cut_before_headers"])
def test_broken_connection(sdk: genai.Client, name: str, shape: str) -> None:
    """A connection that breaks raises the transport's protocol error."""
    with pytest.raises(httpx.RemoteProtocolError):
        ask(sdk, shape, name)


@pytest.mark.parametrize("name", ["cut_stream", "error_in_stream", "bad_json_stream"])
def test_broken_stream_has_begun(sdk: genai.Client, name: str) -> None:
    """A stream that ends badly has given chunks before."""
    stream = sdk.models.generate_content_stream(model=MODEL, contents=f"simulate:{name}")
    assert [text_of([next(stream)]) for _ in range(3)] == [
        "Tides follow the Moo",
        "n: its pull raises t",
        "wo bulges of water, ",
    ]
    if name != "error_in_stream" or HAS_STREAM_ERRORS:
        with pytest.raises((httpx.RemoteProtocolError, errors.ServerError, errors.UnknownApiResponseError)):
            next(stream)


def test_error_in_stream(sdk: genai.Client, shape: str) -> None:
    """The 503 inside a stream is raised as a ServerError by an SDK that looks for it, and as itself in a unary call."""
    if shape == "stream" and not HAS_STREAM_ERRORS:
        assert ask(sdk, shape, "error_in_stream")[-1].candidates is None
        return
    with pytest.raises(errors.ServerError) as caught:
        ask(sdk, shape, "error_in_stream")
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")
    assert isinstance(caught.value.response, httpx.Response) == (shape == "call")


@pytest.mark.parametrize("name", ["bad_json_stream", "bad_json_body"])
def test_bad_json(sdk: genai.Client, name: str, shape: str) -> None:
    """What is not JSON raises the SDK's own error in a stream and a JSONDecodeError in a unary call."""
    with pytest.raises(json.JSONDecodeError if shape == "call" else errors.UnknownApiResponseError):
        ask(sdk, shape, name)


def test_hang_meets_a_timeout(server: simulator.Simulator, shape: str) -> None:
    """A server that is silent runs into the client's timeout."""
    with pytest.raises(httpx.ReadTimeout):
        ask(make_client(server, timeout=100), shape, "hang")
