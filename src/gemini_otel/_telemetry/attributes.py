"""Converts facts to span attributes, and sets them; only this file knows which attribute a fact becomes.

It keeps the attributes as they were set, and counts the values that were replaced. Hints are derived from these, not from what
the limits of the OpenTelemetry SDK leave: OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts texts, and
OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT drops the attributes that came first.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import lru_cache
from itertools import compress, repeat
from operator import attrgetter, is_not
from types import MappingProxyType
from typing import Any

from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
    USAGE,
    ErrorFacts,
    RequestFacts,
    ResponseFacts,
    StartFacts,
    UsageFacts,
    Value,
)
from gemini_otel._facts.errors.kinds import rpc_status
from gemini_otel._facts.guard import logger
from gemini_otel._facts.live import MediaFacts
from gemini_otel._facts.outcomes import worst_finish_reason
from gemini_otel._facts.sendable import MAX_NUMBER, OTHER, replaced
from gemini_otel.repetition import Repetition

Attributes = dict[str, Value]


class _Table:
    """Names of facts, and of the attributes that they become."""

    def __init__(self, *rows: tuple[str, str]) -> None:
        facts, self.names = zip(*rows, strict=True)
        self.values: Any = attrgetter(*facts)


_REQUEST = _Table(
    ("temperature", names.REQUEST_TEMPERATURE),
    ("top_p", names.REQUEST_TOP_P),
    ("top_k", names.REQUEST_TOP_K),
    ("max_tokens", names.REQUEST_MAX_TOKENS),
    ("seed", names.REQUEST_SEED),
    ("presence_penalty", names.REQUEST_PRESENCE_PENALTY),
    ("frequency_penalty", names.REQUEST_FREQUENCY_PENALTY),
    ("output_type", names.OUTPUT_TYPE),
    ("reasoning_level", names.REQUEST_REASONING_LEVEL),
    ("thinking_budget", names.THINKING_BUDGET),
    ("api_version", names.API_VERSION),
    ("timeout", names.TIMEOUT),
    ("max_attempts", names.MAX_ATTEMPTS),
    ("tools", names.TOOLS),
    ("tool_mode", names.TOOL_MODE),
    ("structured_output", names.STRUCTURED_OUTPUT),
    ("service_tier", names.REQUEST_SERVICE_TIER),
)
_USAGE = _Table(*((counter.fact, counter.attribute) for counter in USAGE if counter.attribute is not None))
_RESPONSE = _Table(
    ("id", names.RESPONSE_ID),
    ("model", names.RESPONSE_MODEL),
    ("block_reason", names.BLOCK_REASON),
    ("parsed", names.PARSED),
    ("model_status", names.MODEL_STATUS),
    ("traffic_type", names.TRAFFIC_TYPE),
)
_ERROR = _Table(
    ("status", names.ERROR_STATUS),
    ("kind", names.ERROR_KIND),
    ("message", names.ERROR_MESSAGE),
)
# The service's answer to the last failed attempt; also set if a resend succeeded.
_FAILED_ATTEMPT = _Table(
    ("reason", names.ERROR_REASON),
    ("quota_id", names.QUOTA_ID),
    ("quota_metric", names.QUOTA_METRIC),
    ("quota_limit", names.QUOTA_LIMIT),
    ("retry_delay", names.RETRY_DELAY),
)
# Sums on the span around several calls. `gen_ai.usage.*` is on the calls only, so that nothing is counted twice.
_TOTALS = tuple((counter.fact, counter.of_loop) for counter in USAGE if counter.of_loop is not None)
# The conventions name three modalities; the names for VIDEO, DOCUMENT and later ones are ours.
_CONVENTIONAL_MODALITIES = frozenset({"text", "image", "audio"})
_MODALITY_SUFFIX = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read.input_tokens",
}


def start_attributes(operation: str, start: StartFacts, stream: bool) -> Mapping[str, Value]:
    """What is known before the request, which is all that a sampler gets. Calls with the same start share it, so it is read-only."""
    model, provider, address, port, _, agent = start
    return _start_attributes(operation, provider, model, agent, address, port, stream)


@lru_cache(maxsize=256)
def _start_attributes(
    operation: str,
    provider: str,
    model: str | None,
    agent: str | None,
    address: str | None,
    port: int | None,
    stream: bool,
) -> Mapping[str, Value]:
    attributes: Attributes = {names.OPERATION_NAME: operation, names.PROVIDER_NAME: provider}
    if model is not None:
        attributes[names.REQUEST_MODEL] = model
    if agent is not None:
        attributes[names.AGENT_NAME] = agent
    if address is not None:
        attributes[names.SERVER_ADDRESS] = address
        if port is not None:
            attributes[names.SERVER_PORT] = port
    if stream:
        attributes[names.REQUEST_STREAM] = True
    return MappingProxyType(attributes)


def request_attributes(request: RequestFacts) -> Attributes:
    attributes = _present(request, _REQUEST)
    if request.choice_count is not None and request.choice_count != 1:
        attributes[names.REQUEST_CHOICE_COUNT] = request.choice_count
    if request.stop_sequences:
        attributes[names.STOP_SEQUENCES] = len(request.stop_sequences)
    if request.measured:
        attributes.update(request.measured)
    return attributes


def response_attributes(
    response: ResponseFacts, usage: Attributes | None = None, worst: str | None = None
) -> Attributes:
    """The attributes of an answer. `usage` are the attributes of its token counts and `worst` is its worst finish reason, if
    already known.
    """
    attributes = _present(response, _RESPONSE)
    attributes.update(usage_attributes(response.usage) if usage is None else usage)
    if response.finish_reasons:
        attributes[names.RESPONSE_FINISH_REASONS] = tuple(map(str.lower, response.finish_reasons))
        attributes[names.FINISH_REASON] = worst or worst_finish_reason(response.finish_reasons) or ""
    if response.blocked_categories:
        attributes[names.BLOCKED_CATEGORIES] = response.blocked_categories
    if response.parts:
        attributes[names.PARTS] = response.parts
    if response.measured:
        attributes.update(response.measured)
    return attributes


def usage_attributes(usage: UsageFacts) -> Attributes:
    attributes = _present(usage, _USAGE)
    for (modality, direction), tokens in usage.by_modality.items():
        namespace = "gen_ai" if modality in _CONVENTIONAL_MODALITIES else "gemini"
        attributes[f"{namespace}.usage.{modality}.{_MODALITY_SUFFIX[direction]}"] = tokens
    return attributes


class UsageTotals:
    """Adds up the token counts of several calls; a count that no call has stays absent."""

    __slots__ = ("attributes",)

    def __init__(self) -> None:
        self.attributes: dict[str, int] = {}

    def add(self, usage: UsageFacts) -> None:
        for fact, name in _TOTALS:
            tokens = getattr(usage, fact)
            if tokens is not None:
                self.attributes[name] = min(self.attributes.get(name, 0) + tokens, MAX_NUMBER)


def media_attributes(heard: MediaFacts, said: MediaFacts) -> Attributes:
    """How much sound and video was sent, and how much sound was received; empty if there was none."""
    amounts = {
        names.LIVE_INPUT_AUDIO_BYTES: heard.audio_bytes,
        names.LIVE_INPUT_AUDIO_SECONDS: heard.audio_seconds,
        names.LIVE_INPUT_VIDEO_BYTES: heard.video_bytes,
        names.LIVE_OUTPUT_AUDIO_BYTES: said.audio_bytes,
        names.LIVE_OUTPUT_AUDIO_SECONDS: said.audio_seconds,
    }
    return {name: amount for name, amount in amounts.items() if amount}


def error_attributes(error: ErrorFacts) -> Attributes:
    """An exception that reaches the caller."""
    if error.status is not None:
        error = error._replace(status=rpc_status(error.status))
    return {names.ERROR_TYPE: error.type, **_present(error, _ERROR), **failed_attempt_attributes(error)}


def failure_attributes(error: ErrorFacts) -> Attributes:
    """The attributes that the span of a call would have that failed with `error`, if nothing else is known of the call."""
    attributes = error_attributes(error)
    attributes[names.OUTCOME] = "error"
    if error.code is not None:
        attributes[names.HTTP_STATUS_CODE] = error.code
    return attributes


def failed_attempt_attributes(error: ErrorFacts) -> Attributes:
    """What the service said when it refused an attempt, whether or not a resend followed."""
    return _present(error, _FAILED_ATTEMPT)


def attempt_attributes(error: ErrorFacts, number: int) -> Attributes:
    """The `gemini.attempt` event of a failed attempt; `number` counts from 1."""
    attributes: Attributes = {names.ATTEMPT_NUMBER: number, names.ERROR_TYPE: error.type}
    if error.code is not None:
        attributes[names.HTTP_STATUS_CODE] = error.code
    if error.status is not None:
        attributes[names.ERROR_STATUS] = rpc_status(error.status)
    if error.retry_delay is not None:
        attributes[names.RETRY_DELAY] = error.retry_delay
    return attributes


def repetition_attributes(verdict: Repetition | None) -> Attributes:
    """Whether there is a loop, and the loop's attributes."""
    if verdict is None:
        return {names.REPETITION_DETECTED: False}
    return {
        names.REPETITION_DETECTED: True,
        names.REPETITION_KIND: verdict.kind,
        names.REPETITION_PERIOD: verdict.period,
        names.REPETITION_COUNT: verdict.count,
        names.REPETITION_START: verdict.start,
        names.REPETITION_SHARE: float(verdict.share),
    }


def _present(facts: object, table: _Table) -> Attributes:
    """The attributes of the facts that are known. It has no loop, which would take most of the time of this step."""
    values = table.values(facts)
    return dict(compress(zip(table.names, values, strict=True), map(is_not, values, repeat(None))))


# Kept while somebody holds the span, which is until it has ended, because exporters get a copy.
_given: weakref.WeakKeyDictionary[Span, dict[str, Any]] = weakref.WeakKeyDictionary()
_warned = False  # whether the first replaced value was logged


def write(span: Span, attributes: Mapping[str, Any]) -> None:
    """Set attributes on the span, and keep them unchanged."""
    span.set_attributes(attributes)
    if span.is_recording():
        _given.setdefault(span, {}).update(attributes)


def keep(span: Span, attributes: dict[str, Any]) -> None:
    """Keep the attributes with which a recording span was started. Later attributes are added to the same dict."""
    _given[span] = attributes


def restore(span: Span, attributes: dict[str, Any]) -> None:
    """Restore in this copy of the span's attributes what the limits removed; what others have changed stays."""
    given = _given.get(span)
    if given is None or given.items() <= attributes.items():
        return
    for name, value in given.items():
        left = attributes.get(name)
        if left is None or _is_cut(left, value):
            attributes[name] = value


def _is_cut(left: object, value: object) -> bool:
    if isinstance(value, str):
        return isinstance(left, str) and value.startswith(left)
    if isinstance(value, tuple | list) and isinstance(left, tuple | list):
        return len(left) == len(value) and all(map(_is_cut, left, value))
    return False


def replacements(attributes: Mapping[str, Any]) -> dict[str, int]:
    """The number of replaced values, as an attribute; empty if none was replaced. The first one in the process is logged."""
    found = replaced(attributes)
    if not found:
        return {}
    global _warned
    if not _warned:
        _warned = True
        logger.warning(
            "A value does not look like a name; the span has %s instead, in %s. "
            "Further ones are counted in %s of their spans and not logged.",
            OTHER,
            found[0],
            names.REPLACED_VALUES,
        )
    return {names.REPLACED_VALUES: len(found)}
