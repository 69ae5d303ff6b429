"""The shipped dashboard on real data: every query returns some, is understood by the real parsers, every link leads to traces in Jaeger and by
TraceQL, and Grafana's own components draw it so that it can be read. Three programs with the three profiles of metric names play all kinds of calls,
through the Collector.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import needs
from grafana import View, explored, search_jaeger
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from promtool import HINTS, RULES
from registry import plain

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo
from gemini_otel._facts.names import PROFILE_NAMES
from servers import (
    Collector,
    Jaeger,
    Prometheus,
    eventually,
    get,
    program,
    run_collector,
    run_prometheus,
)
from support import MODEL, ROOT, OtlpReceiver
from support.live import live_client

DASHBOARD = json.loads(
    (ROOT / "src/gemini_otel/_commands/dashboards/gemini.json").read_text(encoding="utf-8")
)
EMBEDDING_MODEL = "gemini-embedding-001"
SERVICES = {f"shop-{number}": profile for number, profile in enumerate(PROFILE_NAMES)}
SHOP = "shop-0"
SCENES = (
    *demo.SIMULATED,
    demo.Scene("", "simulate:cached", {}),
    demo.Scene("", "simulate:thinking", {}, stream=True),
    demo.Scene("", "simulate:block_safety", {}),
    demo.Scene("", "simulate:loop_newlines_json", {}),
    demo.Scene("", "simulate:internal", {}),
    demo.Scene("", "simulate:ok", {"service_tier": "priority"}),  # has no price for this model
    demo.Scene("", "simulate:grounding_tool_use", {"tools": [{"google_search": {}}]}),
    demo.Scene("", "simulate:url_not_read", {"tools": [{"url_context": {}}]}),
)
AGENT = "deep-research-pro-preview-12-2025"
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
LOOPS = "Tool loops, p95"  # the default profile has no such metric
TITLES = [title for title, panel in PANELS.items() if panel["datasource"]["type"] == "prometheus"]
LATEST = {panel["datasource"]["type"]: title for title, panel in PANELS.items() if title not in TITLES}
_HOURLY = 3_600_000  # milliseconds: exports when told to


class Program(NamedTuple):
    """A service that sends traces and metrics to the Collector, and what it has sent."""

    service: str
    tracer_provider: TracerProvider
    meter_provider: MeterProvider
    spans: InMemorySpanExporter
    metrics: InMemoryMetricReader

    def play(self, url: simulator.Simulator) -> None:
        """One call of each kind."""
        providers = {"tracer_provider": self.tracer_provider, "meter_provider": self.meter_provider}
        gemini_otel.instrument(**providers, semconv=SERVICES[self.service], cost=True)
        try:
            client = demo.simulated_client(url)
            for number, scene in enumerate(SCENES):
                with gemini_otel.prompt("summary", version=str(number % 2)):
                    demo.send(client, MODEL, scene)
            client.interactions.create(agent=AGENT, input="Why do tides differ?", background=True)
            client.models.embed_content(model=EMBEDDING_MODEL, contents="The tide is out.")
            asyncio.run(talk(url))
        finally:
            gemini_otel.uninstrument()
        self.tracer_provider.force_flush()
        self.meter_provider.force_flush()

    def traces(self) -> set[str]:
        """The ids of all traces."""
        contexts = [span.context for span in self.spans.get_finished_spans()]
        return {format(context.trace_id, "032x") for context in contexts if context is not None}

    def total(self, metric: str, **labels: str) -> float:
        """What Prometheus must have, in all, of the series that have the labels."""
        data = self.metrics.get_metrics_data()
        assert data is not None
        return sum(
            point.sum if hasattr(point, "sum") else point.value
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == metric
            for point in found.data.data_points
            if labels.items() <= {plain(name): value for name, value in point.attributes.items()}.items()
        )


async def talk(url: simulator.Simulator) -> None:
    """A Live session of two turns; the user interrupts the second one."""
    async with live_client(url).aio.live.connect(
        model=MODEL, config={"response_modalities": ["AUDIO"]}
    ) as session:
        for text in ("simulate:live_audio", "simulate:live_interrupted"):
            await session.send_client_content(turns={"role": "user", "parts": [{"text": text}]})  # type: ignore[arg-type]
            async for _ in session.receive():
                pass


class Played(NamedTuple):
    """Programs that have played everything twice, and Prometheus, which has scraped each time."""

    prometheus: Prometheus
    programs: dict[str, Program]
    start: float

    def view(self, **chosen: str | list[str]) -> View:
        return View(DASHBOARD, self.prometheus, self.start, chosen)


@pytest.fixture(scope="module")
def collector(
    jaeger: Jaeger, session_receiver: OtlpReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collector]:
    """The shipped gateway, which keeps every trace."""
    needs("collector")
    with run_collector(
        tmp_path_factory.mktemp("dashboard"),
        JAEGER_ENDPOINT=jaeger.otlp,
        TEMPO_ENDPOINT=session_receiver.endpoint,
        DECISION_WAIT="1s",
        HEALTHY_PERCENTAGE="100",
        BATCH_TIMEOUT="100ms",
        METRICS_FLUSH_INTERVAL="5s",  # exemplars live that long
    ) as collector:
        yield collector


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that knows the alerts."""
    needs("prometheus")
    with run_prometheus(tmp_path_factory.mktemp("prometheus"), [RULES]) as prometheus:
        yield prometheus


@pytest.fixture(scope="module")
def played(collector: Collector, prometheus: Prometheus) -> Iterator[Played]:
    start = time.time() - 10
    prometheus.scrape("dashboard", collector.prometheus)
    with ExitStack() as running, simulator.serve() as url:
        programs = {
            service: running.enter_context(running_program(service, collector)) for service in SERVICES
        }
        for _ in range(2):
            for program in programs.values():
                program.play(url)
            for program in programs.values():
                arrived(prometheus, program)
        yield Played(prometheus, programs, start)


@contextmanager
def running_program(service: str, collector: Collector) -> Iterator[Program]:
    resource = Resource.create({"service.name": service, "service.instance.id": "one"})
    spans, metrics = InMemorySpanExporter(), InMemoryMetricReader()
    sending_spans = OTLPSpanExporter(f"{collector.otlp}/v1/traces")
    sending_metrics = OTLPMetricExporter(f"{collector.otlp}/v1/metrics")
    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer_provider.add_span_processor(BatchSpanProcessor(sending_spans))
    readers = [metrics, PeriodicExportingMetricReader(sending_metrics, _HOURLY)]
    meter_provider = MeterProvider(readers, resource)
    yield Program(service, tracer_provider, meter_provider, spans, metrics)
    tracer_provider.shutdown()
    meter_provider.shutdown()


def arrived(prometheus: Prometheus, program: Program) -> None:
    """Wait until Prometheus has all that the program and the Collector counted."""
    for metric, total in (
        ("gemini_client_responses_total", program.total("gemini.client.responses")),
        ("traces_span_metrics_calls_total", len(program.spans.get_finished_spans())),
    ):
        query = f'sum({metric}{{job="{program.service}"}})'
        assert eventually(lambda query=query, total=total: prometheus.query(f"{query} == {total}"), 60), (
            prometheus.query(query)
        )


def with_numbers(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The series in which there is a number to be seen."""
    return [row for row in results if any(0 < float(value) < math.inf for _, value in row["values"])]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param({}, id="everything"),
        *(
            pytest.param({"service": service, "model": MODEL}, id=profile)
            for service, profile in SERVICES.items()
        ),
        pytest.param(
            {"service": list(SERVICES)[:2], "model": [MODEL, EMBEDDING_MODEL]}, id="several of each"
        ),
    ],
)
def view(request: pytest.FixtureRequest, played: Played) -> View:
    """The dashboard with all services and models, with one of each, in each profile of metric names, and with two."""
    return played.view(**request.param)


def panel(title: str) -> dict[str, Any]:
    return dict(PANELS[title])


@pytest.mark.parametrize("title", TITLES)
def test_every_query_returns_data(view: View, title: str) -> None:
    """Each query of a panel gives a number that is not 0, of the chosen services and models only."""
    if title == LOOPS and view.chosen.get("service") == SHOP:
        pytest.skip("no such metric in the default profile")
    for target in panel(title)["targets"]:
        results = eventually(
            lambda target=target: with_numbers(view.results(target))
        )  # of the next step, too
        assert results, view.promql(target["expr"])
        models = {row["metric"].get("gen_ai_request_model", MODEL) for row in results}
        assert models <= {MODEL} or view.chosen.get("model") != MODEL


@pytest.mark.parametrize("name", ["service", "model", "trace_service", "trace_services"])
def test_every_variable_offers_values(played: Played, name: str) -> None:
    """Service and model offer those that there are; models are those of the chosen services."""
    view = played.view(service=SHOP)
    (variable,) = (each for each in DASHBOARD["templating"]["list"] if each["name"] == name)
    options = view.options(variable, view.values())
    expected = {
        "service": set(SERVICES),
        "model": {MODEL, EMBEDDING_MODEL},
        "trace_service": {SHOP},
        "trace_services": {SHOP},
    }[name]
    assert expected <= set(options)
    assert name == "service" or expected == set(options)


def test_promql_is_parsed(played: Played) -> None:
    """Prometheus' own parser takes every query, with one value for each variable and with several."""
    for chosen in (
        {},
        {"service": SHOP, "model": MODEL},
        {"service": list(SERVICES), "model": [MODEL, "a|b"]},
    ):
        view = played.view(**chosen)
        for each in TITLES:
            for target in panel(each)["targets"]:
                query = view.promql(target["expr"])
                assert "$" not in query.replace('"$1"', "")
                assert get(f"{played.prometheus.url}/api/v1/format_query", query=query)["data"]


def figure(view: View, title: str, query: int = 0) -> float:
    (row,) = view.results(panel(title)["targets"][query])
    return float(row["values"][0][1])


@pytest.mark.parametrize("service", SERVICES)
def test_the_figures_are_right(played: Played, service: str) -> None:
    """Each profile's calls, tokens, hints and failed attempts are counted once, the first ones included."""
    view, program = played.view(service=service), played.programs[service]
    tokens = {
        "in": ("input", "gen_ai.client.inference.operation.input_tokens"),
        "out": ("output", "gen_ai.client.inference.operation.output_tokens"),
    }
    expected = {
        ("Calls", 0): program.total("gemini.client.responses"),
        ("Hints given", 0): program.total("gemini.client.hints"),
        ("Failed attempts", 0): program.total("gemini.client.attempts_failed"),
    }
    for number, (kind, newest) in enumerate(tokens.values()):
        released = program.total("gen_ai.client.token.usage", gen_ai_token_type=kind)
        embedded = program.total("gen_ai.client.embeddings.operation.input_tokens") if kind == "input" else 0
        expected["Tokens in and out", number] = released or program.total(newest) + embedded
    shown = {key: figure(view, *key) for key in expected}
    assert shown == pytest.approx(expected, rel=0.2)  # Prometheus extrapolates
    assert all(expected.values())


def test_hints_are_listed_with_their_remedy(played: Played) -> None:
    """The table has each hint that the program was given, and a text for it in each column."""
    view, program = played.view(service=SHOP), played.programs[SHOP]
    table = panel("Top hints")
    rows = view.results(table["targets"][0])
    given = {
        str(event.attributes["gemini.hint.id"])
        for span in program.spans.get_finished_spans()
        for event in span.events
        if event.name == "gemini.hint" and event.attributes
    }
    assert {row["metric"]["gemini_hint_id"] for row in rows} == given
    for override in table["fieldConfig"]["overrides"]:
        for each in override["properties"]:
            if each["id"] == "mappings" and override["matcher"]["options"] not in {"Severity", "More"}:
                assert given <= set(each["value"][0]["options"])
    assert {"what_happened", "what_to_do", "reference"} <= set(rows[0]["metric"])
    assert {row["metric"]["service"] for row in rows} == {SHOP}


@pytest.mark.parametrize(
    "title",
    [
        each["title"]
        for each in DASHBOARD["panels"]
        if any(t.get("exemplar") for t in each.get("targets", ()))
    ],
)
def test_exemplars_lead_to_traces(played: Played, title: str) -> None:
    """Latencies carry the traces of single calls, which the program has indeed made."""
    for service, one in played.programs.items():
        (target,) = (each for each in panel(title)["targets"] if each["exemplar"])
        exemplars = played.view(service=service).exemplars(target["expr"])
        traces = {each["labels"]["trace_id"] for each in exemplars}
        assert traces
        assert traces <= one.traces()


def links(title: str, kind: str) -> list[str]:
    """The addresses of a panel's links to traces, of its values or cells."""
    config = panel(title)["fieldConfig"]
    values = [
        each["value"]
        for override in config["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
    ]
    return [
        link["url"]
        for links in (config["defaults"].get("links", ()), *values)
        for link in links
        if link["title"] == f"Traces in {kind}"
    ]


def clicks(view: View, title: str, kind: str) -> Iterator[dict[str, Any]]:
    """What Explore is asked for each series or row of a panel that is clicked."""
    (link,) = links(title, kind)
    for target in panel(title)["targets"]:
        for row in with_numbers(view.results(target)):
            cell = row["metric"].get("service" if title == "Firing alerts" else "gemini_hint_id", "")
            yield explored(view.url(link, row["metric"], cell))


@pytest.fixture(scope="module")
def tempo(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All spans of the programs, in a file for the reader of TraceQL."""
    spans = [
        {
            "Trace": format(span.context.trace_id, "032x"),
            "SpanID": format(span.context.span_id, "016x"),
            "Name": span.name,
            "Kind": span.kind.name.lower(),
            "Status": span.status.status_code.name.lower(),
            "Resource": dict(span.resource.attributes),
            "Tags": dict(span.attributes or {}),
        }
        for one in played.programs.values()
        for span in one.spans.get_finished_spans()
    ]
    file = tmp_path_factory.mktemp("tempo") / "spans.json"
    file.write_text(json.dumps(spans), encoding="utf-8")
    return file


def ask_tempo(spans: Path, *queries: str) -> list[list[str]]:
    """The ids of the spans that each query matches: parsed by Grafana's grammar, evaluated by `traceql/main.mjs`."""
    needs("traceql")
    asked = [str(program("traceql")), str(spans), *queries]
    answer = subprocess.run(asked, check=False, capture_output=True, text=True)
    if answer.returncode:
        raise ValueError(answer.stderr)
    return list(json.loads(answer.stdout))


@pytest.mark.parametrize("model", [None, MODEL, [MODEL, EMBEDDING_MODEL]], ids=["all", "one", "several"])
def test_tempo_finds_the_spans(played: Played, tempo: Path, model: str | list[str] | None) -> None:
    """For each series of each panel, its link's TraceQL is valid and finds spans of the chosen service and models."""
    one = played.programs[SHOP]
    spans = {format(span.context.span_id, "016x"): span for span in one.spans.get_finished_spans()}
    view = played.view(service=SHOP, **({"model": model} if model else {}))
    titles = [title for title in TITLES if title != LOOPS]
    queries = {title: [query["query"] for query in clicks(view, title, "Tempo")] for title in titles}
    assert [title for title, asked in queries.items() if not asked] == []
    asked = sorted({query for each in queries.values() for query in each})
    for query, found in zip(asked, ask_tempo(tempo, *asked), strict=True):
        assert found, query
        assert set(found) <= set(spans), query
        if model == MODEL and " && name =~" in query:
            assert {spans[each].name.rpartition(" ")[2] for each in found} == {MODEL}


def test_tempo_is_asked_for_several_services(played: Played, tempo: Path) -> None:
    """With some or all services chosen, the links find the spans of each of them."""
    for chosen in (list(SERVICES), None):
        view = played.view(**({"service": chosen} if chosen else {}))
        (query,) = clicks(view, "Calls", "Tempo")
        assert query["queryType"] == "traceql"
        ((*found,),) = ask_tempo(tempo, query["query"])
        assert len(found) == sum(len(one.spans.get_finished_spans()) for one in played.programs.values())


@pytest.mark.parametrize(
    "query", ["{ span.a = }", '{ span.a = "b"', "{ span.a ==== 1 }", "{ span.a > status }", "{ 1 + 1 }"]
)
def test_wrong_traceql_is_refused(tempo: Path, query: str) -> None:
    """Were the parser no parser, it would take anything."""
    with pytest.raises(ValueError, match=r"syntax error|illegal operation|not evaluated"):
        ask_tempo(tempo, query)


@pytest.mark.parametrize("title", TITLES)
def test_jaeger_finds_the_traces(played: Played, jaeger: Jaeger, title: str) -> None:
    """For each series of a panel, its link's search finds traces of the program in Jaeger."""
    service = "shop-1" if title == LOOPS else SHOP
    for query in clicks(played.view(service=service), title, "Jaeger"):
        assert query["service"] == service
        found = eventually(lambda query=query: search_jaeger(jaeger, query, played.start))
        assert found, query
        assert {trace["traceID"] for trace in found} <= played.programs[service].traces()


def test_the_latest_bad_calls(played: Played, jaeger: Jaeger, tempo: Path) -> None:
    """The tables of the last calls that went wrong find some in Jaeger and by TraceQL, and no healthy call."""
    view, one = played.view(service=SHOP), played.programs[SHOP]
    (query,) = panel(LATEST["jaeger"])["targets"]
    query = {key: view.url(str(value), {}) for key, value in query.items()}
    found = eventually(lambda: search_jaeger(jaeger, {**query, "limit": int(query["limit"])}, played.start))
    bad = {"error", "failed", "truncated", "blocked", "malformed", "empty", "incomplete"}
    spans = {format(span.context.span_id, "016x"): span for span in one.spans.get_finished_spans()}
    assert {trace["traceID"] for trace in found} <= one.traces()
    (query,) = panel(LATEST["tempo"])["targets"]
    (ids,) = ask_tempo(tempo, view.url(query["query"], {}))
    outcomes = {(spans[each].attributes or {})["gemini.response.outcome"] for each in ids}
    assert outcomes
    assert outcomes <= bad


def test_where_alerts_fire_is_marked(played: Played) -> None:
    """The annotation's query finds the alerts that fire."""
    (marks,) = (each for each in DASHBOARD["annotations"]["list"] if each["name"] == "Alerts")
    view = played.view(service=SHOP)
    fired = view.results({"expr": marks["expr"]})
    assert {row["metric"]["alertname"] for row in fired} >= {"GeminiDailyQuotaExhausted"}


# --- drawn by Grafana's components

FIRST_WORDS = 16  # letters
WIDTH = 1280  # of a laptop's screen


@pytest.fixture(scope="module")
def drawn(played: Played, jaeger: Jaeger, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser shows of the dashboard: of each panel its state, its series and axes, and which texts can be seen."""
    for name in ("draw-dashboard", "chromium"):
        needs(name)
    board = {**DASHBOARD, "panels": [each for title, each in PANELS.items() if title != LATEST["tempo"]]}
    file = tmp_path_factory.mktemp("drawn") / "gemini.json"
    file.write_text(json.dumps(board), encoding="utf-8")
    asked = {
        "dashboard": str(file),
        "prometheus": played.prometheus.url,
        "jaeger": jaeger.url,
        "from": round(played.start * 1000),
        "to": round(time.time() * 1000),
        "variables": {"service": ".+", "model": ".*", "resolution": "2s", "trace_service": SHOP},
        "width": WIDTH,
        "hover": {"panel": "Top hints", "text": HINTS["http.429.rate_day"].remedy[0]},
    }
    eventually(lambda: played.view().results(panel("Firing alerts")["targets"][0]))
    done = subprocess.run(
        [str(program("draw-dashboard")), json.dumps(asked)],
        env={**os.environ, "CHROMIUM": str(program("chromium"))},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["errors"] == []
    return {**told, "panels": {each["title"]: each for each in told["panels"]}}


def test_no_panel_is_empty(drawn: dict[str, Any]) -> None:
    """Every panel shows data, and none an error."""
    states = {title: (each["state"], each["errors"]) for title, each in drawn["panels"].items()}
    assert set(states) == set(PANELS) - {LATEST["tempo"]}
    assert {title: state for title, state in states.items() if state != ("data", [])} == {}


def column(drawn: dict[str, Any], title: str, heading: str) -> list[dict[str, Any]]:
    """The cells of a table's column."""
    head, *rows = drawn["panels"][title]["cells"]
    number = [cell["text"] for cell in head].index(heading)
    return [row[number] for row in rows]


def test_remedies_can_be_read(drawn: dict[str, Any]) -> None:
    """Each row of the hints begins with the first words of the first step, inside its cell; so does what happened."""
    hints, whats, told, services = (
        column(drawn, "Top hints", heading) for heading in ("Hint", "What to do", "What happened", "Service")
    )
    assert len(hints) > 5
    for hint, what, happened, service in zip(hints, whats, told, services, strict=True):
        known = HINTS[hint["text"]]
        assert what == {"text": "\n".join(known.remedy), "begins": True}
        assert happened == {"text": known.summary, "begins": True}
        assert service["text"] in SERVICES


def test_a_remedy_is_read_in_full_under_the_mouse(drawn: dict[str, Any]) -> None:
    """The cell grows, so that nothing of its text is cut off."""
    assert drawn["hover"] == {"wide": True, "high": True}


def test_alerts_say_what_to_do(drawn: dict[str, Any]) -> None:
    """Each alert that fires is listed with its service and the first step of its hint."""
    names = {cell["text"] for cell in column(drawn, "Firing alerts", "Alert")}
    assert "GeminiDailyQuotaExhausted" in names
    whats = column(drawn, "Firing alerts", "What to do")
    assert HINTS["http.429.rate_day"].remedy[0] in {cell["text"] for cell in whats}
    assert [cell for cell in whats if not cell["begins"]] == []


def test_the_largest_series_are_in_sight(drawn: dict[str, Any]) -> None:
    """The legend shows the largest series without scrolling."""
    hidden = {}
    for title, each in drawn["panels"].items():
        if each["type"] != "timeseries":
            continue
        largest = max(series["max"] for series in each["series"])
        names = {series["name"] for series in each["series"] if series["max"] == largest}
        if not names & set(each["legend"]):
            hidden[title] = (names, each["legend"])
    assert hidden == {}


def test_no_share_is_above_all(drawn: dict[str, Any]) -> None:
    """No axis of percentages goes beyond 100, and no series does."""
    shares = {
        title: each
        for title, each in drawn["panels"].items()
        if each["type"] == "timeseries" and panel(title)["fieldConfig"]["defaults"]["unit"] == "percentunit"
    }
    assert len(shares) >= 5
    for title, each in shares.items():
        assert max(axis["max"] for axis in each["axes"]) <= 1, title
        assert max(series["max"] for series in each["series"]) <= 1, title
