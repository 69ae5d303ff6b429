"""Embeddings and token counts."""

from __future__ import annotations

import base64
from random import Random
from typing import Any

from ._request import Call, at_most, field_of, object_of, objects_of, texts
from ._route import MODEL, answering, route
from ._scenario import Json, Reply
from ._usage import modality_details, prompt_counts, text_tokens

_DIMENSIONS = 768
_MOST_DIMENSIONS = 4096
_MOST_TOKENS = 2048


def _count_tokens(call: Call, _reply: Reply) -> Json:
    counts = prompt_counts(call)
    total = sum(counts.values())
    return {"totalTokens": total} | ({"promptTokensDetails": modality_details(counts)} if total else {})


def _compute_tokens(call: Call, _reply: Reply) -> Json:
    return {"tokensInfo": [_tokens_info(content) for content in call.contents]}


def _tokens_info(content: Json) -> Json:
    text = " ".join(texts(content))
    pieces = [text[start : start + 4] for start in range(0, len(text), 4)]
    ids = [str(sum(piece.encode())) for piece in pieces]
    tokens = [base64.b64encode(piece.encode()).decode() for piece in pieces]
    return {"role": content.get("role", "user"), "tokenIds": ids, "tokens": tokens}


def _batch_embed(call: Call, reply: Reply) -> Json:
    requests = objects_of(call.body.get("requests"))
    contents = [" ".join(texts(object_of(each.get("content")))) for each in requests]
    size = field_of(requests[0], "outputDimensionality") if requests else None
    answer: Json = {"embeddings": [{"values": _values(text, size)} for text in contents]}
    return answer | _usage(contents, reply)


def _embed(call: Call, reply: Reply) -> Json:
    content = object_of(call.body.get("content"))
    text = " ".join(texts(content))
    size = field_of(call.body, "outputDimensionality") or field_of(
        object_of(field_of(call.body, "embedContentConfig")), "outputDimensionality"
    )
    truncated = {"truncated": True} if reply.variant == "truncated" else {}
    return {"embedding": {"values": _values(text, size)}} | _usage([text], reply) | truncated


def _usage(contents: list[str], reply: Reply) -> Json:
    if reply.variant == "no_usage":
        return {}
    tokens = sum(map(text_tokens, contents))
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return {"usageMetadata": {"promptTokenCount": tokens, "promptTokenDetails": details}}


def predicted_embeddings(call: Call, reply: Reply) -> Json:
    """Vertex AI's answer to ``:predict`` for an embedding model."""
    instances = [str(each.get("content", "")) for each in objects_of(call.body.get("instances"))]
    size = field_of(object_of(call.body.get("parameters")), "outputDimensionality")
    return {
        "predictions": [
            _prediction(text, size, truncated=reply.variant == "truncated") for text in instances
        ],
        "metadata": {"billableCharacterCount": sum(len("".join(text.split())) for text in instances)},
    }


def _prediction(text: str, size: Any, *, truncated: bool) -> Json:
    tokens = _MOST_TOKENS if truncated else text_tokens(text)
    return {
        "embeddings": {
            "statistics": {"truncated": truncated, "token_count": tokens},
            "values": _values(text, size),
        }
    }


def _values(text: str, size: Any) -> list[float]:
    """A vector that is the same for the same text."""
    chance = Random(text)  # noqa: S311  # a vector is no secret
    return [
        round(chance.uniform(-0.05, 0.05), 9) for _ in range(at_most(size, _MOST_DIMENSIONS, _DIMENSIONS))
    ]


PLAYS = {"embeddings": frozenset({"truncated", "no_usage"})}
ROUTES = (
    route("POST", MODEL + r":(?P<method>countTokens)", answering(_count_tokens)),
    route("POST", MODEL + r":(?P<method>computeTokens)", answering(_compute_tokens)),
    route("POST", MODEL + r":(?P<method>batchEmbedContents)", answering(_batch_embed)),
    route("POST", MODEL + r":(?P<method>embedContent)", answering(_embed)),
)
