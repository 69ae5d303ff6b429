"""The little of HTTP/1.1 that the simulator needs, on plain sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import BinaryIO

from ._request import Request, read_json, split_target

JSON_TYPE = "application/json; charset=UTF-8"
SSE_TYPE = "text/event-stream"
LAST_CHUNK = b"0\r\n\r\n"
_MAX_LINE = 65536
_PHRASES = {each.value: each.phrase for each in HTTPStatus}


class MalformedRequestError(ValueError):
    """The client did not speak HTTP."""


def read_request(stream: BinaryIO) -> Request | None:
    """The next request on a connection, or ``None`` at its end."""
    line = stream.readline(_MAX_LINE)
    if not line.strip():
        return None
    try:
        method, target, _version = line.decode("latin-1").split()
        headers = _headers(stream)
        raw_body = _body(stream, headers)
    except ValueError as error:
        raise MalformedRequestError(str(error)) from error
    path, query = split_target(target)
    return Request(method, path, read_json(raw_body), headers, query, raw_body)


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers = {}
    while line := stream.readline(_MAX_LINE).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return headers


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunked_body(stream)
    return stream.read(int(headers.get("content-length", 0)))


def _chunked_body(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(_MAX_LINE).partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline(_MAX_LINE)
    while stream.readline(_MAX_LINE).strip():
        pass
    return body


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and the headers of an answer."""
    lines = [
        f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """*data* as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encoded(body: object) -> bytes:
    """A body as bytes: text and bytes as they are, everything else as JSON."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode()
