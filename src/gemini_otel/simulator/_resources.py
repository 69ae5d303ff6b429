"""Collections of resources: how they are named and listed page by page."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from ._request import Call
from ._scenario import Json

_LISTED = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def page(call: Call, key: str, item: Callable[[str], Json], total: int = _LISTED) -> Json:
    """One page of a listing under *key*; *item* makes a resource from its id."""
    start, size = number(call, "pageToken", 0), number(call, "pageSize", total)
    last = min(start + size, total)
    more = {"nextPageToken": str(last)} if last < total else {}
    return {key: [item(f"{key.lower()}{each}") for each in range(start, last)]} | more


def number(call: Call, name: str, default: int) -> int:
    """A number in the query."""
    text = call.request.query.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 and int(text) > 0 else default


def new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def moment(seconds: float = 0) -> str:
    """A point in time so many seconds from now, as the service writes it."""
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parent_of(call: Call) -> str:
    """``projects/.../locations/.../`` from the path on Vertex AI, else empty."""
    if not call.vertex:
        return ""
    path = call.request.path
    start = path.find("projects/")
    return path[start : path.index("/", path.index("locations/") + 10) + 1] if start >= 0 else ""
