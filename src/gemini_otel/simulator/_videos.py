"""Videos: a long-running operation that clients poll until it is done."""

from __future__ import annotations

from ._request import Call, field_of
from ._resources import new_id
from ._route import MODEL, answering, route
from ._samples import PIXEL
from ._scenario import Json, Reply

_FAILED: Json = {"code": 13, "message": "Video generation failed due to an internal server issue."}
_FILTERED = "We encountered an issue with the audio for your prompt, and could not create your video. Support code: 89371032"


def _start(call: Call, _reply: Reply) -> Json:
    path = call.request.path
    return {"name": f"{path[path.index('/', 1) + 1 : path.rindex(':')]}/operations/{new_id()}"}


def _poll(call: Call, reply: Reply) -> Json:
    path = call.request.path
    return _operation(path[path.index("/", 1) + 1 :], call, reply)


def _fetch(call: Call, reply: Reply) -> Json:
    return _operation(str(field_of(call.body, "operationName")), call, reply)


def _operation(name: str, call: Call, reply: Reply) -> Json:
    if reply.variant == "processing":
        return {"name": name}
    if reply.variant == "failed":
        return {"name": name, "done": True, "error": _FAILED}
    if reply.variant == "nothing":
        return {"name": name, "done": True}
    return {"name": name, "done": True, "response": _videos(call, filtered=reply.variant == "filtered")}


def _videos(call: Call, *, filtered: bool) -> Json:
    blocked: Json = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [_FILTERED]} if filtered else {}
    if call.vertex:
        return {
            "videos": [] if filtered else [{"bytesBase64Encoded": PIXEL, "mimeType": "video/mp4"}]
        } | blocked
    uri = "https://generativelanguage.googleapis.com/v1beta/files/movie1:download?alt=media"
    samples = [] if filtered else [{"video": {"uri": uri}}]
    return {"generateVideoResponse": {"generatedSamples": samples} | blocked}


PLAYS = {"videos": frozenset({"processing", "failed", "nothing", "filtered"})}
ROUTES = (
    route("POST", MODEL + r":(?P<method>predictLongRunning)", answering(_start)),
    route("POST", MODEL + r":(?P<method>fetchPredictOperation)", answering(_fetch)),
    route("GET", r"models/[^/:]+/operations/(?P<resource>[^/:]+)", answering(_poll)),
)
