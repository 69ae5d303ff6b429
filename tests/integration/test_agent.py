"""The Collector of a machine in front of the gateway. The load balancer itself is no Go module that can be had, so that one
component is replaced by a plain exporter; everything else of the file runs as shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from conftest import needs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExportResult
from seen import ReceiverBackEnd

from servers import COLLECTOR_CONFIG, Collector, eventually, run_collector
from support import OtlpReceiver, Telemetry

AGENT = COLLECTOR_CONFIG.parent / "agent.yaml"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_two_tiers(collector: Collector, session_receiver: OtlpReceiver, tmp_path: Path) -> None:
    """What an agent gets reaches the gateway, which samples it."""
    needs("collector")
    config = read(AGENT)
    config["exporters"] = {
        name.replace("loadbalancing", "otlp_http"): {"endpoint": collector.otlp}
        for name in config["exporters"]
    }
    for pipeline in config["service"]["pipelines"].values():
        pipeline["exporters"] = [name.replace("loadbalancing", "otlp_http") for name in pipeline["exporters"]]
    file = tmp_path / "agent.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    telemetry = Telemetry(resource=Resource.create({"service.name": "two tiers"}))
    tracer = telemetry.tracer_provider.get_tracer("test")
    for outcome in ("ok", "blocked", "ok"):
        tracer.start_span(outcome, attributes={"gemini.response.outcome": outcome}).end()
    with run_collector(tmp_path, file, BATCH_TIMEOUT="100ms") as agent:
        exporter = OTLPSpanExporter(f"{agent.otlp}/v1/traces")
        assert exporter.export(telemetry.spans) is SpanExportResult.SUCCESS
        exporter.shutdown()
        back_end = ReceiverBackEnd(session_receiver)
        eventually(lambda: back_end.spans("two tiers", 1))
    assert [span.name for span in back_end.spans("two tiers", 1)] == ["blocked"]


def test_traces_are_routed_by_their_id() -> None:
    """The agent balances traces by their id and metrics by their resource, over the same gateways and their OTLP port."""
    exporters = read(AGENT)["exporters"]
    traces, metrics = exporters["loadbalancing/traces"], exporters["loadbalancing/metrics"]
    assert (traces["routing_key"], metrics["routing_key"]) == ("traceID", "resource")
    assert traces["resolver"] == metrics["resolver"]
    port = str(traces["resolver"]["dns"]["port"])
    assert read(COLLECTOR_CONFIG)["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].endswith(f":{port}}}")
