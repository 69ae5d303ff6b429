"""What image methods ask for and return: how many images, and why some were filtered."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ResponseFacts, Value
from gemini_otel._facts.errors.masking import mask
from gemini_otel._sdk.reading.fields import field, integer, items
from gemini_otel._sdk.reading.measures import Measures, Reader

_MOST_REASONS = 8


def _image(_: object) -> str:
    return "image"


def _several(value: object) -> int | None:
    number = integer(value)
    return None if number == 1 else number


EDIT: Measures = (("model", names.OUTPUT_TYPE, _image),)
GENERATE_IMAGES: Measures = (*EDIT, ("config.number_of_images", names.REQUEST_CHOICE_COUNT, _several))


def _read_images(response: Any) -> ResponseFacts:
    """A call without an image is `blocked` if a filter says so, else `empty`."""
    given = items(field(response, "generated_images"))
    images = sum(1 for each in given if _has_content(field(each, "image")))
    reasons = [str(reason) for each in given if (reason := field(each, "rai_filtered_reason"))]
    measured: dict[str, Value] = {names.IMAGES: images}
    if reasons:
        measured[names.IMAGES_FILTERED] = len(reasons)
        measured[names.IMAGES_FILTERED_REASONS] = tuple(dict.fromkeys(map(mask, reasons)))[:_MOST_REASONS]
    if images:
        return ResponseFacts(outcome="ok", measured=measured)
    return ResponseFacts(outcome="blocked" if reasons else "empty", measured=measured)


def _has_content(image: Any) -> bool:
    """Whether the image has content; the SDK returns an empty image for a filtered one."""
    return field(image, "image_bytes") is not None or field(image, "gcs_uri") is not None


def _read_masks(response: Any) -> ResponseFacts:
    masks = len(items(field(response, "generated_masks")))
    return ResponseFacts(outcome="ok" if masks else "empty", measured={names.IMAGES: masks})


_NAMES = (names.IMAGES, names.IMAGES_FILTERED, names.IMAGES_FILTERED_REASONS)
IMAGES = Reader(_read_images, _NAMES)
MASKS = Reader(_read_masks, (names.IMAGES,))
