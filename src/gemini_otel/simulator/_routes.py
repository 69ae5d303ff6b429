"""The endpoints of the API and the paths that lead to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ._answers import generate_answer, with_names
from ._errors import bad_request, error_body
from ._models import get_model, list_models
from ._request import Call, Request
from ._scenario import Reply
from ._usage import modality_details, prompt_counts

Endpoint: TypeAlias = Callable[[Call, Reply], Reply]
"""Turns the reply that the scenario plays into the answer of this endpoint."""


class Route(NamedTuple):
    """A method and a path below the API version, and what answers there."""

    http_method: str
    path: re.Pattern[str]
    endpoint: Endpoint


def find_route(request: Request) -> tuple[Call, Endpoint] | None:
    """The endpoint that *request* is for and what its path says, or ``None``."""
    for route in ROUTES:
        found = route.path.fullmatch(request.path) if route.http_method == request.method else None
        if found:
            return _call(request, found), route.endpoint
    return None


def _call(request: Request, found: re.Match[str]) -> Call:
    names = found.groupdict()
    return Call(
        request,
        version=names["version"] or "",
        model=(names.get("model") or "").rpartition("/")[2],
        method=names.get("method") or "",
        vertex=bool(names["parents"]),
    )


def _route(http_method: str, path: str, endpoint: Endpoint) -> Route:
    prefix = (
        r"(?:/(?P<version>[^/]+))?/(?P<parents>(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?)"
    )
    return Route(http_method, re.compile(prefix + path), endpoint)


def _generate(call: Call, reply: Reply) -> Reply:
    if reply.status == 200 and reply.chunks and not call.contents:
        return bad_request("* GenerateContentRequest.contents: contents is not specified\n")
    return generate_answer(call, reply)


def _count_tokens(call: Call, reply: Reply) -> Reply:
    if not reply.chunks:
        return with_names(call, reply)
    counts = prompt_counts(call)
    total = sum(counts.values())
    details = {"promptTokensDetails": modality_details(counts)}
    return Reply(body={"totalTokens": total} | (details if total else {}))


def _list_models(call: Call, reply: Reply) -> Reply:
    return Reply(body=list_models(call)) if reply.chunks else with_names(call, reply)


def _get_model(call: Call, reply: Reply) -> Reply:
    if not reply.chunks:
        return with_names(call, reply)
    model = get_model(call)
    return Reply(body=model) if model else with_names(call, Reply(404, body=_UNKNOWN_MODEL))


_UNKNOWN_MODEL = error_body(404, "NOT_FOUND", "Model is not found: models/{model} for api version {version}")
_MODEL = r"(?:models|tunedModels|endpoints)/(?P<model>[^:]+)"
_GENERATE = r":(?P<method>generateContent|streamGenerateContent)"

ROUTES: tuple[Route, ...] = (
    _route("POST", _MODEL + _GENERATE, _generate),
    _route("POST", _MODEL + r":(?P<method>countTokens)", _count_tokens),
    _route("GET", r"models", _list_models),
    _route("GET", _MODEL, _get_model),
)
