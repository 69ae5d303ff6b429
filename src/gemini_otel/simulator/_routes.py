"""The endpoints of the API and the paths that lead to them."""

from __future__ import annotations

from . import (
    _caches,
    _embeddings,
    _files,
    _generated,
    _interactions,
    _jobs,
    _models,
    _predictions,
    _stores,
    _videos,
)
from ._answers import generate_answer
from ._errors import bad_request
from ._request import Call, Request
from ._route import MODEL, Endpoint, Route, route
from ._scenario import Reply


def find_route(request: Request) -> tuple[Call, Endpoint] | None:
    """The endpoint that *request* is for and what its path says, or ``None``."""
    for each in ROUTES:
        if call := each.match(request):
            return call, each.endpoint
    return None


def _generate(call: Call, reply: Reply) -> Reply:
    if reply.status == 200 and reply.chunks and not call.contents:
        return bad_request("* GenerateContentRequest.contents: contents is not specified\n")
    return generate_answer(call, reply)


_GENERATE = r":(?P<method>generateContent|streamGenerateContent)"
_AREAS = (
    _embeddings,
    _predictions,
    _caches,
    _files,
    _stores,
    _jobs,
    _videos,
    _models,
    _generated,
    _interactions,
)

ROUTES: tuple[Route, ...] = (
    route("POST", MODEL + _GENERATE, _generate),
    *(each for area in _AREAS for each in area.ROUTES),
)
