"""What the readers of operations/ find out and `_call` records: frozen, free of SDK and OpenTelemetry types.

Absent is None (or an empty tuple), never 0 or "". Named tuples, because a frozen dataclass takes five times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

_NO_COUNTS: Mapping[tuple[str, str], int] = MappingProxyType({})

Value = str | bool | int | float | tuple[str, ...]
# Facts of one area of the SDK, by the attribute name that they go under.
Measured = Mapping[str, Value]
NOTHING: Measured = MappingProxyType({})
# How often tools of the service were used, by tool and result.
ToolUses = Mapping[tuple[str, str], int]
NO_USES: ToolUses = MappingProxyType({})


class StartFacts(NamedTuple):
    """What a sampler may want to know before the span starts; cheap to read.

    `identity` gives whose call it is, project and key; that is masked in what the service says, and goes nowhere else.
    """

    model: str | None
    provider: str
    address: str | None
    port: int | None
    identity: Callable[[], Iterable[str]] = tuple
    agent: str | None = None


class OfferedTools(NamedTuple):
    """What the model may use: functions by name (None where more may be declared elsewhere), and tools that the service runs.

    `declared` are the functions that the request itself names.
    """

    functions: frozenset[str] | None = None
    server: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()


class RequestFacts(NamedTuple):
    """The request's settings; `stop_sequences` are for content capture, and otherwise counted only.

    `only_media` is set where nothing but an image or sound was asked for. `offered` tells what `tools` counts.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    choice_count: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop_sequences: tuple[str, ...] = ()
    output_type: str | None = None
    reasoning_level: str | None = None
    thinking_budget: int | None = None
    api_version: str | None = None
    timeout: float | None = None  # seconds
    max_attempts: int | None = None
    tools: int | None = None
    tool_mode: str | None = None
    structured_output: bool | None = None
    service_tier: str | None = None
    response_schema: bool = False
    only_media: bool = False
    offered: Callable[[], OfferedTools] = OfferedTools
    measured: Measured = NOTHING


class UsageFacts(NamedTuple):
    """Token counts as the service gave them last; `by_modality` maps `(modality, direction)` to tokens."""

    prompt_tokens: int | None = None
    candidates_tokens: int | None = None
    thoughts_tokens: int | None = None
    cached_tokens: int | None = None
    tool_use_tokens: int | None = None
    total_tokens: int | None = None
    by_modality: Mapping[tuple[str, str], int] = _NO_COUNTS

    @property
    def input_tokens(self) -> int | None:
        """Prompt and tool use: the conventions count all types of input, the API keeps the results of its tools apart."""
        if self.prompt_tokens is None and self.tool_use_tokens is None:
            return None
        return (self.prompt_tokens or 0) + (self.tool_use_tokens or 0)

    @property
    def output_tokens(self) -> int | None:
        """Visible and thought tokens: the conventions count reasoning as output, the API keeps it apart."""
        if self.candidates_tokens is None and self.thoughts_tokens is None:
            return None
        return (self.candidates_tokens or 0) + (self.thoughts_tokens or 0)


_NO_USAGE = UsageFacts()


class ResponseFacts(NamedTuple):
    """One answer: a response, or all chunks of a stream so far. Finish reasons are raw, in the candidates' order.

    `outcome` is given where no finish reason tells it: by the state of a file or job, by images that were filtered.
    """

    id: str | None = None
    model: str | None = None
    finish_reasons: tuple[str, ...] = ()
    block_reason: str | None = None
    blocked_categories: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    usable: bool = False
    parsed: bool | None = None
    model_status: str | None = None
    service_tier: str | None = None
    traffic_type: str | None = None
    usage: UsageFacts = _NO_USAGE
    outcome: str | None = None
    measured: Measured = NOTHING
    tool_uses: ToolUses = NO_USES


class ErrorFacts(NamedTuple):
    """An exception of one attempt or of the whole call; `retry_delay` is in seconds.

    `message` is masked; `raw_message` is for content capture and goes nowhere else.
    """

    type: str
    code: int | None = None
    status: str | None = None
    reason: str | None = None
    kind: str | None = None
    message: str | None = None
    raw_message: str | None = None
    quota_id: str | None = None
    quota_metric: str | None = None
    quota_limit: int | None = None
    retry_delay: float | None = None
