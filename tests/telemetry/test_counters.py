import subprocess
import sys
import threading

import pytest
from google import genai
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import gemini_otel
from gemini_otel._facts.labels import OTHER, BoundedNames
from gemini_otel._instrumentor import active_instrumentation
from gemini_otel._settings.table import Settings
from gemini_otel._telemetry.instrumentation import Instrumentation, Providers
from gemini_otel._telemetry.metrics import rounds
from gemini_otel._telemetry.metrics.counters import CounterTable
from support import Telemetry, send


def test_names_are_bounded() -> None:
    """Known names and the first ones within the limit keep their name, every later one is _OTHER."""
    label = BoundedNames(2, known=["STOP"])
    assert [label(name) for name in ("a", "STOP", "b", "c", "a", "d")] == [
        "a",
        "STOP",
        "b",
        OTHER,
        "a",
        OTHER,
    ]


def test_long_names_are_others() -> None:
    """A name of 256 characters is a label; a longer one is `_OTHER`, and takes nobody's place."""
    label = BoundedNames(1)
    assert label("x" * 257) == OTHER
    assert label("x" * 256) == "x" * 256


def test_threads_lose_no_count() -> None:
    """Eight threads that add 5,000 times each give 40,000."""
    table = CounterTable(("model",))
    threads = [threading.Thread(target=lambda: [table.add(("m",)) for _ in range(5_000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.totals() == [({"model": "m"}, 40_000)]


def test_several_readers_see_the_same_totals() -> None:
    """Each reader of a provider gets the whole count, however often either collects."""
    readers = [InMemoryMetricReader(), InMemoryMetricReader()]
    providers = Providers(meter_provider=MeterProvider(metric_readers=readers))
    instrumentation = Instrumentation(providers, Settings())
    instrumentation.count_hint("finish.other", "warning")
    for _ in range(2):
        for reader in readers:
            assert total(reader) == 1
    instrumentation.count_hint("finish.other", "warning")
    assert [total(reader) for reader in readers] == [2, 2]


def total(reader: InMemoryMetricReader) -> int:
    (metric,) = (
        metric
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "gemini.client.hints"
    )
    (point,) = metric.data.data_points
    return int(point.value)


FORK = """
import os
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from gemini_otel._telemetry.instrumentation import Providers, Instrumentation
from gemini_otel._settings.table import Settings

reader = InMemoryMetricReader()
providers = Providers(meter_provider=MeterProvider(metric_readers=[reader]))
instrumentation = Instrumentation(providers, Settings())
for _ in range(5):
    instrumentation.count_hint("h", "warning")
table = providers.metrics().hints
table._lock.acquire()  # as a thread of the parent may at the moment of the fork
child = os.fork()
if child == 0:
    instrumentation.count_hint("h", "warning")
    assert [total for _, total in table.totals()] == [1], table.totals()
    os._exit(0)
table._lock.release()
assert os.waitpid(child, 0)[1] == 0
assert [total for _, total in table.totals()] == [5]
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs os.fork")
def test_a_forked_child_counts_its_own_calls_only() -> None:
    """A child starts from zero, with a lock of its own, and the parent keeps its total."""
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "done", done.stderr


def test_first_calls_at_once(client: genai.Client) -> None:
    """Calls that are the first of a process in eight threads are all counted, once."""
    send(client, "call", "simulate:ok")
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, semconv="gen_ai_latest_experimental/dup")
    barrier = threading.Barrier(8)

    def call() -> None:
        barrier.wait()
        send(client, "call", "simulate:thinking")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
        gemini_otel.uninstrument()
    assert sum(point.value for point in telemetry.points("gemini.client.responses")) == 8
    assert sum(point.count for point in telemetry.points("gen_ai.client.operation.duration")) == 8
    (span, *_) = telemetry.spans
    counted = telemetry.points("gen_ai.client.inference.usage.input_tokens")
    assert sum(point.value for point in counted) == 8 * span.attributes["gen_ai.usage.input_tokens"]


def test_sets_of_labels_that_are_kept_are_bounded(
    client: genai.Client, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that begin alike share their labels; many models keep a bounded number of sets, and each has its own."""
    monkeypatch.setattr(rounds, "_MOST_LABELS", 3)
    models = [f"model-{number}" for number in range(5)]
    for model in (*models, *models):
        send(client, "call", "hello", model=model)
    instrumentation = active_instrumentation()
    assert instrumentation is not None
    metrics = instrumentation.providers.metrics()
    assert metrics is not None
    assert 0 < len(metrics.labels) <= 3
    points = telemetry.points("gen_ai.client.operation.duration")
    assert {point.attributes["gen_ai.request.model"]: point.count for point in points} == dict.fromkeys(
        models, 2
    )


class Unhashable(MeterProvider):
    """As Logfire's provider, a dataclass that compares by value."""

    __hash__ = None  # type: ignore[assignment]


def test_a_provider_that_cannot_be_hashed(client: genai.Client) -> None:
    """Calls are counted with such a provider, also when it is instrumented again."""
    telemetry = Telemetry()
    telemetry.reader = InMemoryMetricReader()
    telemetry.meter_provider = Unhashable(metric_readers=[telemetry.reader])
    for _ in range(2):
        gemini_otel.instrument(**telemetry.providers)
        send(client, "call", "hello")
        gemini_otel.uninstrument()
    (point,) = telemetry.points("gemini.client.responses")
    assert point.value == 2
