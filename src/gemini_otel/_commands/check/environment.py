"""What the environment variables set for OpenTelemetry, and the usual mistakes in them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gemini_otel._commands.check.endpoints import SIGNALS, environment_problems, protocol_of
from gemini_otel._commands.check.report import NO_SERVICE_NAME, Finding
from gemini_otel._settings import in_force
from gemini_otel._settings.table import shown

ENTRY_POINT = "gemini"
_CONSOLE = "gemini_console"
_PACKAGES = {
    "otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc",
    "otlp_proto_http": "opentelemetry-exporter-otlp-proto-http",
    _CONSOLE: "'gemini-otel[console]'",
}
_PROTOCOLS = ("grpc", "http/protobuf")
_OFF = ("always_off", "parentbased_always_off")
_RATIOS = ("traceidratio", "parentbased_traceidratio")


def version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def has_distro() -> bool:
    """Whether `opentelemetry-instrument` would set up an SDK."""
    return bool(importlib.metadata.entry_points(group="opentelemetry_configurator"))


def left_out(environ: Mapping[str, str]) -> str | None:
    """The value of the variable that keeps `opentelemetry-instrument` from instrumenting with this package."""
    text = environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")
    return text if {ENTRY_POINT, "*"} & {name.strip() for name in text.split(",")} else None


def sdk_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What keeps the OpenTelemetry SDK from recording anything."""
    if version("opentelemetry-sdk") is None:
        yield Finding(
            "error",
            "opentelemetry-sdk is not installed, so nothing is recorded.",
            "Install it with: pip install opentelemetry-distro opentelemetry-exporter-otlp",
        )
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        yield Finding("error", "OTEL_SDK_DISABLED=true, so the SDK records nothing.", "Unset it.")


def setting_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Our variables that are misspelled or have unknown values."""
    for name, meant in in_force.unknown_variables(environ).items():
        known = f"Did you mean {meant}?" if meant else "All settings are in docs/settings.md."
        yield Finding("error", f"{name} is not a setting of gemini-otel.", known)
    for each in in_force.resolve({}, environ):
        if each.problem is not None:
            yield Finding("error", f"{each.problem}.", _instead(each.value, each.source))
    value, problem = in_force.problems_only_variable(environ)
    if problem is not None:
        yield Finding("error", f"{problem}.", _instead(value, "default"))


def _instead(value: Any, source: str) -> str:
    origin = "the default" if source == "default" else f"from {source}"
    return f"Until you correct it, {shown(value)} is in force ({origin})."


def configuration_file_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    path = environ.get("OTEL_CONFIG_FILE")
    if not path:
        return
    if importlib.util.find_spec("opentelemetry.configuration") is None:
        yield Finding(
            "error",
            f"OTEL_CONFIG_FILE={path} needs the package opentelemetry-configuration.",
            "Install it with: pip install opentelemetry-configuration",
        )
    if not Path(path).is_file():
        yield Finding("error", f"OTEL_CONFIG_FILE={path} is not a file.", "Correct the path, or unset it.")


def sampler_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """A sampler that drops every call."""
    sampler = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    share = environ.get("OTEL_TRACES_SAMPLER_ARG", "").strip()
    if sampler in _OFF or (sampler in _RATIOS and _is_zero(share)):
        given = f"OTEL_TRACES_SAMPLER={sampler}" + (f" with OTEL_TRACES_SAMPLER_ARG={share}" if share else "")
        yield Finding(
            "error",
            f"{given}: no call is sampled, so there are metrics and no spans.",
            "Unset it, or choose parentbased_traceidratio with OTEL_TRACES_SAMPLER_ARG=0.1.",
        )


def service_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not named:
        yield NO_SERVICE_NAME


def launch_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What `opentelemetry-instrument` would fail at or not export."""
    left = left_out(environ)
    if left is not None:
        yield Finding(
            "error",
            f"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={left} leaves gemini-otel out.",
            "Take `gemini` or `*` off that list.",
        )
    if environ.get("OTEL_CONFIG_FILE"):
        return  # replaces the variables of exporters
    wanted = {signal: exporters_of(signal, environ) for signal in SIGNALS}
    if not wanted["traces"]:
        yield Finding(
            "error",
            "OTEL_TRACES_EXPORTER=none, so spans are exported nowhere.",
            "Unset it, or set it to otlp or gemini_console.",
        )
    for name in dict.fromkeys(name for names in wanted.values() for name in names):
        yield from _missing_package(name, [signal for signal in SIGNALS if name in wanted[signal]])


def otlp_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Mistakes in the variables of OTLP exporters, which apply to a program that sets them up itself, too."""
    if environ.get("OTEL_CONFIG_FILE"):
        return
    for variable in (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        *(f"OTEL_EXPORTER_OTLP_{s.upper()}_PROTOCOL" for s in SIGNALS),
    ):
        text = environ.get(variable, "").strip()
        if text not in ("", *_PROTOCOLS):
            yield Finding(
                "error",
                f"{variable}={text} is not a protocol that the SDK knows.",
                f"Choose one of: {', '.join(_PROTOCOLS)}.",
            )
    for signal in SIGNALS:
        for name in exporters_of(signal, environ):
            if name.startswith("otlp_proto_"):
                yield from environment_problems(signal, name.rpartition("_")[2], environ)
    yield from _header_problems(environ)


def exporters_of(signal: str, environ: Mapping[str, str]) -> list[str]:
    """The exporters that the distro would set up, by the names of their entry points."""
    text = environ.get(f"OTEL_{signal.upper()}_EXPORTER", "otlp")
    names = [name.strip() for name in text.split(",") if name.strip() not in ("", "none")]
    default = protocol_of(signal, environ) or _default_protocol()
    return [f"otlp_proto_{default}" if name == "otlp" else name for name in names]


def _default_protocol() -> str:
    """The distro's default is grpc; without the distro, it is the protocol of the installed exporter."""
    only_http = (
        version(_PACKAGES["otlp_proto_grpc"]) is None and version(_PACKAGES["otlp_proto_http"]) is not None
    )
    return "http" if only_http and not has_distro() else "grpc"


def _missing_package(name: str, signals: list[str]) -> Iterator[Finding]:
    groups = (f"opentelemetry_{signal}_exporter" for signal in signals)
    missing = [
        group.split("_")[1]
        for group in groups
        if not importlib.metadata.entry_points(group=group, name=name)
        or (name == _CONSOLE and version("rich") is None)
    ]
    if not missing:
        return
    if name not in _PACKAGES:
        mend = "Install the package that has it."
    elif name == "otlp_proto_grpc" and version(_PACKAGES["otlp_proto_http"]) is not None:
        mend = f"Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf for the one that is installed, or {_install(name)}"
    else:
        mend = _install(name).capitalize()
    yield Finding(
        "error",
        f"The exporter {name} ({', '.join(missing)}) is not installed, so opentelemetry-instrument sets up no SDK at all.",
        mend,
    )


def _install(name: str) -> str:
    return f"install it with: pip install {_PACKAGES[name]}"


def _header_problems(environ: Mapping[str, str]) -> Iterator[Finding]:
    for variable in (
        "OTEL_EXPORTER_OTLP_HEADERS",
        *(f"OTEL_EXPORTER_OTLP_{s.upper()}_HEADERS" for s in SIGNALS),
    ):
        parts = [part for part in environ.get(variable, "").split(",") if part.strip()]
        if any("=" not in part for part in parts):
            yield Finding(
                "error",
                f"{variable} has a part without `=`, which is left out.",
                "Write name=value,name=value; encode commas and spaces in a value as %2C and %20.",
            )


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
