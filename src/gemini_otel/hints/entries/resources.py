"""Files, jobs, images and embeddings that failed although the call succeeded."""

from __future__ import annotations

from gemini_otel._facts.names import (
    EMBEDDINGS_TRUNCATED,
    FAILURE_STATUS,
    IMAGES,
    IMAGES_FILTERED,
    INTERACTION_STATUS,
    JOB_FAILED,
    JOB_SUCCEEDED,
    OPERATION_NAME,
    OUTCOME,
    REQUEST_CHOICE_COUNT,
    RESOURCE_DONE,
    RESOURCE_MIME_TYPE,
    RESOURCE_NAME,
    RESOURCE_SIZE,
    RESOURCE_STATE,
    STORE_ACTIVE,
    STORE_FAILED,
    VIDEOS,
    VIDEOS_FILTERED,
)
from gemini_otel.hints import _links as links
from gemini_otel.hints._hint import Attributes, Hint
from gemini_otel.hints._trigger import ANY, Predicate, number, text, where

_FAILED = frozenset({"failed"})
_FILES = ("get_file", "upload_file", "get_document", "upload_to_file_search_store", "import_file")
_STATE = f"state {{{RESOURCE_STATE}}}"
_STATUS = f"status {{{FAILURE_STATUS}}}"


def _failed(attributes: Attributes) -> bool:
    return attributes.get(OUTCOME) == "failed"


def _failed_file(attributes: Attributes) -> bool:
    return _failed(attributes) and attributes.get(OPERATION_NAME) in _FILES


def _failed_job(attributes: Attributes) -> bool:
    another = attributes.get(OPERATION_NAME) in _FILES or INTERACTION_STATUS in attributes
    return _failed(attributes) and not another


def _filtered(attributes: Attributes) -> float:
    return number(attributes, IMAGES_FILTERED) or 0


def _all_filtered(attributes: Attributes) -> bool:
    return _filtered(attributes) > 0 and number(attributes, IMAGES) == 0


def _partly_filtered(attributes: Attributes) -> bool:
    return _filtered(attributes) > 0 and (number(attributes, IMAGES) or 0) > 0


def _no_image(attributes: Attributes) -> bool:
    empty = attributes.get(OUTCOME) == "empty"
    return empty and number(attributes, IMAGES) == 0 and not _filtered(attributes)


def _counted(name: str) -> Predicate:
    return lambda attributes: (number(attributes, name) or 0) > 0


def _done_with_nothing(attributes: Attributes) -> bool:
    return attributes.get(RESOURCE_DONE) is True and attributes.get(OUTCOME) == "empty"


def _cancelled_job(attributes: Attributes) -> bool:
    return text(attributes, RESOURCE_STATE)[-100:].endswith("CANCELLED")


HINTS: tuple[Hint, ...] = (
    Hint(
        id="file.failed",
        severity="error",
        retry="after_change",
        summary="The service could not process the file.",
        cause="The file arrived, and cannot be used in a prompt. Usually its format or media type is not supported, or its content is "
        "damaged.",
        remedy=(
            "Look at the file's error, which is masked in gemini.failure.message.",
            "Check that the MIME type fits the content, and that the format is supported.",
            "Convert the file and upload it again.",
        ),
        reference=links.FILES,
        when=where(_failed_file, outcomes=_FAILED),
        evidence=(_STATE, _STATUS, f"{{{RESOURCE_SIZE}}} bytes", f"type {{{RESOURCE_MIME_TYPE}}}"),
    ),
    Hint(
        id="job.failed",
        severity="error",
        retry="after_change",
        summary="The job failed, or expired before it was done.",
        cause="The call that asked about it succeeded: a failed job raises no exception.",
        remedy=(
            "Look at the job's error, which is masked in gemini.failure.message.",
            "Correct what the error names and start a new job.",
            "Check the state in the program: only a succeeded job has results.",
        ),
        reference=links.BATCHES,
        when=where(_failed_job, outcomes=_FAILED),
        evidence=(_STATE, _STATUS, f"{{{JOB_FAILED}}} requests failed"),
    ),
    Hint(
        id="job.empty",
        severity="error",
        retry="yes",
        summary="The operation is done, with neither a result nor an error.",
        cause="The service reports it as done, without a result. A filter may have held the result back.",
        remedy=(
            "Check operation.response before you use it: it is None, or holds nothing.",
            "Start the operation again.",
            "If it happens again, change the input, and report the operation's name.",
        ),
        reference=links.VIDEOS,
        when=where(_done_with_nothing, outcomes=frozenset({"empty"}), needs=RESOURCE_DONE),
        evidence=(f"done: {{{RESOURCE_DONE}}}", f"{{{RESOURCE_NAME}}}"),
    ),
    Hint(
        id="job.partly_failed",
        severity="warning",
        retry="after_change",
        summary="Some requests of the job failed.",
        cause="The job as a whole did not. Each request has its own answer or error in the results.",
        remedy=(
            "Read the error of each result before using its answer.",
            "Submit the failed requests again, in a new job.",
        ),
        reference=links.BATCHES,
        when=where(_counted(JOB_FAILED), outcomes=ANY - _FAILED - {"cancelled"}, needs=JOB_FAILED),
        evidence=(f"{{{JOB_FAILED}}} failed, {{{JOB_SUCCEEDED}}} succeeded", _STATE),
    ),
    Hint(
        id="job.cancelled",
        severity="info",
        retry="no",
        summary="The job was cancelled.",
        cause="Its state says so. Requests that were done before may be billed.",
        remedy=("Nothing to do if this was meant.",),
        reference=links.BATCHES,
        when=where(_cancelled_job, outcomes=frozenset({"cancelled"}), needs=RESOURCE_STATE),
        evidence=(_STATE, f"{{{JOB_SUCCEEDED}}} requests succeeded"),
    ),
    Hint(
        id="store.documents_failed",
        severity="warning",
        retry="after_change",
        summary="Some documents of the store could not be processed.",
        cause="Searches do not find what is in them. Usually their format is not supported, or they are damaged.",
        remedy=(
            "List the documents, and see which ones have the state STATE_FAILED.",
            "Convert them and upload them again.",
        ),
        reference=links.FILE_SEARCH,
        when=where(_counted(STORE_FAILED), outcomes=ANY, needs=STORE_FAILED),
        evidence=(f"{{{STORE_FAILED}}} failed, {{{STORE_ACTIVE}}} active",),
    ),
    Hint(
        id="image.filtered",
        severity="error",
        retry="after_change",
        summary="Every image was filtered.",
        cause="A safety filter held back what the model had made; the reason and its support code are in "
        "gemini.images.filtered_reasons.",
        remedy=(
            "Rephrase the prompt.",
            "Look the support code up in the responsible AI page to see which category it stands for.",
        ),
        reference=links.IMAGE_FILTERS,
        when=where(_all_filtered, outcomes=frozenset({"blocked"}), needs=IMAGES_FILTERED),
        evidence=(f"{{{IMAGES_FILTERED}}} filtered", f"{{{REQUEST_CHOICE_COUNT}}} asked for"),
    ),
    Hint(
        id="image.none",
        severity="warning",
        retry="after_change",
        summary="No image came, and no reason.",
        cause="A safety filter holds images back silently unless the request asks for its reasons. The answer does not show whether a "
        "filter did.",
        remedy=("Unless it is set, set include_rai_reason=True to be told why.", "Rephrase the prompt."),
        reference=links.IMAGE_FILTERS,
        when=where(_no_image, outcomes=frozenset({"empty"})),
        evidence=(
            f"{{{REQUEST_CHOICE_COUNT}}} asked for",
            f"{{{IMAGES}}} images",
        ),
    ),
    Hint(
        id="image.partly_filtered",
        severity="info",
        retry="after_change",
        summary="Some of the images were filtered.",
        cause="A safety filter held back some of what the model had made.",
        remedy=("Use the images that came, or rephrase the prompt.",),
        reference=links.IMAGE_FILTERS,
        when=where(_partly_filtered, outcomes=frozenset({"ok"}), needs=IMAGES_FILTERED),
        evidence=(f"{{{IMAGES_FILTERED}}} filtered", f"{{{IMAGES}}} given"),
    ),
    Hint(
        id="video.filtered",
        severity="error",
        retry="after_change",
        summary="Videos were filtered.",
        cause="A safety filter held back what the model had made: pictures or sound. The reasons are in "
        "gemini.videos.filtered_reasons.",
        remedy=(
            "Rephrase the prompt, and change the picture that the video starts from.",
            "If the reason is the sound, a retry often passes, or a prompt without speech.",
        ),
        reference=links.VIDEOS,
        when=where(_counted(VIDEOS_FILTERED), outcomes=ANY, needs=VIDEOS_FILTERED),
        evidence=(f"{{{VIDEOS_FILTERED}}} filtered, {{{VIDEOS}}} given",),
    ),
    Hint(
        id="embedding.truncated",
        severity="warning",
        retry="after_change",
        summary="Text to embed was cut off.",
        cause="It is longer than the embedding model takes, and the rest of it is not in the embedding.",
        remedy=(
            "Split long texts before embedding them.",
            "Set auto_truncate=False to get an error instead.",
        ),
        reference=links.EMBEDDINGS,
        when=where(_counted(EMBEDDINGS_TRUNCATED), outcomes=ANY, needs=EMBEDDINGS_TRUNCATED),
        evidence=(f"{{{EMBEDDINGS_TRUNCATED}}} texts cut off",),
    ),
)
