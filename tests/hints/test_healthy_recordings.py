"""Recorded answers of the real API that went well, asked for as they were: no hint but notes."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.genai import types

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import names
from support import RECORDINGS, Telemetry, make_client, make_vertex_client

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"no recordings at {RECORDINGS}")
# Of a request: fields that a config has under the same name.
_TAKEN = ("tools", "toolConfig", "safetySettings", "cachedContent")
_NOT_TAKEN = frozenset({"responseJsonSchema", "_responseJsonSchema"})


def _recordings() -> Iterator[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        for recording in map(json.loads, lines):
            method = str(recording["url_path"]).partition("?")[0].rpartition(":")[2]
            generates = method in ("generateContent", "streamGenerateContent")
            # Integer enums are another client's encoding, and curated ones hold invented values.
            readable = recording.get("enum_encoding") != "int" and not recording.get("curated")
            if generates and readable and recording["status"] == 200:
                yield recording


def _chunks(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, str):
        return body if isinstance(body, list) else [body]
    events = re.split(r"(?:\r\n|\n|\r){2,}", body.strip())
    return [json.loads(event.strip().removeprefix("data:")) for event in events if event.strip()]


def _went_well(recording: dict[str, Any]) -> bool:
    """Whether each candidate stopped by itself, and something was said, called or made; read without any of our code."""
    if isinstance(recording["response_body"], list):
        return False  # no alt=sse: comes out of the SDK as one empty chunk
    chunks = _chunks(recording["response_body"])
    candidates = [candidate for chunk in chunks for candidate in chunk.get("candidates") or ()]
    reasons = {candidate["finishReason"] for candidate in candidates if candidate.get("finishReason")}
    parts = [part for each in candidates for part in (each.get("content") or {}).get("parts") or ()]
    said = any(
        (part.get("text") or "").strip() or part.keys() - {"text", "thought", "thoughtSignature"}
        for part in parts
        if not part.get("thought")
    )
    return reasons == {"STOP"} and said and not _made_up(recording, parts)


def _made_up(recording: dict[str, Any], parts: list[dict[str, Any]]) -> set[str]:
    """The functions called that are not among those that were declared."""
    body = recording["request_body"] if isinstance(recording["request_body"], dict) else {}
    tools = body.get("tools") or ()
    declared = {each["name"] for tool in tools for each in tool.get("functionDeclarations") or ()}
    called = {part["functionCall"].get("name") for part in parts if part.get("functionCall")}
    return called - declared - {None} if declared else set()


def _config(recording: dict[str, Any]) -> types.GenerateContentConfig | None:
    """The settings that were asked for, as far as this SDK knows them."""
    body = recording["request_body"]
    if not isinstance(body, dict):
        return None
    generation = body.get("generationConfig") or body.get("generation_config") or {}
    given = {name: value for name, value in generation.items() if name not in _NOT_TAKEN}
    given |= {name: body[name] for name in _TAKEN if name in body}
    with contextlib.suppress(ValueError):
        return types.GenerateContentConfig.model_validate(given)
    return None


def _model(recording: dict[str, Any]) -> str:
    found = re.search(r"models/([^:/?]+):", recording["url_path"])
    return found[1] if found else "gemini-2.5-flash"


def test_no_hint_on_an_answer_that_went_well() -> None:
    """Of all recorded answers that went well, none has a warning or an error, in the shape that it was asked for in."""
    recordings = {
        f"recording_{number}": each for number, each in enumerate(_recordings()) if _went_well(each)
    }
    found = _hints(recordings)
    assert {f"{name} {recordings[name]['source']}": ids for name, ids in found.items() if ids} == {}
    assert len(recordings) > 1900


def test_a_function_that_a_real_model_made_up() -> None:
    """The recorded answers that call a function which their request does not declare say so."""
    made_up = {}
    for number, recording in enumerate(_recordings()):
        candidates = [
            each for chunk in _chunks(recording["response_body"]) for each in chunk.get("candidates") or ()
        ]
        parts = [part for each in candidates for part in (each.get("content") or {}).get("parts") or ()]
        if _made_up(recording, parts):
            made_up[f"recording_{number}"] = recording
    assert made_up
    assert set(map(tuple, _hints(made_up).values())) == {("finish.unexpected_tool",)}


def _hints(recordings: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """The ids of the hints on the span of each recording's replay."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    found: dict[str, list[str]] = {}
    played = [simulator.replay(each, name=name) for name, each in recordings.items()]
    try:
        with simulator.serve(scenarios=played) as url:
            clients = (make_client(str(url)), make_vertex_client(str(url)))
            for name, recording in recordings.items():
                telemetry.exporter.clear()
                _replay(clients["aiplatform" in recording["host"]], name, recording)
                found[name] = [
                    hint
                    for span in telemetry.spans
                    for hint in (span.attributes or {}).get(names.HINT_IDS, ())
                ]
    finally:
        gemini_otel.uninstrument()
    return found


def _replay(client: Any, name: str, recording: dict[str, Any]) -> None:
    request = {"model": _model(recording), "contents": f"simulate:{name}", "config": _config(recording)}
    if "streamGenerateContent" in recording["url_path"]:
        list(client.models.generate_content_stream(**request))
    else:
        client.models.generate_content(**request)
