"""The real SDK talks to the simulator; what it did is read from in-memory exporters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google import genai
from hypothesis import HealthCheck, settings

import gemini_otel
from gemini_otel import simulator
from support import MODES, SHAPES, OtlpReceiver, Telemetry, make_client, make_vertex_client, receiving

# Speed is the benchmarks' business.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A simulator for the whole session."""
    with simulator.serve() as url:
        yield str(url)


@pytest.fixture
def client(url: str) -> genai.Client:
    return make_client(url)


@pytest.fixture
def vertex(url: str) -> genai.Client:
    """A client of Vertex AI."""
    return make_vertex_client(url)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """The client, and its async twin."""
    return str(request.param)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """The package, instrumented with in-memory providers."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    yield telemetry
    gemini_otel.uninstrument()


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    """A back end that takes OTLP over HTTP."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """Each way to send a request."""
    return str(request.param)
