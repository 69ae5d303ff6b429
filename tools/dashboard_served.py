"""The row of the dashboard about how requests were served: by which tier, and with which tools of the service."""

from __future__ import annotations

from collections.abc import Iterator

import dashboard_promql as q
from dashboard_links import label, traces, traces_with
from dashboard_looks import Panel, Query, graph

from gemini_otel._facts import names

_TIER = q.plain(names.RESPONSE_SERVICE_TIER)
_RESULT = q.plain(names.SERVER_TOOL_RESULT)
_SERVER_TOOL_USES = q.plain(names.SERVER_TOOL_USES) + "_total"
_OF_MODELS = q.DURATION[:2]  # embeddings have no tier


def panels() -> Iterator[Panel]:
    """The panels, from left to right."""
    tier, served = f"{{{{{_TIER}}}}}, {{{{{q.SERVICE}}}}}", q.of_model(q.RESPONSES, f'{_TIER}!=""')
    yield graph(
        "Service tiers",
        "Calls a minute by the tier that served them. `standard` where `priority` was asked for: there was no room, and the spans have the hint "
        "`perf.other_tier`.",
        [Query(q.per_minute(served, _TIER), tier)],
        traces_with(names.RESPONSE_SERVICE_TIER, label(_TIER)),
        unit="reqpm",
        stacked=True,
    )
    by_tier = tuple(metric.replace("{", f'{{{_TIER}!="", ', 1) for metric in _OF_MODELS)
    yield graph(
        "Latency by tier, p95",
        "95th percentile of the time from the request to the end of the answer, by the tier that served it. `flex` may wait for minutes; `priority` that "
        "is no faster than `standard` is not worth its price.",
        [Query(q.by_name(q.quantile(0.95, by_tier, q.JOB, _TIER)), tier)],
        traces_with(names.RESPONSE_SERVICE_TIER, label(_TIER)),
        unit="s",
    )
    uses = q.per_minute(q.of_model(_SERVER_TOOL_USES), q.TOOL, _RESULT)
    yield graph(
        "Server tools",
        "Uses a minute of the tools that the service runs, by tool and result: searches, which are billed, pages of the URL context that were read or "
        "not, runs of code, actions on a computer. Pages that were not read: the hint `out.url_not_read` says why.",
        [Query(uses, f"{{{{{q.TOOL}}}}} {{{{{_RESULT}}}}}, {{{{{q.SERVICE}}}}}")],
        traces(
            "(span.gemini.response.searches > 0 || span.gemini.response.urls_read >= 0 || span.gemini.response.code_executions > 0"
            " || span.gemini.response.computer_actions > 0)",
            {},
        ),
        unit="opm",
        stacked=True,
    )
