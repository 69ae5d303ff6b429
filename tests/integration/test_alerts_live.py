"""The alerts in a real Prometheus that scrapes a real Collector: services play mixes of traffic, each of which rings its own alerts and no other."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from conftest import needs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from promtool import ALERTS, RULES
from record_series import TRAFFIC

import gemini_otel
from gemini_otel import simulator
from servers import Prometheus, eventually, free_address, get, run_collector, run_prometheus
from support import make_client

sys.path.append(str(TRAFFIC.parent))
import traffic  # type: ignore[import-not-found]

MODEL = "gemini-3.5-flash"
# Seconds, after all is played; `for` is shortened below, and judged by promtool in test_alerts.py.
IN_TIME = 60
_SELECTOR = re.compile(r"\b((?:gemini|gen_ai_client|traces)[a-z0-9_:]+)\{([^}]*)\}")
_HOURLY = 3_600_000  # milliseconds: exports when told to


class Mix(NamedTuple):
    """What a service plays, and the alerts that it must ring."""

    scenarios: str
    rings: set[str]
    model: str = MODEL
    tool: Callable[[str], str] = traffic.get_weather


MIXES = {
    "healthy": Mix(
        "ok=40 thinking=6 cached=6 long_stream=2 tool_chain=2 rate_limited=1 finish_max_tokens=1", set()
    ),
    "trip-planner": Mix(
        "ok=40 long_stream=2 tool_chain=6 thinking=6 cached=6 thoughts_ate_budget=3 rate_limited_twice=2 "
        "overloaded_once=1 finish_malformed_function_call=1",
        set(),
    ),
    "broken-key": Mix("invalid_key=25", {"GeminiNothingSucceeds", "GeminiFailing"}),
    "denied": Mix("permission_denied=13 service_disabled=12", {"GeminiNothingSucceeds", "GeminiFailing"}),
    "flaky-net": Mix("ok=7 cut_before_headers=7 internal=7 deadline_exceeded=7", {"GeminiFailing"}),
    "rate-limited": Mix("ok=40 rate_limited=12", {"GeminiRateLimited"}),
    "overloaded": Mix("ok=40 overloaded=10 error_in_stream=2", {"GeminiOverloaded"}),
    "quota": Mix("ok=48 daily_quota=2", {"GeminiDailyQuotaExhausted"}),
    "truncated": Mix("ok=40 finish_max_tokens=6 thoughts_ate_budget=6", {"GeminiTruncated"}),
    "blocked": Mix(
        "ok=30 block_safety=5 finish_safety=5 finish_recitation=5 finish_prohibited_content=5 finish_spii=5",
        {"GeminiBlocked"},
    ),
    "malformed": Mix(
        "ok=45 finish_malformed_function_call=5 finish_unexpected_tool_call=5", {"GeminiMalformed"}
    ),
    "looping": Mix(
        "ok=40 loop_text=3 loop_json_items=3 loop_newlines_json=3 loop_table_hyphens=3 loop_table_tokens=3 tool_loop=1",
        {"GeminiLooping"},
    ),
    "empty": Mix("ok=40 empty_stop=6 finish_no_image=6", {"GeminiEmpty", "GeminiNoImage"}),
    "tool-fails": Mix("tool_chain=30", {"GeminiToolFailing"}, tool=traffic.get_no_weather),
    "retiring": Mix("ok=2", {"GeminiModelRetiring"}, model="gemini-2.5-flash"),
    "retired": Mix("model_not_found=2", {"GeminiModelRetired"}, model="gemini-2.0-flash"),
}
# Not played: the simulator has neither a legacy model nor one that another answers for.
NOT_GIVEN = ('gemini_hint_id="cfg.model_retiring"', 'gemini_hint_id="cfg.model_rerouted"')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with the rules, and the metrics of services that met everything."""
    for name in ("collector", "prometheus"):
        needs(name)
    folder = tmp_path_factory.mktemp("alerts")
    nowhere = dict.fromkeys(("JAEGER_ENDPOINT", "TEMPO_ENDPOINT"), f"http://{free_address()}")
    with (
        run_collector(folder, METRICS_FLUSH_INTERVAL="1s", **nowhere) as collector,
        run_prometheus(folder / "prometheus", [impatient(folder)]) as prometheus,
        simulator.serve() as url,
    ):
        prometheus.scrape("collector", collector.prometheus)
        for service, mix in MIXES.items():
            play(service, mix, url, collector.otlp)
        yield prometheus


def impatient(folder: Path) -> Path:
    """The shipped rules, which hold for a second before they fire."""
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "1s"
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(rules), encoding="utf-8")
    return file


def play(service: str, mix: Mix, url: str, otlp: str) -> None:
    """The calls of a service, one after the other."""
    resource = Resource.create({"service.name": service})
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{otlp}/v1/traces")))
    metrics = MeterProvider(
        [PeriodicExportingMetricReader(OTLPMetricExporter(f"{otlp}/v1/metrics"), _HOURLY)], resource
    )
    gemini_otel.instrument(tracer_provider=spans, meter_provider=metrics)
    try:
        client = make_client(url)
        for name, count in map(traffic.weighted, mix.scenarios.split()):
            for _ in range(count):
                traffic.call(client, mix.model, name, mix.tool)
    finally:
        gemini_otel.uninstrument()
        spans.shutdown()
        metrics.shutdown()


def test_every_rule_is_evaluated(server: Prometheus) -> None:
    """Prometheus evaluates every rule without an error."""

    def unknown() -> list[str]:
        groups = get(f"{server.url}/api/v1/rules")["data"]["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]

    assert eventually(lambda: not unknown(), 30), unknown()


def rung(server: Prometheus, service: str) -> set[str]:
    """The alerts that fire for a service."""
    found = get(f"{server.url}/api/v1/alerts")["data"]["alerts"]
    return {
        each["labels"]["alertname"]
        for each in found
        if each["state"] == "firing" and each["labels"]["job"] == service
    }


@pytest.mark.parametrize("service", MIXES)
def test_each_mix_rings_its_alerts(server: Prometheus, service: str) -> None:
    """A service rings the alerts of its trouble in time, and no other; one that is healthy, all in all, rings none."""
    wanted = MIXES[service].rings
    assert eventually(lambda: rung(server, service) >= wanted, IN_TIME), rung(server, service)
    assert rung(server, service) == wanted


def test_alerts_say_which_hint(server: Prometheus) -> None:
    """When everything fails, the alert names the hint that the service counts, and its first step."""
    found = get(f"{server.url}/api/v1/alerts")["data"]["alerts"]
    described = {
        each["labels"]["job"]: each["annotations"]["description"]
        for each in found
        if each["labels"]["alertname"] == "GeminiNothingSucceeds"
    }
    said = "The API key was not accepted. Open https://aistudio.google.com/apikey and create a new key."
    assert f"http.400.api_key_invalid. {said}" in described["broken-key"]
    assert "http.403." in described["denied"]


SELECTORS = sorted({selector.groups() for rule in ALERTS for selector in _SELECTOR.finditer(rule["expr"])})


@pytest.mark.parametrize(("metric", "matchers"), SELECTORS)
def test_every_selector_finds_series(server: Prometheus, metric: str, matchers: str) -> None:
    """What an alert reads is really there: metric, labels, and their values as far as they can be played."""
    labels = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)", matchers)
    exists = metric + "{" + ",".join(label + '!=""' for label in labels) + "}"
    played = f"{metric}{{{matchers}}}"
    absent = matchers in NOT_GIVEN or (
        "truncated" in matchers and "!~" in matchers
    )  # the latter is of embeddings
    query = exists if absent else played
    assert eventually(lambda: server.query(query), 30), query
