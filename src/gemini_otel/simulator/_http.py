"""The little of HTTP/1.1 that the simulator needs, on plain sockets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from socket import SHUT_WR, socket
from typing import BinaryIO

from ._request import Request, read_json, split_target

JSON_TYPE = "application/json; charset=UTF-8"
SSE_TYPE = "text/event-stream"
LAST_CHUNK = b"0\r\n\r\n"
_MAX_LINE = 65536  # bytes of the first line, and of all headers together
_MAX_HEADERS = 200
MAX_BODY = 100 * 2**20  # bytes; the service accepts no more either
_LINGERING = 1.0
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_PHRASES = {each.value: each.phrase for each in HTTPStatus}


class MalformedRequestError(ValueError):
    """The client did not speak HTTP, or sent too much; `status` is that of the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_request(stream: BinaryIO) -> Request | None:
    """The next request on a connection, or ``None`` at its end."""
    line = stream.readline(_MAX_LINE)
    if not line.strip():
        return None
    if not line.endswith(b"\n"):
        raise MalformedRequestError(f"The first line has more than {_MAX_LINE} bytes.", 414)
    try:
        method, target, _version = line.decode("latin-1").split()
        path, query = split_target(target)
    except ValueError as error:
        raise MalformedRequestError(str(error)) from error
    headers = _headers(stream)
    raw_body = _body(stream, headers)
    return Request(method, path, read_json(raw_body), headers, query, raw_body)


def _headers(stream: BinaryIO) -> dict[str, str]:
    """Headers, or the trailers after a chunked body."""
    headers: dict[str, str] = {}
    left = _MAX_LINE
    for _ in range(_MAX_HEADERS + 1):
        line = stream.readline(left + 1)
        left -= len(line)
        if left < 0:
            break
        if not line.strip():
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise MalformedRequestError(
        f"There are more than {_MAX_HEADERS} headers or {_MAX_LINE} bytes of them.", 431
    )


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    encoding = headers.get("transfer-encoding", "").lower()
    if encoding == "chunked":
        return _chunked_body(stream)
    if encoding:
        raise MalformedRequestError(
            f"The transfer encoding {encoding[:80]!r} is not supported; send chunks.", 501
        )
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise MalformedRequestError(f"{length[:80]!r} is not a content length.")
    if len(length) > 18 or int(length) > MAX_BODY:
        raise _too_large()
    return _exactly(stream, int(length))


def _chunked_body(stream: BinaryIO) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        if len(body) + size > MAX_BODY:
            raise _too_large()
        body += _exactly(stream, size)
        if stream.readline(3).strip():
            raise MalformedRequestError("A chunk is longer than it says.")
    _headers(stream)
    return bytes(body)


def _chunk_size(stream: BinaryIO) -> int:
    size = stream.readline(_MAX_LINE).partition(b";")[0].strip()
    if not _SIZE.fullmatch(size):
        raise MalformedRequestError(f"{size[:80]!r} is not the size of a chunk.")
    return int(size, 16)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise MalformedRequestError("The body is shorter than it says.")
    return data


def _too_large() -> MalformedRequestError:
    return MalformedRequestError(f"The body has more than {MAX_BODY} bytes.", 413)


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
    return text.encode("utf-8", "replace")  # half a surrogate pair that the client sent


def hear_out(connection: socket) -> None:
    """Read what the client still sends, for a moment, because closing the connection before that would discard the answer."""
    connection.shutdown(SHUT_WR)
    deadline = time.monotonic() + _LINGERING
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        if not connection.recv(65536):
            return
