"""429: the quotas and the capacity."""

from __future__ import annotations

from .._errors import detail, error_body
from .._scenario import Json, Reply, Scenario
from .errors import refused

_LIMITS_PAGE = "https://ai.google.dev/gemini-api/docs/rate-limits"
_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests"


def _free_tier(window: str, limit: int, retry: str) -> Json:
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        f"error, head to: {_LIMITS_PAGE}. To monitor your current usage, head to: https://ai.dev/rate-limit. \n"
        f"* Quota exceeded for metric: {_METRIC}, limit: {limit}, model: {{model}}\nPlease retry in {retry}.281s."
    )
    violation = {
        "quotaMetric": _METRIC,
        "quotaId": f"GenerateRequestsPer{window}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": "{model}"},
        "quotaValue": str(limit),
    }
    links = [{"description": "Learn more about Gemini API quotas", "url": _LIMITS_PAGE}]
    return error_body(
        429,
        "RESOURCE_EXHAUSTED",
        message,
        detail("Help", links=links),
        detail("QuotaFailure", violations=[violation]),
        detail("RetryInfo", retryDelay=f"{retry}s"),
    )


def _quota_reply(window: str, limit: int, retry: str) -> Reply:
    return refused(_free_tier(window, limit, retry), x_gemini_service_tier="standard")


RATE_LIMITED = _quota_reply("Minute", 10, "34")

ALL = (
    Scenario("rate_limited", "429: too many requests in this minute; retry after 34 s.", (RATE_LIMITED,)),
    Scenario(
        "daily_quota",
        "429: the 50 requests of the day are used up; the retry delay of 5 s misleads.",
        (_quota_reply("Day", 50, "5"),),
    ),
    Scenario(
        "shared_capacity",
        "429: the capacity shared by all customers, not a quota.",
        (
            refused(
                error_body(
                    429,
                    "RESOURCE_EXHAUSTED",
                    "Resource exhausted. Please try again later. Please refer to "
                    "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
                )
            ),
        ),
    ),
)
