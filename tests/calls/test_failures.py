"""Calls that end with an exception: what the span says, and that the caller gets the SDK's own exception."""

from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors

from support import MODEL, Telemetry, hint_ids, make_client, send
from support.sdk_calls import httpx

ROWS = {
    "invalid_argument": (400, "INVALID_ARGUMENT"),
    "invalid_key": (400, "INVALID_ARGUMENT"),
    "failed_precondition": (400, "FAILED_PRECONDITION"),
    "input_too_long": (400, "INVALID_ARGUMENT"),
    "unauthenticated": (401, "UNAUTHENTICATED"),
    "permission_denied": (403, "PERMISSION_DENIED"),
    "leaked_key": (403, "PERMISSION_DENIED"),
    "service_disabled": (403, "PERMISSION_DENIED"),
    "not_found": (404, "NOT_FOUND"),
    "model_not_found": (404, "NOT_FOUND"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED"),
    "daily_quota": (429, "RESOURCE_EXHAUSTED"),
    "shared_capacity": (429, "RESOURCE_EXHAUSTED"),
    "internal": (500, "INTERNAL"),
    "overloaded": (503, "UNAVAILABLE"),
    "deadline_exceeded": (504, "DEADLINE_EXCEEDED"),
}
TRANSPORT = ("httpx", "httpx2", "aiohttp")


@pytest.mark.parametrize("scenario", ROWS)
def test_api_errors(telemetry: Telemetry, client: genai.Client, shape: str, scenario: str) -> None:
    """An API error gives status ERROR, its code as error.type, the google.rpc status, its kind and the masked message."""
    code, status = ROWS[scenario]
    sent = send(client, shape, f"simulate:{scenario}")
    assert isinstance(sent.error, errors.APIError)
    attributes = telemetry.attributes
    assert attributes["error.type"] == str(code)
    assert attributes["http.response.status_code"] == code
    assert attributes["gemini.error.status"] == status
    assert attributes["gemini.response.outcome"] == "error"
    assert attributes["gemini.error.kind"] != "unknown"
    assert 0 < len(attributes["gemini.error.message"]) <= 512
    assert telemetry.span.status.status_code.name == "ERROR"
    assert telemetry.span.status.description == f"{code} {status}"
    assert [event["gemini.attempt.number"] for event in telemetry.events("gemini.attempt")] == [1]
    assert not telemetry.events("exception")
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert (point.count, point.attributes["error.type"]) == (1, str(code))
    (failed,) = telemetry.points("gemini.client.attempts_failed")
    assert dict(failed.attributes) == {"gen_ai.request.model": MODEL, "http.response.status_code": code}


@pytest.mark.parametrize("scenario", [*ROWS, "bad_gateway", "error_in_stream_start"])
def test_the_caller_gets_the_exception_of_the_bare_sdk(
    client: genai.Client, shape: str, scenario: str
) -> None:
    """With and without us the exception has the same class, code, status, message and details."""
    import gemini_otel

    bare = send(client, shape, f"simulate:{scenario}").error
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        ours = send(client, shape, f"simulate:{scenario}").error
    finally:
        gemini_otel.uninstrument()
    assert isinstance(bare, errors.APIError)
    assert isinstance(ours, errors.APIError)
    assert (type(ours), ours.code, ours.status, ours.message) == (
        type(bare),
        bare.code,
        bare.status,
        bare.message,
    )
    assert ours.details == bare.details
    assert ours.__cause__ is None


def test_a_quota_error_names_the_quota(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Quota id, metric and limit, and the delay that the service asks for, are scalar attributes."""
    send(client, shape, "simulate:daily_quota")
    attributes = telemetry.attributes
    assert "PerDay" in attributes["gemini.quota.id"]
    assert attributes["gemini.quota.limit"] == 50
    assert attributes["gemini.quota.metric"]
    assert attributes["gemini.error.kind"] == "daily_quota"


def test_a_retry_delay_is_in_seconds(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """RetryInfo's "34s" is 34.0 on the span and on the attempt."""
    send(client, shape, "simulate:rate_limited")
    assert telemetry.attributes["gemini.retry.delay"] == pytest.approx(34, abs=1)
    (event,) = telemetry.events("gemini.attempt")
    assert event["gemini.retry.delay"] == telemetry.attributes["gemini.retry.delay"]


def test_error_info_gives_the_reason(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """ErrorInfo.reason is an attribute."""
    send(client, shape, "simulate:invalid_key")
    assert telemetry.attributes["gemini.error.reason"] == "API_KEY_INVALID"
    assert telemetry.attributes["gemini.error.kind"] == "invalid_key"


def test_a_body_that_is_no_json(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A gateway's HTML page gives code and reason phrase, and no markup longer than 512 characters."""
    send(client, shape, "simulate:bad_gateway")
    attributes = telemetry.attributes
    assert (attributes["error.type"], attributes["http.response.status_code"]) == ("502", 502)
    assert len(attributes.get("gemini.error.message", "")) <= 512


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_a_stream_that_is_refused_at_once(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A refusal with the content type of a stream gives the same facts over every transport."""
    send(client, shape, "simulate:error_in_stream_start")
    attributes = telemetry.attributes
    assert (attributes["gemini.error.status"], attributes["gemini.error.reason"]) == (
        "INVALID_ARGUMENT",
        "API_KEY_INVALID",
    )
    assert attributes["gemini.error.kind"] == "invalid_key"


@pytest.mark.parametrize("attempts", [None, 3])
def test_a_connection_that_closes_without_an_answer(
    telemetry: Telemetry, url: str, shape: str, attempts: Any
) -> None:
    """A transport error has its class as error.type, no HTTP status, and the caller's exception is that very class."""
    if shape.startswith("async") and attempts is None:
        pytest.skip("aiohttp sleeps for seconds and sends again: test_attempts has it")
    sent = send(make_client(url, attempts=attempts), shape, "simulate:cut_before_headers")
    error = sent.error
    assert error is not None
    assert telemetry.attributes["error.type"] == f"{type(error).__module__}.{type(error).__qualname__}"
    assert telemetry.attributes["error.type"].startswith(TRANSPORT)
    assert telemetry.attributes["gemini.error.kind"] == "connection"
    assert "http.response.status_code" not in telemetry.attributes
    assert "gemini.error.message" not in telemetry.attributes


def test_a_timeout(telemetry: Telemetry, url: str, shape: str) -> None:
    """A timeout of the caller's own has kind timeout and its class as error.type."""
    sent = send(make_client(url, timeout=300), shape, "simulate:hang")
    assert sent.error is not None
    if "aiohttp" in type(sent.error).__module__:
        pytest.skip("this SDK limits the time to connect only")
    assert telemetry.attributes["gemini.error.kind"] == "timeout"
    assert telemetry.attributes["error.type"].endswith(type(sent.error).__qualname__)
    assert telemetry.attributes["gemini.request.timeout"] == 0.3


def test_a_body_that_is_not_json_after_all(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Bad JSON in a 200 is an error of the SDK's class; its text, which holds the answer, stays off the span."""
    scenario = "bad_json_stream" if "stream" in shape else "bad_json_body"
    sent = send(client, shape, f"simulate:{scenario}")
    assert isinstance(sent.error, ValueError)
    attributes = telemetry.attributes
    assert attributes["http.response.status_code"] == 200
    assert attributes["error.type"] in (
        "google.genai.errors.UnknownApiResponseError",
        "json.decoder.JSONDecodeError",
    )
    assert telemetry.span.status.description == attributes["error.type"]
    assert "gemini.error.message" not in attributes


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_an_error_in_mid_stream(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A 503 inside a 200 keeps the partial tokens, HTTP status 200, and error.type 503."""
    sent = send(client, shape, "simulate:error_in_stream")
    if sent.error is None:  # an older SDK hands the error on as an empty chunk
        assert telemetry.attributes["gemini.response.outcome"] == "incomplete"
        return
    assert isinstance(sent.error, errors.ServerError)
    assert sent.responses
    attributes = telemetry.attributes
    assert (attributes["http.response.status_code"], attributes["error.type"]) == (200, "503")
    assert attributes["gemini.response.outcome"] == "error"
    assert attributes["gen_ai.usage.input_tokens"] > 0
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0


@pytest.mark.parametrize(
    ("base_url", "kind", "hint_id"),
    [
        ("https://127.0.0.1:{port}", "tls", "net.tls"),
        ("http://127.0.0.1:9", "unreachable", "net.unreachable"),
    ],
)
def test_no_connection(
    telemetry: Telemetry, url: str, shape: str, base_url: str, kind: str, hint_id: str
) -> None:
    """A server that is not there is told from one that cannot be trusted, for which httpx has no class."""
    sent = send(make_client(base_url.format(port=url.rpartition(":")[2]), attempts=2), shape, "hello")
    assert sent.error is not None
    assert telemetry.attributes["gemini.error.kind"] == kind
    assert hint_ids(telemetry.attributes) == (hint_id,)


@pytest.mark.parametrize(
    ("scenario", "hint_id"), [("forbidden_page", "http.gateway"), ("proxy_auth", "http.407.proxy_auth")]
)
def test_a_proxy_refuses(
    telemetry: Telemetry, client: genai.Client, shape: str, scenario: str, hint_id: str
) -> None:
    """A page that a proxy wrote is not taken for an answer of the API."""
    send(client, shape, f"simulate:{scenario}")
    assert hint_ids(telemetry.attributes) == (hint_id,)


@pytest.mark.parametrize(
    ("base_url", "key", "hint_id"),
    [("127.0.0.1", "test-key", "net.bad_url"), (None, "test\N{ZERO WIDTH SPACE}key", "net.bad_header")],
)
def test_a_request_that_cannot_be_sent(
    telemetry: Telemetry, url: str, base_url: str | None, key: str, hint_id: str
) -> None:
    """Neither an address without https:// nor a key with an invisible character leads to a server."""
    client = genai.Client(api_key=key, http_options={"base_url": base_url or url})
    assert send(client, "call", "hello").error is not None
    assert hint_ids(telemetry.attributes) == (hint_id,)


def test_a_file_that_is_not_there(telemetry: Telemetry, client: genai.Client, tmp_path: Path) -> None:
    """The call fails before anything is sent, with Python's own exception."""
    with pytest.raises(FileNotFoundError):
        client.files.upload(file=tmp_path / "none.txt")
    assert hint_ids(telemetry.attributes) == ("file.unreadable",)


@pytest.mark.parametrize("shape", ["stream", "async_stream"])
def test_a_cut_stream(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """A connection that breaks in mid-stream ends the span as an error of the transport's class, with partial facts."""
    sent = send(client, shape, "simulate:cut_stream")
    assert sent.error is not None
    assert sent.responses
    attributes = telemetry.attributes
    assert attributes["error.type"].startswith(TRANSPORT)
    assert attributes["gemini.error.kind"] == "connection"
    assert attributes["gemini.response.outcome"] == "error"
    assert attributes["http.response.status_code"] == 200
    assert "gemini.response.finish_reason" not in attributes


def test_errors_before_the_request_are_errors_of_the_call(telemetry: Telemetry, client: genai.Client) -> None:
    """A config that the SDK refuses raises the SDK's exception; where a span was begun it ends as an error."""
    with pytest.raises(ValueError, match="contents are required"):
        client.models.generate_content(model=MODEL, contents=[])
    for span in telemetry.spans:
        assert (span.attributes or {})["gemini.response.outcome"] == "error"


def test_positional_misuse_is_the_sdks_type_error(telemetry: Telemetry, client: genai.Client) -> None:
    """A positional call is refused by the SDK as it is without us, and is a call that failed."""
    with pytest.raises(TypeError, match="positional"):
        client.models.generate_content(MODEL, "simulate:ok")  # type: ignore[misc]
    assert telemetry.attributes["error.type"] == "TypeError"


@pytest.mark.parametrize(
    ("shape", "kind"),
    [("call", StopIteration), ("call", StopAsyncIteration), ("async_call", StopAsyncIteration)],
)
def test_a_transport_that_ends_an_iteration(
    telemetry: Telemetry, url: str, shape: str, kind: type[Exception]
) -> None:
    """An exception that ends an iteration, raised by a transport, is a failure of the call like any other."""

    class Exhausted(httpx.BaseTransport, httpx.AsyncBaseTransport):  # type: ignore[misc]  # one of two packages
        def handle_request(self, request: Any) -> Any:
            raise kind("nothing is left")

        async def handle_async_request(self, request: Any) -> Any:
            raise kind("nothing is left")

    arguments = {"transport": Exhausted()}
    client = make_client(url, client_args=arguments, async_client_args=arguments)
    assert type(send(client, shape, "hello").error) is kind
    attributes = telemetry.attributes
    assert (attributes["error.type"], attributes["gemini.response.outcome"]) == (kind.__name__, "error")
    assert telemetry.span.status.status_code.name == "ERROR"
