"""Calls that work but are slow or expensive: thinking, long inputs, caches, replies near their limit. All but one are notes."""

from __future__ import annotations

from gemini_otel._facts.names import (
    FINISH_REASON,
    HTTP_RESEND_COUNT,
    OUTCOME,
    REQUEST_MAX_TOKENS,
    REQUEST_MODEL,
    REQUEST_REASONING_LEVEL,
    REQUEST_TURNS,
    RESPONSE_TIME_TO_FIRST_CHUNK,
    SEARCHES,
    SERVER_TOOLS,
    SOURCE_KINDS,
    SOURCES,
    THINKING_BUDGET,
    URLS_READ,
    USAGE_CACHE_READ_INPUT_TOKENS,
    USAGE_INPUT_TOKENS,
    USAGE_OUTPUT_TOKENS,
    USAGE_REASONING_OUTPUT_TOKENS,
    USAGE_TOOL_USE_TOKENS,
)
from gemini_otel._facts.outcomes import finish_reason_outcome
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, number, text, where
from gemini_otel.hints.models import CACHE_MINIMUM, LONG_CONTEXT, longest_match, model_of

_THINKING_SHARE = 0.5  # share of the output
_THINKING_TOKENS = 1000
_NEAR_CAP = 0.9
_LOOPING_SHARE = 0.8  # share of max_output_tokens
_MUCH_OF_TOOLS = 10_000  # tokens of tool results
_TOOLS_SHARE = 0.5  # share of the input
_SLOW_FIRST_CHUNK = 10.0  # seconds

_THOUGHTS = f"thoughts {{{USAGE_REASONING_OUTPUT_TOKENS}}} of {{{USAGE_OUTPUT_TOKENS}}} output tokens"
_SETTINGS = (
    f"thinking_budget {{{THINKING_BUDGET}}}",
    f"thinking_level {{{REQUEST_REASONING_LEVEL}}}",
    f"model {{{REQUEST_MODEL}}}",
)
_INPUT = f"{{{USAGE_INPUT_TOKENS}}} input tokens"
_FIRST_CHUNK = f"first chunk after {{{RESPONSE_TIME_TO_FIRST_CHUNK}:s}}"


def _ok(attributes: Attributes) -> bool:
    return attributes.get(OUTCOME) == "ok"


def _count(attributes: Attributes, name: str) -> float:
    return number(attributes, name) or 0


def _slow_first_chunk(attributes: Attributes) -> bool:
    """Whether thoughts explain the delay. Failed attempts take time, too."""
    slow = _count(attributes, RESPONSE_TIME_TO_FIRST_CHUNK) > _SLOW_FIRST_CHUNK
    thought = _count(attributes, USAGE_REASONING_OUTPUT_TOKENS) >= _THINKING_TOKENS
    return slow and thought and not attributes.get(HTTP_RESEND_COUNT)


def _much_thinking(attributes: Attributes) -> bool:
    thoughts = _count(attributes, USAGE_REASONING_OUTPUT_TOKENS)
    share = _THINKING_SHARE * _count(attributes, USAGE_OUTPUT_TOKENS)
    return thoughts >= _THINKING_TOKENS and thoughts > share and _ok(attributes)


def _thought_in_circles(attributes: Attributes) -> bool:
    """Whether thoughts took most of the limit in a reply that did not end well, and neither the limit nor a filter ended it."""
    cap, thoughts = (
        _count(attributes, REQUEST_MAX_TOKENS),
        _count(attributes, USAGE_REASONING_OUTPUT_TOKENS),
    )
    reason = text(attributes, FINISH_REASON)
    if reason in ("", "STOP", "MAX_TOKENS", "CONTENT_FILTER") or finish_reason_outcome(reason) == "blocked":
        return False
    return thoughts > _LOOPING_SHARE * cap > 0


def _near_cap(attributes: Attributes) -> bool:
    cap = _count(attributes, REQUEST_MAX_TOKENS)
    near = 0 < _NEAR_CAP * cap < _count(attributes, USAGE_OUTPUT_TOKENS)
    return near and attributes.get(FINISH_REASON) == "STOP" and _ok(attributes)


def _long_context(attributes: Attributes) -> bool:
    return _count(attributes, USAGE_INPUT_TOKENS) > LONG_CONTEXT


def _tools_made_large(attributes: Attributes) -> bool:
    """Whether results of the service's tools are most of a long input."""
    of_tools = _count(attributes, USAGE_TOOL_USE_TOKENS)
    return of_tools >= _MUCH_OF_TOOLS and of_tools > _TOOLS_SHARE * _count(attributes, USAGE_INPUT_TOKENS)


def _cache_missed(attributes: Attributes) -> bool:
    """Whether a follow-up request is long enough for its model's cache, and used none."""
    least = longest_match(CACHE_MINIMUM, model_of(attributes))
    missed = _ok(attributes) and not _count(attributes, USAGE_CACHE_READ_INPUT_TOKENS)
    return missed and least is not None and _count(attributes, USAGE_INPUT_TOKENS) >= least


HINTS = (
    Hint(
        id="repeat.thoughts",
        severity="warning",
        retry="after_change",
        summary="Most of the output token limit went into thoughts, and the reply did not end well.",
        cause="The model may have reasoned in circles. Instructions on how to think, and a high thinking level, make that likelier.",
        remedy=(
            "Lower thinking: thinking_budget on 2.5, thinking_level on Gemini 3 and later.",
            "Remove instructions such as `think step by step`.",
            "Keep max_output_tokens near the longest plausible reply, so that a loop stays cheap.",
        ),
        reference=links.THINKING,
        when=where(_thought_in_circles, needs=REQUEST_MAX_TOKENS),
        evidence=(_THOUGHTS, f"max_output_tokens {{{REQUEST_MAX_TOKENS}}}", *_SETTINGS),
    ),
    Hint(
        id="finish.near_cap",
        severity="info",
        retry="no",
        summary="The reply nearly reached the output token limit.",
        cause="More than nine tenths of max_output_tokens were used, thoughts included. A slightly longer reply is cut off.",
        remedy=("Raise max_output_tokens.", "Ask for less."),
        reference=links.TOKENS,
        when=where(_near_cap, outcomes=ANY, needs=REQUEST_MAX_TOKENS),
        evidence=(f"{{{USAGE_OUTPUT_TOKENS}}} of {{{REQUEST_MAX_TOKENS}}} output tokens", _THOUGHTS),
    ),
    Hint(
        id="perf.slow_first_token",
        severity="info",
        retry="no",
        summary="The first words came late, and the model thought at length.",
        cause="Thinking comes before the reply; most models from 2.5 on think unless they are told not to.",
        remedy=(
            "Lower thinking where speed matters.",
            "Show thoughts while waiting: include_thoughts streams their summaries.",
        ),
        reference=links.THINKING,
        when=where(_slow_first_chunk, outcomes=ANY, needs=RESPONSE_TIME_TO_FIRST_CHUNK),
        evidence=(_FIRST_CHUNK, _THOUGHTS, *_SETTINGS),
    ),
    Hint(
        id="perf.thinking_latency",
        severity="info",
        retry="no",
        summary="Most of the output tokens were thoughts.",
        cause="Thoughts cost time, and are billed as output. Most models from 2.5 on think unless they are told not to.",
        remedy=(
            "Where speed or cost matters, set thinking_budget to 0 or low on 2.5 Flash, or a low thinking_level on Gemini 3.",
            "Keep it where the task needs reasoning.",
        ),
        reference=links.THINKING,
        when=where(_much_thinking, outcomes=ANY, needs=USAGE_REASONING_OUTPUT_TOKENS),
        evidence=(_THOUGHTS, *_SETTINGS),
    ),
    Hint(
        id="perf.large_context",
        severity="info",
        retry="no",
        summary="The input is very long.",
        cause="Long inputs are slower, on some models dearer above 200,000 tokens, and fail with 500 or 504 more often.",
        remedy=("Trim what the task does not need.", "Cache what is sent again and again."),
        reference=links.TOKENS,
        when=where(_long_context, outcomes=ANY),
        evidence=(_INPUT, f"{{{USAGE_CACHE_READ_INPUT_TOKENS}}} from the cache"),
    ),
    Hint(
        id="perf.tool_context",
        severity="info",
        retry="no",
        summary="Most of the input is results of the service's own tools.",
        cause="Pages that it reads, results of searches and the output of code are input, and billed as such. They are not in the "
        "prompt, and count_tokens does not count them.",
        remedy=(
            "Name fewer or shorter pages, or fetch what is needed and send only that.",
            "Leave out tools that the task does not need.",
        ),
        reference=links.TOKENS,
        when=where(_tools_made_large, outcomes=ANY, needs=USAGE_TOOL_USE_TOKENS),
        evidence=(
            f"{{{USAGE_TOOL_USE_TOKENS}}} of {{{USAGE_INPUT_TOKENS}}} input tokens",
            f"tools {{{SERVER_TOOLS}}}",
            f"{{{URLS_READ}}} pages read",
            f"{{{SEARCHES}}} searches, {{{SOURCES}}} sources",
            f"kinds of sources: {{{SOURCE_KINDS}}}",
        ),
    ),
    Hint(
        id="perf.cache_miss",
        severity="info",
        retry="no",
        summary="A follow-up request used nothing from a cache.",
        cause="The request holds earlier turns, so its beginning was probably sent before, and it is long enough for the model's "
        "implicit cache. That cache lasts for minutes, needs the very same beginning, and is never guaranteed.",
        remedy=(
            "Keep the beginning as it was: the same system instruction, tools and earlier turns, in the same order.",
            "Put what changes, such as the time of day, at the end.",
            "For a large context that stays, make an explicit cache.",
        ),
        reference=links.CACHING,
        when=where(_cache_missed, outcomes=frozenset({"ok"}), needs=REQUEST_TURNS),
        evidence=(
            _INPUT,
            "the model's cache takes {model.cache_minimum} and more",
            f"{{{REQUEST_TURNS}}} earlier turns",
            f"model {{{REQUEST_MODEL}}}",
        ),
    ),
)
