"""Declarative configuration: a file that OTEL_CONFIG_FILE names, read by OpenTelemetry's own package."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gemini_otel import GeminiInstrumentor
from gemini_otel._settings.table import SETTINGS

needs_package = pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry.configuration") is None,
    reason="opentelemetry-configuration is not installed",
)
FILE = """\
file_format: "1.0"
tracer_provider:
  processors:
    - simple: {exporter: {console: {}}}
instrumentation/development:
  python:
    gemini: %s
"""
PROGRAM = """\
import json
from google import genai
import gemini_otel
client = genai.Client(api_key="any", http_options={"base_url": %r})
client.models.generate_content(model="gemini-2.5-flash", contents="Tell me. (simulate:finish_safety)")
report = gemini_otel.check()
print("SETTINGS", json.dumps({each.name: [each.value, each.source] for each in report.settings}))
"""


def launch(tmp_path: Path, options: dict[str, object], program: str, **environ: str) -> tuple[str, str]:
    """What a program prints, on stdout and stderr, that the launcher starts with a configuration file."""
    path = tmp_path / "otel.yaml"
    path.write_text(FILE % json.dumps(options), encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "GEMINI_"))}
    done = subprocess.run(
        [Path(sys.executable).with_name("opentelemetry-instrument"), sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=90,
        env={**clean, **environ, "OTEL_CONFIG_FILE": str(path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@needs_package
def test_settings_of_a_file(tmp_path: Path, url: str) -> None:
    """Under opentelemetry-instrument the options of `gemini` are in force, stronger than variables; a call gives one span."""
    options = {"error_outcomes": ["blocked"], "hint_level": "info", "repetition": False, "semconv": None}
    out, _ = launch(
        tmp_path, options, PROGRAM % url, GEMINI_OTEL_HINT_LEVEL="error", GEMINI_OTEL_HINT_SIGNAL="both"
    )
    settings = json.loads(out.partition("SETTINGS ")[2].splitlines()[0])
    assert settings["error_outcomes"] == ["blocked", "keyword"]
    assert settings["hint_level"] == ["info", "keyword"]
    assert settings["repetition"] == ["false", "keyword"]
    assert settings["semconv"] == ["default", "default"]
    assert settings["hint_signal"] == ["both", "GEMINI_OTEL_HINT_SIGNAL"]
    assert out.count('"name": "generate_content gemini-2.5-flash"') == 1
    assert '"description": "blocked SAFETY"' in out
    assert '"name": "gemini.hint"' in out


@needs_package
def test_mistakes_in_a_file(tmp_path: Path, url: str) -> None:
    """What a file has wrong is logged and left out; the rest is in force and the program runs."""
    options = {"hint_levle": "info", "hint_signal": "loud", "repetition": False}
    out, err = launch(tmp_path, options, PROGRAM % url)
    settings = json.loads(out.partition("SETTINGS ")[2].splitlines()[0])
    assert settings["repetition"] == ["false", "keyword"]
    assert settings["hint_signal"] == ["span", "default"]
    assert (
        "unknown setting 'hint_levle' in OTEL_CONFIG_FILE; ignored. The settings are error_outcomes, " in err
    )
    assert "hint_signal='loud' is not valid" in err


def test_the_dataclass(caplog: pytest.LogCaptureFixture) -> None:
    """The instrumentor's `configuration` is a dataclass of the settings that a file can give."""
    configuration = GeminiInstrumentor.configuration
    assert [field.name for field in dataclasses.fields(configuration)] == [
        row.name for row in SETTINGS if row.in_environment
    ]
    with caplog.at_level(logging.WARNING):
        made = configuration(hint_level="info", colour="red")
    assert dataclasses.asdict(made) == {
        **dict.fromkeys((field.name for field in dataclasses.fields(configuration)), None),
        "hint_level": "info",
    }
    assert "unknown setting 'colour' in OTEL_CONFIG_FILE" in caplog.text
