"""The profiles: editions of the GenAI conventions, with each edition's names for the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.names import BOTH_PROFILES, DEFAULT_PROFILE, LATEST_PROFILE, WORKFLOW_DURATION


class MetricNames(NamedTuple):
    """The metric names for one kind of operation; each value is recorded under every name listed."""

    duration: tuple[str, ...] = ()
    first_chunk: tuple[str, ...] = ()
    # One histogram for input and output, with the attribute `gen_ai.token.type`.
    token_usage: tuple[str, ...] = ()
    known_input_tokens: tuple[str, ...] = ()  # for operations whose answer has counts
    input_tokens: tuple[str, ...] = ()  # for every operation; 0 if the answer has no counts
    output_tokens: tuple[str, ...] = ()
    usage: tuple[tuple[str, str], ...] = ()  # counters by modality, with the direction that each counts

    def __or__(self, other: MetricNames) -> MetricNames:
        """The union: each value under the names of both."""
        both: list[Any] = [
            tuple(dict.fromkeys((*mine, *theirs))) for mine, theirs in zip(self, other, strict=True)
        ]
        return MetricNames(*both)


class Profile(NamedTuple):
    """One edition of the conventions, chosen once for an `instrument()`.

    `missing_reason` is the value in `gen_ai.response.finish_reasons` if a reason was due and none came. `workflow_duration`
    are the metric names for the duration of a loop. `newest_content` leaves deprecated things out of captured content:
    finish reasons in messages, and instructions that are not text.
    """

    name: str
    schema_url: str | None
    metrics: Mapping[str, MetricNames]  # by kind of operation: inference, embeddings, other
    missing_reason: str | None = None
    workflow_duration: tuple[str, ...] = ()
    newest_content: bool = False


OPERATION_KINDS: Mapping[str, str] = {
    "chat": "inference",
    "embeddings": "embeddings",
    "generate_content": "inference",
    "text_completion": "inference",
}
_OPERATION_DURATION = ("gen_ai.client.operation.duration",)
_RELEASED = MetricNames(
    duration=_OPERATION_DURATION,
    first_chunk=("gen_ai.client.operation.time_to_first_chunk",),
    token_usage=("gen_ai.client.token.usage",),
)
_LATEST = MetricNames(
    duration=("gen_ai.client.inference.duration",),
    first_chunk=("gen_ai.client.inference.time_to_first_chunk",),
    input_tokens=("gen_ai.client.inference.operation.input_tokens",),
    output_tokens=("gen_ai.client.inference.operation.output_tokens",),
    usage=(
        ("gen_ai.client.inference.usage.input_tokens", "input"),
        ("gen_ai.client.inference.usage.output_tokens", "output"),
        ("gen_ai.client.inference.usage.cache_read.input_tokens", "cache_read"),
        ("gen_ai.client.inference.usage.reasoning.output_tokens", "reasoning"),
    ),
)
_LATEST_EMBEDDINGS = MetricNames(
    duration=("gen_ai.client.embeddings.duration",),
    known_input_tokens=("gen_ai.client.embeddings.operation.input_tokens",),
)
_DEFAULT_METRICS = {"inference": _RELEASED, "embeddings": _RELEASED, "other": _RELEASED}
_LATEST_METRICS = {
    "inference": _LATEST,
    "embeddings": _LATEST_EMBEDDINGS,
    "other": MetricNames(duration=_OPERATION_DURATION),
}
_BOTH_METRICS = {kind: _RELEASED | metrics for kind, metrics in _LATEST_METRICS.items()}

PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        # The last release of the core conventions that defines gen_ai; the GenAI repository has no schema URL yet.
        Profile(DEFAULT_PROFILE, "https://opentelemetry.io/schemas/1.41.1", _DEFAULT_METRICS),
        Profile(LATEST_PROFILE, None, _LATEST_METRICS, "error", (WORKFLOW_DURATION,), newest_content=True),
        Profile(BOTH_PROFILES, None, _BOTH_METRICS, "error", (WORKFLOW_DURATION,)),
    )
}
