"""Links from a panel to the traces behind it: in Explore, by TraceQL in Tempo and by tags in Jaeger."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote

# The variables' values: services and models as alternatives of a regular expression; Jaeger searches one service at a time.
# Without `percentencode` Grafana leaves characters such as & and # in an address as they are.
_SERVICES = "${trace_services:pipe}"
_SERVICE = "${trace_service:percentencode}"
_MODELS = "${model:pipe}"
_FROM_TO = {"from": "${__from}", "to": "${__to}"}
_PLACEHOLDER = re.compile(r"(\$\{[^}]+\})")
CELL = "${__value.raw:percentencode}"  # of a table


class DataLink(NamedTuple):
    """A link of a field, in the form of the SDK's builders."""

    title: str
    url: str

    def build(self) -> dict[str, Any]:
        return {"title": self.title, "url": self.url, "targetBlank": True}


def label(name: str) -> str:
    """The value of a label of the series that is clicked."""
    return f"${{__field.labels.{name}:percentencode}}"


def traces(
    conditions: str = "", tags: dict[str, str] | None = None, *, by_model: bool = True
) -> list[DataLink]:
    """The traces with a span that meets the TraceQL conditions, and in Jaeger those that have the tags."""
    return [_tempo(conditions, by_model=by_model), _jaeger(tags or {})]


def traces_with(attribute: str, value: str, *, by_model: bool = True) -> list[DataLink]:
    """The traces with a span that has this text in an attribute."""
    return traces(f'span.{attribute} = "{value}"', {attribute: value}, by_model=by_model)


def _tempo(conditions: str, *, by_model: bool) -> DataLink:
    filters = [f'resource.service.name =~ "^({_SERVICES})$"']
    if by_model:  # Spans are named `operation model`; not all have the attribute, but all have a name.
        filters.append(f'name =~ "^.*({_MODELS})$"')
    query = f"{{ {' && '.join(filter(None, (*filters, conditions)))} }}"
    return _explore("tempo", {"queryType": "traceql", "query": query, "limit": 50, "tableType": "traces"})


def _jaeger(tags: dict[str, str]) -> DataLink:
    written = " ".join(f"{name}={value}" for name, value in tags.items())
    return _explore("jaeger", {"queryType": "search", "service": _SERVICE, "tags": written, "limit": 50})


def _explore(kind: str, query: dict[str, Any]) -> DataLink:
    source = {"type": kind, "uid": f"${{{kind}}}"}
    pane = {
        "datasource": source["uid"],
        "queries": [{"refId": "A", "datasource": source, **query}],
        "range": _FROM_TO,
    }
    panes = _encoded(json.dumps({"traces": pane}, separators=(",", ":")))
    return DataLink(f"Traces in {kind.capitalize()}", f"/explore?schemaVersion=1&panes={panes}")


def _encoded(text: str) -> str:
    """Percent-encoded, but for what Grafana fills in."""
    parts = _PLACEHOLDER.split(text)
    return "".join(part if part.startswith("${") else quote(part, safe="") for part in parts)
