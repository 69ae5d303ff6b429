"""The completion hook of opentelemetry-util-genai, with the real package where it is installed."""

from __future__ import annotations

import builtins
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types

import gemini_otel
from gemini_otel._facts import guard as _guard
from gemini_otel._telemetry.content import completion_hook as _completion_hook
from support import Telemetry, send
from support.content import INPUT, OUTPUT, Captured
from support.function_calling import ask, get_weather

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_COMPLETION_HOOK"


@pytest.fixture(autouse=True)
def afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_guard, "_reported", set())
    yield
    gemini_otel.uninstrument()


class Hook:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def on_completion(self, **given: Any) -> None:
        self.given.append(given)


@pytest.fixture
def util() -> Any:
    """The package's own types."""
    return pytest.importorskip("opentelemetry.util.genai.types")


def test_the_hook_gets_the_content(client: genai.Client, shape: str, util: Any) -> None:
    """A hook is given messages, instruction, tools and span in the package's types; span and events stay without content."""
    hook = Hook()
    telemetry = Captured({"completion_hook": hook})
    ask(client, "models", shape, "simulate:tool_call", tools=[get_weather], system_instruction="Be brief.")
    first, second = hook.given
    assert first["inputs"] == [util.InputMessage("user", [util.TextPart("simulate:tool_call")])]
    assert first["system_instruction"] == [util.TextPart("Be brief.")]
    (message,) = first["outputs"]
    assert (type(message), message.role, message.finish_reason) == (
        util.OutputMessage,
        "assistant",
        "tool_call",
    )
    assert message.parts == [util.ToolCallRequestPart({"city": "Paris"}, "get_weather", None)]
    assert first["tool_definitions"][0].name == "get_weather"
    assert first["span"].get_span_context().span_id
    assert first["log_record"] is None
    assert [type(part).__name__ for part in second["inputs"][-1].parts] == ["Part"]  # it has a name besides
    assert not any(INPUT in (span.attributes or {}) for span in telemetry.spans)
    assert telemetry.logs.records == []


def test_redacted_and_with_the_event(client: genai.Client, util: Any) -> None:
    """What a hook gets is redacted, and it may add to the event."""

    class Marking(Hook):
        def on_completion(self, **given: Any) -> None:
            super().on_completion(**given)
            given["log_record"].attributes = {**given["log_record"].attributes, "mine": "x"}
            given["span"].set_attribute("mine", "y")

    hook = Marking()
    settings = {"completion_hook": hook, "capture_content": "event_only", "redact": lambda text: "#"}
    telemetry = Captured(settings)
    send(client, "call", ["simulate:ok", types.Part.from_bytes(data=b"1", mime_type="image/png")])
    assert hook.given[0]["inputs"][0].parts[0] == util.TextPart("#")
    assert hook.given[0]["inputs"][0].parts[1].size == 1
    assert telemetry.logs.records[0].attributes["mine"] == "x"
    assert telemetry.attributes["mine"] == "y"


def test_a_hook_that_raises(
    client: genai.Client, shape: str, util: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that raises, or that spoils the event, costs neither the call nor span and event."""

    class Broken:
        def on_completion(self, *, log_record: Any, **given: Any) -> None:
            log_record.attributes = None
            raise RuntimeError(str(given))

    telemetry = Captured({"completion_hook": Broken(), "capture_content": True})
    with caplog.at_level(logging.WARNING, "gemini_otel"):
        assert send(client, shape, "simulate:ok").error is None
    assert INPUT in telemetry.attributes
    assert OUTPUT in telemetry.logs.records[0].attributes
    ours = [record.getMessage() for record in caplog.records if record.name == "gemini_otel"]
    assert ["completion_hook" in text and "simulate:" not in text for text in ours] == [True]


def test_upload(
    client: genai.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, util: Any
) -> None:
    """The package's upload hook, named in the environment, writes the content to files and their names to the span."""
    pytest.importorskip("fsspec")
    monkeypatch.setenv(VARIABLE, "upload")
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_UPLOAD_BASE_PATH", str(tmp_path))
    telemetry = Captured({})
    send(client, shape, "simulate:ok")
    reference = Path(telemetry.attributes[f"{OUTPUT}_ref"].removeprefix("file://"))
    deadline = time.monotonic() + 10
    while not (reference.exists() and reference.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    (message,) = json.loads(reference.read_text())
    assert message["parts"][0]["content"].startswith("Tides follow the Moon")
    assert OUTPUT not in telemetry.attributes


def test_a_name_that_nobody_knows(client: genai.Client, monkeypatch: pytest.MonkeyPatch, util: Any) -> None:
    """A hook that cannot be found is none: nothing is captured."""
    monkeypatch.setenv(VARIABLE, "no_such")
    telemetry = Captured({})
    assert send(client, "call", "simulate:ok").error is None
    assert INPUT not in telemetry.attributes


def test_without_the_package(
    client: genai.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the package is not installed, a log line says so, and calls go on."""
    importing = builtins.__import__

    def absent(name: str, *args: Any) -> Any:
        if name.startswith("opentelemetry.util.genai"):
            raise ImportError(name)
        return importing(name, *args)

    monkeypatch.setattr(_completion_hook.importlib, "import_module", absent)
    hook = Hook()
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, completion_hook=hook)
    assert send(client, "call", "simulate:ok").error is None
    assert hook.given == []
    assert "opentelemetry-util-genai is not installed" in caplog.text


def test_a_hook_of_another_kind() -> None:
    """A keyword without on_completion is a ValueError that says what is missing."""
    with pytest.raises(ValueError, match="on_completion"):
        gemini_otel.instrument(completion_hook=print)
