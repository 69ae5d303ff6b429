"""Files, and the resumable upload: a first request that gives a URL, then the pieces, the last one with ``finalize``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, urlencode

from ._errors import error_body
from ._request import Call, Request, field_of, object_of
from ._resources import moment, new_id, page
from ._route import Route, answering, nothing, route
from ._scenario import Json, Reply

_TWO_DAYS = 48 * 3600.0
_CONTENT = b"\x00simulated content\xff" * 8
_FAILED: Json = {
    "code": 3,
    "message": "The file failed to be processed: the codec of 'holiday.mov' is not supported.",
}

_UNAVAILABLE = error_body(503, "UNAVAILABLE", "The service is currently unavailable.")
_REFUSED_PIECES = {
    "upload_cut": Reply(ending="no_answer"),
    "upload_busy": Reply(503, body=_UNAVAILABLE),  # without the upload's state, as from a proxy in between
    "upload_refused": Reply(503, {"x-goog-upload-status": "final"}, _UNAVAILABLE),
    "upload_never_final": Reply(headers={"x-goog-upload-status": "cancelled"}, body={}),
}
UPLOADS = frozenset({*_REFUSED_PIECES, "upload_unconfirmed", "upload_without_address"})
"""The variants of an upload, whatever is uploaded."""

Finish = Callable[[Call, Reply], Json]
"""Makes the answer to the last piece of an upload."""


def file_json(name: str, variant: str = "", **given: str) -> Json:
    """A file as the service returns it; *variant* may be ``processing`` or ``failed``."""
    state = {"processing": "PROCESSING", "failed": "FAILED"}.get(variant, "ACTIVE")
    size = given.get("size", "34")
    return {
        "name": f"files/{name}",
        "displayName": given.get("display_name", "my holiday.mov"),
        "mimeType": given.get("mime_type", "text/plain"),
        "sizeBytes": size,
        "createTime": moment(),
        "updateTime": moment(),
        "expirationTime": moment(_TWO_DAYS),
        "sha256Hash": base64.b64encode(hashlib.sha256(size.encode()).digest()).decode(),
        "uri": f"https://generativelanguage.googleapis.com/v1beta/files/{name}",
        "state": state,
        "source": "UPLOADED",
    } | ({"error": _FAILED} if variant == "failed" else {})


def upload_routes(path: str, finish: Finish) -> tuple[Route, Route]:
    """The two steps of an upload to *path*: SDKs send the pieces by POST, curl by PUT."""
    endpoint = answering(partial(_upload, finish))
    return (route("POST", path, endpoint, before="/upload"), route("PUT", path, endpoint, before="/upload"))


def _upload(finish: Finish, call: Call, reply: Reply) -> Json | Reply:
    command = call.request.headers.get("x-goog-upload-command", "")
    if "start" in command:
        return Reply(body={}) if reply.variant == "upload_without_address" else _started(call)
    if reply.ending != "complete":
        return Reply(ending="no_answer")
    if reply.variant in _REFUSED_PIECES:
        return _REFUSED_PIECES[reply.variant]
    if "finalize" not in command:
        return Reply(headers={"x-goog-upload-status": "active"})
    if reply.variant == "upload_unconfirmed":
        return Reply(body={})
    return Reply(headers={"x-goog-upload-status": "final"}, body=finish(call, reply))


def _started(call: Call) -> Reply:
    headers = call.request.headers
    told = object_of(call.body.get("file")) or call.body
    upload = {
        "upload_id": new_id(),
        "upload_protocol": "resumable",
        "name": str(told.get("name", "")).removeprefix("files/"),
        "display_name": str(field_of(told, "displayName") or ""),
        "mime_type": headers.get("x-goog-upload-header-content-type", ""),
        "size": headers.get("x-goog-upload-header-content-length", ""),
    }
    given = {name: value for name, value in upload.items() if value}
    url = f"http://{quote(headers.get('host', ''), safe=':')}{quote(call.request.path)}?{urlencode(given)}"
    return Reply(headers={"x-goog-upload-status": "active", "x-goog-upload-url": url})


def upload_facts(request: Request) -> dict[str, str]:
    """What the first request of an upload says about the file."""
    return {name: value for name, value in request.query.items() if name != "upload_id"}


def _finish_file(call: Call, reply: Reply) -> Json:
    given = upload_facts(call.request)
    return {"file": file_json(given.pop("name", "") or new_id(), reply.variant, **given)}


def _get(call: Call, reply: Reply) -> Json:
    return file_json(call.resource, reply.variant)


def _list(call: Call, reply: Reply) -> Json:
    return page(call, "files", lambda name: file_json(name, reply.variant))


def _download(_call: Call, _reply: Reply) -> Reply:
    return Reply(headers={"content-type": "video/mp4"}, body=_CONTENT)


def _register(call: Call, _reply: Reply) -> Json:
    uris = call.body.get("uris") or []
    return {"files": [file_json(f"registered{number}") for number, _ in enumerate(uris)]}


_ONE = r"files/(?P<resource>[^/]+)"

PLAYS = {"files": frozenset({"processing", "failed"}) | UPLOADS}
ROUTES = (
    *upload_routes("files", _finish_file),
    route("GET", r"files/(?P<resource>[^/:]+):download", answering(_download)),
    route("POST", "files:register", answering(_register)),
    route("GET", "files", answering(_list)),
    route("GET", _ONE, answering(_get)),
    route("DELETE", _ONE, answering(nothing)),
)
