"""Hostile names do not multiply the time series of a real Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import Exposition
from opentelemetry.sdk.metrics import MeterProvider

import gemini_otel
from gemini_otel._facts.labels import MAX_LENGTH, MAX_MODELS, OTHER
from servers import Prometheus, eventually
from support import make_client, send

CALLS = 10_000
SHAPES = (
    "gemini-{i}",
    "tunedModels/gemini-{i}-" + "x" * 60,
    "far-too-long-{i}" + "x" * 5000,
    'quoted"{i}"',
    "line\nbreak\r{i}",
    "back\\slash{i}\\",
    "snowman-☃-{i}",
    "\N{RIGHT-TO-LEFT OVERRIDE}reversed{i}",
    '{{{i}}},le="0.5"',
    "\x00control\x1b{i}",
    "space {i} # comment",
)


@pytest.fixture(scope="module")
def hostile(url: str, exposition: Exposition, prometheus: Prometheus) -> Iterator[Prometheus]:
    """Prometheus after it has scraped a program that asked for 10,000 models."""
    meter_provider = MeterProvider([exposition.reader])
    gemini_otel.instrument(meter_provider=meter_provider)
    try:
        client = make_client(url)
        for i in range(CALLS):
            send(client, "call", "simulate:ok", model=SHAPES[i % len(SHAPES)].format(i=i))
        prometheus.scrape("hostile", exposition.address)
        counted = f'sum(gemini_client_responses_total{{job="hostile"}}) == {CALLS}'
        assert eventually(lambda: prometheus.query(counted), 60), prometheus.query('up{job="hostile"}')
        yield prometheus
    finally:
        gemini_otel.uninstrument()
        meter_provider.shutdown()


@pytest.mark.parametrize(
    ("metric", "series_of_a_model"),
    [
        ("gemini_client_responses_total", 2),  # answered, and refused by the SDK
        ("gen_ai_client_operation_duration_seconds_count", 2),
        ("gen_ai_client_operation_duration_seconds_bucket", 30),
        ("gen_ai_client_token_usage_count", 2),
        ("gen_ai_client_token_usage_bucket", 30),
    ],
)
def test_series_are_bounded(hostile: Prometheus, metric: str, series_of_a_model: int) -> None:
    """A metric has at most 200 models and `_OTHER`, and no other label multiplies with them."""
    (models,) = hostile.query(f'count(count by (gen_ai_request_model) ({metric}{{job="hostile"}}))')
    assert 20 < int(models["value"][1]) <= MAX_MODELS + 1  # names in answers count as well
    (series,) = hostile.query(f'count({metric}{{job="hostile"}})')
    assert int(series["value"][1]) <= (MAX_MODELS + 1) * series_of_a_model


def test_names_are_bounded(hostile: Prometheus) -> None:
    """Names that a model could have arrive as they are; what is too much, too long or no name is `_OTHER`, or says what is wrong with it."""
    found = hostile.query('sum by (gen_ai_request_model) (gemini_client_responses_total{job="hostile"})')
    counts = {row["metric"]["gen_ai_request_model"]: int(row["value"][1]) for row in found}
    hidden = sum(counts.pop(name) for name in (OTHER, "name with a blank", "name with a line break"))
    assert hidden >= CALLS - MAX_MODELS
    assert {SHAPES[0].format(i=0), SHAPES[1].format(i=1)} <= set(counts)
    assert all(re.fullmatch("[a-zA-Z]+/?gemini-[0-9]+-?x*|gemini-[0-9]+", name) for name in counts)
    assert max(map(len, counts)) <= MAX_LENGTH
