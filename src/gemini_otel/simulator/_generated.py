"""Agents, triggers, webhooks, environments, voices, credentials and decisions."""

from __future__ import annotations

from collections.abc import Callable

from ._files import UPLOADS, upload_routes
from ._request import Call, field_of, object_of
from ._resources import moment, new_id, number
from ._route import Route, answering, nothing, route
from ._scenario import Json, Reply

_LISTED = 3
_EXECUTION = {"processing": "in_progress", "failed": "failed", "cancelled": "skipped"}


def _agent(name: str) -> Json:
    return {"id": name, "description": "keeps the minutes of the board", "base_agent": "antigravity"}


def _trigger(name: str) -> Json:
    return {
        "id": name,
        "interaction": {"input": "read the minutes of the board", "agent": "antigravity"},
        "schedule": "0 9 * * 1",
        "time_zone": "UTC",
        "status": "active",
        "environment_id": "environment1",
    }


def _webhook(name: str) -> Json:
    return {
        "id": name,
        "name": "board",
        "uri": "https://board.example.com/hook",
        "subscribed_events": ["batch.succeeded"],
        "new_signing_secret": "secret-1",
    }


def _environment(name: str) -> Json:
    told: Json = {"id": name, "status": "active", "created": moment(), "updated": moment()}
    return told | {
        "mode": "self_hosted",
        "environment_key": "secret-8",
        "custom_config": {"board": "secret-9"},
    }


def _voice(name: str) -> Json:
    return {"id": name, "display_name": "chair of the board", "type": "cloned"}


def _credential(name: str) -> Json:
    return {"id": name, "type": "bearer_token", "secret": {"token": "secret-2"}, "token": "secret-2"}


_COLLECTIONS: dict[str, Callable[[str], Json]] = {
    "agents": _agent,
    "triggers": _trigger,
    "webhooks": _webhook,
    "environments": _environment,
    "voices": _voice,
    "credentials": _credential,
}


def _crud(collection: str, make: Callable[[str], Json]) -> tuple[Route, ...]:
    one = rf"{collection}/(?P<resource>[^/:]+)"

    def create(call: Call, _reply: Reply) -> Json:
        return make(str(call.body.get("id") or new_id()))

    def get(call: Call, _reply: Reply) -> Json:
        return make(call.resource)

    def listing(call: Call, _reply: Reply) -> Json:
        size = number(call, "page_size", _LISTED)
        return {collection: [make(f"{collection}{each}") for each in range(min(size, _LISTED))]}

    return (
        route("POST", collection, answering(create)),
        route("GET", collection, answering(listing)),
        route("GET", one, answering(get)),
        route("PATCH", one, answering(get)),
        route("DELETE", one, answering(nothing)),
    )


def _execution(name: str, call: Call, reply: Reply) -> Json:
    status = _EXECUTION.get(reply.variant, "completed")
    told: Json = {"id": name, "trigger_id": call.resource, "status": status, "interaction_id": new_id()}
    return told | ({"error": "The tool 'salaries' is not allowed."} if status == "failed" else {})


def _run(call: Call, reply: Reply) -> Json:
    return _execution(new_id(), call, reply)


def _list_executions(call: Call, reply: Reply) -> Json:
    return {"trigger_executions": [_execution(f"execution{each}", call, reply) for each in range(_LISTED)]}


def _auth_token(_call: Call, _reply: Reply) -> Json:
    return {"auth_token": "auth_tokens/secret-7", "expires_at": moment()}


def _rotate(_call: Call, _reply: Reply) -> Json:
    return {"secret": "secret-3"}


def _environment_file(path: str = "minutes.md") -> Json:
    return {"name": path, "path": path, "type": "file", "size_bytes": "12", "mime_type": "text/markdown"}


def _environment_files(call: Call, _reply: Reply) -> Json | Reply:
    if call.request.query.get("alt") == "media":
        return Reply(headers={"content-type": "text/markdown"}, body=b"the minutes of the board")
    return {"files": [_environment_file()]}


def _finish_upload(_call: Call, _reply: Reply) -> Json:
    return {"files": [_environment_file()]}


def _decide(call: Call, reply: Reply) -> Json:
    if reply.variant == "filtered":
        return {
            "prompt_feedback": {"block_reason": "safety"},
            "usage": {"total_input_tokens": 7, "total_tokens": 7},
        }
    questions = object_of(field_of(call.body, "questions"))
    answers = {name: {"type": "choice", "choice": "yes"} for name in questions}
    usage = {
        "total_input_tokens": 20,
        "total_output_tokens": 2,
        "total_thought_tokens": 5,
        "total_tokens": 27,
    }
    return {"answers": answers, "usage": usage}


_ONE_TRIGGER = r"triggers/(?P<resource>[^/:]+)"
_ONE_WEBHOOK = r"webhooks/(?P<resource>[^/:]+)"
_AUTH_TOKENS = r"interactions/(?P<resource>[^/:]+)/auth_tokens"
_FILES = r"environments/(?P<resource>[^/:]+)/files/.*"

PLAYS = {"triggers": frozenset(_EXECUTION), "decisions": frozenset({"filtered"}), "environments": UPLOADS}
ROUTES = (
    route("POST", _ONE_TRIGGER + "/executions", answering(_run)),
    route("POST", _ONE_TRIGGER + ":run", answering(_run)),
    route("GET", _ONE_TRIGGER + "/executions", answering(_list_executions)),
    route("POST", _ONE_WEBHOOK + ":ping", answering(nothing)),
    route("POST", _ONE_WEBHOOK + ":rotateSigningSecret", answering(_rotate)),
    route("POST", _AUTH_TOKENS, answering(_auth_token)),
    route("DELETE", _AUTH_TOKENS + r"/[^/:]+", answering(nothing)),
    *upload_routes(_FILES, _finish_upload),
    route("GET", _FILES, answering(_environment_files)),
    route("POST", "decisions", answering(_decide)),
    *(each for collection, make in _COLLECTIONS.items() for each in _crud(collection, make)),
)
