"""What the dashboard's queries make of series that are made to be awkward, judged by promtool: programs that run for a moment, that are
restarted, that run in several processes, and that nobody calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import needs
from promtool import Series, check_query

from support import ROOT

pytestmark = pytest.mark.usefixtures("promtool")

DASHBOARD = json.loads(
    (ROOT / "src/gemini_otel/_commands/dashboards/gemini.json").read_text(encoding="utf-8")
)
FILLED = {
    "$service": ".+",
    "$model": ".*",
    "$__rate_interval_ms": "240000",
    "$__rate_interval": "4m",
    "$__range": "1h",
}
CALLS = "Calls"
UNUSABLE = "Without usable answer"
LATENCY = "Latency, p95"
TOKENS = "Tokens in and out"
OUTCOMES = "Outcomes"


@pytest.fixture
def promtool() -> None:
    needs("promtool")


def query(title: str) -> str:
    """The first query of a panel, as it is asked with a resolution of a minute and for the time range of an hour; without labels."""
    (panel,) = (each for each in DASHBOARD["panels"] if each["title"] == title)
    expr = panel["targets"][0]["expr"]
    for name, value in FILLED.items():
        expr = expr.replace(name, value)
    return f"sum({expr})"


def responses(values: str, **labels: str) -> Series:
    named = {"job": "shop", "gen_ai_request_model": "m", "gemini_response_outcome": "ok", **labels}
    written = ",".join(f"{name}={json.dumps(value)}" for name, value in named.items())
    return {f"gemini_client_responses_total{{{written}}}": values}


def durations(values: str) -> Series:
    """Calls that each took a second at most."""
    labels = 'job="shop",gen_ai_request_model="m",gen_ai_operation_name="generate_content"'
    metric = "gen_ai_client_operation_duration_seconds_bucket"
    return {f'{metric}{{{labels},le="{le}"}}': values for le in ("1", "+Inf")}


def tokens(values: str) -> Series:
    labels = 'job="shop",gen_ai_request_model="m",gen_ai_token_type="input"'
    return {f"gen_ai_client_token_usage_sum{{{labels}}}": values}


class Case(NamedTuple):
    """Series with a sample a minute, and what a panel says of them after an hour."""

    title: str
    series: Series
    value: float | None
    at: str = "60m"


CASES = {
    "a program of one export": Case(CALLS, responses("_x30 5 _x40"), 5),
    "its tokens": Case(TOKENS, tokens("_x30 700 _x40"), 700),
    "its latency": Case(LATENCY, durations("_x30 5 _x40"), 0.95),
    "a first call and a second": Case(CALLS, responses("_x30 1x9 2x40"), 2),
    "restarted under the same name": Case(CALLS, responses("0+1x30 0+1x30"), 59),
    "two processes": Case(
        CALLS, {**responses("_x30 5x40", instance="one"), **responses("_x40 2x40", instance="two")}, 7
    ),
    "seen before, then not scraped for ten minutes": Case(CALLS, responses("7x5 _x10 7x60"), 0, "75m"),
    "nobody calls": Case(CALLS, responses("7x120"), 0, "100m"),
    "of no calls, no share": Case(UNUSABLE, responses("7x120"), None, "100m"),
    "of no calls, no latency": Case(LATENCY, durations("7x120"), None, "100m"),
    "all is well": Case(UNUSABLE, responses("_x30 5x40"), 0),
    "nothing is well": Case(UNUSABLE, responses("_x30 5x40", gemini_response_outcome="error"), 1),
    "nobody calls any more": Case(OUTCOMES, responses("7x120"), 0, "100m"),
    # Two calls within a window of four minutes are half a call a minute.
    "a series begins": Case(OUTCOMES, responses("_x30 2x40"), 0.5, "30m"),
    "a series has begun": Case(OUTCOMES, responses("_x30 2x40"), 0.5, "31m"),
    "a series began a while ago": Case(OUTCOMES, responses("_x30 2x40"), 0, "40m"),
    "a series goes on after ten minutes": Case(OUTCOMES, responses("7x10 _x10 7x60"), 0, "22m"),
}


@pytest.mark.parametrize("name", CASES)
def test_awkward_series(name: str, tmp_path: Path) -> None:
    """A panel shows the right number, or none where there is none."""
    case = CASES[name]
    check_query(tmp_path, case.series, query(case.title), case.at, case.value)
