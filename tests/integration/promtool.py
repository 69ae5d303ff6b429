"""Runs rules and queries over series with `promtool test rules`; compares the alerts that fire, annotations included, and values."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import yaml

from gemini_otel.hints import Hint, default_hints
from servers import program
from support import ROOT

RULES = ROOT / "src" / "gemini_otel" / "_commands" / "alerts" / "gemini.yaml"
GROUPS = {
    group["name"]: group["rules"] for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
}
ALERTS = [rule for rule in GROUPS["gemini"] if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
HINTS = {hint.id: hint for hint in default_hints()}
TROUBLESHOOTING = "https://ai.google.dev/gemini-api/docs/troubleshooting"
NOT_COUNTED = "The dashboard's main table has the hints of the service, with their remedies."

Series = Mapping[str, str]  # values in promtool's notation, by series


@dataclass(frozen=True)
class Fires:
    """An alert that must fire: its name, severity and labels, its hints, the first of which it is labelled with, and its summary.

    `facts` is what it tells besides the hints, `named` the hint that it finds in the service's counter, "" where it looks and finds none.
    """

    alert: str
    severity: str
    hints: tuple[str, ...]
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    facts: str = ""
    named: str | None = None

    def expected(self) -> dict[str, Any]:
        """It, as promtool wants it; what it says of hints is taken from the catalogue."""
        hints = [HINTS[hint_id] for hint_id in self.hints]
        return {
            "exp_labels": {
                **self.labels,
                "severity": self.severity,
                **({"hint": hints[0].id} if hints else {}),
            },
            "exp_annotations": {
                "summary": self.summary,
                "description": "\n\n".join(self._described(hints)),
                "runbook_url": hints[0].reference if hints else TROUBLESHOOTING,
                "dashboard_url": f"/d/gemini?var-service={quote_plus(self.labels['job'])}",
            },
        }

    def _described(self, hints: Sequence[Hint]) -> Iterator[str]:
        if self.facts:
            yield self.facts
        if len(hints) > 1:
            yield "One of:"
        for hint in hints:
            yield "\n- ".join((f"{hint.summary} {hint.cause}", *hint.remedy))
        if self.named:
            hint = HINTS[self.named]
            yield (
                f"The service's most frequent hint of this kind is {hint.id}. {hint.summary} {hint.remedy[0]}\n"
                f"All of it: gemini-otel explain {hint.id}"
            )
        elif self.named is not None:
            yield NOT_COUNTED


def check_rules(rules: Path = RULES) -> str:
    """What `promtool check rules` says; fails where it finds anything, lint included."""
    return _promtool("check", "rules", "--lint=all", "--lint-fatal", str(rules))


def check_alerts(
    folder: Path,
    series: Series,
    at: str,
    fires: Sequence[Fires],
    interval: str = "1m",
    rules: Path = RULES,
    names: Sequence[str] = NAMES,
) -> None:
    """At the time `at`, exactly these alerts of the names fire, each as expected."""
    expected = {name: [each.expected() for each in fires if each.alert == name] for name in names}
    alerts = [
        {"eval_time": at, "alertname": name, "exp_alerts": expected_of}
        for name, expected_of in expected.items()
    ]
    _test_rules(folder, series, interval, rule_files=[str(rules)], alert_rule_test=alerts)


class Query(NamedTuple):
    """A query, and the labels of the series that it must give at a time, each with the value 1."""

    expr: str
    at: str
    gives: Sequence[Mapping[str, str]]


def check_firing(folder: Path, series: Series, queries: Sequence[Query], interval: str) -> None:
    """With the rules, each query gives its series."""
    tests = [
        {
            "expr": query.expr,
            "eval_time": query.at,
            "exp_samples": [{"labels": _selector(labels), "value": 1} for labels in query.gives],
        }
        for query in queries
    ]
    _test_rules(folder, series, interval, rule_files=[str(RULES)], promql_expr_test=tests)


def _selector(labels: Mapping[str, str]) -> str:
    return f"ALERTS{{{','.join(f'{name}={json.dumps(value)}' for name, value in labels.items())}}}"


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
