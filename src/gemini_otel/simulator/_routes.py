"""Finds the endpoint of a request."""

from __future__ import annotations

from ._areas import AREAS, Area
from ._request import Call, Request
from ._route import Endpoint, Route

ROUTES: tuple[Route, ...] = tuple(each for area in AREAS for each in area.routes)


def find_route(request: Request) -> tuple[Call, Endpoint, Area] | None:
    """The variables in the path of *request*, its endpoint and the endpoint's area, or ``None``."""
    for area in AREAS:
        for each in area.routes:
            if call := each.match(request):
                return call, each.endpoint, area
    return None
