"""Images: generated, edited, upscaled, recontextualized, and the masks of a segmentation."""

from __future__ import annotations

from ._request import Call, at_most, field_of, object_of, objects_of
from ._samples import PIXEL
from ._scenario import Json, Reply

_FILTERED = (
    "Unable to show generated images. All images were filtered out because they violated Vertex AI's usage guidelines. "
    "You will not be charged for blocked images. Try rephrasing the prompt. If you think this was an error, send "
    "feedback. Support codes: 58061214"
)
_MOST = 16
_SAFETY: Json = {"categories": ["Violence"], "scores": [0.1], "contentType": "Positive Prompt"}


def is_image_request(call: Call) -> bool:
    """Whether ``:predict`` is asked for images."""
    return any("prompt" in each or "image" in each for each in objects_of(call.body.get("instances")))


def images(call: Call, reply: Reply) -> Json:
    """As many images as asked for, in the form of a prediction; a ``filtered`` one shows its reason instead."""
    parameters = object_of(call.body.get("parameters"))
    count = at_most(field_of(parameters, "sampleCount"), _MOST, 1)
    filtered = {"filtered": count, "partly_filtered": 1}.get(reply.variant, 0)
    if reply.variant == "none":
        return {}
    predictions = [_image() for _ in range(count - filtered)]
    if field_of(parameters, "includeRaiReason") or field_of(parameters, "includeRAIReason"):
        predictions += [{"raiFilteredReason": _FILTERED} for _ in range(filtered)]
    if field_of(parameters, "includeSafetyAttributes"):
        predictions.append({"safetyAttributes": _SAFETY, "contentType": "Positive Prompt"})
    return {"predictions": predictions}


def _image() -> Json:
    return {"bytesBase64Encoded": PIXEL, "mimeType": "image/png"}
