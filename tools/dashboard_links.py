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
SERVICE_CELL = "${__data.fields.Service:percentencode}"  # of the row


class DataLink(NamedTuple):
    """A link of a field, in the form of the SDK's builders."""

    title: str
    url: str

    def build(self) -> dict[str, Any]:
        return {"title": self.title, "url": self.url, "targetBlank": True}


def label(name: str) -> str:
    """The value of a label of the clicked series."""
    return f"${{__field.labels.{name}:percentencode}}"


ONE = label("service")  # the service of the clicked series


def traces(
    conditions: str = "", tags: dict[str, str] | None = None, *, service: str = ONE, by_model: bool = True
) -> list[DataLink]:
    """The traces with a span that meets the TraceQL conditions; in Jaeger, those with the tags."""
    return [_tempo(conditions, service, by_model=by_model), _jaeger(tags or {}, service)]


def traces_of_all(
    conditions: str = "", tags: dict[str, str] | None = None, *, by_model: bool = True
) -> list[DataLink]:
    """The same for a figure, which covers all services; in Jaeger, for the service that is chosen there."""
    return [_tempo(conditions, None, by_model=by_model), _jaeger(tags or {}, _SERVICE)]


def traces_with(attribute: str, value: str, *, service: str = ONE, by_model: bool = True) -> list[DataLink]:
    """The traces with a span that has this text as an attribute."""
    return traces(f'span.{attribute} = "{value}"', {attribute: value}, service=service, by_model=by_model)


def traceql(conditions: str, service: str | None = None, *, by_model: bool = True) -> str:
    """A Tempo query for the traces of one service, or of the chosen ones."""
    of = f'resource.service.name = "{service}"' if service else f'resource.service.name =~ "^({_SERVICES})$"'
    # Spans are named `operation model`; not all have the attribute, but all have a name.
    model = f'name =~ "^.*({_MODELS})$"' if by_model else ""
    return f"{{ {' && '.join(filter(None, (of, model, conditions)))} }}"


def _tempo(conditions: str, service: str | None, *, by_model: bool) -> DataLink:
    query = traceql(conditions, service, by_model=by_model)
    return _explore("tempo", {"queryType": "traceql", "query": query, "limit": 50, "tableType": "traces"})


def _jaeger(tags: dict[str, str], service: str) -> DataLink:
    written = " ".join(f"{name}={value}" for name, value in tags.items())
    return _explore("jaeger", {"queryType": "search", "service": service, "tags": written, "limit": 50})


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
    """Percent-encoded, except for what Grafana fills in."""
    parts = _PLACEHOLDER.split(text)
    return "".join(part if part.startswith("${") else quote(part, safe="") for part in parts)
