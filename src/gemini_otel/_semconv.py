"""Every attribute, event and metric name of this package, in one place.

`gen_ai.*`, `server.*`, `http.*` and `error.type` follow the OpenTelemetry conventions; the GenAI constants are spelled out
because `opentelemetry-semantic-conventions` marks all of its own as moved. Names of our own live under `gemini.`.
"""

from __future__ import annotations

# --- OpenTelemetry GenAI conventions: https://github.com/open-telemetry/semantic-conventions-genai
OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
SYSTEM = (
    "gen_ai.system"  # the name before `gen_ai.provider.name`; read from other people's spans, never written
)
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
TOOL_NAME = "gen_ai.tool.name"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_TYPE = "gen_ai.tool.type"
WORKFLOW_NAME = "gen_ai.workflow.name"

ERROR_TYPE = "error.type"
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
BLOCK_REASON = "gemini.response.block_reason"
BLOCKED_CATEGORIES = "gemini.response.blocked_categories"
OUTCOME = "gemini.response.outcome"
PARTS = "gemini.response.parts"
PARSED = "gemini.response.parsed"
MODEL_STATUS = "gemini.response.model_status"
USAGE_TOOL_USE_TOKENS = "gemini.usage.tool_use_tokens"
USAGE_TOTAL_TOKENS = "gemini.usage.total_tokens"
AFC_ROUNDS = "gemini.afc.rounds"
AFC_MAX_ROUNDS = "gemini.afc.max_rounds"
AFC_TOOLS = "gemini.afc.tools"
AFC_EXHAUSTED = "gemini.afc.exhausted"
# Sums over the rounds of a loop, on its parent only: adding up any one of these over spans counts nothing twice.
LOOP_INPUT_TOKENS = "gemini.usage.input_tokens"
LOOP_OUTPUT_TOKENS = "gemini.usage.output_tokens"
LOOP_REASONING_TOKENS = "gemini.usage.reasoning_tokens"
LOOP_CACHED_TOKENS = "gemini.usage.cached_tokens"
TOOL_SERVER = "gemini.tool.server"
THINKING_BUDGET = "gemini.request.thinking_budget"
API_VERSION = "gemini.request.api_version"
TIMEOUT = "gemini.request.timeout"
MAX_ATTEMPTS = "gemini.request.max_attempts"
TOOLS = "gemini.request.tools"
TOOL_MODE = "gemini.request.tool_mode"
STRUCTURED_OUTPUT = "gemini.request.structured_output"
REPETITION_DETECTED = "gemini.repetition.detected"
REPETITION_KIND = "gemini.repetition.kind"
REPETITION_PERIOD = "gemini.repetition.period"
REPETITION_COUNT = "gemini.repetition.count"
REPETITION_START = "gemini.repetition.start"
REPETITION_SHARE = "gemini.repetition.share"
HINT_ID = "gemini.hint.id"
HINT_IDS = "gemini.hint.ids"
HINT_SEVERITY = "gemini.hint.severity"
HINT_SUMMARY = "gemini.hint.summary"
HINT_CAUSE = "gemini.hint.cause"
HINT_REMEDY = "gemini.hint.remedy"
HINT_EVIDENCE = "gemini.hint.evidence"
HINT_RETRY = "gemini.hint.retry"
HINT_REFERENCE = "gemini.hint.reference"
ATTEMPT_NUMBER = "gemini.attempt.number"
ATTEMPT_WAIT = "gemini.attempt.wait"

# --- span events
EVENT_HINT = "gemini.hint"
EVENT_ATTEMPT = "gemini.attempt"
EVENT_REPETITION = "gemini.repetition"

# --- metrics
OPERATION_DURATION = "gen_ai.client.operation.duration"
TOKEN_USAGE = "gen_ai.client.token.usage"
TIME_TO_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
TOOL_DURATION = "gen_ai.execute_tool.duration"
RESPONSES = "gemini.client.responses"
THOUGHTS_TOKENS = "gemini.client.thoughts_tokens"
CACHED_TOKENS = "gemini.client.cached_tokens"
ATTEMPTS_FAILED = "gemini.client.attempts_failed"
HINTS = "gemini.client.hints"

# Bucket bounds of the conventions: docs/gen-ai/gen-ai-metrics.md
DURATION_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BUCKETS = tuple(4.0**power for power in range(14))
