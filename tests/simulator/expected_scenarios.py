"""What each scenario that ships leads to."""

from __future__ import annotations

import pytest
from google.genai import errors

from gemini_otel.simulator.scenarios import resources
from support.finish_reasons import FINISH_REASONS
from support.sdk_calls import MODEL

HAS_STREAM_ERRORS = hasattr(errors.APIError, "raise_error")
"""The SDK raises errors that come inside a stream."""

# An older SDK warns of every value that it does not know.
unknown_values_warn = pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")

ANSWERS = (
    "ok",
    "slow",
    "long_stream",
    "thinking",
    "cached",
    "tool_call",
    "tool_chain",
    "tool_loop",
    "parallel_tools",
    "text_and_tool",
    "undeclared_tool",
    "grounding_tool_use",
    "url_not_read",
    "code_execution",
    "standard_tier",
    "null",
    "inline_image",
)

FINISHED = dict.fromkeys((*ANSWERS, "empty_stop", "finish_stop"), "STOP") | {
    f"finish_{reason.lower().removeprefix('finish_reason_')}": reason
    for reason, expected in FINISH_REASONS.items()
    if not expected.of_live
}
FINISHED["finish_unknown"] = "REASON_OF_TOMORROW"
FINISHED["made_up_tool"] = "UNEXPECTED_TOOL_CALL"
FINISHED |= dict.fromkeys(
    [
        "thoughts_ate_budget",
        "loop_text",
        "loop_newlines_json",
        "loop_table_hyphens",
        "loop_table_tokens",
        "loop_json_items",
    ],
    "MAX_TOKENS",
)

BLOCKED = {
    f"block_{reason.lower()}": reason
    for reason in [
        "SAFETY",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "IMAGE_SAFETY",
        "MODEL_ARMOR",
        "JAILBREAK",
    ]
} | {"block_unknown": "BLOCK_OF_TOMORROW"}

OTHER_ANSWERS = ("multi_candidate", "finish_missing", "continuation")

RPC = "type.googleapis.com/google.rpc."

REFUSED: dict[str, tuple[int, str, str, list[str]]] = {
    "invalid_argument": (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", []),
    "invalid_key": (400, "INVALID_ARGUMENT", "API key not valid.", ["ErrorInfo", "LocalizedMessage"]),
    "error_in_stream_start": (
        400,
        "INVALID_ARGUMENT",
        "API key not valid.",
        ["ErrorInfo", "LocalizedMessage"],
    ),
    "failed_precondition": (400, "FAILED_PRECONDITION", "User location is not supported", []),
    "input_too_long": (400, "INVALID_ARGUMENT", "The input token count (1250074) exceeds", []),
    "unauthenticated": (401, "UNAUTHENTICATED", "API keys are not supported by this API.", ["ErrorInfo"]),
    "permission_denied": (403, "PERMISSION_DENIED", "The caller does not have permission", []),
    "leaked_key": (403, "PERMISSION_DENIED", "Your API key was reported as leaked.", []),
    "service_disabled": (403, "PERMISSION_DENIED", "has not been used in project", ["Help", "ErrorInfo"]),
    "not_found": (404, "NOT_FOUND", "Requested entity was not found.", []),
    "model_not_found": (404, "NOT_FOUND", f"models/{MODEL} is not found for API version v1", []),
    "rate_limited": (
        429,
        "RESOURCE_EXHAUSTED",
        "limit: 10, model: gemini",
        ["Help", "QuotaFailure", "RetryInfo"],
    ),
    "always_rate_limited": (429, "RESOURCE_EXHAUSTED", "limit: 10", ["Help", "QuotaFailure", "RetryInfo"]),
    "daily_quota": (429, "RESOURCE_EXHAUSTED", "limit: 50", ["Help", "QuotaFailure", "RetryInfo"]),
    "shared_capacity": (429, "RESOURCE_EXHAUSTED", "error-code-429", []),
    "internal": (500, "INTERNAL", "An internal error has occurred.", []),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded.", []),
    "deadline_exceeded": (504, "DEADLINE_EXCEEDED", "Deadline expired", []),
}

RESOURCES = tuple(scenario.name for scenario in resources.ALL)
"""Of endpoints that generate nothing: tested with these."""

SEQUENCES = {"rate_limited_twice": 3, "overloaded_once": 2}
"""Attempts until the answer."""

OTHER_FAILURES = (
    "bad_gateway",
    "forbidden_page",
    "proxy_auth",
    "cut_stream",
    "cut_before_headers",
    "error_in_stream",
    "bad_json_stream",
    "bad_json_body",
    "hang",
)
