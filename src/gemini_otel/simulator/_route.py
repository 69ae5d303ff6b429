"""A route: a method and a path below the API version, and what answers there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from ._answers import with_names
from ._request import Call, Request
from ._scenario import Json, Reply

Endpoint: TypeAlias = Callable[[Call, Reply], Reply]
"""Turns the reply that the scenario plays into the answer of this endpoint."""

MODEL = r"(?:models|tunedModels|endpoints)/(?P<model>[^:]+)"
_PREFIX = r"(?:/(?P<version>[^/]+))?/(?P<parents>(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?)"


class Route(NamedTuple):
    """A method and a path below the API version, and what answers there."""

    http_method: str
    path: re.Pattern[str]
    endpoint: Endpoint

    def match(self, request: Request) -> Call | None:
        """The variables in the path of *request*, or ``None`` if this is not its route."""
        found = self.path.fullmatch(request.path) if self.http_method == request.method else None
        return _call(request, found) if found else None


def _call(request: Request, found: re.Match[str]) -> Call:
    names = found.groupdict()
    return Call(
        request,
        version=names["version"] or "",
        model=(names.get("model") or "").rpartition("/")[2],
        method=names.get("method") or "",
        vertex=bool(names["parents"]),
        resource=names.get("resource") or "",
    )


def route(http_method: str, path: str, endpoint: Endpoint, *, before: str = "") -> Route:
    """The route below the API version; *before* is the part before the version, such as ``/upload``."""
    return Route(http_method, re.compile(before + _PREFIX + path), endpoint)


def answering(make: Callable[[Call, Reply], Any]) -> Endpoint:
    """The endpoint that answers with the body, or the whole reply, that *make* returns, unless the scenario is a failure."""

    def endpoint(call: Call, reply: Reply) -> Reply:
        if not reply.chunks:
            return with_names(call, reply)
        if reply.ending == "error" and isinstance(reply.body, dict):
            return with_names(call, Reply(reply.body["error"]["code"], body=reply.body))
        made = make(call, reply)
        if isinstance(made, Reply):
            return made
        return replace(reply, chunks=(), body=made)

    return endpoint


def nothing(_call: Call, _reply: Reply) -> Json:
    """The answer of a deletion."""
    return {}
