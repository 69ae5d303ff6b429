"""Values of the SDK's enums that are neither reasons nor errors: stages, states, tiers. They are reference entries, which no
span shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Hint

# A value, in upper case, and the ids of its entries, besides those that are found without a row here.
EXPLAINED: Mapping[str, tuple[str, ...]] = {
    "LEGACY": ("value.legacy_model", "cfg.model_retiring"),
    **dict.fromkeys(("DEPRECATED", "RETIRED"), ("value.unusable_model", "cfg.model_retiring")),
    **dict.fromkeys(("UNSTABLE_EXPERIMENTAL", "EXPERIMENTAL", "PREVIEW"), ("value.preview_model",)),
    "JOB_STATE_FAILED": ("job.failed",),
    "JOB_STATE_EXPIRED": ("value.job_expired", "job.failed"),
    "JOB_STATE_CANCELLED": ("job.cancelled",),
    "JOB_STATE_CANCELLING": ("value.job_cancelling",),
    "JOB_STATE_PARTIALLY_SUCCEEDED": ("job.partly_failed",),
    "JOB_STATE_PAUSED": ("value.job_paused",),
    "TUNING_JOB_STATE_WAITING_FOR_QUOTA": ("value.tuning_waits",),
    "TUNING_JOB_STATE_WAITING_FOR_CAPACITY": ("value.tuning_waits",),
    "FAILED": ("interaction.failed", "file.failed", "value.trigger_failed"),
    "STATE_FAILED": ("value.document_failed", "file.failed"),
    "URL_RETRIEVAL_STATUS_ERROR": ("value.url_error",),
    "URL_RETRIEVAL_STATUS_PAYWALL": ("value.url_paywall",),
    "URL_RETRIEVAL_STATUS_UNSAFE": ("value.url_unsafe",),
    "ERROR": ("value.url_error", "value.trigger_error"),
    "PAYWALL": ("value.url_paywall",),
    "UNSAFE": ("value.url_unsafe",),
    "OUTCOME_FAILED": ("value.code_failed",),
    "OUTCOME_DEADLINE_EXCEEDED": ("value.code_deadline",),
    "PAUSED": ("value.trigger_paused",),
    "TIMED_OUT": ("value.trigger_timeout",),
    "SKIPPED": ("value.trigger_skipped",),
    "DISABLED_DUE_TO_FAILED_DELIVERIES": ("value.webhook_disabled",),
    "REVOKED": ("value.revoked",),
    "EXPIRED": ("value.environment_expired", "value.job_expired"),
}
UNSPECIFIED = "value.unspecified"

# Values that mean nothing is wrong, in upper case: served as requested, in progress, done.
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
        cause="PREVIEW is more mature than EXPERIMENTAL. UNSTABLE_EXPERIMENTAL means that the model itself is still being changed. "
        "All of them may have tighter rate limits, and are shut down at shorter notice than stable ones.",
        remedy=(
            "Use a stable model in production.",
            "Watch the deprecations page for the date of its shutdown.",
        ),
        reference=links.MODELS,
    ),
    Hint(
        id="value.legacy_model",
        severity="info",
        retry="no",
        summary="The model will be deprecated in the near future.",
        cause="LEGACY means that only those who used the model before can use it: a new project cannot.",
        remedy=(
            "Move to a stable model before this one is deprecated.",
            "Do not begin anything new with it.",
        ),
        reference=links.DEPRECATIONS,
    ),
    Hint(
        id="value.unusable_model",
        severity="error",
        retry="after_change",
        summary="The service says that the model cannot be used.",
        cause="DEPRECATED and RETIRED are the two stages in which a model does not serve requests.",
        remedy=(
            "Move to the replacement that the deprecations page names.",
            "List what the key can use with client.models.list().",
        ),
        reference=links.DEPRECATIONS,
    ),
    Hint(
        id="value.job_paused",
        severity="info",
        retry="resume",
        summary="The job was stopped, and can be resumed.",
        cause="Nothing of it runs until somebody resumes it. The SDK has no method for that.",
        remedy=(
            "Resume it where it was paused, such as the Cloud console.",
            "Cancel it and start a new job otherwise.",
        ),
        reference=links.BATCHES,
    ),
    Hint(
        id="value.job_cancelling",
        severity="info",
        retry="wait",
        summary="The job is being cancelled.",
        cause="That is not its last state: it ends as cancelled, or as succeeded or failed where it was done first.",
        remedy=("Ask for the job again until its state is one of the three.",),
        reference=links.BATCHES,
    ),
    Hint(
        id="value.job_expired",
        severity="error",
        retry="yes",
        summary="The job was not done in the time that the service gives it.",
        cause="A batch that has not been processed within 48 hours expires.",
        remedy=(
            "Submit what has no result again, in a new job.",
            "Split it into smaller jobs if it happens again.",
        ),
        reference=links.BATCHES,
    ),
    Hint(
        id="value.document_failed",
        severity="error",
        retry="after_change",
        summary="Some chunks of the document could not be processed.",
        cause="Searches of the store do not find what is in them.",
        remedy=(
            "Delete the document and upload it again.",
            "Convert it to another format, or split it, if it fails again.",
        ),
        reference=links.FILE_SEARCH,
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
        cause="`output` of the code execution result has its standard error and standard output, where there are any. The model may "
        "correct its code and run it again.",
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
        cause="The code execution tool limits how long one run may take. The result may have a part of the `output`, or none.",
        remedy=(
            "Make the task smaller, or split it.",
            "Do not rely on an output that is there: it may be cut off.",
        ),
        reference=links.CODE_EXECUTION,
    ),
    Hint(
        id="value.trigger_failed",
        severity="warning",
        retry="after_change",
        summary="A run that a trigger started failed.",
        cause="`error` of the execution says why, and `interaction_id` names the interaction that it created, if any. Failed runs in a "
        "row are counted, and too many pause the trigger.",
        remedy=(
            "Read `error` of the execution, and the interaction that it names.",
            "Correct the trigger, and run it once by hand.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.trigger_timeout",
        severity="warning",
        retry="after_change",
        summary="A run that a trigger started took too long.",
        cause="`execution_timeout_seconds` of the trigger limits its runs.",
        remedy=(
            "Create the trigger with a larger execution_timeout_seconds.",
            "Ask for less in one run.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.trigger_error",
        severity="error",
        retry="after_change",
        summary="The trigger was paused because its runs failed.",
        cause="As many runs in a row failed as `max_consecutive_failures` allows; `consecutive_failure_count` has the number. It does "
        "not run again by itself.",
        remedy=(
            "Read `error` of its last executions, and mend the cause.",
            "Resume it with triggers.update() and the status active.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.trigger_paused",
        severity="info",
        retry="resume",
        summary="The trigger is paused.",
        cause="It starts no runs until it is resumed; `last_pause_time` says since when.",
        remedy=("Resume it with triggers.update() and the status active, or delete it if it is not needed.",),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.trigger_skipped",
        severity="info",
        retry="no",
        summary="A run of a trigger was skipped.",
        cause="It was due at its `scheduled_time`, and the service did not run it.",
        remedy=(
            "Look whether the run before it was still under way: compare its end_time with the scheduled_time.",
            "Run the trigger by hand if the work must be done.",
        ),
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
            "Try it with webhooks.ping(), and enable it with webhooks.update() and the state enabled.",
            "Fetch what was missed: batches and interactions can be asked for by their ids.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.revoked",
        severity="warning",
        retry="after_change",
        summary="The credential was revoked.",
        cause="The service keeps the credential and does not use it any more. `update_time` says when it was changed.",
        remedy=("Create a new credential with credentials.create(), and give its id to what used this one.",),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id="value.environment_expired",
        severity="warning",
        retry="after_change",
        summary="The environment has expired.",
        cause="Its container is not there any more; `last_accessed` says when it was used last.",
        remedy=(
            "Create a new environment with environments.create(), and put its files there again.",
            "Copy out in time what is to be kept.",
        ),
        reference=links.INTERACTIONS,
    ),
    Hint(
        id=UNSPECIFIED,
        severity="info",
        retry="no",
        summary="The service left a value out, or sent one that something on the way does not know.",
        cause="UNSPECIFIED is the first value of each enum and means that nothing was said. Of a service tier it means the default, "
        "which is standard; the state of a document is left out in the same way.",
        remedy=("Upgrade google-genai, which may know the value.", "Look at the raw answer."),
        reference=links.API_ERRORS,
    ),
)
