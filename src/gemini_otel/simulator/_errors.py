"""Error bodies in the form of google.rpc, and the errors that the simulator itself answers."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ._request import Request
from ._scenario import Json, Reply

_TYPE = "type.googleapis.com/google.rpc."


def error_body(code: int, status: str, message: str, *details: Json) -> Json:
    """The body of an error; like the service, it has no ``details`` if there are none."""
    error: Json = {"code": code, "message": message, "status": status}
    return {"error": error | ({"details": list(details)} if details else {})}


def detail(kind: str, **fields: object) -> Json:
    """One google.rpc detail, such as ``RetryInfo``."""
    return {"@type": _TYPE + kind} | fields


def bad_request(message: str) -> Reply:
    return Reply(400, body=error_body(400, "INVALID_ARGUMENT", message))


def not_found(request: Request) -> Reply:
    message = f"The simulator has no {request.method} {request.path}. It serves the methods of the google-genai SDK."
    return Reply(404, body=error_body(404, "NOT_FOUND", message))


def unknown_scenario_message(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(name.lower().replace("-", "_"), names, n=5, cutoff=0.4)
    if close:
        return f"{name!r} is not a scenario. Close matches: {', '.join(close)}."
    return f"{name!r} is not a scenario. Choose one of: {', '.join(names)}."
