"""What makes no request makes no span: local tokenizers and replaying clients."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types

from support import MODEL, Telemetry

REPLAY = "tokens/count/mldev"


def test_a_local_tokenizer(telemetry: Telemetry) -> None:
    """Counting tokens in this process makes no span."""
    local_tokenizer = pytest.importorskip(
        "google.genai.local_tokenizer", reason="needs sentencepiece", exc_type=ImportError
    )

    class Words:
        """Instead of a model of sentencepiece, which would be downloaded."""

        def encode(self, texts: list[str]) -> list[list[str]]:
            return [text.split() for text in texts]

    tokenizer = object.__new__(local_tokenizer.LocalTokenizer)
    tokenizer._tokenizer = Words()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK's tokenizer is experimental
        counted = tokenizer.count_tokens("What is your name?")
    assert counted.total_tokens == 4
    assert telemetry.spans == []


def test_a_replaying_client(telemetry: Telemetry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own replay client makes no request: the answer is what it replays, and no attempt is invented."""
    monkeypatch.setenv("GOOGLE_GENAI_REPLAYS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("GOOGLE_API_KEY", "k")
    request = {
        "method": "post",
        "url": f"{{MLDEV_URL_PREFIX}}/models/{MODEL}:countTokens",
        "headers": {},
        "body_segments": [{"contents": [{"parts": [{"text": "x"}], "role": "user"}]}],
    }
    response = {
        "status_code": 200,
        "headers": {},
        "body_segments": [{"totalTokens": 1}],
        "byte_segments": [],
        "sdk_response_segments": [{"sdk_http_response": {"headers": {}}, "total_tokens": 1}],
    }
    replay = {"replay_id": REPLAY, "interactions": [{"request": request, "response": response}]}
    file = tmp_path / f"{REPLAY}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(replay), encoding="utf-8")
    client = genai.Client(debug_config=_debug_config(tmp_path), api_key="k")
    try:
        counted = client.models.count_tokens(model=MODEL, contents="x")
    except AssertionError as error:
        if "headers mismatch" not in str(error):
            raise
        pytest.skip("this SDK compares its own headers with the recorded ones")
    assert counted.total_tokens == 1
    assert telemetry.attributes["gemini.token_count.total"] == 1
    assert "http.response.status_code" not in telemetry.attributes
    assert telemetry.events("gemini.attempt") == []


def _debug_config(directory: Path) -> Any:
    from google.genai.client import DebugConfig

    return DebugConfig(client_mode="replay", replay_id=REPLAY, replays_directory=str(directory))


def test_making_a_file_object_is_no_call(telemetry: Telemetry) -> None:
    """Types of the SDK that only hold data make no span."""
    types.File(name="files/f1")
    types.Part.from_uri(file_uri="files/f1", mime_type="text/plain")
    assert telemetry.spans == []
