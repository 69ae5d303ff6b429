"""What no span can show: entries without a trigger, reached by `explain`, by the docs and as "see also" of other entries."""

from __future__ import annotations

from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Hint

HINTS = (
    Hint(
        id="ref.api_key",
        severity="info",
        retry="no",
        summary="How to set up an API key.",
        cause="The client reads GOOGLE_API_KEY, then GEMINI_API_KEY, unless api_key is passed.",
        remedy=(
            "Create a key at https://aistudio.google.com/apikey .",
            "Set one of the two variables only: with both, GOOGLE_API_KEY wins.",
            "Keep keys out of repositories: leaked keys are blocked.",
        ),
        reference=links.API_KEY,
    ),
    Hint(
        id="quality.prompt",
        severity="info",
        retry="no",
        summary="How to get better output.",
        cause="Clear, specific and structured prompts give better replies than long ones.",
        remedy=(
            "Say what you want, in which form, and show examples.",
            "Give context and constraints; split what is complex.",
        ),
        reference=links.PROMPTING,
    ),
    Hint(
        id="ref.token_guide",
        severity="info",
        retry="no",
        summary="How tokens are counted and limited.",
        cause="Input and output have limits of their own for each model. Thoughts count as output; files and tools as input.",
        remedy=(
            "Count before sending with client.models.count_tokens().",
            "Read a model's limits with client.models.get().",
        ),
        reference=links.TOKENS,
    ),
    Hint(
        id="ref.models",
        severity="info",
        retry="no",
        summary="Which models there are, what they can do, and until when.",
        cause="Models differ in features, limits and API versions, and are retired after some time.",
        remedy=(
            "Use a model of the models page that supports the feature.",
            "See the deprecations page for dates: https://ai.google.dev/gemini-api/docs/deprecations .",
        ),
        reference=links.MODELS,
    ),
    Hint(
        id="lang.unsupported",
        severity="info",
        retry="no",
        summary="Which languages are supported.",
        cause="Prompts in other languages can give unexpected or blocked replies.",
        remedy=("Compare with the list of supported languages.",),
        reference=links.LANGUAGES,
    ),
    Hint(
        id="ref.retry",
        severity="info",
        retry="no",
        summary="How to retry.",
        cause="Only 408, 429 and 5xx are worth a retry. google-genai makes one attempt unless it is told otherwise.",
        remedy=(
            "Set http_options.retry_options to HttpRetryOptions(): five attempts, with exponential backoff and jitter.",
            "Never retry 400 or 403.",
            "Each attempt shows as a gemini.attempt event on the span.",
        ),
        reference=links.TROUBLESHOOTING,
    ),
    Hint(
        id="ref.status",
        severity="info",
        retry="no",
        summary="Whether the service has a disturbance now.",
        cause="Several 500 or 503 in a row can be an outage.",
        remedy=("Look at the status page before searching your own code.",),
        reference=links.STATUS,
    ),
    Hint(
        id="escalate.report",
        severity="info",
        retry="no",
        summary="Where to report a fault of the service.",
        cause="A fault that stays after its advice was followed is worth a report.",
        remedy=(
            "Write to the developer forum, or use Send feedback in Google AI Studio.",
            "Give the response id, the time, the model and the region.",
        ),
        reference=links.FORUM,
    ),
    Hint(
        id="ref.sdk",
        severity="info",
        retry="no",
        summary="Where the client libraries live.",
        cause="The SDKs are open source: python-genai, js-genai and go-genai under https://github.com/googleapis .",
        remedy=("Search the issues of the SDK, and report what is new with a small example.",),
        reference=links.SDK,
    ),
)

# By the beginning of an entry's id; the longest that fits counts.
SEE_ALSO = {
    "http.400": ("ref.sdk",),
    "http.400.api_key_invalid": ("ref.api_key",),
    "http.400.input_too_long": ("ref.token_guide",),
    "http.400.penalty": ("ref.models",),
    "http.400.feature_not_enabled": ("ref.models",),
    "http.401": ("ref.api_key",),
    "http.403.key_leaked": ("ref.api_key",),
    "http.403.key_missing": ("ref.api_key",),
    "http.403.key_restricted": ("ref.api_key",),
    "http.404.model": ("ref.models",),
    "http.404.model_retired": ("ref.models",),
    "http.408": ("ref.retry",),
    "http.429": ("ref.retry",),
    "http.499": ("ref.retry",),
    "http.500": ("ref.status", "escalate.report", "ref.retry"),
    "http.502": ("ref.status", "ref.retry"),
    "http.503": ("ref.status", "escalate.report", "ref.retry"),
    "http.504": ("ref.retry",),
    "http.unknown": ("escalate.report",),
    "net": ("ref.retry",),
    "sdk": ("ref.sdk",),
    "block.other": ("lang.unsupported", "escalate.report"),
    "finish.language": ("lang.unsupported",),
    "finish.max_tokens": ("ref.token_guide",),
    "finish.other": ("lang.unsupported", "escalate.report"),
    "finish.stop.empty": ("quality.prompt", "escalate.report"),
    "repeat": ("quality.prompt",),
    "out.parsed_none": ("quality.prompt",),
}
