"""Reads files, caches, stores, documents, models, tunings and jobs.

A resource's name is an id that the service assigned. If the service made it from the user's words (stores, documents, tuned
models), only the part that it added is kept. Display names, file names, paths, labels and the names of auth tokens, which
are the tokens, are never read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import Measured, Value
from gemini_otel._facts.errors.kinds import STATUSES
from gemini_otel._facts.errors.masking import mask
from gemini_otel._facts.sendable import finite, whole_number
from gemini_otel._sdk.reading.fields import count, decimal, field, fields, flag, integer, word
from gemini_otel._sdk.reading.measures import Measures, measure

_COLLECTIONS = (
    "files|cachedContents|batches|batchPredictionJobs|fileSearchStores|documents|media|operations|tuningJobs|tunedModels|models|"
    "publishers|endpoints"
)
_LONGEST_NAME = 512
_STEP = rf"(?:{_COLLECTIONS})/[\w.-]+"
# `upload` alone is not a collection. If it were in the list too, the number of ways to read a name would grow exponentially.
_NAME = re.compile(
    rf"(?:projects/[^/]+/locations/[^/]+/)?((?:{_STEP}/|upload/)*(?:{_STEP}/?|upload/))", re.ASCII
)
# Stores, tuned models and what is below them are named after their display names, with an ending that the service adds.
_NAMED_BY_USER = ("fileSearchStores/", "tunedModels/")
_NAMED = re.compile(
    r"\b(fileSearchStores|documents|operations|tunedModels)/(?:[\w.-]*(-[a-z0-9]{12}))?[\w.-]*"
)
_FILE_URI = re.compile(r"https://[^/]+/[^/]+/(files/[a-z0-9]+)")
_MIME_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,64}", re.ASCII)
_SECONDS = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)s", re.ASCII)


def resource_name(value: object) -> str | None:
    """The id of a resource, without project and location; None for a value that does not look like one."""
    found = _NAME.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST_NAME else None
    if found is None:
        return None
    name = found[1]
    return _NAMED.sub(r"\1/*\2", name) if name.startswith(_NAMED_BY_USER) else name


def generated_name(collection: str) -> Callable[[Any], str | None]:
    """The id of a resource of a generated client, which may be bare or below its collection."""

    def name(value: object) -> str | None:
        found = word(value.removeprefix(f"{collection}/")) if isinstance(value, str) else None
        return f"{collection}/{found}" if found else None

    return name


def _file_name(value: object) -> str | None:
    """The id of a file that is given by name, by URI, or as a file, video or generated video."""
    for step in ("video", "name", "uri"):
        value = field(value, step) or value
    if not isinstance(value, str):
        return None
    uri = _FILE_URI.match(value)
    return uri[1] if uri else resource_name(value if "/" in value else f"files/{value}")


def _count_said(value: object) -> int | None:
    """A count; 64-bit counts are text in JSON."""
    return whole_number(value) if isinstance(value, str) else integer(value)


def _mime_type(value: object) -> str | None:
    return value if isinstance(value, str) and _MIME_TYPE.fullmatch(value) else None


def _seconds(value: object) -> float | None:
    """A duration such as `3600s`, or a number of seconds."""
    found = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    return finite(found[1]) if found else decimal(value)


def _seconds_left(value: object) -> float | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return (value - datetime.now(timezone.utc)).total_seconds()


def _length(value: object) -> int | None:
    return len(value) if isinstance(value, bytes) else None


NAME: Measures = (("name", names.RESOURCE_NAME, resource_name),)
FILE_NAME: Measures = (("name", names.RESOURCE_NAME, _file_name),)
ANY_FILE: Measures = (("file", names.RESOURCE_NAME, _file_name),)
PARENT: Measures = (("parent", names.RESOURCE_NAME, resource_name),)
STORE_NAME: Measures = (("file_search_store_name", names.RESOURCE_NAME, resource_name),)
MEDIA: Measures = (("media_id", names.RESOURCE_NAME, resource_name),)
PAGE: Measures = (("config.page_size", names.PAGE_SIZE, integer),)
PAGE_OF_STORE: Measures = PARENT + PAGE
IMPORT: Measures = STORE_NAME

FILE: Measures = (
    *FILE_NAME,
    ("state", names.RESOURCE_STATE, word),
    ("size_bytes", names.RESOURCE_SIZE, integer),
    ("mime_type", names.RESOURCE_MIME_TYPE, _mime_type),
    ("expiration_time", names.RESOURCE_EXPIRES_IN, _seconds_left),
)
UPLOAD: Measures = (("config.mime_type", names.RESOURCE_MIME_TYPE, _mime_type),)
URIS: Measures = (("uris", names.RESOURCE_COUNT, count),)
FILES: Measures = (("files", names.RESOURCE_COUNT, count),)
CACHE_REQUEST: Measures = (("config.ttl", names.CACHE_TTL, _seconds),)
CACHE: Measures = (
    *NAME,
    ("usage_metadata.total_token_count", names.CACHE_TOKENS, integer),
    ("expire_time", names.RESOURCE_EXPIRES_IN, _seconds_left),
)
STORE: Measures = (
    *NAME,
    ("size_bytes", names.RESOURCE_SIZE, integer),
    ("active_documents_count", names.STORE_ACTIVE, integer),
    ("pending_documents_count", names.STORE_PENDING, integer),
    ("failed_documents_count", names.STORE_FAILED, integer),
)
OPERATION: Measures = (*NAME, ("done", names.RESOURCE_DONE, flag))
DOCUMENT: Measures = (
    *NAME,
    ("state", names.RESOURCE_STATE, word),
    ("size_bytes", names.RESOURCE_SIZE, integer),
    ("mime_type", names.RESOURCE_MIME_TYPE, _mime_type),
)
DELETION: Measures = (*NAME, ("config.force", names.DELETION_FORCED, flag))
MODEL: Measures = (
    ("input_token_limit", names.MODEL_INPUT_LIMIT, integer),
    ("output_token_limit", names.MODEL_OUTPUT_LIMIT, integer),
)
JOB: Measures = (*NAME, ("state", names.RESOURCE_STATE, word))
BATCH: Measures = (
    *JOB,
    ("completion_stats.successful_count", names.JOB_SUCCEEDED, integer),
    ("completion_stats.failed_count", names.JOB_FAILED, integer),
    ("completion_stats.incomplete_count", names.JOB_INCOMPLETE, integer),
)
# As the services send it: https://ai.google.dev/api/batch-api, and on Vertex AI `completionStats`.
_BATCH_STATISTICS: Measures = (
    ("completion_stats.successful_count", names.JOB_SUCCEEDED, _count_said),
    ("completion_stats.failed_count", names.JOB_FAILED, _count_said),
    ("completion_stats.incomplete_count", names.JOB_INCOMPLETE, _count_said),
    ("metadata.batch_stats.successful_request_count", names.JOB_SUCCEEDED, _count_said),
    ("metadata.batch_stats.failed_request_count", names.JOB_FAILED, _count_said),
    ("metadata.batch_stats.pending_request_count", names.JOB_INCOMPLETE, _count_said),
)
AUTH_TOKEN_REQUEST: Measures = (("config.uses", names.AUTH_TOKEN_USES, integer),)
DOWNLOADED: Measures = (("", names.RESOURCE_SIZE, _length),)
LISTED: Measures = (("_page", names.RESOURCE_COUNT, count),)
FETCHED: Measures = (("", names.RESOURCE_COUNT, count),)
PAGER: Measures = (("_config.page_size", names.PAGE_SIZE, integer),)


_STATE = re.compile(r"^(?:JOB_|BATCH_)?STATE_")  # the word after it is the same for all
_OUTCOMES = {
    "ACTIVE": "ok",
    "SUCCEEDED": "ok",
    "COMPLETED": "ok",
    "PROCESSING": "pending",
    "IN_PROGRESS": "pending",
    "QUEUED": "pending",
    "PENDING": "pending",
    "RUNNING": "pending",
    "CREATING": "pending",
    "UPDATING": "pending",
    "CANCELLING": "pending",
    "PAUSED": "pending",
    "FAILED": "failed",
    "EXPIRED": "failed",
    "TIMED_OUT": "failed",
    "CANCELLED": "cancelled",
}


def outcome(response: object, measured: Measured) -> str:
    """The outcome that the state of a file, document, job or operation stands for; `ok` for an answer without a state.

    An unknown state is `incomplete`; an operation that is done with neither a response nor an error is `empty`.
    """
    found = fields(response)
    state = measured.get(names.RESOURCE_STATE)
    if isinstance(state, str):
        return _OUTCOMES.get(_STATE.sub("", state.upper()), "incomplete")
    if "done" not in found:
        return "ok"
    if found.get("error"):
        return "failed"
    if found.get("response") is not None or found.get("result") is not None:
        return "ok"
    return "empty" if found["done"] else "pending"


def failure(response: object) -> dict[str, Value]:
    """The error of a failed file, job or operation: its google.rpc status, and its masked message."""
    error = field(response, "error")
    code, message = field(error, "code"), error if isinstance(error, str) else field(error, "message")
    found: dict[str, Value] = {}
    if isinstance(code, int) and 0 < code < len(STATUSES):
        found[names.FAILURE_STATUS] = STATUSES[code]
    if isinstance(message, str) and message:
        found[names.FAILURE_MESSAGE] = mask(message)
    return found


def read_batch_job(job: object) -> Measured:
    """Counts and error of a batch job as the service sends it."""
    return {**measure(_BATCH_STATISTICS, job), **failure(job)}
