"""The shipped Collector configuration, run by a real Collector."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import needs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import Status, StatusCode
from seen import JaegerBackEnd, ReceiverBackEnd, Seen, from_sdk

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo
from gemini_otel._facts import outcomes
from servers import COLLECTOR_CONFIG, Collector, Jaeger, Prometheus, eventually, get, run_collector
from support import MODEL, ROOT, OtlpReceiver, Telemetry

SERVICE = "gateway"
HEALTHY = 20
BAD = ("thoughts_ate_budget", "finish_safety", "daily_quota", "finish_malformed_response", "empty_stop")
TOKEN, MAIL, CARD, KEY = "ya29.a0AfB_byC-secret", "joe@example.com", "4111 1111 1111 1111", "AIza" + "x" * 35


@pytest.fixture(scope="module")
def spans(collector: Collector, prometheus: Prometheus) -> list[Seen]:
    """A mix of healthy and bad calls, sent through the Collector, which Prometheus scrapes: what the program had."""
    prometheus.scrape("collector", collector.prometheus)
    assert eventually(lambda: prometheus.query('up{job="collector"} == 1'))
    telemetry = Telemetry(resource=Resource.create({"service.name": SERVICE}))
    gemini_otel.instrument(**telemetry.providers)
    with simulator.serve() as url:
        client = demo.simulated_client(url)
        for prompt in ["simulate:ok"] * HEALTHY + [f"simulate:{name}" for name in BAD]:
            demo.send(client, MODEL, demo.Scene("", prompt, {}))
        tools = {"tools": [demo.get_weather]}
        demo.send(client, MODEL, demo.Scene("", "simulate:tool_chain", tools))
    gemini_otel.uninstrument()
    export(collector, telemetry)
    return [from_sdk(span) for span in telemetry.spans]


def export(collector: Collector, telemetry: Telemetry) -> None:
    exporter = OTLPSpanExporter(f"{collector.otlp}/v1/traces")
    assert exporter.export(telemetry.spans) is SpanExportResult.SUCCESS
    exporter.shutdown()


@pytest.mark.parametrize("at", ["jaeger", "tempo"])
def test_what_went_wrong_is_kept(
    spans: list[Seen], jaeger: Jaeger, session_receiver: OtlpReceiver, at: str
) -> None:
    """Of traces with a bad outcome, a hint or an error every span arrives, of healthy ones none; nothing is changed."""
    back_end = JaegerBackEnd(jaeger) if at == "jaeger" else ReceiverBackEnd(session_receiver)
    bad = {
        span.trace
        for span in spans
        if span.error
        or "gemini.hint.id" in span.attributes
        or span.attributes.get("gemini.response.outcome", "ok") != "ok"
    }
    assert len(bad) == len(BAD) + 1
    expected = {span.id: span for span in spans if span.trace in bad}
    eventually(lambda: len(back_end.spans(SERVICE, 0)) >= len(expected))
    kept = {span.id: span for span in back_end.spans(SERVICE, len(expected))}
    assert kept == expected
    assert len(expected) == len(BAD) + 6


def test_each_reason_alone(collector: Collector, session_receiver: OtlpReceiver) -> None:
    """Each bad outcome, a hint of a severity above info, an error or a minute of time alone keeps a trace; nothing else does."""
    telemetry = Telemetry(resource=Resource.create({"service.name": "reasons"}))
    tracer = telemetry.tracer_provider.get_tracer("test")
    for outcome in outcomes.OUTCOME_NAMES:
        tracer.start_span(outcome, attributes={"gemini.response.outcome": outcome}).end()
    for severity in ("info", "warning", "error"):
        tracer.start_span(severity, attributes={"gemini.hint.severity": severity}).end()
    tracer.start_span("slow", start_time=10**18).end(10**18 + 61 * 10**9)
    tracer.start_span("fast", start_time=10**18).end(10**18 + 59 * 10**9)
    failed = tracer.start_span("an error")
    failed.set_status(Status(StatusCode.ERROR))
    failed.end()
    export(collector, telemetry)
    back_end = ReceiverBackEnd(session_receiver)
    kept = {*outcomes.OUTCOME_NAMES, "warning", "slow", "an error"}.difference(outcomes.HEALTHY)
    eventually(lambda: len(back_end.spans("reasons", 0)) >= len(kept))
    assert {span.name for span in back_end.spans("reasons", 0)} == kept


def test_a_share_of_the_healthy(jaeger: Jaeger, session_receiver: OtlpReceiver, tmp_path: Path) -> None:
    """Of healthy traces the share that was asked for is kept."""
    needs("collector")
    telemetry = Telemetry(resource=Resource.create({"service.name": "share"}))
    tracer = telemetry.tracer_provider.get_tracer("test")
    for _ in range(400):
        tracer.start_span("healthy", attributes={"gemini.response.outcome": "ok"}).end()
    back_ends = {"JAEGER_ENDPOINT": jaeger.otlp, "TEMPO_ENDPOINT": session_receiver.endpoint}
    with run_collector(tmp_path, **back_ends, DECISION_WAIT="1s", HEALTHY_PERCENTAGE="50") as collector:
        export(collector, telemetry)
        back_end = ReceiverBackEnd(session_receiver)
        assert eventually(lambda: back_end.spans("share", 1))
        time.sleep(0.5)
    assert 140 <= len(back_end.spans("share", 1)) <= 260


@pytest.fixture(scope="module")
def scraping(spans: list[Seen], prometheus: Prometheus) -> Prometheus:
    """Prometheus, which has scraped the Collector's metrics of these spans."""
    calls = f'sum(traces_span_metrics_calls_total{{job="{SERVICE}"}})'
    assert eventually(lambda: prometheus.query(f"{calls} == {len(spans)}"), 60), prometheus.query(calls)
    return prometheus


def sums(
    prometheus: Prometheus, label: str, metric: str = "traces_span_metrics_calls_total"
) -> dict[str, int]:
    found = prometheus.query(f'sum by ({label}) ({metric}{{job="{SERVICE}"}})')
    return {row["metric"].get(label, ""): int(row["value"][1]) for row in found}


@pytest.mark.parametrize(
    "attribute",
    [
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.tool.name",
        "gemini.response.outcome",
        "gemini.response.finish_reason",
        "gemini.hint.id",
        "gemini.error.kind",
        "http.response.status_code",
        "error.type",
    ],
)
def test_span_metrics_count_every_call(scraping: Prometheus, spans: list[Seen], attribute: str) -> None:
    """Our scalar attributes are labels of the span metrics, which count what sampling dropped as well."""
    expected: dict[str, int] = {}
    for span in spans:
        value = str(span.attributes.get(attribute, ""))
        expected[value] = expected.get(value, 0) + 1
    assert len(expected) > 1
    assert sums(scraping, attribute.replace(".", "_")) == expected


def test_span_latencies(scraping: Prometheus, spans: list[Seen]) -> None:
    """Latencies come as a histogram in seconds by model and outcome, with exemplars that lead to the traces."""
    counts = sums(scraping, "gemini_response_outcome", "traces_span_metrics_duration_seconds_count")
    assert counts["ok"] == sum(span.attributes.get("gemini.response.outcome") == "ok" for span in spans)
    labels = scraping.query(f'traces_span_metrics_duration_seconds_count{{job="{SERVICE}"}}')
    assert not [row for row in labels if "gemini_response_finish_reason" in row["metric"]]
    found = get(
        f"{scraping.url}/api/v1/query_exemplars",
        query=f'traces_span_metrics_duration_seconds_bucket{{job="{SERVICE}"}}',
        start=time.time() - 600,
        end=time.time() + 60,
    )["data"]
    traces = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
    assert traces
    assert traces <= {span.trace for span in spans}


@pytest.fixture
def leaking(collector: Collector) -> Iterator[TracerProvider]:
    """A program that puts secrets on its spans."""
    provider = TracerProvider(resource=Resource.create({"service.name": "leaking", "contact": MAIL}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector.otlp}/v1/traces")))
    yield provider
    provider.shutdown()


def test_redaction(leaking: TracerProvider, session_receiver: OtlpReceiver) -> None:
    """Keys, tokens, addresses and card numbers are masked in attributes, lists, events, status and resource."""
    ours = {"gen_ai.usage.input_tokens": 12, "gemini.repetition.share": 0.4123456789012345}
    ours |= {
        "gemini.error.message": "API key not valid. Please pass a valid API key.",
        "gen_ai.request.seed": -7,
    }
    with leaking.get_tracer("test").start_as_current_span("leaks") as span:
        span.set_attributes(ours)
        span.set_attributes(
            {"url": f"https://x/?key={KEY}", "note": f"card {CARD}, {MAIL}", "list": ["a", TOKEN]}
        )
        span.set_attributes({"http.request.header.authorization": "Basic dXNlcjpwYXNz"})
        span.add_event("said", {"gen_ai.input.messages": f"my key is {KEY}"})
        span.set_status(
            Status(StatusCode.ERROR, f"refused {KEY}, {TOKEN}, {MAIL}, {CARD}, Bearer 0123456789abc")
        )
    back_end = ReceiverBackEnd(session_receiver)
    (seen,) = eventually(lambda: back_end.spans("leaking", 1))
    whole = repr(seen)
    secrets = (KEY, TOKEN, MAIL, CARD, "dXNlcjpwYXNz", "0123456789abc")
    assert [secret for secret in secrets if secret in whole] == []
    assert {key: seen.attributes[key] for key in ours} == ours
    assert seen.attributes["url"] == "https://x/?key=****"
    assert seen.events[0].attributes == {"gen_ai.input.messages": "my key is ****"}


def test_content_can_be_kept_out(session_receiver: OtlpReceiver, tmp_path: Path) -> None:
    """With the patterns of docs/production.md, no captured content reaches a back end."""
    needs("collector")
    page = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```yaml\n( +blocked_key_patterns:\n.*?)```", page, flags=re.DOTALL)
    config = yaml.safe_load(COLLECTOR_CONFIG.read_text(encoding="utf-8"))
    config["processors"]["redaction"] |= yaml.safe_load(snippet)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    telemetry = Telemetry(resource=Resource.create({"service.name": "content"}))
    gemini_otel.instrument(**telemetry.providers, capture_content="span_only")
    with simulator.serve() as url:
        demo.send(demo.simulated_client(url), MODEL, demo.Scene("", "my secret (simulate:finish_safety)", {}))
    gemini_otel.uninstrument()
    assert "my secret" in repr(telemetry.spans[0].attributes)
    back_ends = dict.fromkeys(("JAEGER_ENDPOINT", "TEMPO_ENDPOINT"), session_receiver.endpoint)
    with run_collector(tmp_path, file, **back_ends, DECISION_WAIT="1s") as collector:
        export(collector, telemetry)
        back_end = ReceiverBackEnd(session_receiver)
        (seen, *_) = eventually(lambda: back_end.spans("content", 1))
    assert seen.attributes["gen_ai.input.messages"] == "****"
    assert "my secret" not in repr(seen)
    assert seen.attributes["gen_ai.usage.input_tokens"] == telemetry.attributes["gen_ai.usage.input_tokens"]
