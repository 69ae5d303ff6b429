"""Recorded exchanges, played back."""

from __future__ import annotations

import gzip
import http.client
import json
import os
from pathlib import Path
from typing import Any

import pytest

from gemini_otel import simulator
from support import SHARED
from support.sdk_calls import MODEL, SHAPES, make_client

RECORDINGS = Path(os.environ.get("GEMINI_OTEL_RECORDINGS", SHARED / "recordings" / "recordings.jsonl.gz"))

EVENT = '{"candidates": [{"content": {"parts": [{"text": "Olá"}],"role": "model"},"finishReason": "STOP"}]}'
UNARY: dict[str, Any] = {
    "status": 200,
    "response_headers": {
        "content-type": "application/json; charset=UTF-8",
        "x-gemini-service-tier": "standard",
    },
    "response_body": {
        "candidates": [{"content": {"parts": [{"text": "{model}"}]}}],
        "modelVersion": "models/other",
    },
}
STREAM: dict[str, Any] = {
    "source": "owner/name path",
    "status": 200,
    "response_headers": {"content-type": "text/event-stream"},
    "response_body": f"data: {EVENT}\r\n\r\n" * 2,
}


def post(connection: http.client.HTTPConnection, name: str, method: str) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"contents": [{"parts": [{"text": f"simulate:{name}"}]}]})
    connection.request("POST", f"/v1beta/models/{MODEL}:{method}", body)
    response = connection.getresponse()
    return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()


def test_replayed_answer_is_exact() -> None:
    """A replayed body is not filled in for the request."""
    with simulator.serve(simulator.replay(UNARY)) as url:
        (response,) = SHAPES["call"](make_client(url), "Hello")
    assert response.text == "{model}"
    assert response.model_version == "models/other"


def test_replayed_stream() -> None:
    """A replayed stream has every recorded event."""
    with simulator.serve(simulator.replay(STREAM)) as url:
        chunks = SHAPES["stream"](make_client(url), "Hello")
    assert [chunk.text for chunk in chunks] == ["Olá", "Olá"]


def test_name_of_a_replay() -> None:
    """Several replays are told apart by name."""
    scenario = simulator.replay(STREAM, name="recorded_1")
    assert scenario.name == "recorded_1"
    assert "owner/name path" in scenario.description


@pytest.mark.parametrize("status", [101, None])
def test_no_replay_of_websockets(status: Any) -> None:
    """An exchange that is no HTTP answer is refused."""
    with pytest.raises(ValueError, match=str(status)):
        simulator.replay({"status": status})


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
def test_every_recording() -> None:
    """Each recorded exchange is answered with its status, headers and body."""
    with gzip.open(RECORDINGS, "rt") as lines:
        exchanges = [each for each in map(json.loads, lines) if each["status"] != 101]
    scenarios = [simulator.replay(each, name=f"recorded_{number}") for number, each in enumerate(exchanges)]
    with simulator.serve(scenarios=scenarios) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"))
        for number, exchange in enumerate(exchanges):
            streaming = "stream" in exchange["url_path"]
            method = "streamGenerateContent?alt=sse" if streaming else "generateContent"
            status, headers, body = post(connection, f"recorded_{number}", method)
            assert status == exchange["status"]
            assert (exchange["response_headers"] or {}).items() <= headers.items()
            recorded = exchange["response_body"]
            if recorded is None or isinstance(recorded, str):
                assert body.decode() == (recorded or "")
            else:
                assert json.loads(body) == recorded
        connection.close()
