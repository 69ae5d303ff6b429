"""Reads the operation that makes videos: whether it is done, how many videos there are, and why some were filtered."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ResponseFacts, Value
from gemini_otel._facts.errors.masking import mask
from gemini_otel._sdk.methods.resources import OPERATION, failure, outcome
from gemini_otel._sdk.reading.fields import field, fields, integer, items
from gemini_otel._sdk.reading.measures import Reader, measure

_MOST_REASONS = 8


def _read_operation(operation: Any) -> ResponseFacts:
    """A finished operation without a video is `blocked` if a filter says so, else `empty`."""
    measured: dict[str, Value] = {**measure(OPERATION, operation), **failure(operation)}
    state = outcome(operation, measured)
    answer = field(operation, "response") or field(operation, "result")
    if state != "ok" or "generated_videos" not in fields(answer):
        return ResponseFacts(outcome=state, measured=measured)
    videos = len(items(field(answer, "generated_videos")))
    filtered = integer(field(answer, "rai_media_filtered_count")) or 0
    reasons = [str(reason) for reason in items(field(answer, "rai_media_filtered_reasons"))]
    measured[names.VIDEOS] = videos
    if filtered:
        measured[names.VIDEOS_FILTERED] = filtered
    if reasons:
        measured[names.VIDEOS_FILTERED_REASONS] = tuple(dict.fromkeys(map(mask, reasons)))[:_MOST_REASONS]
    if not videos:
        state = "blocked" if filtered or reasons else "empty"
    return ResponseFacts(outcome=state, measured=measured)


VIDEO_OPERATION = Reader(
    _read_operation,
    (
        names.RESOURCE_NAME,
        names.RESOURCE_DONE,
        names.VIDEOS,
        names.VIDEOS_FILTERED,
        names.VIDEOS_FILTERED_REASONS,
    ),
)
