"""Recorded answers of the real API pass through the SDK with us active; our facts equal what the JSON says."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from google.genai import types

import gemini_otel
from gemini_otel import simulator
from support import RECORDINGS, Telemetry, make_client, send

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"no recordings at {RECORDINGS}")
TIER = "gemini.response.service_tier"
METHODS = ("generateContent", "streamGenerateContent")
KNOWS_STORES = "file_search_store" in types.GroundingChunkRetrievedContext.model_fields
TRAFFIC = {"ON_DEMAND": "standard"}
COUNTERS = {
    "cachedContentTokenCount": "gen_ai.usage.cache_read.input_tokens",
    "thoughtsTokenCount": "gen_ai.usage.reasoning.output_tokens",
    "toolUsePromptTokenCount": "gemini.usage.tool_use_tokens",
    "totalTokenCount": "gemini.usage.total_tokens",
}


def recordings() -> Iterator[dict[str, Any]]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as file:
        for line in file:
            recording = json.loads(line)
            if method(recording) in METHODS:
                yield recording


def method(recording: dict[str, Any]) -> str:
    return str(recording["url_path"]).partition("?")[0].rpartition(":")[2]


def chunks_of(recording: dict[str, Any]) -> list[Any]:
    """The JSON objects of an answer, in order; a broken one ends the list, as it ends the SDK's reading."""
    body = recording["response_body"]
    if not isinstance(body, str):
        return body if isinstance(body, list) else [body]
    events = re.split(r"(?:\r\n|\n|\r){2,}", body.strip())
    return [json.loads(event.strip().removeprefix("data:")) for event in events if event.strip()]


def expected(chunks: list[dict[str, Any]], header: str | None) -> dict[str, Any]:
    """What the span must say, read from the JSON without any of our code."""
    reasons: dict[int, str] = {}
    usage: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for chunk in chunks:
        for position, candidate in enumerate(chunk.get("candidates") or ()):
            if candidate.get("finishReason"):
                reasons[candidate.get("index", position)] = candidate["finishReason"]
        usage.update(
            {name: value for name, value in (chunk.get("usageMetadata") or {}).items() if value is not None}
        )
        facts["gen_ai.response.id"] = chunk.get("responseId") or facts.get("gen_ai.response.id")
        model = chunk.get("modelVersion")
        facts["gen_ai.response.model"] = (
            model.removeprefix("models/") if model else facts.get("gen_ai.response.model")
        )
        block = (chunk.get("promptFeedback") or {}).get("blockReason")
        facts["gemini.response.block_reason"] = block or facts.get("gemini.response.block_reason")
    facts.update(tools(chunks))
    facts.update({attribute: usage.get(name) for name, attribute in COUNTERS.items()})
    if "promptTokenCount" in usage or "toolUsePromptTokenCount" in usage:
        prompt = usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0)
        facts["gen_ai.usage.input_tokens"] = prompt
    if "candidatesTokenCount" in usage or "thoughtsTokenCount" in usage:
        output = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
        facts["gen_ai.usage.output_tokens"] = output
    traffic = usage.get("trafficType")
    facts["gemini.response.traffic_type"] = traffic
    facts["gemini.response.service_tier"] = usage.get("serviceTier") or header or TRAFFIC.get(traffic)
    ordered = tuple(reason for _, reason in sorted(reasons.items()))
    facts["gen_ai.response.finish_reasons"] = tuple(map(str.lower, ordered)) or None
    if len(ordered) == 1:
        facts["gemini.response.finish_reason"] = ordered[0]
    return {name: value for name, value in facts.items() if value is not None}


def readable(recording: dict[str, Any]) -> bool:
    """Whether the SDK can parse it: integer enums are another client's encoding, and some curated ones are broken."""
    return recording.get("enum_encoding") != "int" and not recording.get("curated")


def tools(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """What the service's tools did, and how sure the model was."""
    queries, sources, runs, failed, logprobs = set(), {}, 0, [], {}
    pages: dict[str, str] = {}
    for chunk in chunks:
        for candidate in chunk.get("candidates") or ():
            grounding = candidate.get("groundingMetadata") or {}
            for name in ("webSearchQueries", "retrievalQueries"):
                queries.update((name, query) for query in grounding.get(name) or ())
            for found in grounding.get("groundingChunks") or ():
                for kind, source in found.items():
                    snake = {"retrievedContext": "retrieved_context"}.get(kind, kind)
                    if source.get("fileSearchStore") and KNOWS_STORES:
                        snake = "file_search"
                    sources[snake, source.get("uri") or source.get("documentName") or source.get("title")] = (
                        snake
                    )
            for page in (candidate.get("urlContextMetadata") or {}).get("urlMetadata") or ():
                pages[page["retrievedUrl"]] = page["urlRetrievalStatus"].rpartition("_")[2]
            for part in (candidate.get("content") or {}).get("parts") or ():
                runs += "executableCode" in part
                outcome = (part.get("codeExecutionResult") or {}).get("outcome", "OUTCOME_OK")
                failed += [outcome.removeprefix("OUTCOME_")] * (outcome != "OUTCOME_OK")
            if candidate.get("avgLogprobs") is not None:
                logprobs[candidate.get("index", 0)] = float(candidate["avgLogprobs"])
    return {
        "gemini.response.searches": len(queries) or None,
        "gemini.response.sources": len(sources) or None,
        "gemini.response.source_kinds": tuple(dict.fromkeys(sources.values())) or None,
        "gemini.response.urls_read": list(pages.values()).count("SUCCESS") if pages else None,
        "gemini.response.urls_failed": tuple(s for s in pages.values() if s != "SUCCESS") or None,
        "gemini.response.code_executions": runs or None,
        "gemini.response.code_failed": tuple(failed) or None,
        "gemini.response.avg_logprobs": min(logprobs.values()) if logprobs else None,
    }


USES = {  # by tool and result, the attribute with their number
    ("google_search", "retrieval"): "gemini.response.searches",
    ("url_context",): "gemini.response.urls_read",
    ("code_execution",): "gemini.response.code_executions",
}


def test_every_recording(url: str) -> None:
    """Tokens, finish reasons, id, model, block reason, tier and error of each recording are on its span, call and stream; the metrics
    of both profiles have the same sums."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, semconv="gen_ai_latest_experimental/dup")
    sums = {"input": 0, "output": 0}
    tiers: Counter[str] = Counter()
    uses: Counter[str] = Counter()
    differences: list[str] = []
    checked = 0
    try:
        scenarios = {}
        for number, recording in enumerate(recordings()):
            scenarios[f"recording_{number}"] = recording
        played = [simulator.replay(r, name=name) for name, r in scenarios.items()]
        with simulator.serve(scenarios=played) as address:
            client = make_client(str(address))
            for name, recording in scenarios.items():
                telemetry.exporter.clear()
                shape = "stream" if method(recording) == "streamGenerateContent" else "call"
                sent = send(client, shape, f"simulate:{name}")
                found = compare(recording, telemetry, sent.error)
                checked += readable(recording)
                for way in sums:
                    name_of_count = f"gen_ai.usage.{way}_tokens"
                    sums[way] += sum(
                        (span.attributes or {}).get(name_of_count, 0) for span in telemetry.spans
                    )
                tiers.update(span.attributes.get(TIER, "") for span in telemetry.spans if span.attributes)
                for attribute in USES.values():
                    uses[attribute] += sum(
                        (span.attributes or {}).get(attribute, 0) for span in telemetry.spans
                    )
                differences += [f"{name} {recording['source']}: {text}" for text in found]
    finally:
        gemini_otel.uninstrument()
    assert differences == []
    assert checked > 2000
    del tiers[""]
    for names, attribute in USES.items():
        points = telemetry.points("gemini.client.server_tool_uses")
        of_tools = [p for p in points if p.attributes["gen_ai.tool.name"] in names]
        read = [
            p
            for p in of_tools
            if names != ("url_context",) or p.attributes["gemini.server_tool.result"] == "ok"
        ]
        if "retrieval" in names and not KNOWS_STORES:
            continue  # files that were searched pass for retrieval there, without a query
        assert sum(point.value for point in read) == uses[attribute] > 10
    assert labelled(telemetry, "gemini.client.responses", "value") == tiers
    assert labelled(telemetry, "gen_ai.client.operation.duration", "count") == tiers
    assert labelled(telemetry, "gen_ai.client.inference.duration", "count") == tiers
    for way, total in sums.items():
        assert sum(p.sum for p in points_of(telemetry, way)) == total
        latest = telemetry.points(f"gen_ai.client.inference.usage.{way}_tokens")
        assert sum(point.value for point in latest) == total


def labelled(telemetry: Telemetry, metric: str, count: str) -> Counter[str]:
    """How many answers a metric has of each tier."""
    found: Counter[str] = Counter()
    for point in telemetry.points(metric):
        if TIER in point.attributes:
            found[point.attributes[TIER]] += getattr(point, count)
    return found


def points_of(telemetry: Telemetry, way: str) -> list[Any]:
    """The points of the released profile's histogram for input or output."""
    points = telemetry.points("gen_ai.client.token.usage")
    return [point for point in points if point.attributes["gen_ai.token.type"] == way]


def compare(recording: dict[str, Any], telemetry: Telemetry, error: BaseException | None) -> list[str]:
    """What differs between the recorded JSON and the one span of its replay."""
    attributes = telemetry.attributes
    if not readable(recording):
        return []
    if recording["status"] != 200:
        said = chunks_of(recording)[0]["error"]
        wanted = {"error.type": str(recording["status"]), "http.response.status_code": recording["status"]}
        wanted |= {"gemini.error.status": said["status"]} if "status" in said else {}
    elif error is not None:
        return [f"the SDK raised {error!r}"]
    elif isinstance(recording["response_body"], list):  # no alt=sse: comes out of the SDK as one empty chunk
        wanted = {"gemini.response.outcome": "incomplete"}
    else:
        wanted = expected(chunks_of(recording), recording["response_headers"].get("x-gemini-service-tier"))
    return [
        f"{name}: {attributes.get(name)!r} instead of {value!r}"
        for name, value in wanted.items()
        if attributes.get(name) != value
    ]
