"""From facts to span attributes: the one place that knows which fact goes under which name."""

from __future__ import annotations

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
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
from gemini_otel.repetition import Repetition

Attributes = dict[str, Value]

_REQUEST = (
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
_USAGE = (
    ("input_tokens", names.USAGE_INPUT_TOKENS),
    ("output_tokens", names.USAGE_OUTPUT_TOKENS),
    ("thoughts_tokens", names.USAGE_REASONING_OUTPUT_TOKENS),
    ("cached_tokens", names.USAGE_CACHE_READ_INPUT_TOKENS),
    ("tool_use_tokens", names.USAGE_TOOL_USE_TOKENS),
    ("total_tokens", names.USAGE_TOTAL_TOKENS),
)
_RESPONSE = (
    ("id", names.RESPONSE_ID),
    ("model", names.RESPONSE_MODEL),
    ("block_reason", names.BLOCK_REASON),
    ("parsed", names.PARSED),
    ("model_status", names.MODEL_STATUS),
    ("traffic_type", names.TRAFFIC_TYPE),
)
_ERROR = (
    ("status", names.ERROR_STATUS),
    ("kind", names.ERROR_KIND),
    ("message", names.ERROR_MESSAGE),
)
# What the service said of the last failed attempt; also on a call that a resend saved.
_FAILED_ATTEMPT = (
    ("reason", names.ERROR_REASON),
    ("quota_id", names.QUOTA_ID),
    ("quota_metric", names.QUOTA_METRIC),
    ("quota_limit", names.QUOTA_LIMIT),
    ("retry_delay", names.RETRY_DELAY),
)
_CONVENTIONAL_MODALITIES = frozenset({"text", "image", "audio"})
_MODALITY_SUFFIX = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read.input_tokens",
}


def start_attributes(operation: str, start: StartFacts, stream: bool) -> Attributes:
    """What is known before the request: all that a sampler gets."""
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
    attributes.update(request.measured)
    return attributes


def response_attributes(response: ResponseFacts) -> Attributes:
    attributes = usage_attributes(response.usage)
    attributes.update(_present(response, _RESPONSE))
    if response.finish_reasons:
        attributes[names.RESPONSE_FINISH_REASONS] = tuple(map(str.lower, response.finish_reasons))
        attributes[names.FINISH_REASON] = worst_finish_reason(response.finish_reasons) or ""
    if response.blocked_categories:
        attributes[names.BLOCKED_CATEGORIES] = response.blocked_categories
    if response.parts:
        attributes[names.PARTS] = response.parts
    attributes.update(response.measured)
    return attributes


def usage_attributes(usage: UsageFacts) -> Attributes:
    attributes = _present(usage, _USAGE)
    for (modality, direction), tokens in usage.by_modality.items():
        # The conventions name three modalities; VIDEO, DOCUMENT and what may come are ours.
        namespace = "gen_ai" if modality in _CONVENTIONAL_MODALITIES else "gemini"
        attributes[f"{namespace}.usage.{modality}.{_MODALITY_SUFFIX[direction]}"] = tokens
    return attributes


def media_attributes(heard: MediaFacts, said: MediaFacts) -> Attributes:
    """How much sound and video went to the model, and how much sound came back; nothing where there was none."""
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
    """What the span of a call would show that failed with `error`, where nothing else is known of the call."""
    attributes = error_attributes(error)
    attributes[names.OUTCOME] = "error"
    if error.code is not None:
        attributes[names.HTTP_STATUS_CODE] = error.code
    return attributes


def failed_attempt_attributes(error: ErrorFacts) -> Attributes:
    """What the service said about a refused attempt, whether or not a resend followed."""
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
    """The flag, and the loop where there is one."""
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


def _present(facts: object, table: tuple[tuple[str, str], ...]) -> Attributes:
    attributes: Attributes = {}  # a comprehension would enter a frame for each fact
    for fact, name in table:
        value = getattr(facts, fact)
        if value is not None:
            attributes[name] = value
    return attributes
