"""File search stores, their documents and media."""

from __future__ import annotations

import re

from ._files import UPLOADS, upload_facts, upload_routes
from ._request import Call, field_of
from ._resources import moment, new_id, page
from ._route import answering, nothing, route
from ._scenario import Json, Reply

_FAILED: Json = {"code": 3, "message": "The document 'minutes of the board.docx' could not be parsed."}


def _create(call: Call, _reply: Reply) -> Json:
    words = re.sub(r"[^a-z0-9]", "", str(field_of(call.body, "displayName") or "").lower())
    return _store(f"{words}-{new_id()}" if words else new_id())


def _store(name: str, variant: str = "") -> Json:
    counts = {"failed": {"failedDocumentsCount": "1"}, "processing": {"pendingDocumentsCount": "1"}}.get(
        variant, {}
    )
    return {
        "name": f"fileSearchStores/{name}",
        "displayName": "the board's minutes",
        "createTime": moment(),
        "updateTime": moment(),
        "activeDocumentsCount": "2",
        "sizeBytes": "96",
        "embeddingModel": "models/gemini-embedding-001",
    } | counts


def _get(call: Call, reply: Reply) -> Json:
    return _store(call.resource, reply.variant)


def _list(call: Call, _reply: Reply) -> Json:
    return page(call, "fileSearchStores", _store)


def _document(call: Call, name: str, variant: str = "") -> Json:
    state = {"processing": "STATE_PENDING", "failed": "STATE_FAILED"}.get(variant, "STATE_ACTIVE")
    return {
        "name": f"{_store_name(call)}/documents/{name}",
        "displayName": "minutes of the board.docx",
        "createTime": moment(),
        "updateTime": moment(),
        "state": state,
        "sizeBytes": "96",
        "mimeType": "text/plain",
    }


def _store_name(call: Call) -> str:
    found = re.search(r"fileSearchStores/[^/:]+", call.request.path)
    return found[0] if found else ""


def _get_document(call: Call, reply: Reply) -> Json:
    return _document(call, call.resource, reply.variant)


def _list_documents(call: Call, _reply: Reply) -> Json:
    return page(call, "documents", lambda name: _document(call, name))


def _operation(call: Call, reply: Reply, kind: str, size: str = "96", mime_type: str = "text/plain") -> Json:
    store, document = _store_name(call), f"minutesoftheboard-{new_id()}"
    told: Json = {"name": f"{store}/{kind}operations/{document}"}
    if reply.variant == "failed":
        return told | {"done": True, "error": _FAILED}
    if reply.variant == "processing":
        return told
    done = {
        "parent": store,
        "documentName": f"{store}/documents/{document}",
        "mimeType": mime_type,
        "sizeBytes": size,
    }
    return told | {"done": True, "response": done}


def _finish_upload(call: Call, reply: Reply) -> Json:
    given = upload_facts(call.request)
    return _operation(call, reply, "upload/", given.get("size", "96"), given.get("mime_type", "text/plain"))


def _import_file(call: Call, reply: Reply) -> Json:
    return _operation(call, reply, "")


def _media(_call: Call, _reply: Reply) -> Reply:
    return Reply(headers={"content-type": "image/png"}, body=b"\x89PNG simulated")


_STORE = r"fileSearchStores/[^/:]+"
_ONE = r"fileSearchStores/(?P<resource>[^/]+)"
_DOCUMENT = _STORE + r"/documents/(?P<resource>[^/]+)"

PLAYS = {"file search stores": frozenset({"processing", "failed"}) | UPLOADS}
ROUTES = (
    *upload_routes(_STORE + ":uploadToFileSearchStore", _finish_upload),
    route("POST", _STORE + ":importFile", answering(_import_file)),
    route("POST", "fileSearchStores", answering(_create)),
    route("GET", "fileSearchStores", answering(_list)),
    route("GET", _STORE + "/documents", answering(_list_documents)),
    route("GET", _DOCUMENT, answering(_get_document)),
    route("DELETE", _DOCUMENT, answering(nothing)),
    route("GET", _STORE + r"/media/[^/]+", answering(_media)),
    route("GET", _ONE, answering(_get)),
    route("DELETE", _ONE, answering(nothing)),
)
