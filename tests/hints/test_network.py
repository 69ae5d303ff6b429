"""Exceptions that are no answer of the API."""

from __future__ import annotations

import builtins
import socket

import pytest

from gemini_otel._facts import names
from gemini_otel.hints import evidence, find

from .test_catalogue import ids


@pytest.mark.parametrize(
    ("error_type", "hint_id"),
    [
        ("httpx.ReadTimeout", "net.timeout"),
        ("httpx2.ReadTimeout", "net.timeout"),
        ("httpx2.ConnectTimeout", "net.timeout"),
        ("httpx2.WriteTimeout", "net.timeout"),
        ("httpx.PoolTimeout", "net.pool_timeout"),
        ("TimeoutError", "net.timeout"),
        ("asyncio.exceptions.TimeoutError", "net.timeout"),
        ("aiohttp.client_exceptions.ServerTimeoutError", "net.timeout"),
        ("requests.exceptions.ReadTimeout", "net.timeout"),
        ("httpx2.ConnectError", "net.unreachable"),
        ("aiohttp.client_exceptions.ClientConnectorError", "net.unreachable"),
        ("aiohttp.client_exceptions.ClientConnectorDNSError", "net.unreachable"),
        ("ConnectionRefusedError", "net.unreachable"),
        ("socket.gaierror", "net.unreachable"),
        ("ssl.SSLCertVerificationError", "net.tls"),
        ("aiohttp.client_exceptions.ClientConnectorCertificateError", "net.tls"),
        ("httpx2.RemoteProtocolError", "net.disconnected"),
        ("httpx2.ReadError", "net.disconnected"),
        ("ConnectionResetError", "net.disconnected"),
        ("aiohttp.client_exceptions.ServerDisconnectedError", "net.disconnected"),
        ("aiohttp.client_exceptions.ClientPayloadError", "net.disconnected"),
        ("google.genai.errors.UnknownApiResponseError", "net.bad_response"),
        ("json.decoder.JSONDecodeError", "net.bad_response"),
        ("google.genai.errors.ContinuationInterruptedError", "stream.continuation_interrupted"),
        ("google.genai.errors.UnsupportedFunctionError", "sdk.tool_failed"),
        ("google.genai.errors.FunctionInvocationError", "sdk.tool_failed"),
        ("google.auth.exceptions.DefaultCredentialsError", "auth.credentials"),
        ("google.auth.exceptions.RefreshError", "auth.credentials"),
        ("pydantic_core._pydantic_core.ValidationError", "sdk.invalid_request"),
        ("ValueError", "sdk.invalid_request"),
        ("asyncio.CancelledError", "net.cancelled"),
        ("asyncio.exceptions.CancelledError", "net.cancelled"),
        ("trio.Cancelled", "net.cancelled"),
        ("httpx2.UnsupportedProtocol", "net.bad_url"),
        ("aiohttp.client_exceptions.InvalidUrlClientError", "net.bad_url"),
        ("httpx.TooManyRedirects", "net.bad_url"),
        ("websockets.exceptions.InvalidURI", "net.bad_url"),
        ("httpx.LocalProtocolError", "net.bad_header"),
        ("httpx.DecodingError", "net.bad_response"),
        ("aiohttp.client_exceptions.ClientResponseError", "net.bad_response"),
        ("PermissionError", "file.unreadable"),
        ("my.module.SurprisingError", "error.exception"),
        ("KeyError", "error.exception"),
    ],
)
def test_class(error_type: str, hint_id: str) -> None:
    """The class of the exception, with or without its module, leads to one entry."""
    assert ids({names.ERROR_TYPE: error_type}) == [hint_id]
    assert ids({names.ERROR_TYPE: error_type.rpartition(".")[2]}) == [hint_id]
    assert ids({names.ERROR_TYPE: error_type, names.OUTCOME: "error"}) == [hint_id]


@pytest.mark.parametrize(
    ("error_type", "kind", "hint_id"),
    [
        ("httpx2.ReadTimeout", "timeout", "net.timeout"),
        ("httpx2.PoolTimeout", "timeout", "net.pool_timeout"),
        ("httpx2.ConnectError", "connection", "net.unreachable"),
    ],
)
def test_class_goes_before_a_coarse_kind(error_type: str, kind: str, hint_id: str) -> None:
    """The class says more than `gemini.error.kind` does for exceptions that are no answer of the API."""
    assert ids({names.ERROR_TYPE: error_type, names.ERROR_KIND: kind}) == [hint_id]


@pytest.mark.parametrize(
    ("kind", "hint_id"),
    [("tls", "net.tls"), ("credentials", "auth.credentials"), ("too_many_files", "net.too_many_files")],
)
def test_a_clear_kind_goes_before_the_class(kind: str, hint_id: str) -> None:
    """Where the cause of the exception was found, its class says less."""
    assert ids({names.ERROR_TYPE: "httpx2.ConnectError", names.ERROR_KIND: kind}) == [hint_id]


@pytest.mark.parametrize(
    ("kind", "hint_id"),
    [("timeout", "net.timeout"), ("connection", "net.disconnected"), ("unreachable", "net.unreachable")],
)
def test_coarse_kind_of_an_unknown_class(kind: str, hint_id: str) -> None:
    """A class that nobody knows is explained by its kind."""
    assert ids({names.ERROR_TYPE: "their.OddError", names.ERROR_KIND: kind}) == [hint_id]


def test_timeout_after_a_refusal() -> None:
    """The exception that ended the call counts, not the status of an attempt before it."""
    attributes = {
        names.ERROR_TYPE: "httpx2.ReadTimeout",
        names.HTTP_STATUS_CODE: 429,
        names.QUOTA_ID: "PerDay",
    }
    assert ids(attributes) == ["net.timeout"]


def test_all_oserrors_are_explained() -> None:
    """Each built-in exception of connections and timeouts has an entry."""
    kinds = (ConnectionError, TimeoutError, socket.gaierror)
    classes = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, kinds)]
    assert classes
    for kind in (*classes, socket.gaierror):
        (hint_id,) = ids({names.ERROR_TYPE: kind.__name__})
        assert hint_id.startswith("net.")


def test_broken_stream() -> None:
    """A stream that loses its connection is told apart from an answer that never came."""
    attributes = {names.ERROR_TYPE: "httpx2.RemoteProtocolError", names.REQUEST_STREAM: True}
    assert ids(attributes) == ["stream.disconnected"]


def test_cancelled_task() -> None:
    """A call that its own application cancelled has one hint, with or without an exception's class."""
    assert ids({names.OUTCOME: "cancelled"}) == ["net.cancelled"]
    assert ids({names.OUTCOME: "cancelled", names.ERROR_TYPE: "asyncio.CancelledError"}) == ["net.cancelled"]


def test_cancelled_by_the_service() -> None:
    """A 499 is the service's word, whatever the outcome."""
    attributes = {names.OUTCOME: "cancelled", names.ERROR_TYPE: "499", names.ERROR_KIND: "cancelled"}
    assert ids(attributes) == ["http.499.cancelled"]


def test_timeout_shows_its_seconds() -> None:
    """The evidence names exception and timeout."""
    attributes = {names.ERROR_TYPE: "httpx2.ReadTimeout", names.TIMEOUT: 30.0}
    assert evidence(find(attributes)[0], attributes) == "exception httpx2.ReadTimeout; timeout 30 s"
