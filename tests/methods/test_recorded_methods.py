"""Recorded answers of the real API to embeddings, counts, caches, files and stores pass through the SDK with us active."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai

from gemini_otel import simulator
from support import RECORDINGS, Telemetry, invoke, make_client, make_vertex_client

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"no recordings at {RECORDINGS}")
STORE = {"name": "fileSearchStores/s"}
# Method and path of a recording, and the call that gets its answer.
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST .*:batchEmbedContents", "models.embed_content", {"model": "m", "contents": ["x"]}),
    ("POST .*:embedContent", "models.embed_content", {"model": "m", "contents": ["x"]}),
    ("POST .*:predict", "models.embed_content", {"model": "text-embedding-005", "contents": ["x"]}),
    ("POST .*:countTokens", "models.count_tokens", {"model": "m", "contents": "x"}),
    ("POST .*:computeTokens", "models.compute_tokens", {"model": "m", "contents": "x"}),
    ("POST .*/cachedContents", "caches.create", {"model": "m", "config": {"contents": "x"}}),
    ("GET .*/cachedContents", "caches.list", {}),
    ("GET .*/cachedContents/.*", "caches.get", {"name": "cachedContents/c"}),
    ("PATCH .*/cachedContents/.*", "caches.update", {"name": "cachedContents/c", "config": {"ttl": "9s"}}),
    ("DELETE .*/cachedContents/.*", "caches.delete", {"name": "cachedContents/c"}),
    ("GET .*/models", "models.list", {}),
    ("GET .*/files", "files.list", {}),
    ("GET .*/files/[^:]*", "files.get", {"name": "files/f"}),
    ("DELETE .*/files/.*", "files.delete", {"name": "files/f"}),
    ("POST .*/fileSearchStores", "file_search_stores.create", {}),
    ("GET .*/fileSearchStores", "file_search_stores.list", {}),
    ("GET .*/fileSearchStores/[^/]*", "file_search_stores.get", STORE),
    ("GET .*/fileSearchStores/.*/documents", "file_search_stores.documents.list", {"parent": STORE["name"]}),
    (
        "DELETE .*/documents/.*",
        "file_search_stores.documents.delete",
        {"name": f"{STORE['name']}/documents/d"},
    ),
    ("DELETE .*/fileSearchStores/[^/]*", "file_search_stores.delete", STORE),
    ("POST .*/interactions", "interactions.create", {"model": "gemini-2.5-flash", "input": "x"}),
    ("GET .*/batches/.*", "batches.get", {"name": "batches/b"}),
)


def exchanges() -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Each recording of a method in the table, with the call that gets it."""
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as file:
        for line in file:
            recording = json.loads(line)
            asked = f"{recording['method']} {str(recording['url_path']).partition('?')[0]}"
            for pattern, method, arguments in CALLS:
                streamed = isinstance(recording["response_body"], str) and recording["status"] == 200
                if (
                    re.fullmatch(pattern, asked)
                    and not asked.split(" ")[1].startswith("/upload")
                    and not streamed
                ):
                    yield recording, method, arguments


def expected(method: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the span must say, read from the JSON without any of our code."""
    if method == "models.count_tokens":
        return {"gemini.token_count.total": body["totalTokens"]}
    if method.startswith("caches.") and "usageMetadata" in body:
        return {"gemini.cache.tokens": body["usageMetadata"]["totalTokenCount"]}
    if method == "files.get":
        facts = {"state": body["state"], "size": int(body["sizeBytes"]), "mime_type": body["mimeType"]}
        return {f"gemini.resource.{name}": value for name, value in facts.items()} | {
            "gemini.resource.name": body["name"]
        }
    if method.endswith(".list"):
        return {
            "gemini.resource.count": max(len(items) for items in body.values() if isinstance(items, list))
        }
    readers = {"models.embed_content": embeddings, "interactions.create": interaction}
    return readers[method](body) if method in readers else {}


def interaction(body: dict[str, Any]) -> dict[str, Any]:
    """The tier, all input tokens, and what the service's search did."""
    usage, steps = body.get("usage") or {}, body.get("steps") or ()
    searches = [query for step in steps for query in (step.get("arguments") or {}).get("queries", ())]
    texts = [text for step in steps for text in step.get("content") or ()]
    urls = {
        note["url"]
        for text in texts
        for note in text.get("annotations") or ()
        if note["type"] == "url_citation"
    }
    facts = {
        "gemini.response.service_tier": body.get("service_tier"),
        "gemini.response.searches": len(set(searches)) or None,
        "gemini.response.sources": len(urls) or None,
        "gen_ai.usage.input_tokens": usage.get("total_input_tokens", 0)
        + usage.get("total_tool_use_tokens", 0)
        or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    if "predictions" in body:
        predicted = [each["embeddings"] for each in body["predictions"] if "embeddings" in each]
        if not predicted:
            return {}
        tokens = sum(each["statistics"]["token_count"] for each in predicted)
        return {
            "gen_ai.usage.input_tokens": tokens,
            "gen_ai.embeddings.dimension.count": len(predicted[0]["values"]),
        }
    given = body.get("embeddings") or []
    return {"gemini.embeddings.batch_size": len(given)} if given else {}


def test_every_recording() -> None:
    """Facts of each recorded answer are on its span, those of an error too; no display name is, and no hint on one that is well."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        checked = [check(telemetry, *exchange) for exchange in exchanges()]
    finally:
        gemini_otel.uninstrument()
    assert [difference for differences in checked for difference in differences] == []
    assert len(checked) > 80


def streamed_interactions() -> Iterator[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as file:
        for recording in map(json.loads, file):
            if "/interactions" in recording["url_path"] and isinstance(recording["response_body"], str):
                yield recording


@pytest.mark.skipif(not hasattr(genai.Client, "interactions"), reason="google-genai before 1.55 has none")
@pytest.mark.filterwarnings("ignore:Interactions usage")
def test_every_streamed_interaction() -> None:
    """Tokens, id and model are those of the last event that tells them."""
    import gemini_otel

    telemetry, differences, compared = Telemetry(), [], 0
    gemini_otel.instrument(**telemetry.providers)
    try:
        for recording in streamed_interactions():
            events = [
                json.loads(data) for data in re.findall(r"(?m)^data: (\{.*)$", recording["response_body"])
            ]
            told = [event["interaction"] for event in events if "interaction" in event]
            usage: dict[str, int] = next((each["usage"] for each in reversed(told) if each.get("usage")), {})
            wanted = {
                "gen_ai.response.id": told[-1].get("id"),
                "gen_ai.usage.input_tokens": usage.get("total_input_tokens", 0)
                + usage.get("total_tool_use_tokens", 0),
                "gen_ai.usage.output_tokens": usage.get("total_output_tokens", 0)
                + usage.get("total_thought_tokens", 0),
                "gemini.usage.total_tokens": usage.get("total_tokens"),
            }
            telemetry.exporter.clear()
            with simulator.serve(simulator.replay(recording)) as url:
                client = make_client(str(url))
                for _ in client.interactions.create(model="m", input="x", stream=True):
                    pass
            found = telemetry.attributes
            compared += bool(usage)
            differences += [
                f"{recording['source']}: {name} is {found.get(name)!r}, not {value!r}"
                for name, value in wanted.items()
                if value and found.get(name) != value
            ]
    finally:
        gemini_otel.uninstrument()
    assert differences == []
    assert compared > 5


def check(
    telemetry: Telemetry, recording: dict[str, Any], method: str, arguments: dict[str, Any]
) -> list[str]:
    """What differs between the recorded JSON and the one span of its replay."""
    area = method.partition(".")[0]
    if area in ("file_search_stores", "interactions") and not hasattr(genai.Client, area):
        return []
    telemetry.exporter.clear()
    vertex = recording["host"].endswith("aiplatform.googleapis.com")
    with simulator.serve(simulator.replay(recording)) as url:
        client = make_vertex_client(str(url)) if vertex else make_client(str(url))
        sent = invoke(client, "sync", method, **arguments)
    where = f"{method} {recording['source']}"
    if recording["status"] == 200 and sent.error is not None:
        return [f"{where}: the SDK raised {sent.error!r}"]
    found = telemetry.attributes
    body = recording["response_body"]
    if recording["status"] == 200:
        wanted = {"gemini.response.outcome": found["gemini.response.outcome"], **expected(method, body)}
    else:
        wanted = {"error.type": str(recording["status"]), "gemini.error.status": body["error"]["status"]}
    names = re.findall(r'"displayName": "([^"]{4,})"', json.dumps(body))
    leaked = [name for name in names if name in telemetry.span.to_json()]
    warned = recording["status"] == 200 and wanted["gemini.response.outcome"] in ("ok", "pending")
    hints = [f"{where}: {found['gemini.hint.ids']}"] if warned and "gemini.hint.ids" in found else []
    return (
        [f"{where}: {leaked}"] * bool(leaked)
        + hints
        + [
            f"{where}: {name} is {found.get(name)!r}, not {value!r}"
            for name, value in wanted.items()
            if found.get(name) != value
        ]
    )
