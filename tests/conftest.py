"""The real SDK talks to the simulator; what it did is read from in-memory exporters."""

from __future__ import annotations

import gc
import http.server
import os
import threading
from collections.abc import Iterator

import pytest
from google import genai
from hypothesis import HealthCheck, settings

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import guard as _guard
from support import MODES, ROOT, SHAPES, OtlpReceiver, Telemetry, make_client, make_vertex_client, receiving
from support.privacy import Echo, Exported

# Speed is the benchmarks' business.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Each client reads the world's certificate authorities anew, up to three times, and takes 80 ms for it; no test needs them.
os.environ["SSL_CERT_FILE"] = str(ROOT / "tests/data/authority.pem")


@pytest.fixture(autouse=True, scope="module")
def small_heap() -> None:
    """Collect what earlier modules left, and let the collector skip what lives on: many tests here run it."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture
def exported(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exported]:
    """What leaves the process."""
    monkeypatch.setattr(_guard, "_reported", set())
    yield Exported(caplog)
    gemini_otel.uninstrument()


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a service whose every error repeats the request."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
