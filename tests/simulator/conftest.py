"""A simulator for the session and clients for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google import genai

from gemini_otel import simulator
from gemini_otel.simulator._server import Server
from support.sdk_calls import SHAPES, make_client


@pytest.fixture(scope="session")
def server() -> Iterator[simulator.Simulator]:
    with simulator.serve() as server:
        yield server


@pytest.fixture(scope="module")
def sdk(server: simulator.Simulator) -> genai.Client:
    """A client of the Developer API."""
    return make_client(server)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a server waits from now on, which it does not wait."""
    waited: list[float] = []
    monkeypatch.setattr(Server, "_pause", lambda _, seconds: waited.append(seconds))
    return waited


@pytest.fixture(params=list(SHAPES))
def shape(request: pytest.FixtureRequest) -> str:
    """A unary call and a stream."""
    return str(request.param)
