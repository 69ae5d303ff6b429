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

GROUPS: list[dict[str, Any]] = yaml.safe_load(alerts.rules())["groups"]
ADVICE, RULES = ([*group["rules"]] for group in GROUPS)
OBJECTIVE_RULES: list[dict[str, Any]] = yaml.safe_load(alerts.objective_rules())[0]["rules"]
RULES += OBJECTIVE_RULES
ALERTS = [rule for rule in RULES if "alert" in rule]
HINTS = {hint.id: hint for hint in default_hints()}
RULE = pytest.mark.parametrize(
    "rule", ALERTS, ids=lambda rule: f"{rule['alert']} {rule['labels']['severity']}"
)

# Every trouble that the alerts are for.
NAMES = [
    "GeminiNothingSucceeds",
    "GeminiFailing",
    "GeminiRateLimited",
    "GeminiOverloaded",
    "GeminiDailyQuotaExhausted",
    "GeminiTruncated",
    "GeminiEmbeddingsTruncated",
    "GeminiBlocked",
    "GeminiMalformed",
    "GeminiLooping",
    "GeminiEmpty",
    "GeminiNoImage",
    "GeminiToolFailing",
    "GeminiSlow",
    "GeminiModelRetiring",
    "GeminiModelRetired",
    "GeminiModelRerouted",
    "GeminiObjectiveMissed",
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
            known[rule["record"]] = (grouped(rule["expr"]) - {"le"}) | set(rule.get("labels", ()))
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
    expr = rule["expr"]
    read = re.findall(
        r"\b((?:gemini|gen_ai|traces)[a-z0-9_:]*[_:][a-z0-9]+)(?:\{([^}]*)\})?(?=[\[ )]|$)", expr
    )
    metrics = {name for name, _ in read} - {label for labels in KNOWN.values() for label in labels}
    assert metrics or expr.startswith("vector(")
    assert metrics <= KNOWN.keys()
    for name, matchers in read:
        assert set(re.findall(r"(?:^|,)([a-z_]+)(?:=|!)", matchers)) <= KNOWN.get(name, set())
    assert grouped(expr) - {"job", "le"} <= set().union(*(KNOWN[name] for name in metrics))


@RULE
def test_everything_is_told(rule: dict[str, Any]) -> None:
    """An alert says what happened, in one line and in full, and links to a page and to the dashboard of the service."""
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert told["summary"].startswith("{{ $labels.job }}")
    assert "https://" in told["runbook_url"]
    assert told["dashboard_url"] == "/d/gemini?var-service={{ urlquery $labels.job }}"
    assert rule["labels"]["severity"] in {"critical", "warning"}


@RULE
def test_causes_and_remedies_come_from_the_catalogue(rule: dict[str, Any]) -> None:
    """Of a hint that an alert knows, it tells the whole cause and each step; of several, that it is one of them."""
    described = rule["annotations"]["description"]
    known = re.findall(r"(?<=\}\})[a-z_.0-9]+\b|^[a-z_.0-9]+$", rule["labels"].get("hint", ""))
    for hint in (HINTS[hint_id] for hint_id in known):
        assert f"{hint.summary} {hint.cause}" in described
        assert [sentence for sentence in hint.remedy if f"- {sentence}" not in described] == []
    assert known or "query (printf" in described
    assert described.count("\n\n") > 1 or "One of:" not in described


def test_what_fails_has_advice() -> None:
    """Whatever hint of a failing call a service counts, Prometheus can say what happened and the first step."""
    advice = {rule["labels"]["gemini_hint_id"]: rule["labels"]["advice"] for rule in ADVICE}
    errors = [hint for hint in HINTS.values() if hint.severity == "error" and hint.when is not None]
    failing = [hint for hint in errors if hint.id.split(".")[0] in {"http", "net", "auth", "sdk", "block"}]
    assert len(failing) > 60
    for hint in failing:
        assert advice[hint.id] == f"{hint.summary} {hint.remedy[0]}"


@RULE
def test_service_is_kept(rule: dict[str, Any]) -> None:
    """An alert tells of one service."""
    assert "job" in grouped(rule["expr"]) or rule["alert"] == "GeminiSlow"


def test_names_tell_apart() -> None:
    """No name stands twice but for its severity, or for how much is known."""
    rules = [(rule["alert"], rule["labels"]["severity"], rule["labels"].get("scope")) for rule in ALERTS]
    assert len(set(rules)) == len(rules)


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


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["alerts", *arguments]) == 0
    return capsys.readouterr().out


def test_an_objective(capsys: pytest.CaptureFixture[str]) -> None:
    """With --objective there is one more group, which has the objective as a fraction."""
    groups = yaml.safe_load(printed(capsys, "--objective", "99.9"))["groups"]
    assert [group["name"] for group in groups] == ["gemini-hints", "gemini", "gemini-objective"]
    assert groups[-1]["rules"][0] == {"record": "gemini:usable_answers:objective", "expr": "vector(0.999)"}
    resource = yaml.safe_load(printed(capsys, "--objective", "99.9", "--operator"))
    assert resource["spec"]["groups"] == groups


def test_links_to_grafana(capsys: pytest.CaptureFixture[str]) -> None:
    """With --grafana the links to the dashboard are whole addresses."""
    groups = yaml.safe_load(printed(capsys, "--grafana", "https://g.example/x/", "--objective", "95"))[
        "groups"
    ]
    links = {
        rule["annotations"]["dashboard_url"] for group in groups for rule in group["rules"] if "alert" in rule
    }
    assert links == {"https://g.example/x/d/gemini?var-service={{ urlquery $labels.job }}"}


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--objective", "100", "'100' is not an objective; choose a percentage above 0 and below 100"),
        ("--objective", "nan", "'nan' is not an objective"),
        ("--objective", "most", "'most' is not an objective"),
        (
            "--grafana",
            "grafana",
            "'grafana' is not an address of Grafana; it begins with http:// or https://",
        ),
        ("--grafana", "http://{{ x }}", "is not an address of Grafana"),
    ],
)
def test_bad_options(option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that makes no rule is refused, with the allowed ones."""
    with pytest.raises(SystemExit):
        cli.main(["alerts", option, value])
    assert told in capsys.readouterr().err


Labels = dict[str, str]


def inhibited(target: Labels, source: Labels) -> bool:
    """Whether the rules of docs/alerts.md let one alert keep another quiet, as Alertmanager reads them."""
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(inhibit_rules:.*?)```", page, re.DOTALL)
    return any(
        matches(source, rule["source_matchers"])
        and matches(target, rule["target_matchers"])
        and all(source.get(label) == target.get(label) for label in rule["equal"])
        for rule in yaml.safe_load(block)["inhibit_rules"]
    )


def matches(labels: Labels, matchers: list[str]) -> bool:
    for matcher in matchers:
        found = re.fullmatch(r'(\w+) (=~?) "?([^"]+)"?', matcher)
        assert found, matcher
        label, operator, value = found.groups()
        said = labels.get(label, "")
        if not (re.fullmatch(value, said) if operator == "=~" else said == value):
            return False
    return True


def test_what_says_less_is_inhibited() -> None:
    """The same as critical, everything over something, gone over about to go; of one service and model only."""
    critical = {"alertname": "GeminiFailing", "severity": "critical", "job": "a", "error_type": "400"}
    warning = {**critical, "severity": "warning"}
    assert inhibited(warning, critical)
    assert not inhibited(critical, warning)
    assert not inhibited({**warning, "error_type": "500"}, critical)
    assert not inhibited({**warning, "job": "b"}, critical)
    nothing = {"alertname": "GeminiNothingSucceeds", "severity": "critical", "job": "a"}
    assert inhibited(critical, nothing)
    retired = {"alertname": "GeminiModelRetired", "severity": "critical", "job": "a"}
    assert inhibited({"alertname": "GeminiModelRetiring", "severity": "warning", "job": "a"}, retired)
    assert not inhibited({"alertname": "GeminiBlocked", "severity": "warning", "job": "a"}, retired)


def test_the_inhibiting_names_exist() -> None:
    """The rules of inhibition name alerts that there are."""
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(inhibit_rules:.*?)```", page, re.DOTALL)
    for names in re.findall(r'alertname =~? "?(Gemini[^",\]]*)', block):
        assert any(re.fullmatch(names, name) for name in NAMES), names
