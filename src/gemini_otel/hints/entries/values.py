"""Values of the SDK's enums that are no reasons and no errors: stages, states, tiers. Reference: they never fire on a span."""

from __future__ import annotations

from collections.abc import Mapping

from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Hint

# A value, in upper case, and the ids of the entries that speak of it, besides those that are found without a row here.
EXPLAINED: Mapping[str, tuple[str, ...]] = {
    "LEGACY": ("cfg.model_retiring",),
    "DEPRECATED": ("cfg.model_retiring",),
    "RETIRED": ("cfg.model_retiring", "http.404.model_retired"),
    **dict.fromkeys(("UNSTABLE_EXPERIMENTAL", "EXPERIMENTAL", "PREVIEW"), ("value.preview_model",)),
    "JOB_STATE_FAILED": ("job.failed",),
    "JOB_STATE_EXPIRED": ("job.failed",),
    "JOB_STATE_CANCELLED": ("job.cancelled",),
    "JOB_STATE_CANCELLING": ("job.cancelled",),
    "JOB_STATE_PARTIALLY_SUCCEEDED": ("job.partly_failed",),
    "JOB_STATE_PAUSED": ("value.paused",),
    "TUNING_JOB_STATE_WAITING_FOR_QUOTA": ("value.tuning_waits",),
    "TUNING_JOB_STATE_WAITING_FOR_CAPACITY": ("value.tuning_waits",),
    "FAILED": ("interaction.failed", "file.failed", "value.trigger_failed"),
    "STATE_FAILED": ("file.failed",),
    "URL_RETRIEVAL_STATUS_ERROR": ("value.url_error",),
    "URL_RETRIEVAL_STATUS_PAYWALL": ("value.url_paywall",),
    "URL_RETRIEVAL_STATUS_UNSAFE": ("value.url_unsafe",),
    "ERROR": ("value.url_error", "value.trigger_failed"),
    "PAYWALL": ("value.url_paywall",),
    "UNSAFE": ("value.url_unsafe",),
    "OUTCOME_FAILED": ("value.code_failed",),
    "OUTCOME_DEADLINE_EXCEEDED": ("value.code_deadline",),
    "PAUSED": ("value.paused",),
    "TIMED_OUT": ("value.trigger_failed",),
    "SKIPPED": ("value.trigger_skipped",),
    "DISABLED_DUE_TO_FAILED_DELIVERIES": ("value.webhook_disabled",),
    "REVOKED": ("value.revoked",),
    "EXPIRED": ("value.environment_expired", "job.failed"),
}
UNSPECIFIED = "value.unspecified"

# Values with which nothing is wrong, in upper case: what is served as it was asked for, what is under way, what is done.
HEALTHY = frozenset(
    {
        "STOP",
        "STABLE",
        *(f"JOB_STATE_{state}" for state in ("QUEUED", "PENDING", "RUNNING", "SUCCEEDED", "UPDATING")),
        *(f"TUNING_JOB_STATE_{state}" for state in ("PROCESSING_DATASET", "TUNING", "POST_PROCESSING")),
        *("URL_RETRIEVAL_STATUS_SUCCESS", "SUCCESS", "OUTCOME_OK"),
        *("ON_DEMAND", "ON_DEMAND_PRIORITY", "ON_DEMAND_FLEX", "ON_DEMAND_OFFPEAK", "PROVISIONED_THROUGHPUT"),
        *("FLEX", "STANDARD", "PRIORITY", "DEFERRED"),
        *("PROCESSING", "ACTIVE", "STATE_PENDING", "STATE_ACTIVE"),
        *("IN_PROGRESS", "QUEUED", "IDLE", "COMPLETED"),
        *("ENABLED", "DISABLED"),
    }
)

HINTS = (
    Hint(
        id="value.preview_model",
        severity="info",
        retry="no",
        summary="The model is not stable: a preview or an experiment.",
        cause="Such models change, have tighter rate limits, and are shut down at short notice.",
        remedy=(
            "Use a stable model in production.",
            "Watch the deprecations page for the date of its shutdown.",
        ),
        reference=links.MODELS,
    ),
    Hint(
        id="value.paused",
        severity="info",
        retry="resume",
        summary="The job or trigger is paused.",
        cause="Somebody paused it. Nothing of it runs until it is resumed.",
        remedy=("Resume it, or delete it if it is not needed.",),
        reference=links.BATCHES,
    ),
    Hint(
        id="value.tuning_waits",
        severity="info",
        retry="wait",
        summary="The tuning job waits for quota or capacity.",
        cause="It has not begun to train. WAITING_FOR_QUOTA: the project's own quota is in use. WAITING_FOR_CAPACITY: the "
        "service has no room at the moment.",
        remedy=(
            "Wait; the job starts by itself.",
            "If it waits for quota, let other tuning jobs finish or ask for more quota.",
        ),
        reference=links.CLOUD_429,
    ),
    Hint(
        id="value.url_error",
        severity="warning",
        retry="after_change",
        summary="The URL context tool could not fetch a page.",
        cause="The page does not exist, its server refused or did not answer, or its type is not supported. The answer was made "
        "without it.",
        remedy=(
            "Open the URL without a login to see whether it is public.",
            "Correct the URL in the prompt.",
        ),
        reference=links.URL_CONTEXT,
    ),
    Hint(
        id="value.url_paywall",
        severity="warning",
        retry="after_change",
        summary="The URL context tool found the page behind a paywall.",
        cause="The tool reads only what anybody can read. The answer was made without the page.",
        remedy=("Use a page that is free to read.", "Give the text in the prompt instead."),
        reference=links.URL_CONTEXT,
    ),
    Hint(
        id="value.url_unsafe",
        severity="warning",
        retry="no",
        summary="The URL context tool did not use a page that failed its safety check.",
        cause="The content of the page was found to be unsafe. The answer was made without it.",
        remedy=("Use another page.", "Give the part that matters in the prompt instead."),
        reference=links.URL_CONTEXT,
    ),
    Hint(
        id="value.code_failed",
        severity="warning",
        retry="no",
        summary="Code that the model wrote and ran ended with an error.",
        cause="The error is in the output of the code execution result. The model usually corrects its code and runs it again.",
        remedy=(
            "Look at the last result: only that counts.",
            "Describe the task and its data more precisely if all fail.",
        ),
        reference=links.CODE_EXECUTION,
    ),
    Hint(
        id="value.code_deadline",
        severity="warning",
        retry="after_change",
        summary="Code that the model wrote ran for too long and was stopped.",
        cause="The code execution tool limits how long one run may take.",
        remedy=("Make the task smaller, or split it.",),
        reference=links.CODE_EXECUTION,
    ),
    Hint(
        id="value.trigger_failed",
        severity="warning",
        retry="after_change",
        summary="A trigger, or a run that it started, failed.",
        cause="The interaction of the run failed or took too long, or the trigger is in a state of error. The trigger's own call "
        "succeeded.",
        remedy=("Look at the interaction of the run.", "Correct the trigger, and run it once by hand."),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.trigger_skipped",
        severity="info",
        retry="no",
        summary="A run of a trigger was skipped.",
        cause="It was due, and the service did not start it.",
        remedy=("Compare the schedule of the trigger with how long one of its runs takes.",),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.webhook_disabled",
        severity="error",
        retry="after_change",
        summary="The webhook was disabled because deliveries failed.",
        cause="The service stops sending to an endpoint that does not accept what it is sent.",
        remedy=(
            "See why the endpoint refused or did not answer.",
            "Enable the webhook again; fetch what was missed.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.revoked",
        severity="warning",
        retry="after_change",
        summary="The credential was revoked.",
        cause="Somebody revoked it. What uses it is refused.",
        remedy=("Create a new credential, and give it to the agents that used this one.",),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.environment_expired",
        severity="warning",
        retry="after_change",
        summary="The environment has expired.",
        cause="Environments are kept for a limited time. Its files are gone.",
        remedy=("Create a new environment.", "Copy out in time what is to be kept."),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id=UNSPECIFIED,
        severity="info",
        retry="no",
        summary="The service left a value out, or sent one that something on the way does not know.",
        cause="UNSPECIFIED is the first value of each enum and means that nothing was said.",
        remedy=("Upgrade google-genai, which may know the value.", "Look at the raw answer."),
        reference=links.API_ERRORS,
    ),
)
