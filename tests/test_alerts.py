"""The shipped alerts: made of hints that exist, over metrics and labels that exist. What they do is tested in integration/."""

from __future__ import annotations

import re
from typing import Any

import alerts
import pytest
import yaml
from alert_rules import RETIRING
from registry import exposed, plain

from gemini_otel import cli, default_hints
from gemini_otel.hints.models import LIFECYCLE, NOT_RETIRING, lifecycle
from support import ROOT

RULES: list[dict[str, Any]] = yaml.safe_load(alerts.rules())["groups"][0]["rules"]
ALERTS = [rule for rule in RULES if "alert" in rule]
HINTS = {hint.id: hint for hint in default_hints()}
RULE = pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']} {rule['labels']['hint']}")

# Every trouble that the alerts are for.
NAMES = [
    "GeminiRateLimited",
    "GeminiOverloaded",
    "GeminiDailyQuotaExhausted",
    "GeminiTruncated",
    "GeminiBlocked",
    "GeminiRepetition",
    "GeminiEmpty",
    "GeminiSlow",
    "GeminiModelRetiring",
    "GeminiModelRetired",
]


def known_labels() -> dict[str, set[str]]:
    """The labels of each metric that a rule may read: ours by the registry, the Collector's by its configuration, recorded ones."""
    known: dict[str, set[str]] = {}
    for _, metric in exposed():
        if metric.type == "counter":
            known[metric.name] = metric.allowed
        else:
            known[f"{metric.name}_count"] = metric.allowed
            known[f"{metric.name}_bucket"] = metric.allowed | {"le"}
    collector = yaml.safe_load((ROOT / "examples" / "collector" / "config.yaml").read_text(encoding="utf-8"))
    spans = collector["connectors"]["span_metrics"]
    known["traces_span_metrics_calls_total"] = {
        plain(each["name"]) for each in (*spans["dimensions"], *spans["calls_dimensions"])
    }
    for rule in RULES:
        if "record" in rule:
            known[rule["record"]] = grouped(rule["expr"]) - {"le"}
    return known


def grouped(expr: str) -> set[str]:
    return {
        label
        for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expr)
        for label in labels.split(", ")
        if label
    }


KNOWN = known_labels()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.get('record') or rule['alert']}")
def test_metrics_and_labels_exist(rule: dict[str, Any]) -> None:
    """A rule reads metrics that exist, and labels that they have."""
    expr = re.sub(r" # .*$", "", rule["expr"])
    read = re.findall(
        r"\b((?:gemini|gen_ai|traces)[a-z0-9_:]*[_:][a-z0-9]+)(?:\{([^}]*)\})?(?=[\[ )]|$)", expr
    )
    metrics = {name for name, _ in read} - {label for labels in KNOWN.values() for label in labels}
    assert metrics
    assert metrics <= KNOWN.keys()
    for name, matchers in read:
        assert set(re.findall(r"(?:^|,)([a-z_]+)(?:=|!)", matchers)) <= KNOWN.get(name, set())
    assert grouped(expr) - {"job", "le"} <= set().union(*(KNOWN[name] for name in metrics))


@RULE
def test_annotations_come_from_the_catalogue(rule: dict[str, Any]) -> None:
    """An alert names hints that exist, and has their causes, their remedies and the first one's link."""
    told = rule["annotations"]
    hints = [HINTS[hint_id] for hint_id in told["hint"].split(", ")]
    assert rule["labels"]["hint"] == hints[0].id
    for hint in hints:
        assert f"{hint.summary} {hint.cause}" in told["cause"]
        assert [sentence for sentence in hint.remedy if f"- {sentence}" not in told["remedy"]] == []
    assert told["runbook_url"] == hints[0].reference
    assert told["runbook_url"].startswith("https://")


@RULE
def test_service_is_kept(rule: dict[str, Any]) -> None:
    """An alert tells of one service, and of a model where it reads one."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert "job" in grouped(rule["expr"]) or rule["alert"] == "GeminiSlow"
    assert "{{ $labels.job }}" in rule["annotations"]["summary"]


def test_every_trouble_has_an_alert() -> None:
    """The alerts are those of the list, each in the table of docs/alerts.md."""
    assert list(dict.fromkeys(rule["alert"] for rule in ALERTS)) == NAMES
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(Gemini\w+)`", page, re.MULTILINE) == NAMES


def test_rules_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """The committed rules and the table are what the tool writes."""
    assert alerts.main(["--check"]) == 0
    assert capsys.readouterr().out == "The alerts are up to date\n"


def test_stale_rules_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With another hint in the catalogue, the check fails."""
    monkeypatch.setattr(alerts, "rules", lambda: "")
    assert alerts.main(["--check"]) == 1
    assert "gemini.yaml: stale" in capsys.readouterr().out


@pytest.mark.parametrize(
    "model",
    [
        *LIFECYCLE,
        *NOT_RETIRING,
        *(f"models/{name}-001" for name in LIFECYCLE),
        "publishers/google/models/GEMINI-2.5-Flash",
        "gemini-2x5-flash",
        "my-gemini-2.5-flash",
        "gemini-3.5-flash",
        "gemini-1.5-pro",
        "",
    ],
)
def test_retiring_models_are_those_of_the_hint(model: str) -> None:
    """A selector matches a model exactly where the hint would tell of the same shutdown."""
    matching = [each.lifecycle for each in RETIRING if selects(each.selector, model)]
    known = lifecycle(model)
    assert matching == ([known] if known else [])


def selects(selector: str, model: str) -> bool:
    return all(
        bool(re.fullmatch(pattern, model)) is (matches == "=~")
        for matches, pattern in re.findall(r'gen_ai_request_model(=~|!~)"([^"]*)"', selector)
    )


def test_the_command_prints_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """`gemini-otel alerts` prints the file, with --operator as a resource of Kubernetes."""
    assert cli.main(["alerts"]) == 0
    printed = capsys.readouterr().out
    assert printed == alerts.RULES.read_text(encoding="utf-8")
    assert cli.main(["alerts", "--operator"]) == 0
    resource = yaml.safe_load(capsys.readouterr().out)
    assert resource["kind"] == "PrometheusRule"
    assert resource["spec"] == yaml.safe_load(printed)
