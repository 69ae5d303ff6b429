"""Names the cause of an API error: one table of signatures, first match wins, most specific first.

The keys, from the most to the least reliable: ErrorInfo.reason, the quota of a QuotaFailure, stable words of the message, the
status alone. Google's wording moves, so a signature is a few words that survived several versions of a text, and never depends
on the names between quotes, which may be masked.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto names the HTTP code of each status.
HTTP_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

# The same file numbers the statuses.
STATUSES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)

_MESSAGE_LIMIT = 4000


class Signature(NamedTuple):
    """How one cause looks; everything given must hold. Patterns are searched in lower-case text, gaps in them are bounded."""

    kind: str
    codes: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    quota_id: str | None = None
    quota_limit: int | None = None
    message: str | None = None
    vertex: bool = False  # only on Vertex AI
    bare: bool = False  # only without a quota and without a retry delay


class _Error(NamedTuple):
    code: int | None
    status: str
    reason: str
    quota_id: str
    quota_limit: int | None
    retry_delay: float | None
    message: str
    vertex: bool


SIGNATURES = (
    # --- ErrorInfo.reason: https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto
    Signature("invalid_key", reasons=("API_KEY_INVALID",)),
    Signature(
        "restricted_key",
        reasons=(
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
        ),
    ),
    Signature("service_disabled", reasons=("SERVICE_DISABLED",)),
    Signature("billing_disabled", reasons=("BILLING_DISABLED",)),
    Signature(
        "project", reasons=("CONSUMER_INVALID", "CONSUMER_SUSPENDED", "USER_PROJECT_DENIED", "GCP_SUSPENDED")
    ),
    Signature("vpc_service_controls", reasons=("SECURITY_POLICY_VIOLATED",)),
    Signature("missing_role", reasons=("IAM_PERMISSION_DENIED",)),
    Signature(
        "unauthenticated",
        reasons=(
            "CREDENTIALS_MISSING",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "ACCOUNT_STATE_INVALID",
        ),
    ),
    Signature("shared_capacity", reasons=("MODEL_CAPACITY_EXHAUSTED",)),
    # --- QuotaFailure
    Signature("cache_storage", quota_id="cachedcontentstorage"),
    Signature("zero_quota", (429,), quota_limit=0),
    Signature("daily_quota", quota_id=r"per.?day|daily"),
    Signature(
        "daily_quota", statuses=("QUOTA_EXCEEDED",)
    ),  # of the Interactions API, which has no QuotaFailure
    Signature("minute_quota", quota_id=r"per.?(?:minute|second)"),
    # --- messages about the key, the project and the account
    Signature("leaked_key", message=r"reported as leaked"),
    Signature(
        "invalid_key", message=r"api key (?:not valid|not found|expired|is invalid)|pass a valid api key"
    ),
    Signature("missing_key", message=r"unregistered callers|missing a valid api key"),
    Signature(
        "restricted_key",
        message=r"requests (?:to this api|from).{0,300}(?:is|are) blocked|api key has an? .{0,40}restriction",
    ),
    Signature("service_disabled", message=r"before or it is disabled|has been deactivated in"),
    Signature("billing_disabled", message=r"billing to be enabled|billing account.{0,80}(?:disabled|closed)"),
    Signature("vpc_service_controls", message=r"vpc service controls|prohibited by organization.s policy"),
    Signature(
        "project",
        message=r"permission denied on resource project|(?:consumer|project) .{0,100}has been (?:suspended|deleted)",
    ),
    Signature("file_access", message=r"permission to access the file|storage\.objects\.get access"),
    Signature("file_not_ready", message=r"not in an? active state"),
    Signature("cached_content", message=r"cachedcontent not found|cached? content metadata"),
    Signature("cached_content", message=r"cached content model does not match|invalid cachedcontent name"),
    Signature("missing_role", message=r"permission .{1,200} denied on resource"),
    Signature(
        "unauthenticated", message=r"api keys are not supported by this api|expected oauth ?2 access token"
    ),
    Signature("location", message=r"user location is not supported|not available in your (?:country|region)"),
    Signature("failed_precondition", message=r"service agents are being provisioned"),
    # --- messages about limits on use
    Signature("prepaid_credit", message=r"prepay(?:ment)? credits?|credits are depleted"),
    Signature("spend_cap", message=r"spending cap|spend(?:ing)? limit"),
    Signature("cache_storage", (429,), message=r"cachedcontentstorage"),
    Signature("provisioned_throughput", message=r"provisioned throughput"),
    Signature("shared_capacity", message=r"no capacity available for model|error-code-429"),
    Signature("zero_quota", (429, 1011), message=r"\blimit: 0(?!\.?\d)"),
    Signature("daily_quota", (429, 1011), message=r"per[ _]?day\b|perday|daily (?:limit|quota)"),
    Signature("minute_quota", (429, 1011), message=r"per[ _]?minute\b|perminute"),
    Signature("rate_limited", (429,), message=r"\bretry in \d|quota will reset after"),
    Signature("help_only_quota", (429, 1011), message=r"exceeded your current quota", bare=True),
    # --- messages about the model
    Signature("model_not_found", message=r"is not found for api version|unexpected model name format"),
    Signature("model_not_found", (400, 404), message=r"is no longer available"),
    Signature("model_not_found", (400, 403, 404), message=r"publisher model .{0,300}not found"),
    # --- messages about the request
    Signature(
        "input_too_long", message=r"input token count.{0,60}exceed|exceeds the maximum number of tokens"
    ),
    Signature("input_too_long", message=r"input (?:context )?is too long"),
    Signature("payload_too_large", message=r"payload size exceeds|maximum request body size"),
    Signature("deadline_too_short", message=r"deadline.{0,60}too short|minimum allowed deadline"),
    Signature("thought_signature", message=r"thought.?signature"),
    Signature("thinking_level", message=r"thinking.?level(?: \S{1,30})? is not supported"),
    Signature(
        "thinking_conflict",
        message=r"thinking.?budget.{0,80}thinking.?level|thinking.?level.{0,80}thinking.?budget",
    ),
    Signature(
        "thinking_budget", message=r"thinking.?budget|budget \d+ is invalid|only works in thinking mode"
    ),
    Signature("thinking_level", message=r"thinking.?level"),
    Signature("function_parts_mismatch", message=r"number of function response parts"),
    Signature("turn_order", message=r"turn comes immediately after|multiturn requests|roles? must alternate"),
    Signature("invalid_role", message=r"use a valid role"),
    Signature("tools_with_json", message=r"with a response mime type"),
    Signature(
        "tool_combination",
        message=r"multiple tools are supported only|tool use with function calling"
        r"|config is set without function.?declarations",
    ),
    Signature(
        "schema_too_complex", message=r"too many states|schema.{0,60}too (?:complex|large|deep)|nesting depth"
    ),
    Signature(
        "tool_schema",
        message=r"for object type|(?:function.?declarations|response_?schema).{0,200}"
        r"(?:properties|required|items|parameters|enum)",
    ),
    Signature("unknown_field", message=r"unknown name\b|cannot find field"),
    Signature("penalty", message=r"penalty.{0,40}not (?:enabled|supported)"),
    Signature("cache_too_small", message=r"cached content is too small|minimum token count to start"),
    Signature(
        "value_out_of_range", (400,), message=r"supported range|must be (?:in the range|between)|out of range"
    ),
    Signature(
        "empty_contents",
        (400,),
        message=r"must not be empty|contents is not specified|contents are required|at least one parts field",
    ),
    Signature("content_policy", (400,), message=r"responsible ai practices|prompt could not be submitted"),
    Signature(
        "feature_not_enabled",
        (400,),
        message=r"(?:is|are) not enabled for|(?:is|are) not supported (?:in streaming|(?:for|by) (?:this|the) model)",
    ),
    Signature(
        "invalid_media",
        (400,),
        message=r"mime.?type|image is not valid|process input (?:image|audio|video)"
        r"|cannot fetch content|unable to (?:fetch|decode)",
    ),
    Signature("deadline_exceeded", (503, 504, 1011), message=r"deadline expired"),
    # --- Live: a closed websocket says why in its reason; the codes are those of RFC 6455
    Signature("live_keepalive", (1006,), message=r"keepalive ping timeout"),
    Signature(
        "live_modality", (1007, 1008), message=r"non-audio request|response modalit|text output is not"
    ),
    Signature(
        "live_resumption",
        (1007, 1008, 1011),
        message=r"session.{0,20} not found|resum.{1,60}(?:expired|invalid)",
    ),
    Signature("live_not_found", (1008,), message=r"requested entity was not found"),
    Signature(
        "live_time_limit",
        (1000, 1006, 1008, 1011),
        message=r"(?:session|time|duration).{0,20} limit|was aborted",
    ),
    Signature("overloaded", (1011, 1013), message=r"unavailable|overloaded|try again later"),
    Signature("rate_limited", (1008, 1011, 1013), message=r"resource.{0,12}exhausted|quota"),
    # --- the status alone; the lower-case ones of the Interactions API, https://ai.google.dev/gemini-api/docs/api-errors
    Signature("rate_limited", reasons=("RATE_LIMIT_EXCEEDED", "RESOURCE_QUOTA_EXCEEDED")),
    Signature("failed_precondition", statuses=("FAILED_PRECONDITION",)),
    Signature("out_of_range", statuses=("OUT_OF_RANGE",)),
    Signature("unknown_field", statuses=("PARAMETER_UNKNOWN",)),
    Signature("model_not_found", statuses=("MODEL_NOT_FOUND",)),
    Signature("minute_quota", statuses=("RATE_LIMIT_EXCEEDED",)),
    Signature("invalid_argument", statuses=("INVALID_REQUEST",)),
    Signature("unauthenticated", statuses=("AUTHENTICATION",)),
    Signature("prepaid_credit", statuses=("PAYMENT_REQUIRED",)),
    Signature("rate_limited", statuses=("TOO_MANY_REQUESTS",)),
    Signature("internal", statuses=("API_ERROR",)),
    Signature("overloaded", statuses=("SERVICE_UNAVAILABLE",)),
    Signature("content_policy", statuses=("CONTENT_BLOCKED",)),
    # Vertex AI serves pay-as-you-go from shared capacity: a 429 without a quota is the server's limit, not the project's.
    Signature("shared_capacity", (429,), vertex=True, bare=True),
    # The SDK puts HTTP's own phrase where the body is no JSON: it is not the API that answered.
    Signature(
        "gateway",
        (401, 403, 404, 405),
        statuses=("UNAUTHORIZED", "FORBIDDEN", "NOT FOUND", "METHOD NOT ALLOWED"),
    ),
    Signature("bad_response", tuple(range(200, 300))),  # the SDK could not read what came with a success
    Signature("invalid_argument", (400,)),
    Signature("unauthenticated", (401,)),
    Signature("prepaid_credit", (402,)),
    Signature("permission_denied", (403,)),
    Signature("not_found", (404,)),
    Signature("proxy_auth", (407,)),
    Signature("request_timeout", (408,)),
    Signature("conflict", (409,)),
    Signature("payload_too_large", (413,)),
    Signature("out_of_range", (416,)),
    Signature("rate_limited", (429,)),
    Signature("cancelled", (499,)),
    Signature("internal", (500,)),
    Signature("unimplemented", (501,)),
    # https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
    Signature("bad_gateway", (502, *range(520, 528), 530)),
    Signature("overloaded", (503,)),
    Signature("deadline_exceeded", (504,)),
    Signature("live_closed", (1000, 1001)),
    Signature("live_lost", (1006,)),
    Signature("live_invalid_argument", (1003, 1007)),
    Signature("live_unsupported", (1008,)),
    Signature("payload_too_large", (1009,)),
    Signature("live_internal", (1011,)),
    Signature("overloaded", (1012, 1013, 1014)),
)

KINDS = (*dict.fromkeys(signature.kind for signature in SIGNATURES), "unknown")


def error_kind(
    *,
    code: int | None,
    status: str | None = None,
    reason: str | None = None,
    quota_id: str | None = None,
    quota_limit: int | None = None,
    retry_delay: float | None = None,
    message: str | None = None,
    vertex: bool = False,
) -> str:
    """The cause of an API error, one of `KINDS`; `unknown` when nothing fits. Only the head of `message` is looked at."""
    upper = (status or "").upper()
    error = _Error(
        code=HTTP_CODES.get(upper) if code is None else code,
        status=upper,
        reason=(reason or "").upper(),
        quota_id=(quota_id or "")[:_MESSAGE_LIMIT].lower(),
        quota_limit=quota_limit,
        retry_delay=retry_delay,
        message=(message or "")[:_MESSAGE_LIMIT].lower(),
        vertex=vertex,
    )
    return next((signature.kind for signature in SIGNATURES if all(_checks(signature, error))), "unknown")


def _checks(signature: Signature, error: _Error) -> Iterator[bool]:
    """One truth for each thing that the signature asks for, cheapest first."""
    if signature.codes:
        yield error.code in signature.codes
    if signature.statuses:
        yield error.status in signature.statuses
    if signature.reasons:
        yield error.reason in signature.reasons
    if signature.quota_limit is not None:
        yield error.quota_limit == signature.quota_limit
    if signature.vertex:
        yield error.vertex
    if signature.bare:
        yield not error.quota_id and error.retry_delay is None
    if signature.quota_id is not None:
        yield _search(signature.quota_id, error.quota_id)
    if signature.message is not None:
        yield _search(signature.message, error.message)


def _search(pattern: str, text: str) -> bool:
    return bool(text) and _compiled(pattern).search(text) is not None


@functools.cache  # patterns are compiled at the first error, not at start-up
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
