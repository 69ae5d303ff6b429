"""Runs rules and queries over series with `promtool test rules`; compares the alerts that fire, annotations included, and values."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gemini_otel.hints import default_hints
from servers import program
from support import ROOT

RULES = ROOT / "src" / "gemini_otel" / "alerts" / "gemini.yaml"
ALERTS = [
    rule
    for rule in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    if "alert" in rule
]
NAMES = sorted({rule["alert"] for rule in ALERTS})
HINTS = {hint.id: hint for hint in default_hints()}

Series = Mapping[str, str]  # values in promtool's notation, by series


@dataclass(frozen=True)
class Fires:
    """An alert that must fire: its name, severity and labels, its hints, the first of which it is labelled with, and its summary."""

    alert: str
    severity: str
    hints: tuple[str, ...]
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    told: str = ""  # what is known of the models besides the hint's cause

    def expected(self) -> dict[str, Any]:
        """It, as promtool wants it; what the annotations say is taken from the catalogue."""
        hints = [HINTS[hint_id] for hint_id in self.hints]
        return {
            "exp_labels": {**self.labels, "severity": self.severity, "hint": self.hints[0]},
            "exp_annotations": {
                "summary": self.summary,
                "hint": ", ".join(self.hints),
                "cause": "\n".join(f"{hint.summary} {hint.cause}{self.told}" for hint in hints),
                "remedy": "\n".join(f"- {sentence}" for hint in hints for sentence in hint.remedy),
                "runbook_url": hints[0].reference,
            },
        }


def check_rules(rules: Path = RULES) -> str:
    """What `promtool check rules` says; fails where it finds anything, lint included."""
    return _promtool("check", "rules", "--lint=all", "--lint-fatal", str(rules))


def check_alerts(folder: Path, series: Series, at: str, fires: Sequence[Fires], interval: str = "1m") -> None:
    """At the time `at`, exactly these alerts fire, each as expected."""
    expected = {name: [each.expected() for each in fires if each.alert == name] for name in NAMES}
    alerts = [
        {"eval_time": at, "alertname": name, "exp_alerts": expected_of}
        for name, expected_of in expected.items()
    ]
    _test_rules(folder, series, interval, rule_files=[str(RULES)], alert_rule_test=alerts)


def check_query(folder: Path, series: Series, expr: str, at: str, value: float | None) -> None:
    """At the time `at`, the query gives this value, or none."""
    samples = [] if value is None else [{"labels": "{}", "value": value}]
    query = {"expr": expr, "eval_time": at, "exp_samples": samples}
    _test_rules(folder, series, "1m", rule_files=[], promql_expr_test=[query])


def _test_rules(folder: Path, series: Series, interval: str, *, rule_files: list[str], **test: Any) -> None:
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    tests = [{"interval": interval, "input_series": inputs, **test}]
    file = folder / "tests.json"  # JSON is YAML
    file.write_text(
        json.dumps({"rule_files": rule_files, "evaluation_interval": interval, "tests": tests}),
        encoding="utf-8",
    )
    _promtool("test", "rules", str(file))


def _promtool(*arguments: str) -> str:
    done = subprocess.run([str(program("promtool")), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
