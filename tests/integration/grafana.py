"""What Grafana does with a dashboard: it looks up the values of variables, fills them in, and asks the data sources."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from servers import Jaeger, Prometheus, get

STEP = 2  # seconds: the scrape interval of the tests, which they choose as the resolution
# An address keeps these unless a variable says `percentencode`.
_OF_ADDRESSES = ";,/?:@&=+$#"
_VARIABLE = re.compile(r"\$\{(?P<braced>[\w.]+)(?::(?P<format>\w+))?\}|\$(?P<plain>\w+)")
Value = str | list[str]


@dataclass(frozen=True)
class All:
    """Everything is chosen: `custom` is what the variable gives for it, as it stands, else `values` are filled in."""

    custom: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A dashboard with a choice of services and models, over the time since `start`."""

    dashboard: Mapping[str, Any]
    prometheus: Prometheus
    start: float
    chosen: Mapping[str, Value]

    def results(self, target: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The series that a query gives, each with its labels and values."""
        expr, now = self.promql(target["expr"]), time.time()
        if target.get("instant"):
            found = get(f"{self.prometheus.url}/api/v1/query", query=expr, time=now)
        else:
            found = get(
                f"{self.prometheus.url}/api/v1/query_range", query=expr, start=self.start, end=now, step=STEP
            )
        return [
            {"metric": row["metric"], "values": row.get("values") or [row["value"]]}
            for row in found["data"]["result"]
        ]

    def exemplars(self, expr: str) -> list[dict[str, Any]]:
        """The exemplars of all series in a query."""
        found = get(
            f"{self.prometheus.url}/api/v1/query_exemplars",
            query=self.promql(expr),
            start=self.start,
            end=time.time() + 60,
        )
        return [exemplar for series in found["data"] for exemplar in series["exemplars"]]

    def promql(self, expr: str) -> str:
        """The query with everything filled in."""
        interval = 4 * STEP
        own = {
            "__rate_interval": f"{interval}s",
            "__rate_interval_ms": str(interval * 1000),
            "__range": f"{round(time.time() - self.start)}s",
        }
        return _filled(_filled(expr, own.get, str), self.values().get, _as_regex)

    def url(self, link: str, labels: Mapping[str, str], cell: str = "") -> str:
        """A link with everything filled in, for a series or cell that is clicked."""
        own = {
            "__from": str(round(self.start * 1000)),
            "__to": str(round(time.time() * 1000)),
            "__value.raw": cell,
            "tempo": "uid-of-tempo",
            "jaeger": "uid-of-jaeger",
            "__data.fields.Service": labels.get("service", ""),
            **{f"__field.labels.{name}": value for name, value in labels.items()},
        }
        return _filled(
            link, {**self.values(), **own}.get, lambda value: quote(str(value), safe=_OF_ADDRESSES)
        )

    def values(self) -> dict[str, Value | All]:
        """Each variable that is filled in with text: what is chosen, else all or the first that there is."""
        values: dict[str, Value | All] = {}
        for variable in self.dashboard["templating"]["list"]:
            name = variable["name"]
            if variable["type"] != "query":
                continue
            if name in self.chosen:
                values[name] = self.chosen[name]
            elif variable["includeAll"]:
                values[name] = All(variable.get("allValue"), tuple(self.options(variable, values)))
            else:
                values[name] = self.options(variable, values)[0]
        return values

    def options(self, variable: Mapping[str, Any], values: Mapping[str, Value | All]) -> list[str]:
        """What a variable offers, given the values of those before it."""
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
        match = _filled(selector, values.get, _as_regex)
        found = get(f"{self.prometheus.url}/api/v1/label/{label}/values", **{"match[]": match})["data"]
        pattern = re.compile(variable.get("regex", "/(.*)/").strip("/").replace("\\/", "/"))
        return [hit[1] for value in sorted(found) if (hit := pattern.search(value))]


def explored(url: str) -> dict[str, Any]:
    """The query of the one pane that an address of Explore opens."""
    parts = urlsplit(url)
    assert parts.path == "/explore"
    (pane,) = json.loads(parse_qs(parts.query)["panes"][0]).values()
    (query,) = pane["queries"]
    assert int(pane["range"]["from"]) < int(pane["range"]["to"])
    return dict(query)


def search_jaeger(jaeger: Jaeger, query: Mapping[str, Any], start: float) -> list[Any]:
    """The traces that Grafana's data source for Jaeger finds for a query of Explore."""
    assert query["queryType"] == "search"
    tags = dict(pair.split("=", 1) for pair in query["tags"].split())
    within = {"start": round(start * 1e6), "end": round((time.time() + 60) * 1e6)}
    return jaeger.traces(service=query["service"], tags=tags, limit=query["limit"], **within)


def _filled(text: str, value_of: Callable[[str], Any], by_default: Callable[[Any], str]) -> str:
    """What is no variable stays as it is."""

    def fill(found: re.Match[str]) -> str:
        value = value_of(found["braced"] or found["plain"])
        if value is None:
            return found[0]
        if isinstance(value, All):
            if value.custom is not None:
                return value.custom
            value = list(value.values)
        formats = {
            "pipe": lambda value: "|".join([value] if isinstance(value, str) else value),
            "percentencode": lambda value: quote(str(value), safe=""),
            "raw": str,
        }
        return str(formats[found["format"]](value) if found["format"] else by_default(value))

    return _VARIABLE.sub(fill, text)


def _as_regex(value: str | Sequence[str]) -> str:
    """As the data source for Prometheus fills in a variable with several values: escaped, for a string in PromQL."""
    if isinstance(value, str):
        return _escaped(value)
    return f"({'|'.join(map(_escaped, value))})"


def _escaped(value: str) -> str:
    return re.sub(r"[$^*{}\[\]'+?.()|\\]", lambda hit: "\\\\" + hit[0], value)
