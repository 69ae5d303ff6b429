"""What the readers of operations/ find out and `_call` records: frozen, free of SDK and OpenTelemetry types.

Absent is None (or an empty tuple), never 0 or "". Named tuples, because a frozen dataclass takes five times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gemini_otel._facts import names

NO_COUNTS: Mapping[tuple[str, str], int] = MappingProxyType({})

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


# Of a call whose start could not be read.
UNKNOWN_START = StartFacts(model=None, provider="gcp.gen_ai", address=None, port=None)


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
    by_modality: Mapping[tuple[str, str], int] = NO_COUNTS

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


class Counter(NamedTuple):
    """A token counter: `fact` is its name in `UsageFacts`.

    `fields` are the names that the usage of an answer has for it, of which the first one there counts; `in_interactions` is the
    name that interactions have. A loop of calls has the sum under `of_loop`. `metric` counts it by model. `part` is how it is shown
    behind the tokens `of` which it is a part: "(1 thought)", "(8 thoughts)".
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


# A counter that the service adds is a field of `UsageFacts` and a row here.
USAGE = (
    Counter("prompt_tokens", ("prompt_token_count",), "total_input_tokens"),
    Counter(
        "candidates_tokens",
        ("candidates_token_count", "response_token_count"),  # the second as Live spells it
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
# Those that the service gives, in the order of `UsageFacts`.
GIVEN_COUNTERS = tuple(COUNTERS[fact] for fact in UsageFacts._fields if fact != "by_modality")


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
