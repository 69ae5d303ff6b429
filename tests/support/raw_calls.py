"""Requests without the SDK."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from typing import Any

from gemini_otel import simulator
from support.sdk_calls import MODEL

GENERATE = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent"
HELLO = {"contents": [{"parts": [{"text": "Hello"}]}]}


def fetch(url: str, path: str, body: Any = None) -> tuple[int, str, str]:
    """Status, content type and text of the answer to a request without the SDK."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data)) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def request_bytes(scenario: str = "ok", *headers: str, path: str = GENERATE) -> bytes:
    body = json.dumps({"contents": [{"parts": [{"text": f"simulate:{scenario}"}]}]}).encode()
    lines = [f"POST {path} HTTP/1.1", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def connect(url: simulator.Simulator) -> socket.socket:
    return socket.create_connection(("127.0.0.1", url.port), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data
