"""Names the cause of an API error, with one table of signatures in the order of evidence; the first match wins.

An explicit message comes first, then the quota of a QuotaFailure, then ErrorInfo.reason, then the status alone. Google's
wording changes, and its two back ends word one cause differently. So a signature is a few words that survived several
versions of a text, and never depends on quoted names, which may be masked. A word alone proves nothing: it must be in the
field, or next to the verb, that makes it the cause.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from gemini_otel._facts.errors.quotas import limit_in

if TYPE_CHECKING:
    from collections.abc import Callable

    _Search = Callable[[str], object]

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

# The same file has the number of each status.
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

# The statuses that the words of the Interactions API stand for; words that are missing stand for none.
_STATUS_OF_WORD = {
    "INVALID_REQUEST": "INVALID_ARGUMENT",
    "PARAMETER_UNKNOWN": "INVALID_ARGUMENT",
    "AUTHENTICATION": "UNAUTHENTICATED",
    "MODEL_NOT_FOUND": "NOT_FOUND",
    "QUOTA_EXCEEDED": "RESOURCE_EXHAUSTED",
    "RATE_LIMIT_EXCEEDED": "RESOURCE_EXHAUSTED",
    "TOO_MANY_REQUESTS": "RESOURCE_EXHAUSTED",
    "API_ERROR": "INTERNAL",
    "SERVICE_UNAVAILABLE": "UNAVAILABLE",
}

# The word of the Interactions API whose messages must be distinguished.
_CODE_OF_WORD = {"INVALID_REQUEST": 400}
_MESSAGE_LIMIT = 4000


class Signature(NamedTuple):
    """The signature of one cause; all given conditions must hold. Patterns are searched in lower-case text, and gaps in them
    are bounded.
    """

    kind: str
    codes: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    quota_id: str | None = None
    # JSON of a proto leaves out zeros: no other limit shows what failed.
    quota_limit: Literal[0] | None = None
    message: str | None = None
    vertex: bool = False  # only on Vertex AI
    bare: bool = False  # only without a quota and without a retry delay


# A refusal of something in the request. Live closes with 1003, 1007 or 1008 for the same reasons, in the same words.
_REFUSED = (400, 1003, 1007, 1008)
_LIMITED = (429, 1008, 1011, 1013)
_NOT = r"(?:is|are|was)(?: (?:currently|still|yet|also))?(?: not|n.t)"

SIGNATURES = (
    # --- the message: the key, the credentials, the project and the account
    Signature("leaked_key", message=r"reported as leaked"),
    Signature("missing_key", message=r"unregistered callers|missing a valid api key"),
    Signature(
        "invalid_key",
        message=r"api key (?:not valid|not found|expired|is invalid|has expired)|pass a valid api key",
    ),
    Signature(
        "restricted_key",
        message=r"requests (?:to this api|from).{0,300}(?:is|are) blocked|api key has an? .{0,40}restriction",
    ),
    Signature(
        "quota_project", message=r"requires a quota project|quota project.{0,40}(?:not set|missing|required)"
    ),
    Signature("quota_project", message=r"end.user credentials from the google cloud sdk"),
    Signature("token_scope", message=r"insufficient (?:authentication |oauth )?scopes?\b"),
    Signature(
        "credentials",
        message=r"reauthentication is needed|default credentials were not found|could not refresh access token",
    ),
    Signature(
        "location",
        message=r"user location is not supported|not available in your (?:current )?(?:country|region|location)",
    ),
    Signature("service_disabled", message=r"before or it is disabled|has been deactivated in"),
    Signature(
        "billing_disabled",
        message=r"billing to be enabled|billing account.{0,80}(?:disabled|closed)|to billed users"
        r"|billing (?:is|has|must|was).{0,30}(?:enabled|disabled)|enable billing (?:on|for|in)",
    ),
    Signature("vpc_service_controls", message=r"vpc service controls|vpcservicecontrols"),
    Signature(
        "organization_policy",
        message=r"organization policy|org policy|\bconstraints/|prohibited by organization.s policy",
    ),
    Signature(
        "model_access",
        message=r"project is not allowed to use|(?:not|n.t) allowlisted|not on the allow.?list|"
        r"project .{0,100}does not have access to (?:the )?(?:publisher )?model",
    ),
    Signature(
        "project_denied", message=r"project has been denied access|project.{0,60}has been (?:blocked|banned)"
    ),
    Signature(
        "project",
        message=r"permission denied on resource project|(?:consumer|project) .{0,100}has been (?:suspended|deleted)"
        r"|\bproject [^ ]{1,100} (?:was )?not found",
    ),
    Signature("missing_role", message=r"permission .{1,200} denied (?:on|for) resource"),
    Signature(
        "unauthenticated", message=r"api keys are not supported by this api|expected oauth ?2 access token"
    ),
    Signature("failed_precondition", message=r"service agents are being provisioned"),
    # --- the message: limits on use
    Signature("prepaid_credit", message=r"prepay(?:ment)? credits?|credits are depleted"),
    Signature("spend_cap", message=r"spending cap|spend(?:ing)? limit"),
    Signature("cache_storage", (429,), message=r"cachedcontentstorage"),
    Signature("provisioned_throughput", message=r"provisioned throughput"),
    Signature(
        "zero_quota",
        _LIMITED,
        message=r"(?:does not|doesn.t|do not|don.t) have an? free (?:quota )?tier|no free (?:quota )?tier"
        r"|not available (?:on|in|for) the free tier",
    ),
    Signature(
        "shared_capacity",
        (*_LIMITED, 503),
        message=r"no capacity available for model|out of capacity|error-code-429",
    ),
    # --- the message: files, caches and the model
    Signature("file_access", message=r"permission to access the file|storage\.objects\.get access"),
    Signature("file_not_ready", message=r"not in an? active state"),
    Signature(
        "cache_conflict",
        _REFUSED,
        message=r"cached.?content.{0,40}(?:can not|cannot|can.t) be used with|not be set in the request when using cached",
    ),
    Signature("cached_content", message=r"cachedcontent not found|cached? content metadata"),
    Signature("cached_content", message=r"cached content model does not match|invalid cachedcontent name"),
    Signature(
        "cache_too_small",
        message=r"cached content is too small|minimum token count to start|min_total_token_count",
    ),
    Signature(
        "model_region",
        message=rf"not servable in|model.{{0,300}}{_NOT} (?:available|supported|offered) in (?:the )?(?:region|location)",
    ),
    Signature(
        "model_not_found",
        message=r"is not found for api version|unexpected model name format|not supported in the live api",
    ),
    Signature("model_not_found", (*_REFUSED, 404), message=r"\bis no longer available"),
    Signature("model_not_found", (*_REFUSED, 403, 404), message=r"publisher model .{0,300}not found"),
    # The reason of a close is cut after 123 bytes, which a long project name may fill.
    Signature("model_not_found", (1007, 1008), message=r"^publisher model\b.{0,110}$"),
    # --- the message: Live sessions, whose text may be cut after 123 bytes
    Signature("live_keepalive", (1006, 1011), message=r"keepalive ping timeout"),
    Signature(
        "live_activity",
        (1007, 1008),
        message=r"activity control is not|automatic activity detection|activity_?(?:start|end)",
    ),
    Signature("live_audio_format", (1007, 1008), message=r"sample.?rate|audio (?:format|chunk)|pcm"),
    Signature(
        "live_modality",
        (1007, 1008),
        message=r"non-audio request|response modalit|text output is not|only supports? audio",
    ),
    Signature(
        "live_resumption",
        (1007, 1008, 1011),
        message=r"session.{0,20} not found|resum.{1,60}(?:expired|invalid)",
    ),
    Signature("live_not_found", (1008,), message=r"requested entity was not found"),
    Signature(
        "live_time_limit",
        (1000, 1006, 1007, 1008, 1011),
        message=r"(?:session|time|duration).{0,20} limit|was aborted|no response was generated for|idle|inactiv"
        r"|session (?:has )?(?:timed out|expired)",
    ),
    # --- the message: the size of the request
    Signature(
        "input_too_long",
        message=r"input token count.{0,60}(?:exceed|only supports)|exceeds the (?:maximum|max) number of (?:input )?tokens"
        r"|system instruction has \d+ tokens|(?:input|prompt) (?:context )?is too long|exceeds? the (?:model.s )?context",
    ),
    Signature(
        "payload_too_large",
        message=r"payload size exceeds|maximum request body size|request entity too large"
        r"|\b(?:bytes|payload|request|body|files?) (?:is|are) too (?:large|big)\b"
        r"|\b(?:file|image|video|audio|pdf|document|payload|request) size .{0,40}exceeds",
    ),
    Signature("deadline_too_short", message=r"deadline.{0,60}too short|minimum allowed deadline"),
    Signature(
        "batch_too_large",
        _REFUSED,
        message=r"at most \d+ [a-z ]{1,40}in one batch|batch.{0,60}at most \d+|instances? per",
    ),
    # --- the message: thinking
    Signature("thought_signature", message=r"thought.?signature"),
    Signature("include_thoughts", message=r"include.?thoughts"),
    Signature("thinking_level", message=r"thinking.?level(?: \S{1,30})? is not supported"),
    Signature(
        "thinking_conflict",
        message=r"thinking.?budget.{0,80}thinking.?level|thinking.?level.{0,80}thinking.?budget",
    ),
    Signature(
        "thinking_budget", message=r"thinking.?budget|budget \d+ is invalid|only works in thinking mode"
    ),
    Signature("thinking_level", message=r"thinking.?level"),
    # --- the message: the history
    Signature(
        "function_response_name",
        _REFUSED,
        message=r"function.?response\.(?:name|id)|function.?response.{0,40}\bname\b",
    ),
    Signature("function_parts_mismatch", message=r"number of function response parts"),
    Signature(
        "turn_order",
        message=r"turn comes immediately after|multiturn requests|roles? must alternate|single turn requests"
        r"|(?:must|should|ensure).{0,60} end with a (?:user|model)|ending with a (?:user|model) turn",
    ),
    Signature("invalid_role", message=r"use a valid role|valid role:"),
    # --- the message: tools and structured output
    Signature(
        "tools_with_json",
        _REFUSED,
        message=r"with a response mime type|controlled generation.{0,60}(?:function|tool|search)"
        r"|forced function calling|(?:function call|tool|search).{0,80}(?:json mode|controlled generation|structured output)",
    ),
    Signature(
        "tool_combination",
        message=r"multiple tools are supported only|(?:tool use|built.in tools?) with function calling|(?:at most|only) one tool"
        r"|config is set without function.?declarations|tools?\b.{0,120}(?:cannot|can.t|can not) be (?:combined|used together|mixed)"
        r"|tools? .{0,60}(?:together with|in combination with) .{0,40}(?:tool|function)",
    ),
    Signature(
        "tool_declaration",
        _REFUSED,
        message=r"invalid function name|duplicate function|function.?declarations?(?:\[\d+\])?\.(?:name|description)\b"
        r"|tool_type|tools\[\d+\]: |function name.{0,60}(?:must|invalid|not valid|cannot)",
    ),
    Signature(
        "schema_too_complex",
        message=r"too many states|schema.{0,60}too (?:complex|large|deep|many)|nesting depth",
    ),
    Signature(
        "tool_schema",
        message=r"for object type|(?:function.?declarations?\b|response_?(?:json_?)?schema|responseschema).{0,200}"
        r"(?:properties|required|items|parameters|enum|schema)|defined in the schema|"
        r"schema (?:at|specified|did|does|should|must|field|type|is (?:invalid|not valid))|\bvertex.{0,40}\.schema\b",
    ),
    Signature("sdk_outdated", message=r"upgrade your (?:client )?sdk|schema is no longer supported"),
    Signature("unknown_field", message=r"unknown name\b|cannot find field"),
    Signature("penalty", message=r"penalty.{0,40}(?:not|n.t) (?:enabled|supported)"),
    Signature(
        "value_out_of_range",
        _REFUSED,
        message=r"supported range|must be (?:in the range|between|positive|greater|less|at (?:most|least))|out of range"
        r"|should be (?:in the range|between)",
    ),
    # --- the message: contents
    Signature(
        "empty_contents",
        _REFUSED,
        message=r"must have one initialized field|empty text parameter|must (?:have|include) (?:a text|at least one)"
        r"|(?:contains|includes|has) an empty (?:part|content|text|turn)\b"
        r"|at least one (?:contents?|parts?) field|contents? (?:is|are) (?:not specified|required|empty)|contents is not specified"
        r"|\b(?:contents?|parts?|text|prompt|instances?)\b.{0,40}(?:must not|cannot|can.t|may not) be empty",
    ),
    Signature(
        "content_policy",
        _REFUSED,
        message=r"responsible ai practices|prompt could not be submitted|violat\w+ .{0,40}(?:polic|guidelines)",
    ),
    Signature(
        "url_not_fetched",
        _REFUSED,
        message=r"cannot fetch content|unable to fetch|failed to fetch|url_?(?:robot|unreach|error|reject)|robots\.txt",
    ),
    Signature("response_mime_type", _REFUSED, message=r"response.?mime.?type"),
    Signature(
        "invalid_media",
        _REFUSED,
        message=r"(?:unsupported|invalid) (?:[a-z]{1,12} )?mime.?type|mime.?type.{0,80}(?:not|n.t) (?:supported|valid|allowed)"
        r"|mime.?type parameter|(?:inline|file)_?data\.(?:mime_?type|data|file_?uri)\b|base64 decod|process input (?:image|audio|video|file)|unable to decode|(?:document|pdf|file) has no pages"
        rf"|\b(?:image|pdf|audio|video|document|file)\b[a-z ]{{0,30}}{_NOT} valid"
        r"|(?:image|pdf|audio|video|document)\b.{0,30}(?:empty|corrupt|damaged|could not be (?:read|decoded|processed))"
        r"|(?:empty|corrupt\w{0,3}|damaged|invalid) (?:image|pdf|audio|video|document)"
        r"|(?:application|image|audio|video|text)/[\w.+-]{2,40} (?:is not|isn.t) supported",
    ),
    # --- the message: what this model, version or back end does not do
    Signature(
        "interactions_only", message=r"only (?:be )?(?:supports?|supported|available|used).{0,30}interactions"
    ),
    Signature("speech_only", message=r"should only be used for tts"),
    Signature(
        "response_modality",
        message=r"combination of response modalit|response.?modalit.{0,80}(?:not|n.t) (?:supported|valid|allowed)"
        r"|only supports? (?:text|audio|image|video)\b.{0,12}output",
    ),
    Signature(
        "feature_not_enabled",
        (*_REFUSED, 501),
        message=rf"{_NOT} (?:currently |yet )?(?:enabled|supported|configurable)\b|(?:does not|doesn.t|do not) (?:currently |yet )?support"
        r"|only (?:enabled|supported) (?:for|in|on|by|with)|only supports? |unsupported (?:for|by|in) ",
    ),
    # --- QuotaFailure, ErrorInfo's metadata or the lines of the message
    Signature("cache_storage", quota_id="cachedcontentstorage"),
    Signature("zero_quota", _LIMITED, quota_limit=0),
    Signature("daily_quota", quota_id=r"per.?day|daily"),
    Signature(
        "daily_quota", statuses=("QUOTA_EXCEEDED",)
    ),  # the Interactions API's messages; it has no QuotaFailure
    Signature("minute_quota", quota_id=r"per.?(?:minute|second)"),
    Signature("daily_quota", _LIMITED, message=r"per[ _]?day|daily (?:limit|quota)"),
    Signature("minute_quota", _LIMITED, message=r"per[ _]?(?:minute|second)|requests?/min|rpm\b"),
    # Vertex AI's quotas whose names contain no time: some count a minute, some count concurrent use.
    Signature(
        "named_quota", _LIMITED, message=r"quota exceeded for (?:metric: )?[\w-]{1,60}\.googleapis\.com/"
    ),
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
        "project",
        reasons=(
            "CONSUMER_INVALID",
            "CONSUMER_SUSPENDED",
            "USER_PROJECT_DENIED",
            "GCP_SUSPENDED",
            "RESOURCE_PROJECT_INVALID",
        ),
    ),
    Signature("vpc_service_controls", reasons=("SECURITY_POLICY_VIOLATED",)),
    Signature("organization_policy", reasons=("ORG_POLICY_VIOLATION", "ORG_RESTRICTION_VIOLATION")),
    Signature("missing_role", reasons=("IAM_PERMISSION_DENIED",)),
    Signature("token_scope", reasons=("ACCESS_TOKEN_SCOPE_INSUFFICIENT",)),
    Signature(
        "unauthenticated",
        reasons=(
            "CREDENTIALS_MISSING",
            "ACCESS_TOKEN_EXPIRED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            "ACCOUNT_STATE_INVALID",
        ),
    ),
    Signature("shared_capacity", reasons=("MODEL_CAPACITY_EXHAUSTED",)),
    # --- messages that say what failed, but not why
    Signature("rate_limited", (429,), message=r"\bretry in \d|quota will reset after"),
    Signature("help_only_quota", (429, 1011), message=r"exceeded your current quota", bare=True),
    # Vertex AI's answer if pay-as-you-go requests find no free capacity; it names the quota if one was exceeded:
    # https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429
    Signature("shared_capacity", (429,), message=r"resource (?:has been )?exhausted", vertex=True, bare=True),
    Signature("deadline_exceeded", (500, 503, 504, 1011), message=r"deadline expired|deadline.?exceeded"),
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
    # If the body is not JSON, the SDK uses HTTP's own phrase; then it was not the API that answered.
    Signature(
        "gateway",
        (401, 403, 404, 405),
        statuses=("UNAUTHORIZED", "FORBIDDEN", "NOT FOUND", "METHOD NOT ALLOWED"),
    ),
    Signature("bad_response", tuple(range(200, 300))),  # the SDK could not read a successful answer
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

# The statuses that signatures name. Signatures do not distinguish any others.
_CODES = frozenset(code for signature in SIGNATURES for code in signature.codes)
_NAMED = frozenset(word for signature in SIGNATURES for word in (*signature.statuses, *signature.reasons))

KINDS = (*dict.fromkeys(signature.kind for signature in SIGNATURES), "unknown")


def rpc_status(status: str) -> str:
    """The google.rpc status for a word of the Interactions API; the word itself if there is none."""
    upper = status.upper()
    return _STATUS_OF_WORD.get(upper, upper if upper in HTTP_CODES else status)


def error_kind(
    *,
    code: int | None,
    status: str | None = None,
    reason: str | None = None,
    quota_id: str | None = None,
    quota_limit: int | None = None,
    quota_metric: str | None = None,
    retry_delay: float | None = None,
    message: str | None = None,
    vertex: bool = False,
) -> str:
    """The cause of an API error, one of `KINDS`; `unknown` if none fits. Only the beginning of `message` is read."""
    upper, head = (status or "").upper(), (message or "")[:_MESSAGE_LIMIT].lower()
    flat = " ".join(head.split()) if "\n" in head or "  " in head else head  # clients break lines anywhere
    if quota_limit is None and "limit: 0" in head:
        quota_limit = limit_in(head, quota_metric)
    code = _CODE_OF_WORD.get(upper, HTTP_CODES.get(upper)) if code is None else code
    bare = not quota_id and retry_delay is None
    quota = (quota_id or "")[:_MESSAGE_LIMIT].lower()
    sort = (
        code if code in _CODES else None,
        upper if upper in _NAMED else "",
        reason.upper() if reason and reason.upper() in _NAMED else "",
        quota_limit == 0,
    )
    for kind, in_quota, in_message in _candidates(*sort, vertex, bare, bool(quota), bool(flat)):
        if (in_quota is None or in_quota(quota)) and (in_message is None or in_message(flat)):
            return kind
    return "unknown"


@functools.lru_cache(maxsize=512)
def _candidates(
    code: int | None,
    status: str,
    reason: str,
    is_zero: bool,
    vertex: bool,
    bare: bool,
    has_quota: bool,
    has_message: bool,
) -> tuple[tuple[str, _Search | None, _Search | None], ...]:
    """The signatures that can match errors of one sort, in order, each with the part of its text that is searched."""
    return tuple(
        (signature.kind, _search(signature.quota_id), _search(signature.message))
        for signature in SIGNATURES
        if (not signature.codes or code in signature.codes)
        and (not signature.statuses or status in signature.statuses)
        and (not signature.reasons or reason in signature.reasons)
        and (is_zero or signature.quota_limit is None)
        and (vertex or not signature.vertex)
        and (bare or not signature.bare)
        and (has_quota or signature.quota_id is None)
        and (has_message or signature.message is None)
    )


def _search(pattern: str | None) -> _Search | None:
    return None if pattern is None else _compiled(pattern).search


@functools.cache  # patterns are compiled at the first error, not at start-up
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
