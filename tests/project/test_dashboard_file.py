"""The Grafana dashboard as it is shipped: complete, in order, and of what the package emits."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from registry import attributes, exposed, load, plain

from gemini_otel import cli, default_hints
from gemini_otel._facts import names
from gemini_otel._facts.outcomes import OUTCOME_NAMES
from support import ROOT

FILE = ROOT / "src" / "gemini_otel" / "_commands" / "dashboards" / "gemini.json"
DASHBOARD = json.loads(FILE.read_text(encoding="utf-8"))
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
COLLECTOR = ROOT / "examples" / "collector" / "config.yaml"


def expressions() -> Iterator[str]:
    """All PromQL, of panels and of variables."""
    for panel in PANELS.values():
        yield from (target["expr"] for target in panel["targets"] if "expr" in target)
    for variable in VARIABLES.values():
        if variable["type"] == "query":
            yield variable["query"]["query"].removeprefix("label_values(").rpartition(",")[0]


def links(panel: dict[str, Any]) -> list[dict[str, str]]:
    """The links of a panel's values and cells."""
    config = panel["fieldConfig"]
    properties = [each for override in config["overrides"] for each in override["properties"]]
    found = [each["value"] for each in properties if each["id"] == "links"]
    return [*config["defaults"].get("links", ()), *(link for links in found for link in links)]


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    """`gemini-otel dashboard` prints the file as it is."""
    assert cli.main(["dashboard"]) == 0
    assert capsys.readouterr().out == FILE.read_text(encoding="utf-8")


def test_it_is_fresh() -> None:
    """The file is what its generator writes."""
    pytest.importorskip("grafana_foundation_sdk", reason="of the extra `lint`")
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "dashboard.py", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stdout) == (0, "The dashboard is up to date\n")


# Version 2 of the schema is for the newest Grafana only; every release imports this one.
@pytest.mark.filterwarnings("ignore:Prefer using dashboardv2:DeprecationWarning")
def test_what_is_stale_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check tells a stale or missing file and page, and without it they are written."""
    pytest.importorskip("grafana_foundation_sdk", reason="of the extra `lint`")
    dashboard = importlib.import_module("dashboard")
    file, page = tmp_path / "dashboards" / "gemini.json", tmp_path / "dashboard.md"
    monkeypatch.setattr(dashboard, "FILE", file)
    monkeypatch.setattr(dashboard, "PAGE", page)
    page.write_text("# Dashboard\n\n## Panels\nold", encoding="utf-8")
    assert dashboard.main(["--check"]) == 1
    assert capsys.readouterr().out == "gemini.json and dashboard.md stale: run python tools/dashboard.py\n"
    assert dashboard.main([]) == 0
    assert dashboard.main(["--check"]) == 0
    assert page.read_text(encoding="utf-8").startswith("# Dashboard\n\n## Panels\n\n### At a glance\n")
    file.write_text("{}", encoding="utf-8")
    assert dashboard.main(["--check"]) == 1


def test_the_wheel_has_it(tmp_path: Path) -> None:
    """A wheel contains the file, so the command works wherever the package is installed."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("gemini_otel-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("gemini_otel/_commands/dashboards/gemini.json") == FILE.read_bytes()


def test_everything_has_a_panel() -> None:
    """There is a panel for each thing that one looks for."""
    wanted = {
        *("Requests", "Outcomes", "Finish reasons", "Status codes", "Failed attempts", "Top hints"),
        *(
            "Latency by model, p95",
            "Latency by model, p50 and p99",
            "Time to first chunk, p95",
            "Firing alerts",
            "Calls without a usable answer, by service",
            "Live turns",
            "Latest bad calls, in Tempo",
            "Latest bad calls, in Jaeger",
            "Input tokens",
            "Output tokens",
            "Thought tokens",
            "Cached tokens",
        ),
        *("Thought share", "Truncation rate", "Repetition", "Tool runs", "Tool errors"),
    }
    assert wanted <= PANELS.keys()


def test_panels_have_ids_of_their_own() -> None:
    """No id and no title stands twice."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert len(set(titles)) == len(titles)


def test_panels_do_not_overlap() -> None:
    """Each panel has a place of its own, within the 24 columns of the grid."""
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert [place for place in places if place["x"] + place["w"] > 24] == []
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_schema() -> None:
    """The file has the schema that its generator's pinned release is for, and a stable address."""
    assert DASHBOARD["schemaVersion"] == 42
    assert (DASHBOARD["uid"], DASHBOARD["title"]) == ("gemini", "Gemini")


def test_variables() -> None:
    """Data sources, service and model can be chosen, the latter two also several at a time or all."""
    assert [name for name, each in VARIABLES.items() if each["type"] == "datasource"] == [
        "datasource",
        "tempo",
        "jaeger",
    ]
    for name in ("service", "model"):
        assert VARIABLES[name]["multi"]
        assert VARIABLES[name]["includeAll"]
        assert VARIABLES[name]["current"]["value"] == "$__all"


def test_every_panel_explains_itself() -> None:
    """Each panel has a description, a unit, and links to traces in Tempo and in Jaeger."""
    for title, panel in PANELS.items():
        assert len(panel["description"]) > 60, title
        assert [link["title"] for link in links(panel)][:2] == ["Traces in Tempo", "Traces in Jaeger"], title
        assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"], title


def test_everything_uses_the_variables() -> None:
    """Every query goes to the chosen data source and to the chosen services."""
    for panel in PANELS.values():
        for target in panel["targets"]:
            if "expr" not in target:  # of a back end of traces
                kind = panel["datasource"]["type"]
                assert target["datasource"] == {"type": kind, "uid": f"${{{kind}}}"}
                continue
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            selectors = re.findall(r"\{([^}]*)\}", target["expr"])
            assert selectors
            assert all('job=~"$service"' in selector for selector in selectors)


def test_series_are_as_fine_as_chosen() -> None:
    """Series over time have the chosen resolution, by default that of OpenTelemetry's exports: a finer rate would see nothing in between."""
    resolution = VARIABLES["resolution"]
    assert resolution["current"]["value"] == "1m"
    assert resolution["query"].split(",") == ["5s", "10s", "15s", "30s", "1m", "5m"]
    targets = [target for panel in PANELS.values() for target in panel["targets"]]
    ranges = [target for target in targets if "expr" in target and not target.get("instant")]
    assert len(ranges) > 20
    assert {target["interval"] for target in ranges} == {"$resolution"}


def test_links_ask_for_what_is_emitted() -> None:
    """TraceQL and tags name attributes, fields and intrinsics that there are."""
    known = set(attributes(load())) | {"error", "event"}
    for panel in PANELS.values():
        for link in links(panel)[:2]:
            query = parse_qs(urlsplit(link["url"]).query)["panes"][0]
            (asked,) = next(iter(json.loads(query).values()))["queries"]
            named = re.findall(r"\bspan\.([a-z_.]+)", asked.get("query", ""))
            named += [pair.split("=")[0] for pair in asked.get("tags", "").split(" ") if pair]
            assert set(named) <= known


def test_links_lead_to_explore() -> None:
    """A link is Explore's address with one pane, of the chosen data source and time range."""
    for panel in PANELS.values():
        for link in links(panel):
            if not link["title"].startswith("Traces in "):
                continue
            kind = link["title"].removeprefix("Traces in ").lower()
            url = urlsplit(link["url"])
            (pane,) = json.loads(parse_qs(url.query)["panes"][0]).values()
            assert url.path == "/explore"
            assert pane["range"] == {"from": "${__from}", "to": "${__to}"}
            assert pane["datasource"] == pane["queries"][0]["datasource"]["uid"] == f"${{{kind}}}"


def test_links_encode_what_they_fill_in() -> None:
    """What Grafana fills into a link cannot break the address: it is encoded, or made of alternatives, which know no such format."""
    allowed = re.compile(r"\$\{(__from|__to|tempo|jaeger|(trace_services|model):pipe|.+:percentencode)\}")
    for panel in PANELS.values():
        for link in links(panel):
            if link["title"].startswith("Traces in "):
                filled = re.findall(r"\$\{[^}]+\}", link["url"])
                assert [each for each in filled if not allowed.fullmatch(each)] == []


def test_queries_know_what_is_emitted() -> None:
    """Every metric and label in a query is one that the package or the shipped Collector emits."""
    spanmetrics = yaml.safe_load(COLLECTOR.read_text(encoding="utf-8"))["connectors"]["span_metrics"]
    dimensions = {
        plain(each["name"]) for key in ("dimensions", "calls_dimensions") for each in spanmetrics[key]
    }
    known = {"traces_span_metrics_calls_total": dimensions, "ALERTS": {"alertname", "alertstate"}}
    for _, metric in exposed():
        ends = ("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",)
        known |= {metric.name + end: metric.allowed for end in ends}
    all_labels = {plain(name) for name in attributes(load())}
    for expression in expressions():
        for name, selector in re.findall(r"\b([a-z_]+)\{([^}]*)\}", expression):
            labels = set(re.findall(r"(\w+)[!=]~?\"", selector)) - {"job"}
            assert labels <= known[name], expression
        grouped = {
            label for labels in re.findall(r"sum by \(([^)]*)\)", expression) for label in labels.split(", ")
        }
        assert grouped - {"job", "instance", "le"} <= all_labels


def test_every_outcome_has_a_colour() -> None:
    """The panel of outcomes has a colour for each outcome that there is."""
    overrides = PANELS["Outcomes"]["fieldConfig"]["overrides"]
    assert {override["matcher"]["options"] for override in overrides} == {
        f"/^{name},/" for name in OUTCOME_NAMES
    }


@pytest.mark.parametrize(
    ("column", "field"), [("What happened", "summary"), ("What to do", "remedy"), ("Reference", "reference")]
)
def test_the_hints_are_told(column: str, field: str) -> None:
    """The table of hints has what happened, what to do and Google's page for every hint that a span can get."""
    (override,) = (
        each
        for each in PANELS["Top hints"]["fieldConfig"]["overrides"]
        if each["matcher"]["options"] == column
    )
    (mappings,) = (each["value"] for each in override["properties"] if each["id"] == "mappings")
    told = {hint: shown["text"] for hint, shown in mappings[0]["options"].items()}
    hints = [hint for hint in default_hints() if hint.when is not None]
    assert len(hints) > 100
    assert told == {
        hint.id: "\n".join(hint.remedy) if field == "remedy" else getattr(hint, field) for hint in hints
    }


def test_services_are_told_apart() -> None:
    """Each series has its service, and its links search for that one; a figure is of all services."""
    for title, panel in PANELS.items():
        if panel["type"] != "timeseries":
            continue
        for target in panel["targets"]:
            assert '"service"' in target["expr"], title
            assert target["legendFormat"].endswith("{{service}}"), title
        for link in links(panel):
            assert "${__field.labels.service:percentencode}" in link["url"], title


def test_the_largest_series_come_first() -> None:
    """A legend has room for a few series: the largest."""
    for panel in PANELS.values():
        if panel["type"] == "timeseries":
            legend = panel["options"]["legend"]
            assert (legend["sortBy"], legend["sortDesc"]) == ("Max", True)


def test_no_share_is_above_all() -> None:
    """Where a series begins, rate() can give a part more than its whole: 100 % is the most that is shown."""
    shares = [
        each for each in PANELS.values() if each["fieldConfig"]["defaults"].get("unit") == "percentunit"
    ]
    assert len(shares) > 5
    for panel in shares:
        assert all("clamp_max(" in target["expr"] for target in panel["targets"])
        assert panel["type"] == "stat" or panel["fieldConfig"]["defaults"]["max"] == 1


GOOD_NEWS = re.compile(
    r"Calls$|Hints given|Failed attempts$|Latency|Tokens|tokens|Requests|Cached|Thought|Time to|Tool (runs|duration)|Length"
)


def test_warm_colours_are_for_what_is_bad() -> None:
    """What is neither good nor bad is blue, or has no colour; only shares of what went wrong have limits."""
    neutral = [panel for title, panel in PANELS.items() if GOOD_NEWS.match(title)]
    assert len(neutral) > 12
    for panel in neutral:
        if panel["type"] == "stat":
            assert panel["options"]["colorMode"] == "none"
        else:
            assert panel["fieldConfig"]["defaults"]["color"] == {"mode": "shades", "fixedColor": "blue"}
    bad = ("Repetition", "Tool errors", "Causes of errors", "Blocked prompts", "Hints by model")
    assert {PANELS[title]["fieldConfig"]["defaults"]["color"]["fixedColor"] for title in bad} == {"orange"}


# What requests and answers tell of prompts, agents, tiers, server tools and safety.
TOLD = (
    *("gen_ai.prompt.name", "gen_ai.prompt.version", "gen_ai.agent.name", "gen_ai.agent.id"),
    *("gemini.request.service_tier", "gemini.response.service_tier", "gemini.response.traffic_type"),
    *("gemini.request.vertex_request_type", "gemini.response.flex_wait", "gemini.request.server_tools"),
    *("gemini.response.searches", "gemini.response.sources", "gemini.response.urls_read"),
    *("gemini.response.urls_failed", "gemini.response.code_executions", "gemini.response.code_failed"),
    *("gemini.response.computer_actions", "gemini.usage.tool_use_tokens", "gemini.request.safety_settings"),
    *("gemini.response.overwritten_thresholds", "gemini.request.cached_content"),
    *("gemini.response.model_retirement", "gemini.response.avg_logprobs"),
)


@pytest.mark.parametrize("attribute", TOLD)
def test_nothing_is_recorded_that_nobody_sees(attribute: str) -> None:
    """Each is in a panel, its links or its columns, or in what a hint says or is concluded from."""
    (constant,) = (name for name, value in vars(names).items() if value == attribute)
    text = FILE.read_text(encoding="utf-8")
    hints = (ROOT / "src" / "gemini_otel" / "hints").rglob("*.py")
    in_hints = any(re.search(rf"\b{constant}\b", path.read_text(encoding="utf-8")) for path in hints)
    assert in_hints or attribute in text or plain(attribute) in text
