"""Sampled out, or without a provider: only what somebody would see is done."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from google import genai
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import sampling

import gemini_otel
from gemini_otel._facts.labels import MAX_MODELS, OTHER
from gemini_otel._telemetry import rounds
from support import Telemetry, send


class Keeping(sampling.Sampler):
    """Keeps what a sampler is told at a span's start."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        links: Any = None,
        trace_state: Any = None,
    ) -> sampling.SamplingResult:
        self.seen.append((name, dict(attributes or {})))
        return sampling.SamplingResult(sampling.Decision.DROP)

    def get_description(self) -> str:
        return "keeping"


def test_what_a_sampler_is_told(url: str, client: genai.Client, shape: str) -> None:
    """Operation, provider, model, address and whether it streams are known when the sampler decides."""
    sampler = Keeping()
    telemetry = Telemetry(sampler=sampler)
    gemini_otel.instrument(**telemetry.providers)
    send(client, shape, "simulate:ok")
    gemini_otel.uninstrument()
    stream = {"gen_ai.request.stream": True} if "stream" in shape else {}
    assert sampler.seen == [
        (
            "generate_content gemini-2.5-flash",
            {
                "gen_ai.operation.name": "generate_content",
                "gen_ai.provider.name": "gcp.gen_ai",
                "gen_ai.request.model": "gemini-2.5-flash",
                "server.address": "127.0.0.1",
                "server.port": int(url.rpartition(":")[2]),
                **stream,
            },
        )
    ]


def test_sampled_out_calls_give_all_metrics(client: genai.Client, shape: str) -> None:
    """A call that is not sampled gives the same metrics, and no loop is looked for."""
    telemetry = Telemetry(sampler=sampling.ALWAYS_OFF)
    gemini_otel.instrument(**telemetry.providers)
    send(client, shape, "simulate:loop_text")
    gemini_otel.uninstrument()
    assert telemetry.spans == []
    (response,) = telemetry.points("gemini.client.responses")
    assert response.attributes["gemini.repetition.kind"] == "not_checked"
    assert response.attributes["gemini.response.outcome"] == "truncated"
    assert {p.attributes["gen_ai.token.type"] for p in telemetry.points("gen_ai.client.token.usage")} == {
        "input",
        "output",
    }


def test_metrics_without_traces(client: genai.Client, shape: str) -> None:
    """With a meter provider only, metrics are recorded."""
    telemetry = Telemetry()
    gemini_otel.instrument(meter_provider=telemetry.meter_provider)
    send(client, shape, "simulate:ok")
    gemini_otel.uninstrument()
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert point.count == 1


def test_hostile_model_names_do_not_multiply_series(client: genai.Client) -> None:
    """After 200 models every other one is _OTHER, on histograms and counters."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    for number in range(MAX_MODELS + 50):
        send(client, "call", "simulate:ok", model=f"hostile-{number}")
    gemini_otel.uninstrument()
    models = {p.attributes["gen_ai.request.model"] for p in telemetry.points("gemini.client.responses")}
    assert len(models) <= MAX_MODELS + 1
    assert OTHER in models
    assert len(telemetry.points("gen_ai.client.operation.duration")) <= MAX_MODELS + 1


def test_units_and_buckets(client: genai.Client) -> None:
    """The histograms have the conventions' units and bucket bounds, and integers where tokens are counted."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    send(client, "stream", "simulate:ok")
    data = telemetry.reader.get_metrics_data()
    gemini_otel.uninstrument()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
    tokens = [4**power for power in range(14)]
    bounds = {
        name: [*m.data.data_points[0].explicit_bounds]
        for name, m in metrics.items()
        if name.startswith("gen_ai")
    }
    assert {name: metrics[name].unit for name in metrics} == {
        "gen_ai.client.operation.duration": "s",
        "gen_ai.client.operation.time_to_first_chunk": "s",
        "gen_ai.client.token.usage": "{token}",
        "gemini.client.responses": "{response}",
    }
    assert bounds == {
        "gen_ai.client.operation.duration": seconds,
        "gen_ai.client.operation.time_to_first_chunk": seconds,
        "gen_ai.client.token.usage": tokens,
    }


def test_exemplars_point_to_the_span(client: genai.Client) -> None:
    """A duration's exemplar carries the ids of its span."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    send(client, "call", "simulate:ok")
    gemini_otel.uninstrument()
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    (exemplar,) = point.exemplars
    assert exemplar.span_id == telemetry.span.get_span_context().span_id


NO_PROVIDER = """
import sys
import gemini_otel
from gemini_otel import simulator
gemini_otel.instrument()
from google import genai
from gemini_otel._telemetry import rounds
made = []
rounds.Round.__init__ = lambda *args: made.append(args)
with simulator.serve() as url:
    client = genai.Client(api_key="k", http_options={"base_url": url})
    client.models.generate_content(model="m", contents="simulate:ok")
    list(client.models.generate_content_stream(model="m", contents="simulate:ok"))
print(made, any(name.startswith("opentelemetry.sdk") for name in sys.modules))
"""


def test_without_a_provider_nothing_is_done() -> None:
    """Without any provider no call is observed, and the OpenTelemetry SDK is not even imported."""
    done = subprocess.run(
        [sys.executable, "-c", NO_PROVIDER], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["[]", "False"], done.stderr


@pytest.mark.parametrize("provider", [MeterProvider])
def test_the_placeholder_is_the_apis_own(provider: Any) -> None:
    """A provider of the SDK is no placeholder; the API's own is."""
    from opentelemetry import metrics, trace

    from gemini_otel._telemetry.instrumentation import is_placeholder

    assert not is_placeholder(provider())
    assert is_placeholder(trace.NoOpTracerProvider())
    assert is_placeholder(metrics.NoOpMeterProvider())
    assert rounds.current_round() is None
