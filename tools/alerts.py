"""Writes the Prometheus rules and the table of docs/alerts.md: `python tools/alerts.py`; `--check` only says whether they are stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from alert_rules import ALERTS, RECORDINGS, Alert, Case

from gemini_otel._facts.names import REQUEST_MODEL
from gemini_otel.hints import Hint, default_hints, evidence

ROOT = Path(__file__).parent.parent
RULES = ROOT / "src" / "gemini_otel" / "alerts" / "gemini.yaml"
PAGE = ROOT / "docs" / "alerts.md"
_HINTS = {hint.id: hint for hint in default_hints()}
_HEAD = """\
# Prometheus rules of gemini-otel, explained in docs/alerts.md. Written by tools/alerts.py: cause, remedy and link come from the hints.
"""
_BEGIN, _END = "<!-- alerts, written by tools/alerts.py -->", "<!-- end of alerts -->"


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    current = {RULES: rules(), PAGE: _filled(page)}
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
    """The whole file for Prometheus."""
    recordings = [{"record": each.name, "expr": each.expr} for each in RECORDINGS]
    alerts = [_rule(alert, case) for alert in ALERTS for case in alert.cases]
    groups = [
        {"name": "gemini", "rules": [*recordings, *alerts]}
    ]  # in one group they are evaluated in this order
    return _HEAD + yaml.dump(
        {"groups": groups}, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )


def _rule(alert: Alert, case: Case) -> dict[str, Any]:
    hints = [_HINTS[hint_id] for hint_id in case.hints]
    return {
        "alert": alert.name,
        "expr": case.expr,
        **({} if case.hold == "0m" else {"for": case.hold}),
        "labels": {"severity": case.severity, "hint": case.hints[0], **dict(case.labels)},
        "annotations": {
            "summary": alert.summary,
            "hint": ", ".join(case.hints),
            "cause": "\n".join(_cause(hint, case) for hint in hints),
            "remedy": _literal("\n".join(f"- {sentence}" for hint in hints for sentence in hint.remedy)),
            "runbook_url": hints[0].reference,
        },
    }


def _cause(hint: Hint, case: Case) -> str:
    said = _literal(f"{hint.summary} {hint.cause}")
    if case.model is None:
        return said
    told = evidence(hint, {REQUEST_MODEL: case.model}) or ""
    return f"{said} ({told.replace(case.model, '{{ $labels.gen_ai_request_model }}', 1)})"


def _literal(text: str) -> str:
    """Text that Prometheus, which takes annotations for templates, is to leave alone."""
    return text.replace("{{", '{{ "{{" }}')


def _filled(page: str) -> str:
    """The page with its table as it must be."""
    table = "".join(_row(alert) for alert in ALERTS)
    block = f"{_BEGIN}\n\n| alert | when | why | what to do |\n|---|---|---|---|\n{table}\n{_END}"
    return re.sub(f"{_BEGIN}.*?{_END}", lambda _: block, page, flags=re.DOTALL)


def _row(alert: Alert) -> str:
    hints = dict.fromkeys(hint_id for case in alert.cases for hint_id in case.hints)
    links = ", ".join(f"[`{hint_id}`](hints.md#{hint_id})" for hint_id in hints)
    severities = ", ".join(dict.fromkeys(case.severity for case in alert.cases))
    return f"| `{alert.name}` ({severities}) | {alert.when} | {alert.why} | {links} |\n"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
