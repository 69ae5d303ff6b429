"""Converts facts to span attributes; only this file knows which attribute a fact becomes."""

from __future__ import annotations

from itertools import compress, repeat
from operator import attrgetter, is_not
from typing import Any

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
from gemini_otel._facts.live import MediaFacts
from gemini_otel._facts.outcomes import worst_finish_reason
from gemini_otel._facts.sendable import MAX_NUMBER
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


def start_attributes(operation: str, start: StartFacts, stream: bool) -> Attributes:
    """What is known before the request, which is all that a sampler gets."""
    attributes: Attributes = {names.OPERATION_NAME: operation, names.PROVIDER_NAME: start.provider}
    if start.model is not None:
        attributes[names.REQUEST_MODEL] = start.model
    if start.agent is not None:
        attributes[names.AGENT_NAME] = start.agent
    if start.address is not None:
        attributes[names.SERVER_ADDRESS] = start.address
        if start.port is not None:
            attributes[names.SERVER_PORT] = start.port
    if stream:
        attributes[names.REQUEST_STREAM] = True
    return attributes


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
