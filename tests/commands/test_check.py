"""`gemini_otel.check()` and `gemini-otel check`: each mistake is found, and a sound set-up has none."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

import gemini_otel
from gemini_otel import cli
from gemini_otel._commands.check import NEWEST_SDK, examine
from gemini_otel._commands.check import environment as _environment
from gemini_otel._commands.check import live as _live
from gemini_otel._commands.check import show as _show
from gemini_otel._commands.check.report import Finding, Report, Target
from gemini_otel._settings.table import SETTINGS
from gemini_otel._telemetry import neighbours
from support import Telemetry

HTTP = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
SOUND = {**HTTP, "OTEL_SERVICE_NAME": "mine"}
SECRET = "c4n4ry"


@pytest.fixture(autouse=True)
def bystander_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """No providers that other tests have set, and none of their instrumentations."""
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    monkeypatch.setattr(neighbours, "active", list)
    monkeypatch.setattr(neighbours, "installed", list)
    monkeypatch.setattr(_live, "launched", lambda: False)


def errors(findings: Iterable[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level == "error"]


def found(report: Report, level: str) -> list[str]:
    return [finding.what for finding in report.findings if finding.level == level]


def is_a_sentence(text: str) -> bool:
    """Whether it begins with a capital or a name, ends with a point or a command, and has nothing of Python's own spelling."""
    begins = text[0].isupper() or text.startswith(("google-genai ", "opentelemetry-distro ", "gemini-otel "))
    ends = text.endswith((".", "?")) or ": pip install " in text or ": provider." in text
    return begins and ends and not re.search(r"frozenset|None|True|False|\['|<", text)


def test_no_spelling_of_python(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A value in force instead of a bad one is shown as the settings write it, in the report and in the log."""
    values = {"ERROR_OUTCOMES": "red", "HINTS": "maybe", "DISABLED_HINTS": "nothing.of.it"}
    bad = {f"GEMINI_OTEL_{name}": value for name, value in values.items()}
    mends = [each.mend for each in examine({**SOUND, **bad}).findings]
    assert mends == [
        f"Until you correct it, {value} is in force (the default)."
        for value in ("blocked, empty, malformed, repetition, truncated", "true", "none")
    ]
    for name, value in bad.items():
        monkeypatch.setenv(name, value)
    gemini_otel.instrument()
    gemini_otel.uninstrument()
    assert "using the default, blocked, empty, malformed" in caplog.text
    assert "frozenset" not in caplog.text


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_fit_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer than the terminal is wide, apart from one that is a single word."""
    monkeypatch.setenv("COLUMNS", str(columns))
    report = examine({**SOUND, "GEMINI_OTEL_HINTS": "maybe", "OTEL_TRACES_EXPORTER": "zipkin_json"})
    long = [line for line in str(report).splitlines() if len(line) > columns]
    assert [line for line in long if len(line.split()) > 1] == []


def test_a_sound_environment() -> None:
    """Where everything is in order nothing is found, and the report says what will happen."""
    report = examine(SOUND)
    assert report.findings == ()
    assert report.ok
    assert not report.live
    assert "Each Gemini call gives a span, which goes to otlp_proto_http." in report.outlook
    assert report.versions["google-genai"] == importlib.metadata.version("google-genai")


@pytest.mark.parametrize(
    ("environ", "what", "mend"),
    [
        ({"OTEL_SDK_DISABLED": "True"}, "OTEL_SDK_DISABLED=true", "Unset"),
        (
            {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "flask, gemini"},
            "leaves gemini-otel out",
            "off that list",
        ),
        ({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*"}, "leaves gemini-otel out", "off that list"),
        ({"OTEL_TRACES_EXPORTER": "none"}, "exported nowhere", "otlp or gemini_console"),
        ({"OTEL_TRACES_EXPORTER": "zipkin_json"}, "The exporter zipkin_json (traces) is not", "Install"),
        ({"OTEL_METRICS_EXPORTER": "prom"}, "The exporter prom (metrics) is not", "Install"),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "no call is sampled", "parentbased_traceidratio"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, "_ARG=0: no call", "0.1"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://there:4317"}, "port 4317 is that of OTLP over grpc", "4318"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://there:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "port 4318 is that of OTLP over http/protobuf",
            "4317",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "has no scheme", "http://localhost:4318"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://there:4318/v1/traces"},
            "contains the signal's path twice",
            "before /v1/",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http"},
            "OTEL_EXPORTER_OTLP_PROTOCOL=http is not a protocol",
            "http/protobuf",
        ),
        (
            {"OTEL_EXPORTER_OTLP_HEADERS": f"Bearer {SECRET}"},
            "OTEL_EXPORTER_OTLP_HEADERS has a part",
            "name=value",
        ),
        ({"OTEL_CONFIG_FILE": "/no/such.yaml"}, "is not a file", "path"),
        (
            {"GEMINI_OTEL_HINT_LEVLE": "info"},
            "GEMINI_OTEL_HINT_LEVLE is not a setting",
            "mean GEMINI_OTEL_HINT_LEVEL?",
        ),
        (
            {"GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY": "perhaps"},
            "GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY='perhaps' is not valid; choose from: true, false",
            "false is in force (the default)",
        ),
        ({"GEMINI_OTEL_QQQ": "info"}, "GEMINI_OTEL_QQQ is not a setting", "docs/settings.md"),
        (
            {"GEMINI_OTEL_HINT_LEVEL": "loud"},
            "GEMINI_OTEL_HINT_LEVEL='loud' is not valid",
            "warning is in force (the default)",
        ),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_each_mistake_is_found(environ: dict[str, str], what: str, mend: str) -> None:
    """A mistake in the environment is an error that says what is wrong and what to do, without what is secret."""
    report = examine({**SOUND, **environ})
    findings = [each for each in report.findings if each.level == "error" and what in each.what]
    assert findings, report.findings
    assert mend in findings[0].mend
    assert all(
        map(is_a_sentence, [*report.outlook, *(text for each in report.findings for text in each[1:])])
    )
    assert not report.ok
    assert SECRET not in str(report)


@pytest.mark.parametrize("installed", [True, False])
def test_the_console_exporter(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_TRACES_EXPORTER=gemini_console is sound with rich, and a mistake without it that names the extra."""
    if not installed:
        monkeypatch.setattr(_environment, "version", lambda name: None if name == "rich" else "1.0")
    report = examine({**SOUND, "OTEL_TRACES_EXPORTER": "gemini_console"})
    said = [
        each.mend for each in report.findings if "The exporter gemini_console (traces) is not" in each.what
    ]
    assert said == ([] if installed else ["Install it with: pip install 'gemini-otel[console]'"])


@pytest.mark.parametrize(
    ("environ", "what"),
    [
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://there:4318"}, "does not end in /v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://there:4317/otlp"},
            "has a path",
        ),
    ],
)
def test_doubtful_endpoints_are_warnings(environ: dict[str, str], what: str) -> None:
    """An endpoint that a back end might still take is a warning."""
    assert any(what in each for each in found(examine({**SOUND, **environ}), "warning"))


@pytest.mark.parametrize(
    "endpoint",
    ["http://there:4318", "https://api.there.example", "http://there:4318/otlp/", "http://[::1]:4318"],
)
def test_sound_endpoints(endpoint: str) -> None:
    """Endpoints that work give no finding."""
    assert examine({**SOUND, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}).findings == ()


def test_other_opt_outs_are_fine() -> None:
    """Other instrumentations may be switched off, and signals that a back end does not take."""
    environ = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "google-genai", "OTEL_METRICS_EXPORTER": "none"}
    assert examine({**SOUND, **environ}).findings == ()


def test_a_nameless_service_is_a_note() -> None:
    """Without a service name there is a note; a resource attribute names it as well."""
    assert found(examine(HTTP), "info") == ["The service has no name; back ends show `unknown_service`."]
    assert examine({**HTTP, "OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=mine"}).findings == ()


def missing(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Makes distributions seem absent."""
    version = importlib.metadata.version

    def without(name: str) -> str:
        if name in names:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)


def test_missing_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without google-genai or the OpenTelemetry SDK there is an error that says what to install."""
    missing(monkeypatch, "google-genai", "opentelemetry-sdk")
    mends = [each.mend for each in examine(SOUND).findings if each.level == "error"]
    assert mends[0] == "Install it with: pip install google-genai"
    assert "opentelemetry-distro" in mends[1]


def test_without_the_sdk() -> None:
    """Where google-genai cannot be imported, the report says what to install instead of failing."""
    program = """
import importlib.metadata, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "google" or name.startswith("google.genai"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
version = importlib.metadata.version
def without(name):
    if name == "google-genai":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = without
import gemini_otel
report = gemini_otel.check()
print(*(each.mend for each in report.findings), sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install google-genai" in done.stdout, done.stderr


def test_an_old_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A google-genai that is too old is an error."""
    monkeypatch.setattr(_environment, "version", lambda name: "1.9.0" if name == "google-genai" else "1.0")
    assert errors(examine(SOUND).findings) == ["google-genai 1.9.0 is too old to be traced."]


@pytest.mark.parametrize(("version", "newer"), [("99.1.0", True), (NEWEST_SDK, False), ("2.0.1", False)])
def test_a_newer_sdk(monkeypatch: pytest.MonkeyPatch, version: str, newer: bool) -> None:
    """A google-genai that this release was not tested with is named in one line, which is no error."""
    monkeypatch.setattr(_environment, "version", lambda name: version if name == "google-genai" else "1.0")
    line = (
        f"google-genai {version} is newer than the newest that this release was tested with ({NEWEST_SDK})."
    )
    assert [each.level for each in examine(SOUND).findings if each.what == line] == ["info"] * newer


def test_a_missing_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The distro's default, grpc, without its package is an error that names both ways out."""
    missing(monkeypatch, "opentelemetry-exporter-otlp-proto-grpc")
    entry_points = importlib.metadata.entry_points
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda **query: () if query.get("name") == "otlp_proto_grpc" else entry_points(**query),
    )
    (finding,) = [
        each for each in examine({"OTEL_SERVICE_NAME": "mine"}).findings if "not installed" in each.what
    ]
    assert "otlp_proto_grpc (traces, metrics, logs)" in finding.what
    assert "pip install opentelemetry-exporter-otlp-proto-grpc" in finding.mend
    assert "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in finding.mend


def test_without_the_distro(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without opentelemetry-distro there is a warning; the variables of exporters are looked at all the same."""
    monkeypatch.setattr(_environment, "has_distro", lambda: False)
    report = examine({**SOUND, "OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"})
    assert "opentelemetry-distro is not installed" in found(report, "warning")[0]
    assert "has no scheme" in found(report, "error")[0]
    assert "that goes nowhere" in " ".join(examine(SOUND).outlook)


def test_a_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file takes the place of the exporters' variables; its package may be missing."""
    path = tmp_path / "otel.yaml"
    path.write_text("file_format: '1.0'\n", encoding="utf-8")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    environ = {**SOUND, "OTEL_CONFIG_FILE": str(path), "OTEL_TRACES_EXPORTER": "none"}
    assert errors(examine(environ).findings) == [
        f"OTEL_CONFIG_FILE={path} needs the package opentelemetry-configuration."
    ]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert examine(environ).findings == ()


@pytest.fixture
def provider() -> Iterator[Any]:
    """Providers with the tracer provider given, and ends it."""
    made: list[TracerProvider] = []

    def instrument(*exporters: Any, **options: Any) -> TracerProvider:
        provider = TracerProvider(resource=Resource({"service.name": "mine"}), **options)
        for exporter in exporters:
            provider.add_span_processor(SimpleSpanProcessor(exporter))
        made.append(provider)
        gemini_otel.instrument(tracer_provider=provider)
        return provider

    yield instrument
    gemini_otel.uninstrument()
    for each in made:
        each.shutdown()


def test_a_running_program(telemetry: Telemetry) -> None:
    """In a running program the report shows providers, exporters, patched functions and settings."""
    report = gemini_otel.check()
    assert report.ok
    assert report.live
    assert {signal.name: signal.exporters for signal in report.signals} == {
        "traces": ("InMemorySpanExporter",),
        "metrics": ("InMemoryMetricReader",),
        "logs": (),
    }
    states = {target.state for target in report.targets if target.area == "generate_content"}
    assert "patched" in states
    assert "ready" not in states
    assert str(report) == str(gemini_otel.check())


def test_settings_say_where_they_come_from(monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry) -> None:
    """Each setting comes with what gave it; a callable is shown by its name."""
    gemini_otel.uninstrument()
    monkeypatch.setenv("GEMINI_OTEL_HINT_LEVEL", "error")
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http,gen_ai_latest_experimental/dup")
    gemini_otel.instrument(**telemetry.providers, on_repetition=errors, disabled_hints=("cfg", "http.429"))
    shown = {each.name: (each.value, each.source) for each in gemini_otel.check().settings}
    assert shown["hint_level"] == ("error", "GEMINI_OTEL_HINT_LEVEL")
    assert shown["semconv"] == ("gen_ai_latest_experimental/dup", "OTEL_SEMCONV_STABILITY_OPT_IN")
    assert shown["on_repetition"] == ("errors", "keyword")
    assert shown["disabled_hints"] == ("cfg, http.429", "keyword")
    assert shown["repetition"] == ("true", "default")


def test_a_provider_without_exporter(provider: Any) -> None:
    """A provider to which nobody added an exporter is an error."""
    provider()
    assert "has no exporter" in found(gemini_otel.check(), "error")[0]


def test_instrumented_before_the_provider() -> None:
    """Instrumented, and no provider yet: an error that says it may still be set."""
    gemini_otel.instrument()
    try:
        report = gemini_otel.check()
    finally:
        gemini_otel.uninstrument()
    assert "There is no tracer provider yet" in found(report, "error")[0]
    assert "also after instrument()" in report.findings[0].mend


@pytest.mark.parametrize("sampler", [ALWAYS_OFF, ParentBased(ALWAYS_OFF), TraceIdRatioBased(0.0)])
def test_a_sampler_that_takes_nothing(provider: Any, sampler: Any) -> None:
    """A provider whose sampler drops every call is an error."""
    provider(ConsoleSpanExporter(), sampler=sampler)
    assert "no call gives a span" in found(gemini_otel.check(), "error")[0]


def test_a_wrong_endpoint_in_a_program(provider: Any) -> None:
    """An exporter's endpoint is looked at as the program gave it, and shown without user and password."""
    provider(OTLPSpanExporter(endpoint=f"http://me:{SECRET}@localhost:4317/v1/traces?key={SECRET}"))
    report = gemini_otel.check()
    assert "port 4317 is that of OTLP over grpc" in found(report, "error")[0]
    assert "http://***@localhost:4317/v1/traces?***" in report.signals[0].exporters[0]
    assert SECRET not in str(report) + report.as_json()


def test_batch_processors_are_seen_through(provider: Any) -> None:
    """The exporter behind a batch is found."""
    made = provider()
    made.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    assert gemini_otel.check().signals[0].exporters == ("ConsoleSpanExporter",)


def test_two_providers(provider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another provider than the global one is a warning."""
    provider(ConsoleSpanExporter())
    monkeypatch.setattr(trace, "get_tracer_provider", TracerProvider)
    assert "not the global one" in found(gemini_otel.check(), "warning")[0]


def test_a_provider_that_takes_no_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider of another make works, without hints."""

    class Foreign:
        def __init__(self) -> None:
            self.span_exporter = ConsoleSpanExporter()

        def get_tracer(self, *_: Any, **__: Any) -> Any:
            return trace.NoOpTracer()

    monkeypatch.setattr(trace, "get_tracer_provider", Foreign)
    gemini_otel.instrument()
    try:
        report = gemini_otel.check()
    finally:
        gemini_otel.uninstrument()
    assert "takes no span processors" in found(report, "warning")[0]


def test_set_up_and_not_instrumented(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with a provider and without instrument() is told so; under the launcher, the variable that left it out."""
    made = TracerProvider(resource=Resource({"service.name": "mine"}))
    made.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: made)
    (finding,) = [each for each in gemini_otel.check().findings if each.level == "error"]
    assert (finding.what, finding.mend) == (
        "gemini-otel is not active in this process.",
        "Call gemini_otel.instrument().",
    )
    monkeypatch.setattr(_live, "launched", lambda: True)
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "gemini")
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=gemini" in found(gemini_otel.check(), "error")[0]


def test_other_instrumentations(monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry) -> None:
    """An active neighbour is a warning with its advice; one that is only installed is listed."""
    active, installed = neighbours.KNOWN[:2]
    monkeypatch.setattr(neighbours, "active", lambda: [active])
    monkeypatch.setattr(neighbours, "installed", lambda: [(active, "1.0"), (installed, "2.0")])
    report = gemini_otel.check()
    assert found(report, "warning") == [f"{active.name} is active as well."]
    assert [(each.name, each.version, each.active) for each in report.others] == [
        (active.name, "1.0", True),
        (installed.name, "2.0", False),
    ]
    assert f"{installed.name} 2.0 is installed." in str(report)


def test_an_area_that_the_sdk_lacks(monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry) -> None:
    """An area of which the SDK has nothing is a warning; a few of its functions are named."""
    lost = tuple(Target("chats", f"google.genai.chats.f{number}", "missing") for number in range(5))
    monkeypatch.setattr(_live, "targets", lambda **_: lost)
    report = gemini_otel.check()
    assert found(report, "warning") == [
        "This google-genai has no part of chats, so those calls are not traced."
    ]
    names = "google.genai.chats.f0, google.genai.chats.f1, google.genai.chats.f2, and 2 more"
    said = " ".join(str(report).split())
    assert f"chats: 5 functions are not in this google-genai ({names})." in said


def test_a_function_that_is_not_patched(monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry) -> None:
    """In a process that is instrumented, a function that passes our layer by is a warning that names it."""
    from google.genai.models import Models

    monkeypatch.setattr(Models, "compute_tokens", lambda self: None)
    report = gemini_otel.check()
    name = "google.genai.models.Models.compute_tokens"
    assert [each.name for each in report.targets if each.state == "unpatched"] == [name]
    assert found(report, "warning") == [
        f"{name} is not patched, although this process is instrumented, so its calls are not traced."
    ]
    said = " ".join(str(report).split())
    assert f"1 function is not patched ({name})." in said


def test_a_share_that_is_no_number() -> None:
    """A sampler's argument that is no number is left to the SDK, which says so itself."""
    environ = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "most"}
    assert examine({**SOUND, **environ}).findings == ()


def test_connect() -> None:
    """With `connect` an endpoint that nobody listens at is an error, and one that is listened at is not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        environ = {**SOUND, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
        assert examine(environ).findings == ()
        assert "cannot be reached" in found(examine(environ, connect=True), "error")[0]
        free.listen()
        assert examine(environ, connect=True).findings == ()


def test_connect_in_a_program(provider: Any) -> None:
    """In a running program `connect` tries the exporters' own endpoints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1/traces"
        provider(OTLPSpanExporter(endpoint=url))
        assert found(gemini_otel.check(), "error") == []
        assert found(gemini_otel.check(connect=True), "error")[0].startswith(f"{url} cannot be reached")


def test_json(capsys: pytest.CaptureFixture[str], telemetry: Telemetry) -> None:
    """`check --json` prints the report as JSON, and its status says whether all is well."""
    assert cli.main(["check", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is True
    assert printed["signals"][0] == {
        "name": "traces",
        "provider": "TracerProvider",
        "exporters": ["InMemorySpanExporter"],
    }
    assert [row["name"] for row in printed["settings"]] == [row.name for row in SETTINGS]
    (semconv,) = (row for row in printed["settings"] if row["name"] == "semconv")
    assert semconv["variables"] == ["GEMINI_OTEL_SEMCONV", "OTEL_SEMCONV_STABILITY_OPT_IN"]
    assert semconv["default"] == "default"
    assert semconv["meaning"].startswith("names of the GenAI conventions")


def test_the_report_in_colour(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry
) -> None:
    """On a terminal with rich, the report has the same words."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    for report in (gemini_otel.check(), examine({**SOUND, "OTEL_SDK_DISABLED": "true"})):
        _show.show(report)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
        printed = [line.rstrip() for line in plain.splitlines()]
        assert printed == str(report).splitlines()


def run(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "GEMINI_"))}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=90, env={**clean, **environ}, check=False
    )


def test_the_command_in_a_shell() -> None:
    """`gemini-otel check` shows the SDK's functions as ready, and fails where something will not work."""
    command = str(Path(sys.executable).with_name("gemini-otel"))
    good = run([command, "check"], **SOUND)
    assert (good.returncode, good.stderr) == (0, "")
    assert "This process is not instrumented" in good.stdout
    assert "generate_content: " in good.stdout
    bad = run([command, "check"], **SOUND, OTEL_TRACES_SAMPLER="always_off")
    assert bad.returncode == 1
    assert "ERROR: OTEL_TRACES_SAMPLER=always_off" in bad.stdout


def test_the_command_under_the_launcher() -> None:
    """`opentelemetry-instrument gemini-otel check` shows what the launcher set up."""
    launcher, command = (
        str(Path(sys.executable).with_name(name)) for name in ("opentelemetry-instrument", "gemini-otel")
    )
    done = run(
        [launcher, command, "check", "--json"],
        OTEL_SERVICE_NAME="mine",
        OTEL_TRACES_EXPORTER="console",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["live"]) == (0, True), done.stdout
    assert report["signals"][0]["exporters"] == ["ConsoleSpanExporter"]
    assert {target["state"] for target in report["targets"]} <= {"patched", "missing"}


def test_an_unknown_variable_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable of ours that is misspelled is a warning when the instrumentation starts."""
    monkeypatch.setenv("GEMINI_OTEL_HINT_LEVLE", "info")
    with caplog.at_level(logging.WARNING):
        gemini_otel.instrument()
    gemini_otel.uninstrument()
    assert "GEMINI_OTEL_HINT_LEVLE is not a setting; did you mean GEMINI_OTEL_HINT_LEVEL?" in caplog.text
