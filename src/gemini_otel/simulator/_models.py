"""The models that the simulator lists."""

from __future__ import annotations

from ._answers import with_names
from ._errors import error_body
from ._request import Call
from ._route import MODEL, answering, nothing, route
from ._scenario import Json, Reply

_NAMES = (
    "gemini-2.0-flash",
    "gemini-2.5-flash",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-lite",
    "gemini-2.5-pro",
    "gemini-3-flash-preview",
    "gemini-3-pro-preview",
    "gemini-3.1-flash-lite",
    "gemini-3.1-pro-preview",
    "gemini-3.5-flash",
    "gemini-3.6-flash",
    "gemini-3.7-flash",
    "gemini-flash-latest",
)
_METHODS = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"]


def _list_models(call: Call, _reply: Reply) -> Json:
    start, size = _number(call, "pageToken", 0), _number(call, "pageSize", len(_NAMES))
    page = [_model(call, name) for name in _NAMES[start : start + size]]
    more = {"nextPageToken": str(start + size)} if start + size < len(_NAMES) else {}
    return {"publisherModels" if call.vertex else "models": page} | more


def _get_model(call: Call, _reply: Reply) -> Json | Reply:
    if call.model in _NAMES:
        return _model(call, call.model)
    return with_names(call, Reply(404, body=_UNKNOWN_MODEL))


def _update_model(call: Call, _reply: Reply) -> Json:
    return _model(call, call.model) | call.body


def _model(call: Call, name: str) -> Json:
    if call.vertex:
        return {"name": f"publishers/google/models/{name}", "versionId": "default", "launchStage": "GA"}
    title = name.replace("-", " ").title()
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": title,
        "description": f"Simulated {title}.",
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": _METHODS,
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": True,
    }


def _number(call: Call, name: str, default: int) -> int:
    text = call.request.query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else default


_UNKNOWN_MODEL = error_body(404, "NOT_FOUND", "Model is not found: models/{model} for api version {version}")
ROUTES = (
    route("GET", r"models", answering(_list_models)),
    route("GET", MODEL, answering(_get_model)),
    route("PATCH", MODEL, answering(_update_model)),
    route("DELETE", MODEL, answering(nothing)),
)
