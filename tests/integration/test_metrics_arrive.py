"""What a real Prometheus has of our metrics, by each way they can get there."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from conftest import Exposition
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from registry import exposed, plain

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo
from gemini_otel._facts import names
from servers import Collector, Prometheus, eventually, get, program, run_prometheus
from support import MODEL

SERVICE = "metrics"
_HOURLY = 3_600_000  # milliseconds: exports when told to


DOCUMENTED = dict(exposed())
Series = Mapping[frozenset[tuple[str, str]], float]


class Arrived(NamedTuple):
    """A Prometheus with the program's metrics under a job, and what the program itself has."""

    prometheus: Prometheus
    job: str
    truth: Mapping[str, Any]  # metric, by its name

    def series(self, name: str) -> Series:
        """The values of the program's series, by the labels that are its own."""
        found = self.prometheus.query(f'{name}{{job="{self.job}"}}')
        return {frozenset(filter(_ours, row["metric"].items())): float(row["value"][1]) for row in found}


def _ours(label: tuple[str, str]) -> bool:
    return label[0] not in {"__name__", "job", "instance"} and not label[0].startswith("otel_scope_")


@pytest.fixture(scope="module", params=["scraped", "through the Collector", "OTLP into Prometheus"])
def arrived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arrived]:
    """Each way of the metrics into Prometheus."""
    prometheus: Prometheus = request.getfixturevalue("prometheus")
    if request.param == "scraped":
        exposition: Exposition = request.getfixturevalue("exposition")
        prometheus.scrape("scraped", exposition.address)
        with played(exposition.reader) as truth:
            yield Arrived(prometheus, "scraped", truth)
    elif request.param == "through the Collector":
        collector: Collector = request.getfixturevalue("collector")
        prometheus.scrape("collector", collector.prometheus)
        with played(sending(f"{collector.otlp}/v1/metrics")) as truth:
            yield Arrived(prometheus, SERVICE, truth)
    else:
        with (
            run_prometheus(tmp_path_factory.mktemp("otlp"), (), takes_otlp()) as prometheus,
            played(sending(f"{prometheus.url}/api/v1/otlp/v1/metrics")) as truth,
        ):
            yield Arrived(prometheus, SERVICE, truth)


def sending(endpoint: str) -> PeriodicExportingMetricReader:
    return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint), _HOURLY)


def takes_otlp() -> str:
    """The option with which this release of Prometheus takes OTLP; the test is skipped where it has none."""
    told = subprocess.run([str(program("prometheus")), "--help"], capture_output=True, text=True, check=True)
    for option, known_by in (
        ("--web.enable-otlp-receiver", "web.enable-otlp-receiver"),  # 3.0
        ("--enable-feature=otlp-write-receiver", "otlp-write-receiver"),  # 2.47
    ):
        if known_by in told.stdout + told.stderr:
            return option
    pytest.skip("this Prometheus takes no OTLP: 2.47 or newer does")


@contextlib.contextmanager
def played(reader: MetricReader) -> Iterator[dict[str, Any]]:
    """A program whose calls touch every metric; its metrics as the SDK has them."""
    memory = InMemoryMetricReader()
    resource = Resource.create({"service.name": SERVICE})
    meter_provider = MeterProvider([reader, memory], resource)
    gemini_otel.instrument(
        tracer_provider=TracerProvider(),
        meter_provider=meter_provider,
        semconv="gen_ai_latest_experimental/dup",
        cost=True,
    )
    try:
        with simulator.serve() as url:
            client = demo.simulated_client(url)
            for prompt in ("simulate:cached", "simulate:grounding_tool_use"):
                demo.send(client, MODEL, demo.Scene("", prompt, {}))
            for scene in demo.SIMULATED:
                demo.send(client, MODEL, scene)
            demo.send(client, "of-unknown-price", demo.SIMULATED[0])
            client.models.embed_content(model="gemini-embedding-001", contents="The tide is out.")
    finally:
        gemini_otel.uninstrument()
    meter_provider.force_flush()
    data = memory.get_metrics_data()
    assert data is not None
    (resource_metrics,) = data.resource_metrics
    yield {m.name: m.data for scope in resource_metrics.scope_metrics for m in scope.metrics}
    meter_provider.shutdown()


def expected(points: Any, value: str) -> Series:
    """What Prometheus must have for these data points."""
    return {
        frozenset((plain(key), str(label)) for key, label in point.attributes.items()): getattr(point, value)
        for point in points
    }


@pytest.mark.parametrize("metric", DOCUMENTED)
def test_every_metric_arrives(arrived: Arrived, metric: str) -> None:
    """A metric has its documented name, unit and labels in Prometheus, and the values that the program has."""
    there, points = DOCUMENTED[metric], arrived.truth[metric].data_points
    histogram = there.type == "histogram"
    name = f"{there.name}_count" if histogram else there.name
    wanted = expected(points, "count" if histogram else "value")
    assert eventually(lambda: arrived.series(name) == wanted), (arrived.series(name), wanted)
    if histogram:
        assert arrived.series(f"{there.name}_sum") == pytest.approx(expected(points, "sum"))
    assert wanted
    for labels in (set(dict(series)) for series in wanted):
        assert there.always <= labels <= there.allowed


@pytest.mark.parametrize("name", [each.name for each in DOCUMENTED.values() if each.type == "histogram"])
def test_buckets(arrived: Arrived, name: str) -> None:
    """Histograms have the buckets of the GenAI conventions."""
    buckets = names.DURATION_BUCKETS if name.endswith("_seconds") else names.TOKEN_BUCKETS
    if name == f"{plain(names.WORKFLOW_DURATION)}_seconds":
        buckets = names.WORKFLOW_BUCKETS
    eventually(lambda: arrived.series(f"{name}_bucket"))
    bounds = {float(dict(labels)["le"]) for labels in arrived.series(f"{name}_bucket")}
    assert bounds == {*buckets, float("inf")}


def test_types(arrived: Arrived) -> None:
    """Prometheus knows which metric is a counter and which a histogram."""
    assert eventually(lambda: arrived.series("gemini_client_hints_total"))
    known = get(f"{arrived.prometheus.url}/api/v1/metadata")["data"]
    if not known:
        pytest.skip("Prometheus tells the types of scraped metrics only")
    # Under OpenMetrics a counter's type stands at its name without _total.
    told = {
        each.name: (known.get(each.name) or known[each.name.removesuffix("_total")])[0]["type"]
        for each in DOCUMENTED.values()
    }
    assert told == {each.name: each.type for each in DOCUMENTED.values()}


def test_all_are_documented(arrived: Arrived) -> None:
    """The registry, and so docs/telemetry.md, has exactly the metrics that arrive."""
    assert set(arrived.truth) == set(DOCUMENTED)
