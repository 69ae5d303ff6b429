"""The alerts in a real Prometheus that scrapes a real Collector: the playground's traffic makes the series that they read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from promtool import ALERTS, RULES
from record_series import TRAFFIC

from conftest import needs
from servers import Prometheus, eventually, free_address, get, run_collector, run_prometheus

MIX = (
    "ok thinking long_stream cached tool_chain rate_limited overloaded error_in_stream daily_quota finish_max_tokens "
    "block_safety finish_safety finish_recitation finish_prohibited_content finish_spii empty_stop finish_no_image "
    "loop_text loop_json_items loop_newlines_json loop_table_hyphens loop_table_tokens tool_loop"
)
# Not played: the simulator has neither a legacy model nor one that another answers for.
NOT_GIVEN = ('gemini_hint_id="cfg.model_retiring"', 'gemini_hint_id="cfg.model_rerouted"')
_SELECTOR = re.compile(r"\b((?:gemini|gen_ai_client|traces)[a-z0-9_:]+)\{([^}]*)\}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with the rules, and the metrics of a program that met everything."""
    for name in ("collector", "prometheus"):
        needs(name)
    folder = tmp_path_factory.mktemp("alerts")
    nowhere = dict.fromkeys(("JAEGER_ENDPOINT", "TEMPO_ENDPOINT"), f"http://{free_address()}")
    with (
        run_collector(folder, METRICS_FLUSH_INTERVAL="1s", **nowhere) as collector,
        run_prometheus(folder / "prometheus", [RULES]) as prometheus,
    ):
        prometheus.scrape("collector", collector.prometheus)
        mix = [f"{name}=1" for name in MIX.split()]
        play(collector.otlp, *mix, "--rounds=2")
        play(collector.otlp, "model_not_found=1", "ok=1", "--rounds=1", "--model=gemini-2.0-flash")
        assert eventually(lambda: prometheus.query('{__name__=~"traces_span_metrics_calls_total"}'), 30)
        assert eventually(
            lambda: prometheus.query("gemini:call_duration_seconds:p90_1h or gemini:calls:rate5m"), 60
        )
        yield prometheus


def play(otlp: str, *arguments: str) -> None:
    """Run the playground's traffic program to its end."""
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp,
        "OTEL_SERVICE_NAME": "played",
        "OTEL_METRIC_EXPORT_INTERVAL": "2000",
    }
    command = [sys.executable, str(TRAFFIC), "--rate=6", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_rule_is_evaluated(server: Prometheus) -> None:
    """Prometheus evaluates every rule without an error."""

    def unknown() -> list[str]:
        groups = get(f"{server.url}/api/v1/rules")["data"]["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]

    assert eventually(lambda: not unknown(), 30), unknown()


SELECTORS = sorted({selector.groups() for rule in ALERTS for selector in _SELECTOR.finditer(rule["expr"])})


@pytest.mark.parametrize(("metric", "matchers"), SELECTORS)
def test_every_selector_finds_series(server: Prometheus, metric: str, matchers: str) -> None:
    """What an alert reads is really there: metric, labels, and their values as far as they can be played."""
    labels = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)", matchers)
    exists = metric + "{" + ",".join(label + '!=""' for label in labels) + "}"
    played = f"{metric}{{{matchers}}}"
    absent = matchers in NOT_GIVEN or (
        "gen_ai_request_model" in matchers and "gemini-2[.]0-flash)" not in matchers
    )
    absent = absent or ("truncated" in matchers and "!~" in matchers)  # of embeddings
    query = exists if absent else played
    assert eventually(lambda: server.query(query), 30), query


def test_alerts_of_a_single_response_fire(server: Prometheus) -> None:
    """What one response proves is told of at once, with the hint's link."""

    def firing() -> dict[str, str]:
        found = get(f"{server.url}/api/v1/alerts")["data"]["alerts"]
        return {
            each["labels"]["alertname"]: each["annotations"]["runbook_url"]
            for each in found
            if each["state"] == "firing"
        }

    deprecations = "https://ai.google.dev/gemini-api/docs/deprecations"
    expected = {
        "GeminiDailyQuotaExhausted": "https://ai.google.dev/gemini-api/docs/rate-limits",
        "GeminiModelRetiring": deprecations,
        "GeminiModelRetired": deprecations,
    }
    assert eventually(lambda: firing() == expected, 30), firing()
