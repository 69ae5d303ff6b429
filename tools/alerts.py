"""Writes the Prometheus rules and the table of docs/alerts.md: `python tools/alerts.py`; `--check` only says whether they are stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from alert_rules import ALERTS, OBJECTIVE, OBJECTIVE_ALERTS, RECORDINGS, Alert, Case, Recording, advice
from alert_words import annotations, labels

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "src" / "gemini_otel" / "_commands" / "alerts"
RULES = SHIPPED / "gemini.yaml"
OBJECTIVE_RULES = SHIPPED / "objective.yaml"
PAGE = ROOT / "docs" / "alerts.md"
_HEAD = """\
# Prometheus rules of gemini-otel, explained in docs/alerts.md. Written by tools/alerts.py: causes, remedies and links come from the hints.
"""
_BEGIN, _END = "<!-- alerts, written by tools/alerts.py -->", "<!-- end of alerts -->"


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    current = {RULES: rules(), OBJECTIVE_RULES: objective_rules(), PAGE: _filled(page)}
    if arguments == ["--check"]:
        stale = [
            path.name
            for path, text in current.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        print(
            f"{', '.join(stale)}: stale, run python tools/alerts.py" if stale else "The alerts are up to date"
        )
        return 1 if stale else 0
    for path, text in current.items():
        path.write_text(text, encoding="utf-8")
    return 0


def rules() -> str:
    """The file for Prometheus. The rules of a group are evaluated in their order."""
    return _HEAD + _written(
        {
            "groups": [
                {"name": "gemini-hints", "rules": [*_recorded(advice())]},
                {"name": "gemini", "rules": [*_recorded(RECORDINGS), *_alerts(ALERTS)]},
            ]
        }
    )


def objective_rules() -> str:
    """One more group, for `gemini-otel alerts --objective`, which inserts the objective."""
    objective = Recording(OBJECTIVE, "vector(${OBJECTIVE})")
    group = [*_recorded([objective]), *_alerts(OBJECTIVE_ALERTS)]
    return _written([{"name": "gemini-objective", "rules": group}])


def _recorded(recordings: Iterable[Recording]) -> list[dict[str, Any]]:
    return [
        {"record": each.name, "expr": each.expr, **({"labels": dict(each.labels)} if each.labels else {})}
        for each in recordings
    ]


def _alerts(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    return [_rule(alert, case) for alert in alerts for case in alert.cases]


def _rule(alert: Alert, case: Case) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": case.expr,
        **({} if case.hold == "0m" else {"for": case.hold}),
        "labels": labels(case),
        "annotations": annotations(alert, case),
    }


def _written(content: Any) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True))


def _filled(page: str) -> str:
    """The page with its current table."""
    table = "".join(_row(alert) for alert in (*ALERTS, *OBJECTIVE_ALERTS))
    block = f"{_BEGIN}\n\n| alert | when | why | what to do |\n|---|---|---|---|\n{table}\n{_END}"
    return re.sub(f"{_BEGIN}.*?{_END}", lambda _: block, page, flags=re.DOTALL)


def _row(alert: Alert) -> str:
    hints = [
        hint for case in alert.cases for hint in (*case.hints, *(case.by.hints.values() if case.by else ()))
    ]
    links = ", ".join(f"[`{hint}`](hints.md#{hint})" for hint in dict.fromkeys(hints))
    if any(case.named for case in alert.cases):
        links = (
            f"{links}, and the service's most frequent hint" if links else "the service's most frequent hint"
        )
    severities = ", ".join(dict.fromkeys(case.severity for case in alert.cases))
    return f"| `{alert.name}` ({severities}) | {alert.when} | {alert.why} | {links} |\n"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
