"""Beside another instrumentation, installed before or after this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import gemini_otel
from support import Telemetry

ORDERS = ("theirs, ours", "ours, theirs")


class Neighbours:
    """Ours and theirs, with the same providers."""

    def __init__(self, theirs: Any, telemetry: Telemetry) -> None:
        self._theirs, self._telemetry = theirs, telemetry

    def instrument(self, who: str) -> None:
        (gemini_otel if who == "ours" else self._theirs).instrument(**self._telemetry.providers)

    def uninstrument(self, who: str) -> None:
        (gemini_otel if who == "ours" else self._theirs).uninstrument()


@pytest.fixture
def telemetry() -> Telemetry:
    """Providers that nobody was given yet."""
    return Telemetry()


@pytest.fixture(params=ORDERS)
def both(request: pytest.FixtureRequest, telemetry: Telemetry) -> Iterator[Neighbours]:
    """Both instrumentations, in either order; a module's `instrumentor` makes theirs."""
    neighbours = Neighbours(request.module.instrumentor(), telemetry)
    for who in request.param.split(", "):
        neighbours.instrument(who)
    yield neighbours
    for who in ("ours", "theirs"):
        neighbours.uninstrument(who)
