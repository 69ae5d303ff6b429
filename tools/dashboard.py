"""Writes the Grafana dashboard that `gemini-otel dashboard` prints, and the list of its panels in docs/dashboard.md:
`python tools/dashboard.py`; with `--check` it only says whether one is stale. Needs grafana-foundation-sdk, of the extra `lint`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from dashboard_looks import PROMETHEUS
from dashboard_panels import rows
from dashboard_promql import MODEL, RESPONSES, SPAN_CALLS, of_service
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

FILE = Path(__file__).parent.parent / "src" / "gemini_otel" / "_commands" / "dashboards" / "gemini.json"
PAGE = Path(__file__).parent.parent / "docs" / "dashboard.md"
_PANELS = "## Panels\n"
_ALL = models.VariableOption(True, "All", "$__all")
_DESCRIPTION = "Calls of the google-genai SDK as gemini-otel records them: what went wrong, why, and what to do about it."
_RESOLUTIONS = "5s,10s,15s,30s,1m,5m"
_EXPORT_INTERVAL = "1m"  # OpenTelemetry's default
_NAME_OF_SERVICE = "/(?:.*\\/)?(.+)/"  # in `job`, a namespace may come before it


def main(arguments: list[str]) -> int:
    text = render()
    page = PAGE.read_text(encoding="utf-8").partition(_PANELS)[0] + _PANELS + "".join(_described(text))
    written = {FILE: text, PAGE: page}
    if arguments == ["--check"]:
        stale = [
            path
            for path, new in written.items()
            if not path.exists() or path.read_text(encoding="utf-8") != new
        ]
        names = " and ".join(path.name for path in stale)
        print(f"{names} stale: run python tools/dashboard.py" if stale else "The dashboard is up to date")
        return 1 if stale else 0
    for path, new in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(new, encoding="utf-8")
    return 0


def render() -> str:
    """The dashboard as JSON."""
    board = dashboard.Dashboard("Gemini").uid("gemini").description(_DESCRIPTION)
    board.tags(["gemini", "gen_ai", "opentelemetry"]).time("now-1h", "now").refresh("30s").editable()
    board.tooltip(models.DashboardCursorSync.CROSSHAIR)
    board.annotation(_firing())
    for variable in _variables():
        board.with_variable(variable)
    ids = count(1)
    for title, panels in rows():
        board.with_row(dashboard.Row(title).id(next(ids)))
        for panel in panels:
            board.with_panel(panel.id(next(ids)))
    return JSONEncoder(indent=1, ensure_ascii=False).encode(board.build()) + "\n"


def _firing() -> Any:
    """Annotations that mark firing alerts."""
    alerts = 'ALERTS{alertname=~"Gemini.*", alertstate="firing", job=~"$service"}'
    marks = dashboard.AnnotationQuery().name("Alerts").datasource(PROMETHEUS).enable(enable=True).expr(alerts)
    marks.icon_color("red").step("$resolution").title_format("{{alertname}}")
    return marks.text_format("{{job}} {{gen_ai_request_model}}").tag_keys("severity,hint")


def _described(text: str) -> Iterator[str]:
    """The panels for docs/dashboard.md."""
    for panel in json.loads(text)["panels"]:
        if panel["type"] == "row":
            yield f"\n### {panel['title']}\n\n| panel | what it shows, and what to do | needs |\n|---|---|---|\n"
        else:
            description = panel["description"].replace("\n\n", " ")
            yield f"| {panel['title']} | {description} | {_needs(panel['targets'])} |\n"


def _needs(targets: list[dict[str, Any]]) -> str:
    if (kind := targets[0]["datasource"]["type"]) != "prometheus":
        return str(kind).capitalize()
    if any(SPAN_CALLS in target["expr"] for target in targets):
        return "span metrics of the Collector"
    if any("ALERTS" in target["expr"] for target in targets):
        return "the [rules](alerts.md)"
    return "metrics; for the dots, exemplars" if any(target["exemplar"] for target in targets) else "metrics"


def _variables() -> list[object]:
    services = f"label_values({RESPONSES}, job)"
    models_of_services = f"label_values({of_service(RESPONSES)}, {MODEL})"
    chosen_services = f"label_values({of_service(RESPONSES)}, job)"
    return [
        dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"),
        _values("service", "Service", services)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
        .current(_ALL),
        _values("model", "Model", models_of_services)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(_ALL),
        dashboard.IntervalVariable("resolution")
        .label("Resolution")
        .values(_RESOLUTIONS)
        .current(models.VariableOption(True, _EXPORT_INTERVAL, _EXPORT_INTERVAL))
        .description(
            "How often metrics arrive: the longer one of OTEL_METRIC_EXPORT_INTERVAL (a minute unless set) and the scrape interval."
        ),
        dashboard.DatasourceVariable("tempo")
        .label("Tempo")
        .type("tempo")
        .description("For links to traces."),
        dashboard.DatasourceVariable("jaeger")
        .label("Jaeger")
        .type("jaeger")
        .description("For links to traces."),
        _values("trace_service", "Service in Jaeger", chosen_services)
        .regex(_NAME_OF_SERVICE)
        .description("Jaeger is searched by one service."),
        _values("trace_services", "Services in Tempo", chosen_services)
        .regex(_NAME_OF_SERVICE)
        .multi(multi=True)
        .include_all(include_all=True)
        .current(_ALL)
        .hide(models.VariableHide.HIDE_VARIABLE),
    ]


def _values(name: str, label: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).label(label).datasource(PROMETHEUS)
    variable.query({"qryType": 1, "query": query, "refId": "Values"}).definition(query)
    return variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(
        models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
