"""`gemini_otel.check()` and `gemini-otel check`: what is installed and active, what will happen, and what is wrong."""

from __future__ import annotations

import itertools
import os
import platform
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from gemini_otel._commands.check import endpoints as _endpoints
from gemini_otel._commands.check import environment as _environment
from gemini_otel._commands.check import live as _live
from gemini_otel._commands.check.report import Finding, Other, Report, SettingInForce, Target
from gemini_otel._facts.version import __version__
from gemini_otel._settings.in_force import load, resolve
from gemini_otel._settings.table import shown
from gemini_otel._telemetry import neighbours

_PACKAGES = (
    "google-genai",
    "opentelemetry-api",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation",
    "opentelemetry-distro",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-exporter-otlp-proto-grpc",
    "wrapt",
)
_OPTIONAL = (
    "httpx2",
    "httpx",
    "aiohttp",
    "websockets",
    "opentelemetry-configuration",
    "opentelemetry-util-genai",
)
_OLDEST_SDK = (1, 32)
NEWEST_SDK = "3.6.1"  # as in tests/newest.txt
_CONNECT_SECONDS = 2.0
_LINK = re.compile(r"\[[^][]+\]\(([^()#]*)[^()]*\)")  # those of docs/settings.md
_ORDER = {"error": 0, "warning": 1, "info": 2}


def check(*, connect: bool = False) -> Report:
    """The state of the instrumentation in this process: `print(gemini_otel.check())`.

    `report.ok` is False if something will not work, and `report.findings` say what is wrong and how to mend it. Nothing is
    changed, and nothing is sent; with `connect`, a connection to each OTLP endpoint is tried. The report contains no
    secrets.
    """
    return examine(os.environ, connect=connect)


def examine(environ: Mapping[str, str], *, connect: bool = False, import_sdk: bool = False) -> Report:
    """The same for a given environment; `import_sdk` imports google-genai to see which functions it has."""
    targets = _live.targets(import_sdk=import_sdk)
    found = _live.providers()
    live = _live.instrumentation() is not None or _live.launched() or found["traces"] is not None
    others = tuple(_others())
    findings = [
        *_sdk_problems(),
        *_environment.sdk_problems(environ),
        *_environment.setting_problems(environ),
    ]
    findings += _environment.configuration_file_problems(environ)
    findings += _live_problems(found, targets) if live else _launch_problems(environ)
    findings += (_two(other) for other in others if other.active)
    if connect:
        findings += _unreachable(found if live else None, environ)
    findings = sorted(dict.fromkeys(findings), key=lambda finding: _ORDER[finding.level])
    signals = _live.signals(found)
    return Report(
        live=live,
        outlook=tuple(_outlook(live, found, environ, not any(f.level == "error" for f in findings))),
        findings=tuple(findings),
        versions=_versions(),
        targets=targets,
        signals=signals,
        settings=tuple(_settings_in_force(environ)),
        others=others,
    )


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"gemini-otel": __version__, "Python": platform.python_version()}
    found.update((name, _environment.version(name)) for name in _PACKAGES)
    optional = {name: _environment.version(name) for name in _OPTIONAL}
    return {**found, **{name: version for name, version in optional.items() if version is not None}}


def _sdk_problems() -> Iterator[Finding]:
    version = _environment.version("google-genai")
    if version is None:
        yield Finding(
            "error",
            "google-genai is not installed: there is nothing to trace.",
            "Install it with: pip install google-genai",
        )
    elif _parts(version) < _OLDEST_SDK:
        yield Finding(
            "error",
            f"google-genai {version} is too old to be traced.",
            "Upgrade it with: pip install 'google-genai>=1.32'",
        )
    elif _parts(version) > _parts(NEWEST_SDK):
        yield Finding(
            "info",
            f"google-genai {version} is newer than the newest that this release was tested with ({NEWEST_SDK}).",
            "Upgrade gemini-otel if calls are missing from the traces.",
        )


def _parts(version: str) -> tuple[int, ...]:
    """The numbers of a release for comparisons, up to the first part that is not a number."""
    numbers = itertools.takewhile(str.isdecimal, version.split("."))
    return tuple(int(number) for number in numbers)


def _live_problems(found: dict[str, Any], targets: tuple[Target, ...]) -> Iterator[Finding]:
    if _live.instrumentation() is None:
        variable = _environment.left_out(os.environ) if _live.launched() else None
        yield Finding(
            "error",
            "gemini-otel is not active in this process"
            + (
                f", because OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={variable} leaves it out."
                if variable
                else "."
            ),
            "Take `gemini` or `*` off that list." if variable else "Call gemini_otel.instrument().",
        )
    yield from _live.provider_problems(found)
    yield from _live.two_providers()
    for target in targets:
        if target.state == "unpatched":
            yield Finding(
                "warning",
                f"{target.name} is not patched, although this process is instrumented, so its calls are not traced.",
                "The log says why if it could not be patched. If another library took our layer off, instrument later.",
            )
    lost = sorted({target.area for target in targets} - {t.area for t in targets if t.state != "missing"})
    for area in lost:
        yield Finding(
            "warning",
            f"This google-genai has no part of {area}, so those calls are not traced.",
            "Upgrade gemini-otel.",
        )


def _launch_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The reasons for which `opentelemetry-instrument` would fail, or export nothing, in this environment."""
    if _environment.has_distro():
        yield from _environment.launch_problems(environ)
    else:
        yield Finding(
            "warning",
            "opentelemetry-distro is not installed, so opentelemetry-instrument sets up no exporter.",
            "Set up providers in the program and print(gemini_otel.check()) there, or install it with: pip install "
            "opentelemetry-distro",
        )
    yield from _environment.otlp_problems(environ)
    yield from _environment.sampler_problems(environ)
    yield from _environment.service_problems(environ)


def _others() -> Iterator[Other]:
    active = {neighbour.name: neighbour for neighbour in neighbours.active()}
    installed = {neighbour.name: (neighbour, version) for neighbour, version in neighbours.installed()}
    for name, neighbour in active.items():
        version = installed[name][1] if name in installed else None
        yield Other(name, version, active=True, advice=neighbour.advice)
    for name, (neighbour, version) in installed.items():
        if name not in active:
            yield Other(name, version, active=False, advice=neighbour.advice)


def _two(other: Other) -> Finding:
    return Finding("warning", f"{other.name} is active as well.", other.advice)


def _settings_in_force(environ: Mapping[str, str]) -> Iterator[SettingInForce]:
    session = _live.instrumentation()
    for each in resolve(session.keywords if session is not None else {}, environ):
        row = each.setting
        yield SettingInForce(
            row.name,
            shown(each.value),
            each.source,
            tuple(row.variables),
            shown(row.default),
            _LINK.sub(r"docs/\1", row.meaning),
        )


def _unreachable(found: dict[str, Any] | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    for protocol, url in dict.fromkeys(_destinations(found, environ)):
        host, port = _endpoints.address(protocol, url)
        try:
            socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
        except OSError as error:
            yield Finding(
                "error",
                f"{_endpoints.masked(url)} cannot be reached: {error.strerror or error}.",
                f"Start a collector that listens on port {port}, or correct OTEL_EXPORTER_OTLP_ENDPOINT.",
            )


def _destinations(found: dict[str, Any] | None, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Protocol and URL of each OTLP endpoint that is used, or would be used."""
    if found is not None:
        yield from _live.destinations(found)
        return
    for signal in _endpoints.SIGNALS:
        for name in _environment.exporters_of(signal, environ):
            if name.startswith("otlp_proto_"):
                protocol = name.rpartition("_")[2]
                yield protocol, _endpoints.endpoint_of(signal, protocol, environ)[0]


def _outlook(live: bool, found: dict[str, Any], environ: Mapping[str, str], ok: bool) -> Iterator[str]:
    if not live:
        yield "This process is not instrumented. Below is what opentelemetry-instrument would do with this environment."
        yield "To see the state of a running program, call print(gemini_otel.check()) in it."
    if not ok:
        yield "Something will not work as it stands: the findings below say what."
        return
    session = _live.instrumentation()
    in_force = session.settings if session is not None else load({}, environ)
    yield f"Each Gemini call gives a span{_to(live, found, environ, 'traces')}."
    if not live or found["metrics"] is not None:
        metrics = f"metrics under the names of the profile {in_force.semconv}"
        yield f"Calls give {metrics}{_to(live, found, environ, 'metrics')}."
    where = {"span": "the span", "logs": "log events", "both": "the span and to log events"}
    yield (
        f"Hints of the severity {in_force.hint_level} and above go to {where[in_force.hint_signal]}."
        if in_force.hints
        else "Hints are switched off."
    )


def _to(live: bool, found: dict[str, Any], environ: Mapping[str, str], signal: str) -> str:
    if live:
        names = [type(end).__name__ for end in _live.ends(found[signal])]
    else:
        names = _environment.exporters_of(signal, environ) if _environment.has_distro() else []
    if names:
        return (
            f", which goes to {', '.join(names)}"
            if signal == "traces"
            else f", which go to {', '.join(names)}"
        )
    return " that goes nowhere" if signal == "traces" else " that go nowhere"
