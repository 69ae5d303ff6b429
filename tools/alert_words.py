"""The texts of an alert: labels and annotations as templates of Prometheus, made from the hints of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from alert_rules import ADVICE, HINTS, Alert, By, Case, Named

from gemini_otel.hints import Hint, default_hints

# `gemini-otel alerts --grafana` puts an address before it.
_DASHBOARD = "/d/gemini?var-service={{ urlquery $labels.job }}"
_TROUBLESHOOTING = "https://ai.google.dev/gemini-api/docs/troubleshooting"
_BY_ID = {hint.id: hint for hint in default_hints()}


def labels(case: Case) -> dict[str, str]:
    """The severity, the case's own labels, and the hint's id where the rule knows it."""
    known = {"severity": case.severity, **case.labels}
    if case.hints:
        known["hint"] = case.hints[0]
    elif case.by is not None:
        known["hint"] = _chosen(case.by, lambda hint: hint.id, "")
    return known


def annotations(alert: Alert, case: Case) -> dict[str, str]:
    """The annotations that people read: one line, the cause with all steps, and two links."""
    return {
        "summary": alert.summary,
        "description": "\n\n".join(filter(None, (alert.facts, _told(case)))),
        "runbook_url": _reference(case),
        "dashboard_url": _DASHBOARD,
    }


def _told(case: Case) -> str:
    named = _named(case.named) if case.named is not None else ""
    if case.by is not None:
        explain = f"What it means: gemini-otel explain {{{{ $labels.{case.by.label} }}}}"
        return _chosen(case.by, in_full, named or explain)
    known = "\n\n".join(in_full(_BY_ID[hint]) for hint in case.hints)
    return "\n\n".join(filter(None, ("One of:" if len(case.hints) > 1 else "", known, named)))


def in_full(hint: Hint) -> str:
    """Summary, cause and remedy of a hint, one step a line."""
    steps = "\n".join(f"- {sentence}" for sentence in hint.remedy)
    return _literal(f"{hint.summary} {hint.cause}\n{steps}")


def _reference(case: Case) -> str:
    if case.by is not None:
        return _chosen(case.by, lambda hint: hint.reference, _TROUBLESHOOTING)
    return _BY_ID[case.hints[0]].reference if case.hints else _TROUBLESHOOTING


def _chosen(choice: By, text: Callable[[Hint], str], otherwise: str) -> str:
    """The text of the hint that the label's value stands for."""
    values: dict[str, list[str]] = {}
    for value, hint in choice.hints.items():
        values.setdefault(text(_BY_ID[hint]), []).append(f'"{value}"')
    cases = [
        f"{{{{ {'else ' * bool(number)}if eq $labels.{choice.label} {' '.join(those)} }}}}{said}"
        for number, (said, those) in enumerate(values.items())
    ]
    return "".join((*cases, f"{{{{ else }}}}{otherwise}{{{{ end }}}}"))


def _named(named: Named) -> str:
    """The hint that the service counts most often; Prometheus looks it up when the alert fires."""
    asked = f"topk(1, {HINTS}:rate{named.within}{{job=%q,gemini_hint_id=~%q}} > 0)"
    said = f"{ADVICE}{{gemini_hint_id=%q}}"
    return (
        f"{{{{ $job := $labels.job }}}}{{{{ $ids := {named.ids} }}}}"
        + (f"{{{{ if {named.where} }}}}{{{{ $ids = {named.there} }}}}{{{{ end }}}}" if named.where else "")
        + f"{{{{ with query (printf `{asked}` $job $ids) }}}}{{{{ $hint := (first .).Labels.gemini_hint_id }}}}"
        + "The service's most frequent hint of this kind is {{ $hint }}. "
        + f"{{{{ range query (printf `{said}` $hint) }}}}{{{{ .Labels.advice }}}}{{{{ end }}}}\n"
        + "All of it: gemini-otel explain {{ $hint }}"
        + "{{ else }}The dashboard's main table has the hints of the service, with their remedies.{{ end }}"
    )


def _literal(text: str) -> str:
    """The text, escaped so that Prometheus does not read it as a template."""
    return text.replace("{{", '{{ "{{" }}')
