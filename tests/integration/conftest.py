"""Real servers, one of each for the session. `install.sh` installs them; where one is missing, its tests are skipped,
or fail where GEMINI_OTEL_SERVERS=required says that it must be there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import prometheus_client
import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader

from servers import (
    Collector,
    Jaeger,
    Prometheus,
    free_address,
    program,
    run_collector,
    run_jaeger,
    run_prometheus,
)
from support import OtlpReceiver, receiving


def needs(name: str) -> None:
    """Skip the test, or fail it, unless the program is installed."""
    if program(name) is None:
        missing = f"{name} is not installed: run tests/integration/install.sh"
        if os.environ.get("GEMINI_OTEL_SERVERS") == "required":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    needs("jaeger")
    with run_jaeger(tmp_path_factory.mktemp("jaeger")) as jaeger:
        yield jaeger


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    needs("prometheus")
    with run_prometheus(tmp_path_factory.mktemp("prometheus")) as prometheus:
        yield prometheus


@pytest.fixture(scope="session")
def session_receiver() -> Iterator[OtlpReceiver]:
    """An OTLP back end that keeps what the whole session sends."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def collector(
    jaeger: Jaeger, session_receiver: OtlpReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collector]:
    """The shipped gateway in front of Jaeger, with the receiver in Tempo's place; it decides soon and keeps no healthy trace."""
    needs("collector")
    with run_collector(
        tmp_path_factory.mktemp("collector"),
        JAEGER_ENDPOINT=jaeger.otlp,
        TEMPO_ENDPOINT=session_receiver.endpoint,
        DECISION_WAIT="1s",
        HEALTHY_PERCENTAGE="0",
        BATCH_TIMEOUT="100ms",
        METRICS_FLUSH_INTERVAL="5s",  # exemplars live that long: several scrapes
    ) as collector:
        yield collector


class Exposition(NamedTuple):
    """A metric reader, and the address where Prometheus can scrape what it reads."""

    reader: PrometheusMetricReader
    address: str


@pytest.fixture(scope="module")
def exposition() -> Iterator[Exposition]:
    """A page of this program's metrics, made by opentelemetry-exporter-prometheus."""
    address = free_address()
    host, port = address.split(":")
    server, thread = prometheus_client.start_http_server(int(port), host)
    yield Exposition(PrometheusMetricReader(), address)
    server.shutdown()
    server.server_close()
    thread.join()
