"""The looks of the panels: kinds of panels with what all panels of one kind share, and the colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard_links import DataLink
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as sdk
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

from gemini_otel._facts.outcomes import OUTCOMES

PROMETHEUS = sdk.DataSourceRef("prometheus", "${datasource}")
SHARE = "percentunit"
RESOLUTION = "$resolution"  # the least step, and a quarter of the least $__rate_interval
OUTCOME_COLOURS = {outcome.name: outcome.colour for outcome in OUTCOMES}
FINISH_REASON_COLOURS = {
    "STOP": "green",
    "INTERRUPTED": "#8e8e8e",
    "MAX_TOKENS": "orange",
    "SAFETY": "dark-orange",
}
STATUS_COLOURS = {
    "2": "green",
    "4": "orange",
    "400": "light-orange",
    "403": "yellow",
    "404": "dark-yellow",
    "429": "dark-orange",
    "5": "red",
    "no answer": "dark-red",
}
# Warm colours are for what is bad. Series without a colour of their own are shades of one.
GOOD, BAD = "blue", "orange"
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
    shades: str = GOOD,
    stacked: bool = False,
    limits: Mapping[float, str] | None = None,
    width: int = 8,
) -> Panel:
    """Series over time; `colours` are for series by the beginning of their names, the others get `shades` of one colour."""
    panel = timeseries.Panel().legend(
        common.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(sdk.LegendDisplayMode.TABLE)
        .placement(sdk.LegendPlacement.BOTTOM)
        .calcs(["lastNotNull", "max"])
        .sort_by("Max")
        .sort_desc(sort_desc=True)
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
    panel.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.SHADES).fixed_color(shades))
    for name, colour in (colours or {}).items():
        panel.override_by_regexp(f"/^{name}/" if name.isdigit() else f"/^{name},/", [_fixed(colour)])
    if unit == SHARE:
        panel.max(1)
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
    coloured = sdk.BigValueColorMode.VALUE if limits else sdk.BigValueColorMode.NONE
    panel.graph_mode(sdk.BigValueGraphMode.NONE).color_mode(coloured)
    panel.thresholds(_thresholds(limits or {})).span(width).height(4)
    return _finished(panel, title, description, queries, links, unit, instant=True)


def listing(
    title: str,
    description: str,
    query: Query,
    columns: Mapping[str, tuple[str, list[Any]]],
    *,
    hidden: Iterable[str] = (),
    sort: str = "",
    height: int = 9,
) -> Panel:
    """A table. `columns` gives the query's labels, in order, a heading and overrides; the table is sorted by `sort`."""
    panel = table.Panel().span(24).height(height).cell_height(sdk.TableCellHeight.SM)
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort)])
    organised = {
        "excludeByName": dict.fromkeys(("Time", *hidden), True),
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
    """Show a text instead of each value, and `otherwise` instead of unknown values."""
    known = models.ValueMap({value: models.ValueMappingResult(text) for value, text in by_value.items()})
    rest = models.RegexMap(models.DashboardRegexMapOptions("^.*$", models.ValueMappingResult(otherwise)))
    return [models.DynamicConfigValue("mappings", [known, rest] if by_value else [rest])]


def coloured(by_value: Mapping[str, str]) -> list[Any]:
    """Colour the text of each value."""
    mapping = models.ValueMap(
        {value: models.ValueMappingResult(color=colour) for value, colour in by_value.items()}
    )
    return [
        models.DynamicConfigValue("mappings", [mapping]),
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def wide(pixels: int) -> list[Any]:
    return [models.DynamicConfigValue("custom.width", pixels)]


def unseen() -> list[Any]:
    """Hide a column, by its name in Grafana 12 and in Grafana 13."""
    return [
        models.DynamicConfigValue("custom.hidden", value=True),
        models.DynamicConfigValue("custom.hideFrom", {"viz": True, "legend": False, "tooltip": False}),
    ]


def linked(links: Iterable[DataLink]) -> list[Any]:
    return [models.DynamicConfigValue("links", [link.build() for link in links])]


def searched(
    kind: str, title: str, description: str, query: Mapping[str, Any], links: list[DataLink]
) -> Panel:
    """A table of what a trace data source finds."""
    source = sdk.DataSourceRef(kind, f"${{{kind}}}")
    panel = table.Panel().span(12).height(9).cell_height(sdk.TableCellHeight.SM)
    panel.with_target(_Search(kind, {"refId": "A", "datasource": source, **query}))
    return panel.title(title).description(description).datasource(source).data_links(links)


class _Search(NamedTuple):
    """A query for traces, in the form of the SDK's builders, which have none for Tempo and Jaeger."""

    kind: str
    query: dict[str, Any]

    def build(self) -> dict[str, Any]:
        return self.query


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
