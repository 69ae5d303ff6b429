"""Every attribute, event and metric name of this package, in one place.

`gen_ai.*`, `server.*`, `http.*` and `error.type` follow the OpenTelemetry conventions. The GenAI names are spelled out
because `opentelemetry-semantic-conventions` marks all of its own as moved. Our own names begin with `gemini.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

# --- OpenTelemetry GenAI conventions: https://github.com/open-telemetry/semantic-conventions-genai
OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
# The predecessor of `gen_ai.provider.name`; read from other libraries' spans, never written.
SYSTEM = "gen_ai.system"
CONVERSATION_ID = "gen_ai.conversation.id"
OUTPUT_TYPE = "gen_ai.output.type"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
REQUEST_CHOICE_COUNT = "gen_ai.request.choice.count"
REQUEST_SEED = "gen_ai.request.seed"
REQUEST_TOP_K = "gen_ai.request.top_k"
REQUEST_TOP_P = "gen_ai.request.top_p"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_TEMPERATURE = "gen_ai.request.temperature"
REQUEST_FREQUENCY_PENALTY = "gen_ai.request.frequency_penalty"
REQUEST_PRESENCE_PENALTY = "gen_ai.request.presence_penalty"
REQUEST_STOP_SEQUENCES = "gen_ai.request.stop_sequences"
REQUEST_REASONING_LEVEL = "gen_ai.request.reasoning.level"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
USAGE_INPUT_TOKENS = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ_INPUT_TOKENS = "gen_ai.usage.cache_read.input_tokens"
USAGE_REASONING_OUTPUT_TOKENS = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE = "gen_ai.token.type"
TOKEN_MODALITY = "gen_ai.token.modality"
EMBEDDING_DIMENSIONS = "gen_ai.embeddings.dimension.count"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
TOOL_DEFINITIONS = "gen_ai.tool.definitions"
TOOL_CALL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT = "gen_ai.tool.call.result"
TOOL_NAME = "gen_ai.tool.name"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_DESCRIPTION = "gen_ai.tool.description"
AGENT_ID = "gen_ai.agent.id"
AGENT_NAME = "gen_ai.agent.name"
PROMPT_NAME = "gen_ai.prompt.name"
PROMPT_VERSION = "gen_ai.prompt.version"
REQUEST_PREVIOUS_RESPONSE_ID = "gen_ai.request.previous_response.id"
WORKFLOW_NAME = "gen_ai.workflow.name"

ERROR_TYPE = "error.type"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"
EXCEPTION_STACKTRACE = "exception.stacktrace"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
HTTP_STATUS_CODE = "http.response.status_code"
HTTP_RESEND_COUNT = "http.request.resend_count"

# --- ours
ERROR_STATUS = "gemini.error.status"
ERROR_REASON = "gemini.error.reason"
ERROR_KIND = "gemini.error.kind"
ERROR_MESSAGE = "gemini.error.message"
QUOTA_ID = "gemini.quota.id"
QUOTA_METRIC = "gemini.quota.metric"
QUOTA_LIMIT = "gemini.quota.limit"
RETRY_DELAY = "gemini.retry.delay"
FINISH_REASON = "gemini.response.finish_reason"
FINISH_MESSAGE = "gemini.response.finish_message"
BLOCK_REASON = "gemini.response.block_reason"
BLOCKED_CATEGORIES = "gemini.response.blocked_categories"
OUTCOME = "gemini.response.outcome"
PARTS = "gemini.response.parts"
PARSED = "gemini.response.parsed"
UNDECLARED_CALLS = "gemini.response.undeclared_calls"
UNUSED_TOOLS = "gemini.response.unused_tools"
URLS_READ = "gemini.response.urls_read"
URLS_FAILED = "gemini.response.urls_failed"
SEARCHES = "gemini.response.searches"
SOURCES = "gemini.response.sources"
SOURCE_KINDS = "gemini.response.source_kinds"
CODE_RUNS = "gemini.response.code_executions"
CODE_FAILED = "gemini.response.code_failed"
COMPUTER_ACTIONS = "gemini.response.computer_actions"
AVG_LOGPROBS = "gemini.response.avg_logprobs"
CONTINUATION_COUNT = "gemini.response.continuation_count"
MODEL_STATUS = "gemini.response.model_status"
MODEL_RETIREMENT = "gemini.response.model_retirement"
REPLACED_VALUES = "gemini.response.replaced_values"
RESPONSE_SERVICE_TIER = "gemini.response.service_tier"
TRAFFIC_TYPE = "gemini.response.traffic_type"
FLEX_WAIT = "gemini.response.flex_wait"
USAGE_TOOL_USE_TOKENS = "gemini.usage.tool_use_tokens"
USAGE_TOTAL_TOKENS = "gemini.usage.total_tokens"
AFC_ROUNDS = "gemini.afc.rounds"
AFC_MAX_ROUNDS = "gemini.afc.max_rounds"
AFC_TOOLS = "gemini.afc.tools"
AFC_TOOLS_FAILED = "gemini.afc.tools_failed"
AFC_EXHAUSTED = "gemini.afc.exhausted"
# Sums over the rounds of a loop. Only the loop's span has them, so adding up one of these over spans counts nothing twice.
LOOP_INPUT_TOKENS = "gemini.usage.input_tokens"
LOOP_OUTPUT_TOKENS = "gemini.usage.output_tokens"
LOOP_REASONING_TOKENS = "gemini.usage.reasoning_tokens"
LOOP_CACHED_TOKENS = "gemini.usage.cached_tokens"
TOOL_FAILURE = "gemini.tool.failure"
TOOL_SERVER = "gemini.tool.server"
SERVER_TOOL_RESULT = "gemini.server_tool.result"
THINKING_BUDGET = "gemini.request.thinking_budget"
API_VERSION = "gemini.request.api_version"
TIMEOUT = "gemini.request.timeout"
MAX_ATTEMPTS = "gemini.request.max_attempts"
STOP_SEQUENCES = "gemini.request.stop_sequences"
TOOLS = "gemini.request.tools"
TOOL_MODE = "gemini.request.tool_mode"
SERVER_TOOLS = "gemini.request.server_tools"
SAFETY_SETTINGS = "gemini.request.safety_settings"
VERTEX_REQUEST_TYPE = "gemini.request.vertex_request_type"
OVERWRITTEN_THRESHOLDS = "gemini.response.overwritten_thresholds"
CACHED_CONTENT = "gemini.request.cached_content"
STRUCTURED_OUTPUT = "gemini.request.structured_output"
REQUEST_SERVICE_TIER = "gemini.request.service_tier"
REQUEST_TURNS = "gemini.request.turns"
EMBEDDING_BATCH_SIZE = "gemini.embeddings.batch_size"
EMBEDDING_TASK_TYPE = "gemini.embeddings.task_type"
EMBEDDINGS_TRUNCATED = "gemini.embeddings.truncated"
BILLABLE_CHARACTERS = "gemini.usage.billable_characters"
# Counted tokens that were not used. They are not under `gen_ai.usage.*` or `gemini.usage.*`, so that sums count nothing
# twice.
TOKEN_COUNT_TOTAL = "gemini.token_count.total"
TOKEN_COUNT_CACHED = "gemini.token_count.cached"
IMAGES = "gemini.images.count"
IMAGES_FILTERED = "gemini.images.filtered"
IMAGES_FILTERED_REASONS = "gemini.images.filtered_reasons"
VIDEOS = "gemini.videos.count"
VIDEOS_FILTERED = "gemini.videos.filtered"
VIDEOS_FILTERED_REASONS = "gemini.videos.filtered_reasons"
RESOURCE_NAME = "gemini.resource.name"
RESOURCE_STATE = "gemini.resource.state"
ENVIRONMENT_MODE = "gemini.environment.mode"
RESOURCE_DONE = "gemini.resource.done"
RESOURCE_SIZE = "gemini.resource.size"
RESOURCE_MIME_TYPE = "gemini.resource.mime_type"
RESOURCE_EXPIRES_IN = "gemini.resource.expires_in"
RESOURCE_COUNT = "gemini.resource.count"
FAILURE_STATUS = "gemini.failure.status"
FAILURE_MESSAGE = "gemini.failure.message"
PAGE_SIZE = "gemini.page.size"
PAGE_NUMBER = "gemini.page.number"
CACHE_TOKENS = "gemini.cache.tokens"
CACHE_TTL = "gemini.cache.ttl"
STORE_ACTIVE = "gemini.store.active_documents"
STORE_PENDING = "gemini.store.pending_documents"
STORE_FAILED = "gemini.store.failed_documents"
DELETION_FORCED = "gemini.request.force"
MODEL_INPUT_LIMIT = "gemini.model.input_token_limit"
MODEL_OUTPUT_LIMIT = "gemini.model.output_token_limit"
JOB_SUCCEEDED = "gemini.job.succeeded"
JOB_FAILED = "gemini.job.failed"
JOB_INCOMPLETE = "gemini.job.incomplete"
AUTH_TOKEN_USES = "gemini.auth_token.uses"
DECISION_QUESTIONS = "gemini.decision.questions"
DECISION_ANSWERS = "gemini.decision.answers"
INTERACTION_STATUS = "gemini.interaction.status"
INTERACTION_BACKGROUND = "gemini.interaction.background"
INTERACTION_TOTAL_TOKENS = "gemini.interaction.total_tokens"
REPETITION_DETECTED = "gemini.repetition.detected"
REPETITION_KIND = "gemini.repetition.kind"
REPETITION_PERIOD = "gemini.repetition.period"
REPETITION_COUNT = "gemini.repetition.count"
REPETITION_START = "gemini.repetition.start"
REPETITION_SHARE = "gemini.repetition.share"
HINT_ID = "gemini.hint.id"
HINT_IDS = "gemini.hint.ids"
# Summary and remedy; its name sorts first, because some pages sort by name.
HINT_ADVICE = "gemini.hint.advice"
HINT_SEVERITY = "gemini.hint.severity"
Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
HINT_SUMMARY = "gemini.hint.summary"
HINT_CAUSE = "gemini.hint.cause"
HINT_REMEDY = "gemini.hint.remedy"
HINT_EVIDENCE = "gemini.hint.evidence"
HINT_RETRY = "gemini.hint.retry"
HINT_REFERENCE = "gemini.hint.reference"
CONTENT_TRUNCATED = "gemini.content.truncated"
ATTEMPT_NUMBER = "gemini.attempt.number"
ATTEMPT_WAIT = "gemini.attempt.wait"
# Of a turn in a Live session.
LIVE_TURN = "gemini.live.turn"
LIVE_INTERRUPTED = "gemini.live.interrupted"
LIVE_GENERATION_COMPLETE = "gemini.live.generation_complete"
LIVE_TOOL_CALLS = "gemini.live.tool_calls"
LIVE_TOOL_RESPONSES = "gemini.live.tool_responses"
LIVE_TOOL_CANCELLATIONS = "gemini.live.tool_cancellations"
LIVE_TIME_TO_FIRST_AUDIO = "gemini.live.time_to_first_audio"
LIVE_TIME_TO_FIRST_TEXT = "gemini.live.time_to_first_text"
# Of a turn; on the connection, their sums.
LIVE_INPUT_AUDIO_BYTES = "gemini.live.input.audio_bytes"
LIVE_INPUT_AUDIO_SECONDS = "gemini.live.input.audio_seconds"
LIVE_INPUT_VIDEO_BYTES = "gemini.live.input.video_bytes"
LIVE_OUTPUT_AUDIO_BYTES = "gemini.live.output.audio_bytes"
LIVE_OUTPUT_AUDIO_SECONDS = "gemini.live.output.audio_seconds"
# Of a Live connection.
LIVE_SESSION_ID = "gemini.live.session_id"
LIVE_TURNS = "gemini.live.turns"
LIVE_INTERRUPTIONS = "gemini.live.interruptions"
LIVE_SETUP_TIME = "gemini.live.setup_time"
LIVE_RESUMPTION = "gemini.live.session_resumption"
LIVE_RECONNECTIONS = "gemini.live.reconnections"
LIVE_RESUMED = "gemini.live.resumed"
LIVE_RESUMABLE = "gemini.live.resumable"
LIVE_TIME_LEFT = "gemini.live.go_away.time_left"
LIVE_CLOSE_CODE = "gemini.live.close_code"
LIVE_FILTERED_PROMPTS = "gemini.live.filtered_prompts"

# --- log events of the conventions
EVENT_DETAILS = "gen_ai.client.inference.operation.details"
EVENT_EXCEPTION = "gen_ai.client.operation.exception"

# --- span events
EVENT_HINT = "gemini.hint"
EVENT_ATTEMPT = "gemini.attempt"
EVENT_REPETITION = "gemini.repetition"
EVENT_LIVE_INTERRUPTED = "gemini.live.interrupted"
EVENT_LIVE_GENERATION_COMPLETE = "gemini.live.generation_complete"
EVENT_LIVE_GO_AWAY = "gemini.live.go_away"

# --- metrics: those of the conventions have their names from a profile, below
TOOL_DURATION = "gen_ai.execute_tool.duration"
WORKFLOW_DURATION = "gen_ai.invoke_workflow.duration"
RESPONSES = "gemini.client.responses"
THOUGHTS_TOKENS = "gemini.client.thoughts_tokens"
CACHED_TOKENS = "gemini.client.cached_tokens"
ATTEMPTS_FAILED = "gemini.client.attempts_failed"
HINTS = "gemini.client.hints"
SERVER_TOOL_USES = "gemini.client.server_tool_uses"
COST = "gemini.client.cost"
UNPRICED_TOKENS = "gemini.client.unpriced_tokens"

# Bucket bounds of the conventions: docs/gen-ai/gen-ai-metrics.md
WORKFLOW_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
DURATION_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BUCKETS = tuple(4.0**power for power in range(14))


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

DEFAULT_PROFILE = "default"
PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        # The last release of the core conventions that defines gen_ai; the GenAI repository has no schema URL yet.
        Profile(DEFAULT_PROFILE, "https://opentelemetry.io/schemas/1.41.1", _DEFAULT_METRICS),
        Profile(
            "gen_ai_latest_experimental",
            None,
            _LATEST_METRICS,
            "error",
            (WORKFLOW_DURATION,),
            newest_content=True,
        ),
        Profile("gen_ai_latest_experimental/dup", None, _BOTH_METRICS, "error", (WORKFLOW_DURATION,)),
    )
}

METRICS = {
    TOOL_DURATION,
    WORKFLOW_DURATION,
    RESPONSES,
    ATTEMPTS_FAILED,
    HINTS,
    SERVER_TOOL_USES,
    COST,
    UNPRICED_TOKENS,
} | {
    name if isinstance(name, str) else name[0]
    for profile in PROFILES.values()
    for metrics in profile.metrics.values()
    for measure in metrics
    for name in measure
}
