"""A simulator for the session and clients for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google import genai

from gemini_otel import simulator
from support.sdk_calls import SHAPES, make_client


@pytest.fixture(scope="session")
def server() -> Iterator[simulator.Simulator]:
    with simulator.serve() as server:
        yield server


@pytest.fixture(scope="module")
def sdk(server: simulator.Simulator) -> genai.Client:
    """A client of the Developer API."""
    return make_client(server)


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> str:
    """A unary call and a stream."""
    return str(request.param)
