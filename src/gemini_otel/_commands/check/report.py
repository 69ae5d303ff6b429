"""The result of a check as plain data and as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from gemini_otel._commands.wrapping import wrapped

_MOST_NAMES = 3
_LABELS = {"error": "ERROR", "warning": "WARNING", "info": "note"}
_SOURCES = {"default": "the default", "keyword": "given to instrument()"}
_STATES = {  # for one function and for several
    "patched": ("is traced", "are traced"),
    "ready": ("is ready to be traced", "are ready to be traced"),
    "waiting": ("is traced once it is imported", "are traced once they are imported"),
    "unpatched": ("is not patched", "are not patched"),
    "missing": ("is not in this google-genai", "are not in this google-genai"),
}
NOTHING_FOUND = "Nothing is wrong."


class Finding(NamedTuple):
    """One result of the check. For an `error`, something will not work; `mend` says what to do.

    `level` is "error", "warning" or "info".
    """

    level: str  # error, warning, info
    what: str
    mend: str


NO_SERVICE_NAME = Finding(
    "info",
    "The service has no name; back ends show `unknown_service`.",
    "Set OTEL_SERVICE_NAME to your service's name.",
)


class Target(NamedTuple):
    """One SDK function that is traced. Its state is `patched`, `ready` to be patched, `waiting` for the SDK's import,
    `missing` in this SDK, or `unpatched` if this process is instrumented and the function all the same is not patched.
    """

    area: str
    name: str
    state: str


class Signal(NamedTuple):
    """The destination of traces, metrics or logs: the provider, and the exporters and processors behind it."""

    name: str
    provider: str | None
    exporters: tuple[str, ...]


class SettingInForce(NamedTuple):
    """A setting with its value as text, and its source: `keyword`, an environment variable, or `default`."""

    name: str
    value: str
    source: str
    variables: tuple[str, ...]
    default: str
    meaning: str


class Other(NamedTuple):
    """Another instrumentation of the SDK; `active` in this process, or only installed."""

    name: str
    version: str | None
    active: bool
    advice: str


class Report(NamedTuple):
    """The state of the instrumentation; `print()` shows it. `live` is True if this process has been set up."""

    live: bool
    outlook: tuple[str, ...]
    findings: tuple[Finding, ...]
    versions: dict[str, str | None]
    targets: tuple[Target, ...]
    signals: tuple[Signal, ...]
    settings: tuple[SettingInForce, ...]
    others: tuple[Other, ...]

    @property
    def ok(self) -> bool:
        """Whether everything will work; False if there is a finding of level "error"."""
        return not any(finding.level == "error" for finding in self.findings)

    def as_json(self) -> str:
        """The report as data for `json.dumps`."""
        rows = {
            name: [each._asdict() for each in getattr(self, name)]
            for name in ("findings", "targets", "signals", "settings", "others")
        }
        return json.dumps(
            {"ok": self.ok, "live": self.live, "outlook": self.outlook, "versions": self.versions, **rows},
            indent=2,
        )

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def sections(report: Report) -> Iterator[tuple[str, list[str]]]:
    """The headings of the text, each with its lines; a line that belongs to the one before it is indented."""
    yield "What will happen", list(report.outlook)
    yield "Installed", [_version_line(*each) for each in report.versions.items()]
    yield "SDK functions", list(_target_lines(report.targets))
    yield "Providers and exporters", [_signal_line(signal) for signal in report.signals]
    yield "Settings", [line for each in report.settings for line in _setting_lines(each)]
    yield "Other instrumentations", [_other_line(each) for each in report.others] or ["There are none."]


def finding_lines(finding: Finding) -> tuple[str, str]:
    return f"{_LABELS[finding.level]}: {finding.what}", f"    {finding.mend}"


def _lines(report: Report) -> Iterator[str]:
    for heading, lines in sections(report):
        yield heading
        yield from map(fitted, lines)
        yield ""
    yield "Findings"
    for finding in report.findings:
        yield from map(fitted, finding_lines(finding))
    if not report.findings:
        yield fitted(NOTHING_FOUND)


def fitted(line: str) -> str:
    """A line below a heading, wrapped at the terminal's width."""
    text = line.lstrip()
    return wrapped(text, "  " + line[: -len(text)])


def _version_line(name: str, version: str | None) -> str:
    return f"{name} {version}" if version else f"{name} is not installed."


def _target_lines(targets: tuple[Target, ...]) -> Iterator[str]:
    for area in dict.fromkeys(target.area for target in targets):
        states: dict[str, list[str]] = {}
        for target in targets:
            if target.area == area:
                states.setdefault(target.state, []).append(target.name)
        counts = ", ".join(_counted(state, names) for state, names in states.items())
        yield f"{area}: {counts}."


def _counted(state: str, names: list[str]) -> str:
    one, many = _STATES[state]
    said = f"1 function {one}" if len(names) == 1 else f"{len(names)} functions {many}"
    return f"{said} ({_few(names)})" if state in ("unpatched", "missing") else said


def _setting_lines(setting: SettingInForce) -> Iterator[str]:
    given = [f"instrument({setting.name}=...)", *setting.variables]
    *others, last = given
    ways = f"{', '.join(others)} or {last}" if others else last
    default = "" if setting.source == "default" else f" The default is {setting.default}."
    yield f"{setting.name} = {setting.value}  ({_SOURCES.get(setting.source, f'from {setting.source}')})"
    yield f"    {setting.meaning[0].upper()}{setting.meaning[1:]}. Set it with {ways}.{default}"


def _few(names: list[str]) -> str:
    more = f", and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _signal_line(signal: Signal) -> str:
    if signal.provider is None:
        return f"There is no provider for {signal.name}."
    return f"{signal.provider} sends {signal.name} to {', '.join(signal.exporters) or 'nothing'}."


def _other_line(other: Other) -> str:
    version = f" {other.version}" if other.version else ""
    return f"{other.name}{version} is {'active' if other.active else 'installed'}. {other.advice}"
