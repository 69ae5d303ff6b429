"""How the panels look: kinds of panels with what all of one kind share, and the colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard_links import DataLink
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as sdk
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

PROMETHEUS = sdk.DataSourceRef("prometheus", "${datasource}")
RESOLUTION = "$resolution"  # the least step, and a quarter of the least $__rate_interval
OUTCOME_COLOURS = {
    "ok": "green",
    "truncated": "orange",
    "blocked": "purple",
    "malformed": "dark-orange",
    "empty": "yellow",
    "incomplete": "light-yellow",
    "pending": "blue",
    "failed": "dark-red",
    "abandoned": "#8e8e8e",
    "cancelled": "#b8b8b8",
    "error": "red",
}
FINISH_REASON_COLOURS = {"STOP": "green", "MAX_TOKENS": "orange", "SAFETY": "purple"}
STATUS_COLOURS = {
    "/^2/": "green",
    "/^4/": "orange",
    "/^429$/": "dark-orange",
    "/^5/": "red",
    "no answer": "dark-red",
}
SEVERITY_COLOURS = {"error": "red", "warning": "orange", "info": "blue"}
Panel = Any  # a builder of the SDK


class Query(NamedTuple):
    """One PromQL query of a panel; an instant one gives a value for the whole time range."""

    expr: str
    legend: str = ""
    exemplars: bool = False


def graph(
    title: str,
    description: str,
    queries: Sequence[Query],
    links: list[DataLink],
    *,
    unit: str,
    colours: Mapping[str, str] | None = None,
    stacked: bool = False,
    limits: Mapping[float, str] | None = None,
    width: int = 8,
) -> Panel:
    """Series over time; `colours` are those of series by name or, between slashes, by pattern."""
    panel = timeseries.Panel().legend(
        common.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(sdk.LegendDisplayMode.TABLE)
        .placement(sdk.LegendPlacement.BOTTOM)
        .calcs(["lastNotNull", "max"])
    )
    panel.tooltip(
        common.VizTooltipOptions().mode(sdk.TooltipDisplayMode.MULTI).sort(sdk.SortOrder.DESCENDING)
    )
    panel.fill_opacity(40 if stacked else 8).line_width(1).show_points(sdk.VisibilityMode.AUTO)
    panel.axis_soft_min(0).span(width).height(9)
    if stacked:
        panel.stacking(common.StackingConfig().mode(sdk.StackingMode.NORMAL))
    if limits:
        panel.thresholds(_thresholds(limits))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(sdk.GraphThresholdsStyleMode.DASHED))
    for name, colour in (colours or {}).items():
        override = panel.override_by_regexp if name.startswith("/") else panel.override_by_name
        override(name, [_fixed(colour)])
    return _finished(panel, title, description, queries, links, unit)


def figure(
    title: str,
    description: str,
    queries: Sequence[Query],
    links: list[DataLink],
    *,
    unit: str,
    limits: Mapping[float, str] | None = None,
    width: int = 4,
) -> Panel:
    """One number, or a few, for the whole time range."""
    panel = stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.graph_mode(sdk.BigValueGraphMode.NONE).color_mode(sdk.BigValueColorMode.VALUE)
    panel.thresholds(_thresholds(limits or {})).span(width).height(4)
    return _finished(panel, title, description, queries, links, unit, instant=True)


def listing(
    title: str, description: str, query: Query, columns: Mapping[str, tuple[str, list[Any]]]
) -> Panel:
    """A table; `columns` gives the query's labels, in order, a heading and overrides."""
    panel = table.Panel().span(24).height(9).cell_height(sdk.TableCellHeight.SM)
    organised = {
        "excludeByName": {"Time": True},
        "indexByName": {name: index for index, name in enumerate(columns)},
        "renameByName": {name: heading for name, (heading, _) in columns.items()},
    }
    panel.with_transformation(models.DataTransformerConfig("organize", options=organised))
    for heading, properties in columns.values():
        panel.override_by_name(heading, properties)
    target = _target(query, "A").instant().format(prometheus_models.PromQueryFormat.TABLE)
    panel.with_target(target)
    return panel.title(title).description(description).datasource(PROMETHEUS)


def texts(by_value: Mapping[str, str], otherwise: str) -> list[Any]:
    """Show a text in place of each value, and `otherwise` in place of values that are not there."""
    known = models.ValueMap({value: models.ValueMappingResult(text) for value, text in by_value.items()})
    rest = models.RegexMap(models.DashboardRegexMapOptions("^.*$", models.ValueMappingResult(otherwise)))
    return [models.DynamicConfigValue("mappings", [known, rest])]


def coloured(by_value: Mapping[str, str]) -> list[Any]:
    """Colour each value's text."""
    mapping = models.ValueMap(
        {value: models.ValueMappingResult(color=colour) for value, colour in by_value.items()}
    )
    return [
        models.DynamicConfigValue("mappings", [mapping]),
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def wide(pixels: int) -> list[Any]:
    return [models.DynamicConfigValue("custom.width", pixels)]


def wrapped() -> list[Any]:
    return [models.DynamicConfigValue("custom.cellOptions", {"type": "auto", "wrapText": True})]


def linked(links: Iterable[DataLink]) -> list[Any]:
    return [models.DynamicConfigValue("links", [link.build() for link in links])]


def _finished(
    panel: Panel,
    title: str,
    description: str,
    queries: Sequence[Query],
    links: list[DataLink],
    unit: str,
    *,
    instant: bool = False,
) -> Panel:
    for ref, query in zip("ABCDEF", queries, strict=False):
        target = _target(query, ref)
        panel.with_target(target.instant() if instant else target.range().interval(RESOLUTION))
    return (
        panel.title(title).description(description).datasource(PROMETHEUS).unit(unit).min(0).data_links(links)
    )


def _target(query: Query, ref: str) -> Any:
    target = prometheus.Dataquery().datasource(PROMETHEUS).ref_id(ref).expr(query.expr)
    target.legend_format(query.legend or "__auto").editor_mode(prometheus_models.QueryEditorMode.CODE)
    return target.exemplar(exemplar=query.exemplars)


def _thresholds(limits: Mapping[float, str]) -> Any:
    steps = [models.Threshold(None, "green"), *(models.Threshold(*limit) for limit in limits.items())]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _fixed(colour: str) -> Any:
    return models.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
