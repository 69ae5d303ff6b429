"""What the readers of `_sdk` return and `_telemetry` records: frozen, free of SDK and OpenTelemetry types.

Absent is None (or an empty tuple), never 0 or "". They are named tuples, because a frozen dataclass takes five times as long
to make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gemini_otel._facts import names

NO_COUNTS: Mapping[tuple[str, str], int] = MappingProxyType({})

Value = str | bool | int | float | tuple[str, ...]
# Facts of one area of the SDK, by the name of their attribute.
Measured = Mapping[str, Value]
NOTHING: Measured = MappingProxyType({})
# How often the service's tools were used, by tool and result.
ToolUses = Mapping[tuple[str, str], int]
NO_USES: ToolUses = MappingProxyType({})


class StartFacts(NamedTuple):
    """What a sampler may want to know before the span starts; cheap to read.

    `identity` is the project and the key of the call. They are masked in the service's messages, and are never recorded.
    """

    model: str | None
    provider: str
    address: str | None
    port: int | None
    identity: Callable[[], Iterable[str]] = tuple
    agent: str | None = None


# For a call whose start could not be read.
UNKNOWN_START = StartFacts(model=None, provider="gcp.gen_ai", address=None, port=None)


class OfferedTools(NamedTuple):
    """What the model may use: functions by name (None if more may be declared elsewhere), and tools that the service runs.

    `declared` are the functions that the request itself names.
    """

    functions: frozenset[str] | None = None
    server: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()


class RequestFacts(NamedTuple):
    """The request's settings. `stop_sequences` are for content capture; otherwise only their number is recorded.

    `only_media` is set if nothing but an image or sound was asked for. `offered` names what `tools` counts.
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
    """Token counts as the service last gave them; `by_modality` maps `(modality, direction)` to tokens."""

    prompt_tokens: int | None = None
    candidates_tokens: int | None = None
    thoughts_tokens: int | None = None
    cached_tokens: int | None = None
    tool_use_tokens: int | None = None
    total_tokens: int | None = None
    by_modality: Mapping[tuple[str, str], int] = NO_COUNTS

    @property
    def input_tokens(self) -> int | None:
        """Prompt tokens and tokens of tool results: the conventions count all types of input, the API keeps the latter
        apart.
        """
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


class Counter(NamedTuple):
    """A token counter: `fact` is its name in `UsageFacts`.

    `fields` are the names of the counter in an answer's usage; the first one that is present counts. `in_interactions` is
    its name in interactions. A function calling loop has the sum as `of_loop`. `metric` counts it by model. `part` is the
    label with which the terminal shows it behind the tokens `of` which it is a part: "(1 thought)", "(8 thoughts)".
    """

    fact: str
    fields: tuple[str, ...] = ()
    in_interactions: str = ""
    attribute: str | None = None
    of_loop: str | None = None
    metric: str | None = None
    description: str = ""
    of: str | None = None
    part: tuple[str, str] = ("", "")


# To support a new counter of the service, add a field to `UsageFacts` and a row here.
USAGE = (
    Counter("prompt_tokens", ("prompt_token_count",), "total_input_tokens"),
    Counter(
        "candidates_tokens",
        ("candidates_token_count", "response_token_count"),  # the second one is Live's spelling
        "total_output_tokens",
    ),
    Counter("input_tokens", attribute=names.USAGE_INPUT_TOKENS, of_loop=names.LOOP_INPUT_TOKENS),
    Counter("output_tokens", attribute=names.USAGE_OUTPUT_TOKENS, of_loop=names.LOOP_OUTPUT_TOKENS),
    Counter(
        "thoughts_tokens",
        ("thoughts_token_count",),
        "total_thought_tokens",
        attribute=names.USAGE_REASONING_OUTPUT_TOKENS,
        of_loop=names.LOOP_REASONING_TOKENS,
        metric=names.THOUGHTS_TOKENS,
        description="Thought tokens used.",
        of="output_tokens",
        part=("thought", "thoughts"),
    ),
    Counter(
        "cached_tokens",
        ("cached_content_token_count",),
        "total_cached_tokens",
        attribute=names.USAGE_CACHE_READ_INPUT_TOKENS,
        of_loop=names.LOOP_CACHED_TOKENS,
        metric=names.CACHED_TOKENS,
        description="Input tokens read from a cache.",
        of="input_tokens",
        part=("cached", "cached"),
    ),
    Counter(
        "tool_use_tokens",
        ("tool_use_prompt_token_count",),
        "total_tool_use_tokens",
        attribute=names.USAGE_TOOL_USE_TOKENS,
    ),
    Counter("total_tokens", ("total_token_count",), "total_tokens", attribute=names.USAGE_TOTAL_TOKENS),
)
COUNTERS = {counter.fact: counter for counter in USAGE}
# The counters that the service reports, in the order of `UsageFacts`.
GIVEN_COUNTERS = tuple(COUNTERS[fact] for fact in UsageFacts._fields if fact != "by_modality")


class ResponseFacts(NamedTuple):
    """One answer: a response, or all chunks of a stream so far. Finish reasons are raw, in the candidates' order.

    `outcome` is set if something other than a finish reason decides it: the state of a file or job, or filtered images.
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

    `message` is masked; `raw_message` is for content capture only.
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
