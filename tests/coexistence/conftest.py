"""Beside another instrumentation, installed before or after this one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neighbours import Neighbours
from support import Telemetry

pytest.register_assert_rewrite("applications")

ORDERS = ("theirs, ours", "ours, theirs")


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
