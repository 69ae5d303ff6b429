"""Reads the answers of `embed_content`, `count_tokens` and `compute_tokens`."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ResponseFacts, UsageFacts, Value
from gemini_otel._sdk.reading.fields import count, field, integer, items, quantity, word
from gemini_otel._sdk.reading.measures import Measures, Reader, measure
from gemini_otel._sdk.reading.usage import UsageReader

EMBED_CONTENT: Measures = (
    ("contents", names.EMBEDDING_BATCH_SIZE, count),
    ("config.output_dimensionality", names.EMBEDDING_DIMENSIONS, integer),
    ("config.task_type", names.EMBEDDING_TASK_TYPE, word),
)
TOKEN_COUNT: Measures = (
    ("total_tokens", names.TOKEN_COUNT_TOTAL, integer),
    ("cached_content_token_count", names.TOKEN_COUNT_CACHED, integer),
)
_BILLED: Measures = (("metadata.billable_character_count", names.BILLABLE_CHARACTERS, integer),)


def _read_embeddings(response: Any) -> ResponseFacts:
    """Token counts as the service gives them: for the whole batch, or for each embedding (Vertex AI)."""
    embeddings = items(field(response, "embeddings"))
    statistics = [field(embedding, "statistics") for embedding in embeddings]
    found: dict[str, Value] = dict(measure(_BILLED, response))
    if embeddings:
        found[names.EMBEDDING_BATCH_SIZE] = len(embeddings)
        found[names.EMBEDDING_DIMENSIONS] = len(items(field(embeddings[0], "values")))
    cut = sum(1 for each in statistics if field(each, "truncated")) or int(bool(field(response, "truncated")))
    if cut:
        found[names.EMBEDDINGS_TRUNCATED] = cut
    return ResponseFacts(
        usage=_embedding_usage(response, statistics),
        outcome="ok" if embeddings else "empty",
        measured=found,
    )


def _embedding_usage(response: Any, statistics: list[Any]) -> UsageFacts:
    usage = UsageReader()
    usage.feed(field(response, "usage_metadata"))
    facts = usage.facts()
    tokens = [quantity(field(each, "token_count")) for each in statistics]
    known = [each for each in tokens if each is not None]
    if facts.prompt_tokens is None and known:
        return facts._replace(prompt_tokens=quantity(sum(known)))
    return facts


def _read_computed_tokens(response: Any) -> ResponseFacts:
    """The number of tokens that `compute_tokens` returns; never the tokens, which are the text."""
    lists = [items(field(info, "token_ids")) for info in items(field(response, "tokens_info"))]
    return ResponseFacts(outcome="ok", measured={names.TOKEN_COUNT_TOTAL: sum(map(len, lists))})


EMBEDDINGS = Reader(
    _read_embeddings,
    (
        names.USAGE_INPUT_TOKENS,
        names.EMBEDDING_DIMENSIONS,
        names.EMBEDDING_BATCH_SIZE,
        names.EMBEDDINGS_TRUNCATED,
        names.BILLABLE_CHARACTERS,
    ),
)
COMPUTED_TOKENS = Reader(_read_computed_tokens, (names.TOKEN_COUNT_TOTAL,))
