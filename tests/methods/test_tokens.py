"""Embeddings and token counts, on the Developer API and on Vertex AI."""

from __future__ import annotations

import pytest
from google import genai
from google.genai import types

from support import Telemetry, invoke

MODEL = "gemini-embedding-001"
HAS_USAGE = "usage_metadata" in types.EmbedContentResponse.model_fields
needs_usage = pytest.mark.skipif(not HAS_USAGE, reason="this SDK drops the usage of embeddings")


def test_the_whole_span_of_embeddings(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A batch of embeddings is one CLIENT span with tokens, dimensions, batch size, and its duration is measured."""
    config = {"output_dimensionality": 12, "task_type": "RETRIEVAL_QUERY", "http_options": {"timeout": 9000}}
    sent = invoke(
        client, mode, "models.embed_content", model=MODEL, contents=["one", "another text"], config=config
    )
    assert len(sent.responses[0].embeddings) == 2
    assert telemetry.span.name == f"embeddings {MODEL}"
    assert telemetry.span.kind.name == "CLIENT"
    tokens = {"gen_ai.usage.input_tokens": 4} if HAS_USAGE else {}
    attributes = telemetry.attributes
    assert attributes.pop("server.port") == int(str(client._api_client._http_options.base_url)[17:])
    assert attributes == tokens | {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": MODEL,
        "gen_ai.embeddings.dimension.count": 12,
        "gemini.embeddings.batch_size": 2,
        "gemini.embeddings.task_type": "RETRIEVAL_QUERY",
        "gemini.request.api_version": client._api_client._http_options.api_version,
        "gemini.request.timeout": 9.0,
        "gemini.request.max_attempts": 1,
        "gemini.response.outcome": "ok",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
    }
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    assert (duration.count, duration.attributes["gen_ai.operation.name"]) == (1, "embeddings")
    (answers,) = telemetry.points("gemini.client.responses")
    assert dict(answers.attributes) == {
        "gen_ai.request.model": MODEL,
        "http.response.status_code": 200,
        "gemini.response.outcome": "ok",
        "gemini.repetition.kind": "not_checked",
        "gen_ai.operation.name": "embeddings",
    }


@needs_usage
def test_embedding_tokens_are_measured(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """Input tokens of embeddings are on the token metric; there are no output tokens."""
    invoke(client, mode, "models.embed_content", model=MODEL, contents="some text")
    (point,) = telemetry.points("gen_ai.client.token.usage")
    assert (point.sum, point.attributes["gen_ai.token.type"]) == (3, "input")


def test_embeddings_on_vertex(telemetry: Telemetry, vertex: genai.Client, mode: str) -> None:
    """On Vertex AI tokens are summed over the batch, and billed characters and cut texts are said."""
    texts = ["simulate:embeddings_truncated", "b"]
    invoke(vertex, mode, "models.embed_content", model="text-embedding-005", contents=texts)
    attributes = telemetry.attributes
    assert attributes["gen_ai.provider.name"] == "gcp.vertex_ai"
    assert attributes["gen_ai.usage.input_tokens"] == 4096
    assert attributes["gemini.usage.billable_characters"] == 30
    assert attributes["gemini.embeddings.truncated"] == 2
    assert attributes["gemini.hint.id"] == "embedding.truncated"
    assert attributes["gen_ai.embeddings.dimension.count"] == 768


def test_embeddings_without_usage(telemetry: Telemetry, client: genai.Client) -> None:
    """Where the service gives no token counts there are none: absent is not 0."""
    invoke(client, "sync", "models.embed_content", model=MODEL, contents="simulate:embeddings_without_usage")
    assert "gen_ai.usage.input_tokens" not in telemetry.attributes
    assert telemetry.points("gen_ai.client.token.usage") == []


@pytest.mark.parametrize("scenario", ["daily_quota", "invalid_key", "bad_json_body"])
@pytest.mark.parametrize("method", ["embed_content", "count_tokens"])
def test_failures(telemetry: Telemetry, client: genai.Client, mode: str, method: str, scenario: str) -> None:
    """A refused or broken call has the error facts, attempts and hints of generate_content."""
    sent = invoke(client, mode, f"models.{method}", model="m", contents=f"simulate:{scenario}")
    assert sent.error is not None
    attributes = telemetry.attributes
    assert attributes["gemini.response.outcome"] == "error"
    assert telemetry.span.status.status_code.name == "ERROR"
    if scenario == "daily_quota":
        assert attributes["error.type"] == "429"
        assert attributes["gemini.error.kind"] == "daily_quota"
        assert attributes["http.response.status_code"] == 429
        assert len(telemetry.events("gemini.attempt")) == 1
        assert attributes["gemini.hint.id"] == "http.429.rate_day"


@pytest.mark.parametrize("back_end", ["client", "vertex"])
def test_count_tokens(telemetry: Telemetry, request: pytest.FixtureRequest, mode: str, back_end: str) -> None:
    """Counted tokens are no usage: they have an attribute of their own and no metric, nor has the duration."""
    sent = invoke(
        request.getfixturevalue(back_end),
        mode,
        "models.count_tokens",
        model="gemini-2.5-pro",
        contents="Hello",
    )
    assert telemetry.span.name == "count_tokens gemini-2.5-pro"
    assert telemetry.attributes["gemini.token_count.total"] == sent.responses[0].total_tokens == 2
    assert not any(".usage." in name for name in telemetry.attributes)
    assert telemetry.points("gen_ai.client.token.usage") == []
    assert telemetry.points("gen_ai.client.operation.duration") == []


def test_compute_tokens(telemetry: Telemetry, vertex: genai.Client, mode: str) -> None:
    """The number of tokens is on the span, the tokens are not."""
    invoke(vertex, mode, "models.compute_tokens", model="gemini-2.5-pro", contents="abcdefghij")
    assert telemetry.attributes["gemini.token_count.total"] == 3
    assert "abcd" not in str(telemetry.span.to_json())


def test_what_the_back_end_does_not_serve(telemetry: Telemetry, client: genai.Client, mode: str) -> None:
    """A method that the SDK refuses before any request raises the SDK's own exception, and its span ends."""
    sent = invoke(client, mode, "models.compute_tokens", model="m", contents="x")
    assert isinstance(sent.error, ValueError)
    assert telemetry.attributes["error.type"] == "ValueError"
    assert "http.response.status_code" not in telemetry.attributes
