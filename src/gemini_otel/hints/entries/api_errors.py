"""Errors that the API answers: the narrow causes first, then one entry for each status."""

from __future__ import annotations

from gemini_otel._facts.errors.causes import UNTOLD_API_ERRORS
from gemini_otel._facts.names import (
    CACHED_CONTENT,
    ERROR_REASON,
    ERROR_STATUS,
    ERROR_TYPE,
    HTTP_RESEND_COUNT,
    HTTP_STATUS_CODE,
    MAX_ATTEMPTS,
    OUTPUT_TYPE,
    PROVIDER_NAME,
    QUOTA_ID,
    QUOTA_LIMIT,
    QUOTA_METRIC,
    REQUEST_CHOICE_COUNT,
    REQUEST_MAX_TOKENS,
    REQUEST_MODEL,
    REQUEST_REASONING_LEVEL,
    REQUEST_SERVICE_TIER,
    REQUEST_TEMPERATURE,
    REQUEST_TOP_P,
    RETRY_DELAY,
    SERVER_ADDRESS,
    STRUCTURED_OUTPUT,
    THINKING_BUDGET,
    TIMEOUT,
    TOOLS,
    USAGE_INPUT_TOKENS,
    VERTEX_REQUEST_TYPE,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._failure import FAILURE, SET_RETRIES, read_failure
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import FAILED, number, on, text, where
from gemini_otel.hints.models import CONTEXT_WINDOW, lifecycle, today

_MODEL = f"model {{{REQUEST_MODEL}}}"
_ANSWER = f"HTTP {{{HTTP_STATUS_CODE}}} {{{ERROR_STATUS}}}"
_REASON = f"reason {{{ERROR_REASON}}}"
_QUOTA = f"quota {{{QUOTA_ID}}}, limit {{{QUOTA_LIMIT}}}"
_METRIC = f"metric {{{QUOTA_METRIC}}}"
_NAMED_QUOTA = f"quota {{{QUOTA_METRIC}}}, limit {{{QUOTA_LIMIT}}}"
_FIELD = "the message names {message.field}"
_RETRY_IN = f"the service asks to retry in {{{RETRY_DELAY}}} s"
_RESENDS = f"resent {{{HTTP_RESEND_COUNT}}} times"
_ATTEMPTS = f"{{{MAX_ATTEMPTS}}} attempts allowed"
_TIMEOUT = f"timeout {{{TIMEOUT}}} s"
_SERVER = f"server {{{SERVER_ADDRESS}}}"
_CAPACITY = f"capacity {{{VERTEX_REQUEST_TYPE}}}"
_ASKED_TIER = f"tier {{{REQUEST_SERVICE_TIER}}} asked for"
_TOOLS = f"{{{TOOLS}}} tools declared"
_BACK_OFF = "Retry with exponential backoff and jitter: 1, 2, 4, 8 s, and a limit on the number of retries."


def _retired(attributes: Attributes) -> bool:
    """Whether the model's earliest shutdown date has passed."""
    row = lifecycle(text(attributes, REQUEST_MODEL))
    return row is not None and row.shutdown <= today()


def _token_expired(attributes: Attributes) -> bool:
    return attributes.get(ERROR_REASON) == "ACCESS_TOKEN_EXPIRED"


def _large_input(attributes: Attributes) -> bool:
    return (number(attributes, USAGE_INPUT_TOKENS) or 0) > CONTEXT_WINDOW / 2


def _free_tier(attributes: Attributes) -> bool:
    """Whether the call failed on a quota of the free tier. A call that a resend saved has a quota id, too."""
    return "freetier" in text(attributes, QUOTA_ID)[:500].lower() and read_failure(attributes) is not None


def _has_schema(attributes: Attributes) -> bool:
    return attributes.get(STRUCTURED_OUTPUT) is True


NARROW = (
    # --- the key
    Hint(
        id="http.400.api_key_invalid",
        severity="error",
        retry="no",
        summary="The API key was not accepted.",
        cause="The key is wrong, expired or deleted. The API reports this as 400, not 401. Quotes or a line break in the "
        "environment variable make a key invalid too.",
        remedy=(
            "Open https://aistudio.google.com/apikey and create a new key.",
            "See which variable won: GOOGLE_API_KEY is taken before GEMINI_API_KEY.",
            "A key for Vertex AI does not work on the Gemini API.",
        ),
        reference=links.API_KEY,
        when=on(FAILURE, "invalid_key"),
        evidence=(_REASON,),
    ),
    Hint(
        id="http.403.key_leaked",
        severity="error",
        retry="no",
        summary="Google blocked the API key because it was found in public.",
        cause="The key was reported as leaked, for example because it was committed to a public repository.",
        remedy=(
            "Create a new key and use that one.",
            "Remove the old key from the repository and its history, and from whatever was published with it.",
        ),
        reference=links.API_KEY,
        when=on(FAILURE, "leaked_key"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.403.key_restricted",
        severity="error",
        retry="no",
        summary="The API key may not be used in this way.",
        cause="The key is restricted to other APIs, or to other web sites, addresses or apps than the caller's.",
        remedy=(
            "Edit the key's restrictions in the Google Cloud console: allow the Generative Language API.",
            "A key that is restricted to web sites cannot be used from a server.",
        ),
        reference=links.API_KEY,
        when=on(FAILURE, "restricted_key"),
        evidence=(_REASON,),
    ),
    Hint(
        id="http.403.key_missing",
        severity="error",
        retry="no",
        summary="The request carried no API key.",
        cause="The service could not tell who is calling.",
        remedy=(
            "Set GEMINI_API_KEY or pass api_key to the client.",
            "Behind a proxy, see that it forwards the x-goog-api-key header.",
        ),
        reference=links.API_KEY,
        when=on(FAILURE, "missing_key"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.401.token_expired",
        severity="error",
        retry="after_change",
        summary="The access token has expired.",
        cause="The OAuth token that came with the request is no longer valid.",
        remedy=(
            "Refresh the credentials, or let google-auth do so by passing credentials instead of a fixed token.",
        ),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, "unauthenticated", also=_token_expired),
        evidence=(_REASON,),
    ),
    # --- the project and the account
    Hint(
        id="http.403.service_disabled",
        severity="error",
        retry="after_change",
        summary="The API is not enabled in the project that the call is counted for.",
        cause="The project has never used this API, or it was switched off.",
        remedy=(
            "Enable the API in the Google Cloud console; the error's activationUrl leads there.",
            "Wait a few minutes before trying again.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "service_disabled"),
        evidence=(_REASON,),
    ),
    Hint(
        id="http.403.billing",
        severity="error",
        retry="no",
        summary="Billing is off for the project.",
        cause="The project's billing account is disabled or missing, and what was asked for is for paying projects only.",
        remedy=(
            "Link the project to a billing account, or repair the one that it has.",
            "Check which project the key belongs to.",
        ),
        reference=links.BILLING,
        when=on(FAILURE, "billing_disabled"),
        evidence=(_REASON, _ANSWER, _MODEL),
    ),
    Hint(
        id="http.403.project",
        severity="error",
        retry="no",
        summary="The project does not exist, is suspended, or may not be used by the caller.",
        cause="The project id is wrong or empty, a placeholder was left in the configuration, or the project was deleted or suspended.",
        remedy=(
            "Check the project id that the client was made with, and GOOGLE_CLOUD_PROJECT.",
            "Check that the credentials belong to that project.",
        ),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, "project", "project_denied"),
        evidence=(_REASON, _ANSWER),
    ),
    Hint(
        id="http.403.vpc_sc",
        severity="error",
        retry="no",
        summary="A policy of the organisation refused the request.",
        cause="VPC Service Controls, the security perimeter of the organisation, do not let this call through.",
        remedy=("Search the audit log for the error's unique identifier and ask the security owner.",),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, "vpc_service_controls", "organization_policy"),
        evidence=(_REASON, _ANSWER),
    ),
    Hint(
        id="http.403.iam",
        severity="error",
        retry="no",
        summary="The caller lacks a permission, or what it asks for does not exist.",
        cause="The credentials were accepted. The service does not tell a missing permission from a missing resource.",
        remedy=(
            "Grant roles/aiplatform.user on the project that is called.",
            "Check the project, the location and the name of the model or resource.",
        ),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, "missing_role"),
        evidence=(_REASON,),
    ),
    Hint(
        id="http.400.location",
        severity="error",
        retry="no",
        summary="The API does not serve the place that the request came from.",
        cause="The address that the request left from lies outside the available regions, or the free tier is not offered "
        "there. A VPN, an edge worker or the hosting region decides, not where the user sits.",
        remedy=(
            "Enable billing on the project.",
            "Send the request from a supported region.",
            "Use Vertex AI.",
        ),
        reference=links.REGIONS,
        when=on(FAILURE, "location"),
        evidence=(_ANSWER, _MODEL),
    ),
    # --- files and caches
    Hint(
        id="http.403.file",
        severity="error",
        retry="no",
        summary="A file that the request names cannot be read.",
        cause="Uploaded files expire after 48 hours and belong to the project of the key that uploaded them. An object in "
        "Cloud Storage must be readable for the service agent.",
        remedy=(
            "Upload the file again with the same key.",
            "For Cloud Storage, let the service agent read the bucket.",
        ),
        reference=links.FILES,
        when=on(FAILURE, "file_access"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.400.file_not_ready",
        severity="error",
        retry="wait",
        summary="A file that the request names is not ready.",
        cause="Videos and long files are processed after the upload; until then their state is PROCESSING. One that FAILED is never "
        "ready.",
        remedy=(
            "After an upload, call client.files.get() until the state is ACTIVE, with a pause between the calls.",
            "If the state is FAILED, see the file's error.",
        ),
        reference=links.FILES,
        when=on(FAILURE, "file_not_ready"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="http.403.cached_content",
        severity="error",
        retry="no",
        summary="The cached content cannot be used with this request.",
        cause="The cache has expired, was deleted, belongs to another project, or was made for another model. An expired "
        "cache is answered with 403, not 404.",
        remedy=(
            "Create the cache again, or give it a longer time to live.",
            "Use the model that the cache was made with.",
            "Be ready to send the whole context when the cache is gone.",
        ),
        reference=links.CACHING,
        when=on(FAILURE, "cached_content", "cache_conflict"),
        evidence=(f"{{{CACHED_CONTENT}}}", _MODEL),
    ),
    Hint(
        id="http.400.cache_too_small",
        severity="warning",
        retry="no",
        summary="The content is too small to be cached.",
        cause="Each model has a least number of tokens for an explicit cache, 1024 to 32768.",
        remedy=("Send the content without an explicit cache.", "Cache more content together."),
        reference=links.CACHING,
        when=on(FAILURE, "cache_too_small"),
        evidence=("{message.cached_tokens} tokens, at least {message.cached_minimum} needed", _MODEL),
    ),
    # --- the model
    Hint(
        id="http.404.model_retired",
        severity="error",
        retry="no",
        summary="The model has been shut down, or is about to be.",
        cause="The earliest shutdown date known for this model has passed. A typo or another API version would look the same.",
        remedy=(
            "Move to the replacement, and compare prices and behaviour.",
            "List what the key can use with client.models.list().",
        ),
        reference=links.DEPRECATIONS,
        when=on(FAILURE, "model_not_found", also=_retired),
        evidence=(_MODEL, "earliest shutdown {model.shutdown}, replacement {model.replacement}"),
    ),
    Hint(
        id="http.404.model",
        severity="error",
        retry="no",
        summary="The model is not available under this name, API version or location.",
        cause="The name is misspelt, the model is retired or closed to new users, it does not support this method, or it is "
        "not offered in this API version or region.",
        remedy=(
            "List what the key can use with client.models.list().",
            "See the deprecations page for the replacement of a retired model.",
            "On Vertex AI, try location=global and check that the project has access.",
        ),
        reference=links.DEPRECATIONS,
        when=on(FAILURE, "model_not_found", "model_region", "model_access"),
        evidence=(_MODEL, "API version {gemini.request.api_version}"),
    ),
    Hint(
        id="http.400.feature_not_enabled",
        severity="error",
        retry="no",
        summary="Something in the request is not supported here.",
        cause="The service says that a feature or a setting is not supported or not enabled; its message names it. Features differ between "
        "models, back ends and API versions.",
        remedy=(
            "Leave out what the message names.",
            "Or use a model that supports it.",
            "Features in preview may need the API version v1beta.",
        ),
        reference=links.MODELS,
        when=on(FAILURE, "feature_not_enabled", "interactions_only", "speech_only", "response_modality"),
        evidence=(
            _MODEL,
            _FIELD,
            "accepted: {message.modalities}",
            "API version {gemini.request.api_version}",
        ),
    ),
    Hint(
        id="http.400.penalty",
        severity="error",
        retry="no",
        summary="The model does not take a presence or frequency penalty.",
        cause="Gemini 2.5 and later reject both penalties.",
        remedy=("Remove presence_penalty and frequency_penalty.",),
        reference=links.MODELS,
        when=on(FAILURE, "penalty"),
        evidence=(_MODEL,),
    ),
    # --- the size of the request
    Hint(
        id="http.400.input_too_long",
        severity="error",
        retry="no",
        summary="The input has more tokens than the model takes.",
        cause="Prompt, history, files, system instruction and tool declarations together exceed what the model, or a session with it, takes.",
        remedy=(
            "Count first, with client.models.count_tokens().",
            "Trim the history, or split the input.",
            "Requests that are too long count towards the tokens per minute all the same.",
        ),
        reference=links.TOKENS,
        when=on(FAILURE, "input_too_long"),
        evidence=(
            "{message.input_tokens} input tokens, {message.input_limit} allowed",
            "system instruction of {message.instruction_tokens} tokens",
            _MODEL,
        ),
    ),
    Hint(
        id="http.400.payload_too_large",
        severity="error",
        retry="no",
        summary="The request, or a file that it sends along, is too large.",
        cause="Media sent inline count in full. With 413 the limit may be a proxy's or gateway's.",
        remedy=(
            "Upload media with the Files API, or name them by a Cloud Storage URI.",
            "Check the body limit of a proxy in between.",
        ),
        reference=links.FILES,
        when=on(FAILURE, "payload_too_large"),
        evidence=("limit {message.payload_limit} bytes",),
    ),
    Hint(
        id="http.400.deadline_too_short",
        severity="error",
        retry="after_change",
        summary="The timeout is shorter than the service allows.",
        cause="The client's timeout is sent along as a deadline, and the service takes no less than 10 s. The SDK's unit is "
        "milliseconds.",
        remedy=(
            "Give the client at least 10 s: http_options.timeout of google-genai is in milliseconds, so 10000.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "deadline_too_short"),
        evidence=(_TIMEOUT,),
    ),
    # --- thinking
    Hint(
        id="http.400.thinking_budget",
        severity="error",
        retry="no",
        summary="The model does not take this thinking budget.",
        cause="Each 2.5 model has its own range, 2.5 Pro cannot be used without thinking, and models that do not think take no budget.",
        remedy=(
            "Choose a budget within the model's range, or -1 to let the model decide.",
            "On Gemini 3 and later, set thinking_level instead.",
        ),
        reference=links.THINKING,
        when=on(FAILURE, "thinking_budget"),
        evidence=(
            f"thinking_budget {{{THINKING_BUDGET}}}",
            "the service allows {message.lower_bound} to {message.upper_bound}",
            _MODEL,
        ),
    ),
    Hint(
        id="http.400.thinking_level",
        severity="error",
        retry="no",
        summary="The model does not support this thinking level.",
        cause="Models before Gemini 3 have no levels, and several later ones have no `minimal`.",
        remedy=(
            "Use a level that the model supports: `low` and `high` are the most widely supported.",
            "On 2.5 models, set thinking_budget instead.",
        ),
        reference=links.THINKING,
        when=on(FAILURE, "thinking_level"),
        evidence=(f"thinking_level {{{REQUEST_REASONING_LEVEL}}}", _MODEL),
    ),
    Hint(
        id="http.400.thinking_conflict",
        severity="error",
        retry="no",
        summary="Two thinking settings exclude each other.",
        cause="Thinking budget and thinking level cannot be set together.",
        remedy=("Keep thinking_level on Gemini 3 and later, thinking_budget on 2.5.",),
        reference=links.THINKING,
        when=on(FAILURE, "thinking_conflict", "include_thoughts"),
        evidence=(
            f"thinking_budget {{{THINKING_BUDGET}}}",
            f"thinking_level {{{REQUEST_REASONING_LEVEL}}}",
            _MODEL,
        ),
    ),
    Hint(
        id="http.400.thought_signature",
        severity="error",
        retry="no",
        summary="A thought signature is missing or does not belong here.",
        cause="The history was rebuilt without the signatures that the model sent, or carries those of another model, route "
        "or key. Gemini 3 and later require them next to function calls.",
        remedy=(
            "Append the model's content to the history unchanged, or use a chat.",
            "Stay on one model and route within a conversation.",
            "A corrupt signature may be resent once unchanged, and stripped after that.",
        ),
        reference=links.THOUGHT_SIGNATURES,
        when=on(FAILURE, "thought_signature"),
        evidence=(_MODEL,),
    ),
    # --- functions and the history
    Hint(
        id="http.400.function_parts_mismatch",
        severity="error",
        retry="no",
        summary="Function calls and function responses in the history do not match.",
        cause="Parallel calls were answered in part, or the history was cut between a call and its response.",
        remedy=(
            "Answer each call of a turn with one response part in the next turn.",
            "Trim the history in whole pairs of calls and responses.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FAILURE, "function_parts_mismatch", "function_response_name"),
        evidence=(_FIELD, _TOOLS),
    ),
    Hint(
        id="http.400.turn_order",
        severity="error",
        retry="no",
        summary="The turns of the history are in an order that the model does not take.",
        cause="Trimming or merging left a function call or response without its neighbour, or two turns of one role.",
        remedy=(
            "Keep each function call together with the response that follows it.",
            "Start the history with a user turn.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FAILURE, "turn_order"),
        evidence=(_FIELD, _TOOLS),
    ),
    Hint(
        id="http.400.role",
        severity="error",
        retry="no",
        summary="A turn of the history has a role that the API does not know.",
        cause="Contents have the role `user` or `model`. `system` and `assistant` belong to other APIs.",
        remedy=("Write `model` instead of `assistant`.", "Move system messages to system_instruction."),
        reference=links.API_ERRORS,
        when=on(FAILURE, "invalid_role"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.400.tools_json_unsupported",
        severity="error",
        retry="no",
        summary="The model does not combine tools with JSON output.",
        cause="Models before Gemini 3 reject a response mime type or schema together with tools, and some tools, such as Search, do not go "
        "together with a schema on newer ones.",
        remedy=(
            "Make two calls: the tools first, the schema second.",
            "Use Gemini 3 or later where functions are the only tools.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=on(FAILURE, "tools_with_json"),
        evidence=(_TOOLS, f"output type {{{OUTPUT_TYPE}}}", _MODEL),
    ),
    Hint(
        id="http.400.tool_combination",
        severity="error",
        retry="no",
        summary="The tools of the request do not go together.",
        cause="Built-in tools and functions cannot be mixed freely: models before Gemini 3 take one kind in a request, and on Vertex AI one "
        "built-in tool. A function calling config needs functions.",
        remedy=(
            "Use the tools in separate requests, or wrap one of them in a function.",
            "Remove tool_config from requests without functions.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FAILURE, "tool_combination"),
        evidence=(_TOOLS, _MODEL),
    ),
    Hint(
        id="http.400.tool_schema",
        severity="error",
        retry="no",
        summary="The declaration of a tool, or a JSON schema, was rejected.",
        cause="The schema is invalid, or uses keywords that the API does not know. Schemas of MCP tools often do. The "
        "service's message says where.",
        remedy=(
            "Correct the schema at the place that the message names.",
            "Give each node of the schema a type, and no keywords that the message names.",
            "Pass plain JSON schema as parameters_json_schema or response_json_schema.",
            "Give each OBJECT its properties.",
        ),
        reference=links.FUNCTION_CALLING,
        when=on(FAILURE, "tool_schema", "tool_declaration"),
        evidence=(_FIELD, _TOOLS),
    ),
    Hint(
        id="http.400.schema_too_complex",
        severity="error",
        retry="no",
        summary="The schema of the reply is too complex to be served.",
        cause="Large enums, array bounds, long names and nesting multiply into too many states.",
        remedy=(
            "Flatten the schema and shorten its names.",
            "Shrink the enums and leave out minItems and maxItems.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=on(FAILURE, "schema_too_complex"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="http.400.unknown_field",
        severity="error",
        retry="no",
        summary="The request has a field that the API does not know.",
        cause="The field is misspelt, belongs to another API, or may exist in another API version only.",
        remedy=(
            "Remove the field that the service's message names.",
            "Beta features exist in v1beta only.",
            "JSON schema keywords go into parameters_json_schema or response_json_schema.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "unknown_field"),
        evidence=(
            _FIELD,
            "API version {gemini.request.api_version}",
        ),
    ),
    # --- values and content
    Hint(
        id="http.400.param_range",
        severity="error",
        retry="no",
        summary="A parameter is outside the range that the model takes.",
        cause="Ranges differ between models and back ends; the service's message names the parameter and its range.",
        remedy=(
            "Choose a value within the range.",
            "Read the model's limits with client.models.get().",
        ),
        reference=links.MODELS,
        when=on(FAILURE, "value_out_of_range", "batch_too_large"),
        evidence=(
            _FIELD,
            "at most {message.batch_limit} in one batch",
            "{message.given_value} given, {message.lower_bound} to {message.upper_bound} allowed",
            f"temperature {{{REQUEST_TEMPERATURE}}}",
            f"top_p {{{REQUEST_TOP_P}}}",
            f"max_output_tokens {{{REQUEST_MAX_TOKENS}}}",
            f"candidate_count {{{REQUEST_CHOICE_COUNT}}}",
        ),
    ),
    Hint(
        id="http.400.empty_contents",
        severity="error",
        retry="no",
        summary="The request, one of its turns or a part of one is empty.",
        cause="An empty text or a turn without parts is in the history, often an earlier answer without text; or there is no prompt.",
        remedy=(
            "Leave out empty texts, and turns without parts.",
            "Check that there is a prompt before calling.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "empty_contents"),
        evidence=(_FIELD, _ANSWER, _MODEL),
    ),
    Hint(
        id="http.400.media_invalid",
        severity="error",
        retry="no",
        summary="An image, a sound, a video or a file was not accepted.",
        cause="Its mime type is not supported, or its data are empty, damaged or something else, such as a web page.",
        remedy=(
            "Send the real mime type of the data.",
            "Check that the file opens elsewhere, and encode it again.",
            "Try it as an upload: with the Files API, or on Vertex AI from a bucket.",
        ),
        reference=links.FILES,
        when=on(FAILURE, "invalid_media", "url_not_fetched"),
        evidence=(_FIELD, _ANSWER, _MODEL),
    ),
    Hint(
        id="http.400.response_mime_type",
        severity="error",
        retry="no",
        summary="response_mime_type has a value that this model or method does not take.",
        cause="The setting is about text: plain, JSON, XML, YAML or an enum. Images and sound come as inline data without it, by "
        "response_modalities. No media of yours was refused.",
        remedy=(
            "Leave response_mime_type out, or set it to one of those that the message lists.",
            "For sound or images, set response_modalities on a model that makes them.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=on(FAILURE, "response_mime_type"),
        evidence=(_FIELD, f"output type {{{OUTPUT_TYPE}}}", _MODEL),
    ),
    Hint(
        id="http.400.sdk_outdated",
        severity="error",
        retry="no",
        summary="The service no longer takes what this version of the SDK sends.",
        cause="The message asks for a newer client. The Interactions API has changed its schema, and refuses the earlier one.",
        remedy=("Upgrade google-genai to the version that the message names.",),
        reference=links.SDK,
        when=on(FAILURE, "sdk_outdated"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.400.content_policy",
        severity="error",
        retry="after_change",
        summary="The prompt was refused for its content.",
        cause="The service judged that the prompt conflicts with its policies.",
        remedy=("Change the wording of the prompt.", "Send feedback if the refusal is a mistake."),
        reference=links.SAFETY,
        when=on(FAILURE, "content_policy"),
        evidence=(_ANSWER, _MODEL),
    ),
    # --- limits on use
    Hint(
        id="http.402.payment",
        severity="error",
        retry="no",
        summary="The prepaid credit is used up.",
        cause="The project pays in advance, and its balance is empty.",
        remedy=("Open https://ai.studio/projects to add credit, or to switch on automatic reload.",),
        reference=links.BILLING,
        when=on(FAILURE, "prepaid_credit"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.429.spend_cap",
        severity="error",
        retry="no",
        summary="The project has reached its spending limit.",
        cause="A monthly cap that was set for the project, or the spending limit of its tier, is reached.",
        remedy=(
            "Open https://ai.studio/spend to raise the cap, or wait for the next month.",
            "Limits of a tier apply to the last ten minutes: send less at a time.",
        ),
        reference=links.BILLING,
        when=on(FAILURE, "spend_cap"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.429.zero_limit",
        severity="error",
        retry="no",
        summary="The quota that was hit is zero: there is nothing to wait for.",
        cause="The model has no free tier, or the project is not entitled to it, or not in this location. A retry delay, if one was given, means "
        "nothing here.",
        remedy=("Link the project to a billing account.", "Use another model.", "Waiting does not help."),
        reference=links.RATE_LIMITS,
        when=on(FAILURE, "zero_quota"),
        evidence=(_QUOTA, _NAMED_QUOTA, _MODEL),
    ),
    Hint(
        id="http.429.rate_day",
        severity="error",
        retry="no",
        summary="The quota for today is used up.",
        cause="What is used in a day is limited for each project and model. The quota starts anew at midnight Pacific time; "
        "a retry delay of seconds, if one was given, is misleading.",
        remedy=(
            "Do not retry today with this model.",
            "Fall back to another model: each has a quota of its own.",
            "Move to a paid tier, or ask for a higher quota.",
        ),
        reference=links.RATE_LIMITS,
        when=on(FAILURE, "daily_quota"),
        evidence=(_QUOTA, _METRIC, _MODEL),
    ),
    Hint(
        id="http.429.rate_minute",
        severity="warning",
        retry="wait",
        summary="A quota for requests or tokens in a short time is used up.",
        cause="Requests and input tokens per minute are limited for each project and model, not for each key; on Vertex AI some quotas "
        "count what runs at the same time.",
        remedy=(
            "Wait as long as the service asks, and add some jitter.",
            "Limit how many calls run at the same time.",
            "If that is not enough, ask for a higher quota: the evidence names it.",
            "google-genai does not read the requested delay, and retries only if http_options.retry_options is set.",
        ),
        reference=links.RATE_LIMITS,
        when=on(FAILURE, "minute_quota", "named_quota"),
        evidence=(_QUOTA, _METRIC, _RETRY_IN, _RESENDS),
    ),
    Hint(
        id="http.429.help_only",
        severity="error",
        retry="no",
        summary="A quota is used up, and the service does not say which.",
        cause="Neither a quota nor a retry delay came with the error. That was seen with daily quotas and with the quota for "
        "search grounding, and lasted until midnight Pacific time.",
        remedy=(
            "Do not retry in a loop.",
            "Open https://ai.dev/rate-limit to see what is used up.",
            "If the request uses Google Search or URL context, try without.",
        ),
        reference=links.RATE_LIMITS,
        when=on(FAILURE, "help_only_quota"),
        evidence=(_MODEL, _TOOLS),
    ),
    Hint(
        id="http.429.cache_storage",
        severity="warning",
        retry="after_change",
        summary="The storage for cached content is full.",
        cause="The tokens kept in explicit caches are limited for each model.",
        remedy=("Delete caches that are no longer needed.", "Give caches a shorter time to live."),
        reference=links.CACHING,
        when=on(FAILURE, "cache_storage"),
        evidence=(_QUOTA, _ANSWER, _MODEL),
    ),
    Hint(
        id="http.429.provisioned",
        severity="warning",
        retry="no",
        summary="The request exceeded the Provisioned Throughput.",
        cause="More was sent than the purchased capacity serves, and the request may not use shared capacity.",
        remedy=(
            "Let requests spill over to on-demand capacity instead of forcing `dedicated`.",
            "Buy more scale units.",
        ),
        reference=links.CLOUD_429,
        when=on(FAILURE, "provisioned_throughput"),
        evidence=(_CAPACITY, _ANSWER, _MODEL),
    ),
    Hint(
        id="http.429.shared_capacity",
        severity="warning",
        retry="yes",
        summary="The service seems to have had no free capacity for this request.",
        cause="Pay-as-you-go requests share the capacity of the servers, and the error names no quota of the project. The quota page "
        "then shows no use that would explain it.",
        remedy=(
            _BACK_OFF,
            "On Vertex AI, use the global endpoint.",
            "Fall back to another model, or buy Provisioned Throughput.",
        ),
        reference=links.CLOUD_429,
        when=on(FAILURE, "shared_capacity"),
        evidence=(_MODEL, _CAPACITY, _ASKED_TIER, _RESENDS, _ATTEMPTS),
    ),
    # --- narrower cases of 500
    Hint(
        id="http.500.large_context",
        severity="error",
        retry="after_change",
        summary="The service failed, and the input was very long.",
        cause="An internal error, on an input of more than half of the context window. The guide names a context that is too "
        "long as one cause.",
        remedy=("Shorten the input, or split it.", "Try another model.", "Look at the status page."),
        reference=links.API_ERRORS,
        when=on(FAILURE, "internal", also=_large_input),
        evidence=(f"{{{USAGE_INPUT_TOKENS}}} input tokens", _MODEL),
    ),
)

TIER = (
    Hint(
        id="http.429.free_tier_on_paid",
        severity="info",
        retry="after_change",
        summary="The quota that was hit is one of the free tier.",
        cause="The project of this key is not linked to a billing account, or the key belongs to another project than you "
        "think.",
        remedy=("If you expect a paid tier, link this project to billing and check which key is used.",),
        reference=links.BILLING,
        when=where(_free_tier, outcomes=FAILED, needs=QUOTA_ID),
        evidence=(_QUOTA,),
    ),
)

GENERIC = (
    Hint(
        id="http.400.schema_suspected",
        severity="error",
        retry="no",
        summary="The service rejected the request as invalid; it asked for structured output.",
        cause="A schema that is too large or uses unsupported keywords may be answered like this, without a word about it. Whether it was the "
        "schema is not known.",
        remedy=(
            "Try the same request without the schema.",
            "If it works, shrink enums, drop maxItems and flatten the schema.",
            "If not, go back to the last request that worked and compare.",
        ),
        reference=links.STRUCTURED_OUTPUT,
        when=on(FAILURE, "invalid_argument", also=_has_schema),
        evidence=(_FIELD, _MODEL, _TOOLS),
    ),
    Hint(
        id="http.400.invalid_argument",
        severity="error",
        retry="no",
        summary="The service rejected the request as invalid.",
        cause="What is wrong is not known beyond what the message says. A field may be misspelt, missing or of the wrong kind, or unknown "
        "to the API version that was called.",
        remedy=(
            "Read the message, and compare what it names with the API reference.",
            "Features in preview may need the API version v1beta.",
            "Go back to the last request that worked, and change one setting at a time.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "invalid_argument"),
        evidence=(_FIELD, _MODEL, "API version {gemini.request.api_version}", _TOOLS),
    ),
    Hint(
        id="http.400.failed_precondition",
        severity="error",
        retry="after_change",
        summary="Something has to be set up before the service takes this request.",
        cause="The message names the condition. It may be billing where the free tier is not offered, or service agents that are still being "
        "made.",
        remedy=(
            "Read the message: it names the condition.",
            "Check that billing is enabled for the project.",
            "If service agents are being provisioned, try again in a few minutes.",
        ),
        reference=links.BILLING,
        when=on(FAILURE, "failed_precondition"),
        evidence=(_REASON, _MODEL),
    ),
    Hint(
        id="http.401.unauthenticated",
        severity="error",
        retry="no",
        summary="The credentials were not accepted.",
        cause="They may be missing, expired or of the wrong kind. Vertex AI expects OAuth credentials, or a key of its express mode; the Gemini API expects its own API key. Neither "
        "takes what is meant for the other, nor a key as a bearer token.",
        remedy=(
            "On Vertex AI, log in with application default credentials and unset the API keys.",
            "For the Gemini API, open https://aistudio.google.com/apikey and check the key.",
            "Check that GOOGLE_GENAI_USE_VERTEXAI says what you mean.",
            "Refresh an expired token.",
        ),
        reference=links.CLOUD_ERRORS,
        when=on(FAILURE, "unauthenticated"),
        evidence=(_REASON, f"provider {{{PROVIDER_NAME}}}"),
    ),
    Hint(
        id="http.gateway",
        severity="error",
        retry="no",
        summary="The refusal probably did not come from the API.",
        cause="Answers of the API are JSON, and this one was not. A proxy, a firewall or a gateway on the way wrote it, or "
        "Google's front end, which knows no such address.",
        remedy=(
            "Read the message: it often names who wrote it.",
            "Check http_options.base_url and api_version, and the proxy settings HTTPS_PROXY and NO_PROXY.",
            "Let the network allow the server that the client calls.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "gateway"),
        evidence=(_ANSWER, _SERVER),
    ),
    Hint(
        id="http.407.proxy_auth",
        severity="error",
        retry="no",
        summary="A proxy asks for credentials.",
        cause="The request did not get past the proxy of the network.",
        remedy=("Put the user name and the password into HTTPS_PROXY, or let the proxy allow this machine.",),
        reference=links.SDK,
        when=on(FAILURE, "proxy_auth"),
        evidence=(f"error type {{{ERROR_TYPE}}}", _SERVER),
    ),
    Hint(
        id="http.403.permission",
        severity="error",
        retry="no",
        summary="The caller may not do this.",
        cause="Why is not said. The key or the credentials may lack a permission or belong to another project; tuned models need credentials "
        "of their own.",
        remedy=(
            "Check which key and project the client uses.",
            "Check access to tuned models, files and caches that the request names.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "permission_denied"),
        evidence=(_REASON, _FIELD, _MODEL),
    ),
    Hint(
        id="http.404.not_found",
        severity="error",
        retry="no",
        summary="Something that the request names does not exist.",
        cause="What was not found is not known beyond what the message says: the model, a file, a cache or another resource. Its name may be "
        "wrong, it may have expired, or belong to another API version or project.",
        remedy=(
            "Check the names in the request, the model's first; uploaded files expire after 48 hours.",
            "Check that all parameters are valid for the API version.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "not_found"),
        evidence=(_FIELD, _MODEL, "API version {gemini.request.api_version}"),
    ),
    Hint(
        id="http.408.request_timeout",
        severity="warning",
        retry="yes",
        summary="The service waited too long for the request.",
        cause="The request did not arrive completely in time, perhaps a large body over a slow connection.",
        remedy=(_BACK_OFF, "Upload large media with the Files API.", SET_RETRIES),
        reference=links.TROUBLESHOOTING,
        when=on(FAILURE, "request_timeout"),
        evidence=(_RESENDS, _ATTEMPTS),
    ),
    Hint(
        id="http.409.conflict",
        severity="warning",
        retry="after_change",
        summary="The request conflicts with the present state.",
        cause="Another request may have changed the same resource, or it exists already.",
        remedy=("Read the resource again, then decide whether to retry.", "Check before creating."),
        reference=links.API_ERRORS,
        when=on(FAILURE, "conflict"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.416.out_of_range",
        severity="error",
        retry="no",
        summary="A value lies outside the permitted range.",
        cause="A parameter or an offset exceeds its limit.",
        remedy=("Check the parameters against their limits.",),
        reference=links.API_ERRORS,
        when=on(FAILURE, "out_of_range"),
        evidence=(_ANSWER, _MODEL),
    ),
    Hint(
        id="http.429.unspecified",
        severity="warning",
        retry="yes",
        summary="The service asks to slow down.",
        cause="A rate limit was hit, or the service had no capacity; the error does not say which. Bursts are refused on paid tiers too.",
        remedy=(
            _BACK_OFF,
            "Limit how many calls run at the same time.",
            "Open https://ai.dev/rate-limit to compare the use with the limits.",
            SET_RETRIES,
        ),
        reference=links.RATE_LIMITS,
        when=on(FAILURE, "rate_limited"),
        evidence=(_QUOTA, _METRIC, _RETRY_IN, _RESENDS, _ATTEMPTS),
    ),
    Hint(
        id="http.499.cancelled",
        severity="warning",
        retry="yes",
        summary="The operation was cancelled before it finished.",
        cause="The client, or a proxy in between, seems to have closed the connection first, often because of its own timeout.",
        remedy=(
            "Raise the client's timeout.",
            "Look for deadlines and proxies on the way.",
            "Keep streams open.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "cancelled"),
        evidence=(_TIMEOUT,),
    ),
    Hint(
        id="http.500.internal",
        severity="error",
        retry="yes",
        summary="The service had an unexpected error.",
        cause="The service does not say why. Mostly it is a passing fault, sometimes an input that is too long or that it cannot handle.",
        remedy=(
            "Retry once or twice, with backoff.",
            "Shorten the input, or try another model.",
            "Look at https://aistudio.google.com/status for an outage, and report it if it persists.",
            SET_RETRIES,
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "internal"),
        evidence=(_MODEL, f"{{{USAGE_INPUT_TOKENS}}} input tokens", _RESENDS, _ATTEMPTS),
    ),
    Hint(
        id="http.501.unimplemented",
        severity="error",
        retry="no",
        summary="The service does not support this operation.",
        cause="The method or feature is not available here.",
        remedy=("Change the request.", "Check the API version and the back end."),
        reference=links.API_ERRORS,
        when=on(FAILURE, "unimplemented"),
        evidence=(_MODEL,),
    ),
    Hint(
        id="http.502.bad_gateway",
        severity="warning",
        retry="yes",
        summary="A gateway in front of the service got no proper answer.",
        cause="It may be a passing fault on the way, or a proxy of your own.",
        remedy=(_BACK_OFF, "Look at https://aistudio.google.com/status for an outage.", SET_RETRIES),
        reference=links.TROUBLESHOOTING,
        when=on(FAILURE, "bad_gateway"),
        evidence=(f"HTTP {{{HTTP_STATUS_CODE}}}", _RESENDS, _ATTEMPTS),
    ),
    Hint(
        id="http.503.overloaded",
        severity="warning",
        retry="yes",
        summary="The model is overloaded or temporarily not available.",
        cause="The service says that it cannot take the request at the moment. Mostly it lacks free capacity.",
        remedy=(
            _BACK_OFF,
            "Fall back to another model, for example from Pro to Flash.",
            "Look at https://aistudio.google.com/status for an outage.",
            SET_RETRIES,
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "overloaded"),
        evidence=(_MODEL, _RESENDS, _ATTEMPTS),
    ),
    Hint(
        id="http.504.deadline",
        severity="error",
        retry="after_change",
        summary="The answer was not finished before the deadline.",
        cause="The time that the client or the service allows ran out. The prompt or the answer may be too long for it, or the service slow.",
        remedy=(
            "Raise the client's timeout, or leave it out: http_options.timeout of google-genai is in milliseconds.",
            "Stream the answer.",
            "Shorten the prompt, split the task, or lower thinking.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "deadline_exceeded"),
        evidence=(_TIMEOUT, f"{{{USAGE_INPUT_TOKENS}}} input tokens", _RESENDS),
    ),
    Hint(
        id="http.unknown",
        severity="error",
        retry="no",
        summary="The call failed with an error that this catalogue does not know.",
        cause="Neither the status nor the message is a known one.",
        remedy=(
            "Read the error's message.",
            "Retry only on 408, 429 and 5xx, with backoff.",
            "Report it if it persists.",
        ),
        reference=links.API_ERRORS,
        when=on(FAILURE, "unknown", *UNTOLD_API_ERRORS),
        evidence=(f"error type {{{ERROR_TYPE}}}", f"status {{{ERROR_STATUS}}}", _MODEL),
    ),
)
