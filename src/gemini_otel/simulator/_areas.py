"""The areas of the API: their routes, and which scenarios they can play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
from ._request import Call
from ._route import MODEL, Route, route
from ._scenario import Reply, Scenario


class Area(NamedTuple):
    """Routes that belong together. *plays* has the variants of a reply by what they are for, such as files."""

    routes: tuple[Route, ...]
    plays: Mapping[str, frozenset[str]]
    generates: bool = False
    """Whether its answers are what a model generates: then a scenario of something else is no answer at all."""
    name: str = "this method"
    """What messages call it."""

    def can_play(self, scenario: Scenario) -> bool:
        """Whether *scenario* has an answer for this area, which every scenario without variants has."""
        variants = scenario.variants
        if not variants & _KNOWN:  # variants of one's own are for whatever endpoint reads them
            return not variants or self.plays != {}
        return any(variants & each for each in self.plays.values())


def subjects(scenario: Scenario) -> list[str]:
    """What *scenario* is for, where its replies have variants."""
    plays = [each for area in AREAS for each in area.plays.items()]
    return [*dict.fromkeys(what for what, variants in plays if variants & scenario.variants)]


def _generate(call: Call, reply: Reply) -> Reply:
    if reply.status == 200 and reply.chunks and not call.contents:
        return bad_request("* GenerateContentRequest.contents: contents is not specified\n")
    return generate_answer(call, reply)


_GENERATE = r":(?P<method>generateContent|streamGenerateContent)"

AREAS = (
    Area((route("POST", MODEL + _GENERATE, _generate),), {}, generates=True, name="generate_content"),
    Area(_embeddings.ROUTES, _embeddings.PLAYS),
    Area(_predictions.ROUTES, _predictions.PLAYS),
    Area(_caches.ROUTES, _caches.PLAYS),
    Area(_files.ROUTES, _files.PLAYS),
    Area(_stores.ROUTES, _stores.PLAYS),
    Area(_jobs.ROUTES, _jobs.PLAYS),
    Area(_videos.ROUTES, _videos.PLAYS),
    Area(_models.ROUTES, {}),
    Area(_generated.ROUTES, _generated.PLAYS),
    Area(_interactions.ROUTES, _interactions.PLAYS, generates=True, name="an interaction"),
)
_KNOWN = frozenset(variant for area in AREAS for each in area.plays.values() for variant in each)
