"""The models that the simulator lists."""

from __future__ import annotations

from ._request import Call
from ._scenario import Json

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


def list_models(call: Call) -> Json:
    """One page of models, as the Developer API or Vertex AI lists them."""
    start, size = _number(call, "pageToken", 0), _number(call, "pageSize", len(_NAMES))
    page = [_model(call, name) for name in _NAMES[start : start + size]]
    more = {"nextPageToken": str(start + size)} if start + size < len(_NAMES) else {}
    return {"publisherModels" if call.vertex else "models": page} | more


def get_model(call: Call) -> Json | None:
    """The model that *call* names, or ``None``."""
    return _model(call, call.model) if call.model in _NAMES else None


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
    return int(text) if text.isdecimal() and int(text) >= 0 else default
