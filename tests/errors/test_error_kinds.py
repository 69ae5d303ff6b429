"""The signature table against the texts that the service really sends, whole and masked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemini_otel._facts.errors.kinds import HTTP_CODES, KINDS, SIGNATURES, error_kind, rpc_status
from gemini_otel._facts.errors.masking import mask

BLOCKED = (
    "Requests to this API generativelanguage.googleapis.com method google.ai.GenerateContent are blocked."
)
DISABLED = "Generative Language API has not been used in project 123456789012 before or it is disabled."
NOT_FOUND = "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
SHARED = "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
ORDER = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
PARTS = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
PREDICT = "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/p/x' (or it may not exist)."
TEMPERATURE = "Unable to submit request because it has a temperature value of 1000 but the supported range is from 0 (inclusive) to 2.0001 (exclusive)."
SCHEMA_KEYWORD = "Invalid JSON payload received. Unknown name \"$schema\" at 'request.x': Cannot find field."
FUNCTION_SCHEMA = "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: should be non-empty for OBJECT type"

MESSAGES = [
    (
        400,
        "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.",
        "cache_conflict",
    ),
    (
        400,
        "Tool config, tools and system instruction should not be set in the request when using cached content.",
        "cache_conflict",
    ),
    # A word that decides, beside the words of its neighbours
    (400, "Requests ending with a model turn are not supported.", "turn_order"),
    (400, "EmbedContentRequest.content contains an empty Part.", "empty_contents"),
    (
        400,
        "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.",
        "tool_combination",
    ),
    (
        400,
        "* GenerateContentRequest.contents[0].parts[1].inline_data.mime_type: MIME type must be image/png.",
        "invalid_media",
    ),
    (
        400,
        "* GenerateContentRequest.contents[0].parts[1].inline_data: required oneof field 'data' must have one initialized field",
        "empty_contents",
    ),
    (400, 'Base64 decoding failed for "data:image/png;base64,iV"', "invalid_media"),
    (400, "The request's total referenced files bytes are too large to be read.", "payload_too_large"),
    (400, "Image size 42 MB exceeds the maximum allowed size of 20 MB.", "payload_too_large"),
    (400, "Your use case is currently not supported.", "feature_not_enabled"),
    (400, "Thinking is not configurable in this model; please remove the setting.", "feature_not_enabled"),
    (
        404,
        "Publisher model\n`projects/p/models/m`\nwas not found or your project does not have access to it.",
        "model_not_found",
    ),
    (
        1008,
        "Publisher Model `projects/p/locations/asia-south1/publishers/google/models/gemini-live-2.5-flash-n",
        "model_not_found",
    ),
    # Close frames of Live sessions
    (1007, "API key expired. Please renew the API key.", "invalid_key"),
    (1007, "Cannot extract voices from a non-audio request.", "live_modality"),
    (1007, "Request contains an invalid argument.", "live_invalid_argument"),
    (1008, NOT_FOUND, "model_not_found"),
    (1008, "BidiGenerateContent session not found", "live_resumption"),
    (1008, "Requested entity was not found.", "live_not_found"),
    (1008, "Operation is not implemented, or supported, or enabled.", "live_unsupported"),
    (1008, "The operation was aborted.", "live_time_limit"),
    (1011, "Internal error encountered.", "live_internal"),
    (1011, "The service is currently unavailable.", "overloaded"),
    (1011, "Deadline expired before operation could complete.", "deadline_exceeded"),
    (1011, QUOTA, "help_only_quota"),
    (1011, "Resource has been exhausted (e.g. check quota).", "rate_limited"),
    (1006, "keepalive ping timeout", "live_keepalive"),
    (1006, "", "live_lost"),
    (1000, "", "live_closed"),
    (1001, "", "live_closed"),
    (1009, "", "payload_too_large"),
    (1013, "", "overloaded"),
    (400, "API key not valid. Please pass a valid API key.", "invalid_key"),
    (400, "API key expired. Please renew the API key.", "invalid_key"),
    (400, "The File abc is not in an ACTIVE state and usage is not allowed.", "file_not_ready"),
    (400, "API Key not found. Please pass a valid API key.", "invalid_key"),
    (
        400,
        "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
        "input_too_long",
    ),
    (400, "Request payload size exceeds the limit: 20971520 bytes.", "payload_too_large"),
    (
        400,
        "The thinking budget 99999 is invalid. Please choose a value between 512 and 24576.",
        "thinking_budget",
    ),
    (400, "Budget 0 is invalid. This model only works in thinking mode.", "thinking_budget"),
    (400, "Thinking level is not supported for this model.", "thinking_level"),
    (400, "Thinking level MINIMAL is not supported for this model.", "thinking_level"),
    (400, "You can only set one of thinking_budget and thinking_level.", "thinking_conflict"),
    (400, "Function call is missing a thought_signature in functionCall parts.", "thought_signature"),
    (400, "Corrupted thought signature.", "thought_signature"),
    (400, PARTS, "function_parts_mismatch"),
    (400, ORDER, "turn_order"),
    (
        400,
        "Please ensure that function response turn comes immediately after a function call turn.",
        "turn_order",
    ),
    (400, "Please ensure that multiturn requests alternate between user and model.", "turn_order"),
    (400, "Please use a valid role: user, model.", "invalid_role"),
    (
        400,
        "Function calling with a response mime type: 'application/json' is unsupported",
        "tools_with_json",
    ),
    (
        400,
        "Tool use with a response mime type: 'application/json' is unsupported",
        "tools_with_json",
    ),
    (
        400,
        "The specified schema produces a constraint that has too many states for serving.",
        "schema_too_complex",
    ),
    (400, SCHEMA_KEYWORD, "unknown_field"),
    (400, FUNCTION_SCHEMA, "tool_schema"),
    (400, "schema at top-level: only allowed for OBJECT type", "tool_schema"),
    (400, "Penalty is not enabled for models/gemini-2.5-flash", "penalty"),
    (400, "Penalty is not enabled for this model", "penalty"),
    (400, TEMPERATURE, "value_out_of_range"),
    (400, "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.", "empty_contents"),
    (400, "* GenerateContentRequest.contents: contents is not specified", "empty_contents"),
    (400, "Unsupported MIME type: text/html", "invalid_media"),
    (400, "Provided image is not valid.", "invalid_media"),
    (400, "Unable to process input image. Please retry or report.", "invalid_media"),
    (400, "Cannot fetch content from the provided URL.", "url_not_fetched"),
    (
        400,
        "The request deadline 5s is too short. Minimum allowed deadline is 10s.",
        "deadline_too_short",
    ),
    (400, "Developer instruction is not enabled for models/gemma-3-27b-it", "feature_not_enabled"),
    (400, "Logprobs is not enabled for this model", "feature_not_enabled"),
    (400, "LogProbs is not supported in streaming mode", "feature_not_enabled"),
    (400, "Multiple tools are supported only when they are all search tools.", "tool_combination"),
    (400, "Tool use with function calling is unsupported", "tool_combination"),
    (400, "Function calling config is set without function_declarations.", "tool_combination"),
    (
        400,
        "Cached content is too small. total_token_count=97, min_total_token_count=1024",
        "cache_too_small",
    ),
    (400, "Cached content model does not match the model in the request.", "cached_content"),
    (400, "User location is not supported for the API use.", "location"),
    (400, "Service agents are being provisioned (https://x). Please try again.", "failed_precondition"),
    (400, "* GenerateContentRequest.model: unexpected model name format", "model_not_found"),
    (
        400,
        "Image generation failed: the prompt contains words that violate Google's Responsible AI practices.",
        "content_policy",
    ),
    (400, "Request contains an invalid argument.", "invalid_argument"),
    (
        401,
        "API keys are not supported by this API. Expected OAuth2 access token.",
        "unauthenticated",
    ),
    (403, "Your API key was reported as leaked. Please use another API key.", "leaked_key"),
    (403, "Requests from referer <empty> are blocked.", "restricted_key"),
    (403, BLOCKED, "restricted_key"),
    (403, DISABLED, "service_disabled"),
    (403, "Firebase AI Logic has been deactivated in this project.", "service_disabled"),
    (403, "This API method requires billing to be enabled. Please enable billing.", "billing_disabled"),
    (403, "Permission denied on resource project my-project-1.", "project"),
    (
        403,
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x",
        "vpc_service_controls",
    ),
    (403, PREDICT, "missing_role"),
    (
        403,
        "You do not have permission to access the File abcdefgh123 or it may not exist.",
        "file_access",
    ),
    (403, "CachedContent not found (or permission denied)", "cached_content"),
    (403, "Method doesn't allow unregistered callers.", "missing_key"),
    (403, "The caller does not have permission", "permission_denied"),
    (404, NOT_FOUND, "model_not_found"),
    (404, "This model models/gemini-2.0-flash is no longer available to new users.", "model_not_found"),
    (
        404,
        (
            "Publisher Model `projects/p/locations/l/publishers/google/models/m` was not found or your project does "
            "not have access to it."
        ),
        "model_not_found",
    ),
    (404, "Not found: cache content metadata 8754364356910645200.", "cached_content"),
    (404, "Requested entity was not found.", "not_found"),
    (413, "Maximum request body size 1048576 exceeded", "payload_too_large"),
    (429, f"{QUOTA} Quota exceeded for metric: x, limit: 0, model: gemini-2.5-pro", "zero_quota"),
    (429, "Quota exceeded for quota metric 'a' and limit 'per minute' of service 'b'", "minute_quota"),
    (429, "Quota exceeded for generate_requests_per_model_per_day.", "daily_quota"),
    (429, QUOTA, "help_only_quota"),
    (429, f"{QUOTA} Please retry in 34.07s.", "rate_limited"),
    (429, "Your prepayment credits are depleted. Please go to AI Studio.", "prepaid_credit"),
    (429, "Your project has exceeded its monthly spending cap.", "spend_cap"),
    (429, SHARED, "shared_capacity"),
    (429, "No capacity available for model gemini-3-pro-preview on the server", "shared_capacity"),
    (429, "Too many requests. Exceeded the Provisioned Throughput.", "provisioned_throughput"),
    (429, "TotalCachedContentStorageTokensPerModelFreeTier limit exceeded", "cache_storage"),
    (429, "Resource has been exhausted (e.g. check quota).", "rate_limited"),
    (
        429,
        "You have exhausted your capacity on this model. Your quota will reset after 2h.",
        "rate_limited",
    ),
    (499, "The operation was cancelled.", "cancelled"),
    (500, "An internal error has occurred. Please retry.", "internal"),
    (503, "The model is overloaded. Please try again later.", "overloaded"),
    (503, "This model is currently experiencing high demand.", "overloaded"),
    (503, "Deadline expired before operation could complete.", "deadline_exceeded"),
    (504, "Deadline expired before operation could complete.", "deadline_exceeded"),
    # What the field brought: both back ends, both spellings
    (
        400,
        "* GenerateContentRequest.contents[7].parts[0].data: required oneof field 'data' must have one initialized field",
        "empty_contents",
    ),
    (
        400,
        "Unable to submit request because it has an empty text parameter. Add a value to the parameter and try again.",
        "empty_contents",
    ),
    (
        400,
        "Unable to submit request because it must have a text parameter. Add a text parameter and try again.",
        "empty_contents",
    ),
    (
        400,
        "Unable to submit request because it must include at least one parts field, which describes the prompt input.",
        "empty_contents",
    ),
    (400, "Unable to submit request because at least one contents field is required.", "empty_contents"),
    (
        400,
        "Unable to submit request because the input token count is 40000 but model only supports up to 32768.",
        "input_too_long",
    ),
    (
        1007,
        "the system instruction has 94 tokens, user system instruction has 41942 tokens, and user footer has 0 tokens. The sum is ab",
        "input_too_long",
    ),
    (
        400,
        "Unable to submit request because `f` functionDeclaration `parameters.a` schema didn't specify the schema type field.",
        "tool_schema",
    ),
    (
        400,
        "Unable to submit request because `f` functionDeclaration parameters schema should be of type OBJECT.",
        "tool_schema",
    ),
    (
        400,
        "Unable to submit request because required fields ['a'] are not defined in the schema properties.",
        "tool_schema",
    ),
    (
        400,
        "* GenerateContentRequest.tools[0].function_declarations[34].parameters.properties[a].enum[3]: cannot be empty",
        "tool_schema",
    ),
    (
        400,
        "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. Must start with a letter.",
        "tool_declaration",
    ),
    (400, "Duplicate function declaration found: search_products", "tool_declaration"),
    (
        400,
        "* GenerateContentRequest.tools[0].tool_type: required one_of 'tool_type' must have one initialized field",
        "tool_declaration",
    ),
    (
        400,
        "* GenerateContentRequest.contents[2].parts[0].function_response.name: Name cannot be empty.",
        "function_response_name",
    ),
    (400, "At most one tool is supported.", "tool_combination"),
    (
        400,
        "Built-in tools ({google_search}) and Function Calling cannot be combined in the same request.",
        "tool_combination",
    ),
    (
        400,
        "Unable to submit request because controlled generation is not supported with google_search tool.",
        "tools_with_json",
    ),
    (
        400,
        (
            "For controlled generation of only function calls (forced function calling), please set 'tool_config.function_calling_config.mode' field to ANY "
            "instead of populating 'response_mime_type' and 'response_schema' fields."
        ),
        "tools_with_json",
    ),
    (
        400,
        "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`.",
        "response_mime_type",
    ),
    (400, "Imagen API is only accessible to billed users at this time.", "billing_disabled"),
    (400, "This model only supports Interactions API.", "interactions_only"),
    (400, "Model tried to generate text, but it should only be used for TTS.", "speech_only"),
    (
        400,
        "The requested combination of response modalities is not supported by the model. models/x accepts the following combination of response modalities:\n* AUDIO",
        "response_modality",
    ),
    (400, "This model only supports text output.", "response_modality"),
    (400, "`encoding` isn't supported by this model. Please remove it.", "feature_not_enabled"),
    (400, "Model 'gemini-2.5-flash' does not support background interactions.", "feature_not_enabled"),
    (400, "Image input modality is not enabled for models/gemma-3-1b-it", "feature_not_enabled"),
    (400, "Thinking_config.include_thoughts is only enabled when thinking is enabled.", "include_thoughts"),
    (
        400,
        "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch",
        "batch_too_large",
    ),
    (
        400,
        "The legacy Interactions API schema is no longer supported. Please upgrade your client SDK to Python >= 2.0.0.",
        "sdk_outdated",
    ),
    (
        400,
        "Publisher Model `projects/p/locations/us-central1/publishers/google/models/m` is not servable in region us-central1.",
        "model_region",
    ),
    (
        400,
        "Project is not allowed to use Publisher Model `projects/p/locations/l/publishers/google/models/m`",
        "model_access",
    ),
    (
        400,
        "Organization Policy constraint constraints/vertexai.allowedModels violated for this project.",
        "organization_policy",
    ),
    (400, "The document has no pages.", "invalid_media"),
    (
        400,
        "Unable to submit request because it has a mimeType parameter with value text/x, which is not supported.",
        "invalid_media",
    ),
    (
        400,
        "Cannot fetch content from the provided URL. It respects robots.txt: URL_ROBOTED",
        "url_not_fetched",
    ),
    (
        403,
        "The aiplatform.googleapis.com API requires a quota project, which is not set by default.",
        "quota_project",
    ),
    (403, "Request had insufficient authentication scopes.", "token_scope"),
    (
        503,
        "Getting metadata from plugin failed with error: Reauthentication is needed. Please run gcloud auth.",
        "credentials",
    ),
    (403, "Your project has been denied access. Please contact support.", "project_denied"),
    (1008, "Your project has been denied access. Please contact support.", "project_denied"),
    (429, "Gemini 2.5 Pro Preview doesn't have a free quota tier.", "zero_quota"),
    (
        429,
        "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model with base model: x.",
        "minute_quota",
    ),
    (
        429,
        "Quota exceeded for aiplatform.googleapis.com/x_input_tokens_per_minute_per_base_model with base model: x.",
        "minute_quota",
    ),
    (
        429,
        "Quota exceeded for aiplatform.googleapis.com/generate_requests_per_day_per_project with base model: x.",
        "daily_quota",
    ),
    (
        429,
        "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: x.",
        "named_quota",
    ),
    (
        429,
        "Quota exceeded for aiplatform.googleapis.com/bidi_gen_concurrent_reqs_per_project_per_base_model with base model: x.",
        "named_quota",
    ),
    (429, "Unable to submit request because the service is temporarily out of capacity.", "shared_capacity"),
    (
        1007,
        "Explicit activity control is not supported when automatic activity detection is enabled.",
        "live_activity",
    ),
    (
        1007,
        "Sample rate changed from previously 24000 to 16000, which is not supported.",
        "live_audio_format",
    ),
    (1007, "Your session was closed because no response was generated for 180 seconds.", "live_time_limit"),
    (1007, "gemini-2.0-flash-exp is not supported in the live api.", "model_not_found"),
    (
        1008,
        "Publisher Model `projects/p/locations/l/publishers/google/models/m` was not found",
        "model_not_found",
    ),
]
# What only quoted words tell apart is gone when they are masked.
MASKED_AWAY = {"Quota exceeded for quota metric 'a' and limit 'per minute' of service 'b'": "rate_limited"}


@pytest.mark.parametrize(("code", "message", "kind"), MESSAGES)
def test_message(code: int, message: str, kind: str) -> None:
    """The service's own text names its cause."""
    assert error_kind(code=code, message=message) == kind


@pytest.mark.parametrize(("code", "message", "kind"), MESSAGES)
def test_masked_message(code: int, message: str, kind: str) -> None:
    """Masking quoted strings, resource paths and project ids does not change the cause."""
    assert error_kind(code=code, message=mask(message)) == MASKED_AWAY.get(message, kind)


@pytest.mark.parametrize(("code", "message", "kind"), MESSAGES)
def test_case_does_not_matter(code: int, message: str, kind: str) -> None:
    """A signature is found in upper case too."""
    assert error_kind(code=code, message=message.upper()) == kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("API_KEY_INVALID", "invalid_key"),
        ("API_KEY_SERVICE_BLOCKED", "restricted_key"),
        ("API_KEY_HTTP_REFERRER_BLOCKED", "restricted_key"),
        ("API_KEY_IP_ADDRESS_BLOCKED", "restricted_key"),
        ("API_KEY_ANDROID_APP_BLOCKED", "restricted_key"),
        ("API_KEY_IOS_APP_BLOCKED", "restricted_key"),
        ("SERVICE_DISABLED", "service_disabled"),
        ("BILLING_DISABLED", "billing_disabled"),
        ("CONSUMER_INVALID", "project"),
        ("CONSUMER_SUSPENDED", "project"),
        ("USER_PROJECT_DENIED", "project"),
        ("SECURITY_POLICY_VIOLATED", "vpc_service_controls"),
        ("IAM_PERMISSION_DENIED", "missing_role"),
        ("CREDENTIALS_MISSING", "unauthenticated"),
        ("ACCESS_TOKEN_TYPE_UNSUPPORTED", "unauthenticated"),
        ("ACCESS_TOKEN_EXPIRED", "unauthenticated"),
        ("MODEL_CAPACITY_EXHAUSTED", "shared_capacity"),
        ("RATE_LIMIT_EXCEEDED", "rate_limited"),
        ("RESOURCE_QUOTA_EXCEEDED", "rate_limited"),
    ],
)
def test_reason_goes_before_the_message(reason: str, kind: str) -> None:
    """ErrorInfo.reason decides, whatever status and wording say."""
    assert error_kind(code=403, reason=reason, message="The caller does not have permission") == kind


def test_a_quota_goes_before_a_reason_that_only_says_quota() -> None:
    """RATE_LIMIT_EXCEEDED does not hide which quota it was."""
    quota_id = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    assert error_kind(code=429, reason="RATE_LIMIT_EXCEEDED", quota_id=quota_id) == "daily_quota"


@pytest.mark.parametrize(
    ("quota_id", "kind"),
    [
        ("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "minute_quota"),
        ("GenerateRequestsPerMinutePerProjectPerModel-PaidTier3", "minute_quota"),
        ("GenerateContentInputTokensPerModelPerMinute-PaidTier", "minute_quota"),
        ("GenerateContentRequestsPerMinutePerProjectPerRegion", "minute_quota"),
        ("EmbedContentPerMinutePerProjectPerUserPerModel-PaidTier", "minute_quota"),
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "daily_quota"),
        ("GenerateRequestsPerDayPerProjectPerModel", "daily_quota"),
        ("TotalCachedContentStorageTokensPerModelFreeTier", "cache_storage"),
        ("SomethingNew", "rate_limited"),
    ],
)
def test_quota(quota_id: str, kind: str) -> None:
    """The quota's id says how long to wait, and goes before the message."""
    assert error_kind(code=429, quota_id=quota_id, quota_limit=50, retry_delay=5.0, message=QUOTA) == kind


def test_no_quota_at_all() -> None:
    """A limit of 0 is not a matter of waiting, and a limit that merely begins with 0 is no such limit."""
    assert error_kind(code=429, quota_id="RequestsPerDay", quota_limit=0) == "zero_quota"
    assert error_kind(code=429, message="limit: 0.5 requests") == "rate_limited"


def test_a_retry_delay_tells_that_waiting_helps() -> None:
    """An exceeded quota with a retry delay is a rate limit, without one it is a quota that nobody names."""
    assert error_kind(code=429, message=QUOTA, retry_delay=34.0) == "rate_limited"
    assert error_kind(code=429, message=QUOTA) == "help_only_quota"


def test_vertex_shares_its_capacity() -> None:
    """A 429 without a quota is the servers' limit on Vertex AI, and a rate limit elsewhere."""
    message = "Resource exhausted."
    assert error_kind(code=429, message=message, vertex=True) == "shared_capacity"
    assert error_kind(code=429, message=message) == "rate_limited"
    assert error_kind(code=429, quota_id="PerMinute", vertex=True) == "minute_quota"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, "invalid_argument"),
        (401, "unauthenticated"),
        (402, "prepaid_credit"),
        (403, "permission_denied"),
        (404, "not_found"),
        (407, "proxy_auth"),
        (408, "request_timeout"),
        (409, "conflict"),
        (413, "payload_too_large"),
        (416, "out_of_range"),
        (429, "rate_limited"),
        (499, "cancelled"),
        (500, "internal"),
        (501, "unimplemented"),
        (502, "bad_gateway"),
        (503, "overloaded"),
        (504, "deadline_exceeded"),
        (520, "bad_gateway"),
        (418, "unknown"),
        (None, "unknown"),
    ],
)
def test_code_alone(code: int | None, kind: str) -> None:
    """A status without anything else has a kind of its own."""
    assert error_kind(code=code) == kind


@pytest.mark.parametrize("status", HTTP_CODES)
def test_status_alone(status: str) -> None:
    """Each google.rpc status is known without its HTTP code."""
    assert error_kind(code=None, status=status) != "unknown"


_BAD_REQUEST = (400, 1003, 1007, 1008)  # and how a websocket is closed for it
_NO_QUOTA = (429, 1008, 1011, 1013)


@pytest.mark.parametrize(
    ("message", "codes", "kind"),
    [
        ("You do not have a free tier.", _NO_QUOTA, "zero_quota"),
        ("No capacity available for model x.", (*_NO_QUOTA, 503), "shared_capacity"),
        ("CachedContent can not be used with GenerateContent request.", _BAD_REQUEST, "cache_conflict"),
        ("This model is no longer available.", (*_BAD_REQUEST, 404), "model_not_found"),
        ("Publisher Model `m` was not found.", (*_BAD_REQUEST, 403, 404), "model_not_found"),
        ("Publisher Model `projects/p/locat", (1007, 1008), "model_not_found"),
        ("keepalive ping timeout", (1006, 1011), "live_keepalive"),
        ("Activity control is not set.", (1007, 1008), "live_activity"),
        ("The sample rate is not right.", (1007, 1008), "live_audio_format"),
        ("Only supports audio.", (1007, 1008), "live_modality"),
        ("Session x not found", (1007, 1008, 1011), "live_resumption"),
        ("The session time limit is reached.", (1000, 1006, 1007, 1008, 1011), "live_time_limit"),
        ("At most 100 requests can be in one batch", _BAD_REQUEST, "batch_too_large"),
        ("Function_response.name cannot be empty.", _BAD_REQUEST, "function_response_name"),
        ("Function calling with a response mime type is off.", _BAD_REQUEST, "tools_with_json"),
        ("Invalid function name.", _BAD_REQUEST, "tool_declaration"),
        ("The supported range is from 0 to 2.", _BAD_REQUEST, "value_out_of_range"),
        ("Unable to submit request because it has an empty text parameter.", _BAD_REQUEST, "empty_contents"),
        ("The prompt could not be submitted.", _BAD_REQUEST, "content_policy"),
        ("Cannot fetch content from the provided URL.", _BAD_REQUEST, "url_not_fetched"),
        ("The response_mime_type is wrong.", _BAD_REQUEST, "response_mime_type"),
        ("Unsupported MIME type.", _BAD_REQUEST, "invalid_media"),
        ("This is not enabled.", (*_BAD_REQUEST, 501), "feature_not_enabled"),
        ("The limit per day is reached.", _NO_QUOTA, "daily_quota"),
        ("The limit per minute is reached.", _NO_QUOTA, "minute_quota"),
        ("You exceeded your current quota.", (429, 1011), "help_only_quota"),
        ("Deadline expired.", (500, 503, 504, 1011), "deadline_exceeded"),
        ("Try again later.", (503, 1011, 1012, 1013, 1014), "overloaded"),
        ("Resource exhausted.", _NO_QUOTA, "rate_limited"),
        ("", (200, 204, 299), "bad_response"),
        ("", (502, 520, 527, 530), "bad_gateway"),
        ("", (1000, 1001), "live_closed"),
        ("", (1003, 1007), "live_invalid_argument"),
    ],
)
def test_the_codes_of_a_message(message: str, codes: tuple[int, ...], kind: str) -> None:
    """A message means the same with each code that comes with it, and nothing with a code that does not."""
    assert {code: error_kind(code=code, message=message) for code in codes} == dict.fromkeys(codes, kind)
    assert error_kind(code=418, message=message) == "unknown"


def test_failed_precondition_is_not_an_invalid_argument() -> None:
    """Two statuses share HTTP 400."""
    assert error_kind(code=400, status="FAILED_PRECONDITION", message="?") == "failed_precondition"
    assert error_kind(code=400, status="INVALID_ARGUMENT", message="?") == "invalid_argument"
    assert error_kind(code=400, status="OUT_OF_RANGE", message="?") == "out_of_range"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("invalid_request", "invalid_argument"),
        ("parameter_unknown", "unknown_field"),
        ("failed_precondition", "failed_precondition"),
        ("authentication", "unauthenticated"),
        ("payment_required", "prepaid_credit"),
        ("permission_denied", "permission_denied"),
        ("not_found", "not_found"),
        ("model_not_found", "model_not_found"),
        ("already_exists", "conflict"),
        ("aborted", "conflict"),
        ("out_of_range", "out_of_range"),
        ("rate_limit_exceeded", "minute_quota"),
        ("quota_exceeded", "daily_quota"),
        ("too_many_requests", "rate_limited"),
        ("cancelled", "cancelled"),
        ("api_error", "internal"),
        ("unimplemented", "unimplemented"),
        ("service_unavailable", "overloaded"),
        ("deadline_exceeded", "deadline_exceeded"),
    ],
)
def test_interactions_code(status: str, kind: str) -> None:
    """The Interactions API's codes mean the same kinds."""
    assert error_kind(code=None, status=status) == kind


def test_each_signature_of_a_message_has_a_message() -> None:
    """No signature that reads messages stands untried, and none behind another one of another kind."""
    met = {kind for _, _, kind in MESSAGES}
    assert {signature.kind for signature in SIGNATURES if signature.message is not None} - met == set()


@pytest.mark.parametrize(
    ("reason", "message", "kind"),
    [
        (
            "SERVICE_DISABLED",
            "The x API requires a quota project, which is not set by default.",
            "quota_project",
        ),
        ("RATE_LIMIT_EXCEEDED", "Your prepayment credits are depleted.", "prepaid_credit"),
    ],
)
def test_what_the_message_says_outright_goes_before_the_reason(reason: str, message: str, kind: str) -> None:
    """A reason stands for several causes; the text beside it says which."""
    assert error_kind(code=403 if "quota" in message else 429, reason=reason, message=message) == kind


def test_kinds_are_closed() -> None:
    """Every signature's kind is listed once, and `unknown` is one of them."""
    assert len(KINDS) == len(set(KINDS))
    assert {signature.kind for signature in SIGNATURES} | {"unknown"} == set(KINDS)


_text = st.none() | st.text()


@given(
    st.none() | st.integers(),
    _text,
    _text,
    _text,
    st.none() | st.integers(),
    st.none() | st.floats(),
    _text,
    st.booleans(),
)
def test_any_input(
    code: int | None,
    status: str | None,
    reason: str | None,
    quota_id: str | None,
    quota_limit: int | None,
    retry_delay: float | None,
    message: str | None,
    vertex: bool,
) -> None:
    """Whatever the service sends, the kind is one of the closed set."""
    kind = error_kind(
        code=code,
        status=status,
        reason=reason,
        quota_id=quota_id,
        quota_limit=quota_limit,
        retry_delay=retry_delay,
        message=message,
        vertex=vertex,
    )
    assert kind in KINDS


_GAP_STARTERS = [
    "requests from ",
    "api key has a ",
    "billing account ",
    "consumer x",
    "permission ",
    "publisher model ",
    "input token count",
    "deadline",
    "thinking level ",
    "thinking budget",
    "schema ",
    "response_schema ",
    "penalty",
    "mime",
    "limit: 0",
    "İ",
    "\x00",
]


@pytest.mark.parametrize("starter", _GAP_STARTERS)
def test_hostile_message(starter: str) -> None:
    """A text of 2 MB that begins a signature again and again takes milliseconds."""
    message = starter * (2_000_000 // len(starter))
    error_kind(code=400, message=message)  # patterns are compiled once
    started = time.perf_counter()
    assert error_kind(code=400, message=message) in KINDS
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("invalid_request", "INVALID_ARGUMENT"),
        ("quota_exceeded", "RESOURCE_EXHAUSTED"),
        ("permission_denied", "PERMISSION_DENIED"),
        ("NOT_FOUND", "NOT_FOUND"),
        ("safety", "safety"),
        ("Bad Gateway", "Bad Gateway"),
    ],
)
def test_one_status_for_both_apis(said: str, status: str) -> None:
    """A word of the Interactions API is the status that it stands for; what stands for none stays."""
    assert rpc_status(said) == status
