"""Each example runs as a newcomer would start it, without a key, and prints what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import ROOT, OtlpReceiver, plain
from support.live import needs_live

EXAMPLES = ROOT / "examples"
PYTHON = sys.executable


# Some SDK versions say this of every `generate_content`, with or without tools.
_ADVICE = "Direct use of automatic function calling (AFC) in Models.generate_content"
_TREE = re.compile(r"[│├└ \n]|.*  [\d,]+ ms")  # how lines of the console exporter look


def run(*command: str, **environ: str) -> str:
    """What the command prints, then the trees of the console exporter; fails with all that it wrote if there are errors."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COLUMNS", "COV_", "GEMINI_", "GOOGLE_", "OTEL_", "PYTEST_"))
    }
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=100,
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", **environ},
        check=False,
    )
    told = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith(_ADVICE)]
    errors = [line for line in told if not _TREE.match(line)]
    assert (done.returncode, errors) == (0, []), done.stdout + done.stderr
    return done.stdout + "".join(told)


def example(name: str, **environ: str) -> str:
    return run(PYTHON, str(EXAMPLES / name), **environ)


def test_every_example_is_tested() -> None:
    """Each file in examples/ is run by a test of this file, or imported by those that are."""
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in here] == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_examples_are_short(path: Path) -> None:
    """An example has fewer than 50 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 50


def test_a_chat_with_tools() -> None:
    """A chat turn with tools prints one tree with its rounds and tool runs."""
    printed = example("chat_with_tools.py")
    assert printed.count("automatic_function_calling gemini-3.5-flash") == 1
    assert printed.count("generate_content gemini-3.5-flash") == 3
    assert printed.count("execute_tool get_weather") == 2


def test_the_client_of_the_examples(url: str) -> None:
    """connect.py gives the SDK's own client where there is a key."""
    code = "from connect import gemini_client\nwith gemini_client() as client: print(client.models.get(model='gemini-2.5-flash').name)"
    environ = {"PYTHONPATH": str(EXAMPLES), "GEMINI_API_KEY": "test-key", "GOOGLE_GEMINI_BASE_URL": url}
    assert (EXAMPLES / "connect.py").exists()
    assert run(PYTHON, "-c", code, **environ) == "models/gemini-2.5-flash\n"


def test_manual() -> None:
    """manual.py prints a trace whose hint explains the missing answer."""
    printed = example("manual.py")
    assert "truncated" in printed
    assert "error: Thinking used up the output token limit.  finish.max_tokens.thinking" in printed
    assert "- Raise max_output_tokens" in printed
    assert "The answer: None" in printed


def test_zero_code() -> None:
    """zero_code.py, which knows nothing of telemetry, is traced with hints by opentelemetry-instrument."""
    assert "opentelemetry" not in "".join(
        line for line in (EXAMPLES / "zero_code.py").open(encoding="utf-8") if "import" in line
    )
    launcher = str(Path(PYTHON).with_name("opentelemetry-instrument"))
    printed = run(
        launcher,
        PYTHON,
        str(EXAMPLES / "zero_code.py"),
        OTEL_TRACES_EXPORTER="gemini_console",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
    )
    assert "generate_content gemini-3.5-flash  blocked  SAFETY  " in printed
    assert "error: A safety filter stopped the reply.  finish.safety" in printed


def test_streaming() -> None:
    """streaming.py stops a loop early, and its span is an abandoned one with the hint for the loop."""
    printed = example("streaming.py")
    assert "abandoned" in printed
    assert "warning: The reply repeats the same text.  repeat.text" in printed
    assert "times the same 42 characters." in printed
    received = int(printed.partition("Stopped after ")[2].split()[0])
    assert received < 1500  # of 4200


@needs_live
def test_live() -> None:
    """live.py prints the turns of a session, the tool, and why the connection closed."""
    printed = example("live.py")
    assert printed.count("live gemini-live-2.5-flash-preview") == 3
    assert "execute_tool get_weather" in printed
    assert "live.internal" in printed
    ended = printed.partition("The session ended: ")[2]
    assert "1011" in ended  # in the words of the SDK's version


def test_foreign_spans() -> None:
    """foreign_spans.py prints a span made by hand with a hint."""
    printed = example("foreign_spans.py")
    assert re.match(r"\d\d:\d\d:\d\d  chat gemini-3.5-flash", printed)
    assert "finish.recitation" in printed


def test_report() -> None:
    """report.py prints what went wrong in its file, the worst first, with what to do."""
    printed = example("report.py")
    assert "Lost  2 calls (50 %)" in printed
    assert " 1 finish.max_tokens.thinking  gemini-3.5-flash  tides  1x  lost " in printed
    assert "\n 2 finish.safety " in printed
    assert "Raise max_output_tokens well above what the model usually" in printed


def test_rehearse() -> None:
    """rehearse.py passes under pytest."""
    assert "3 passed" in run(
        PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLES / "rehearse.py")
    )


def test_hints_in_tests() -> None:
    """hints_in_tests.py passes with the plugin: what goes wrong unnoticed fails as it expects."""
    printed = run(
        *(
            PYTHON,
            "-m",
            "pytest",
            "-q",
            "-o",
            "addopts=",
            "-p",
            "no:cacheprovider",
            "-p",
            "gemini_otel.pytest",
        ),
        str(EXAMPLES / "hints_in_tests.py"),
    )
    assert "2 passed, 1 xfailed" in printed
    assert re.search(r" 1 finish\.max_tokens\.thinking +error +2x ", printed)


def test_retry() -> None:
    """retry.py tries a daily quota and an invalid key once, and the others after the waits that the page shows."""
    assert example("retry.py") in (ROOT / "docs" / "retries.md").read_text(encoding="utf-8")


@pytest.fixture
def exported(receiver: OtlpReceiver) -> Iterator[OtlpReceiver]:
    """What jaeger.py exported."""
    printed = example("jaeger.py", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
    assert printed == "The call failed: 429 RESOURCE_EXHAUSTED\n"
    return receiver


def test_jaeger(exported: OtlpReceiver) -> None:
    """jaeger.py exports one trace over OTLP: its own span with two Gemini calls below, attributes of the right types, and a hint."""
    (resource,) = exported.traces
    assert plain(resource.resource.attributes)["service.name"] == "gemini-otel-example"
    healthy, failed, root = exported.spans()
    assert {span.trace_id for span in (healthy, failed)} == {root.trace_id}
    assert [span.parent_span_id for span in (healthy, failed, root)] == [root.span_id, root.span_id, b""]
    typed(
        plain(healthy.attributes),
        {
            "gen_ai.operation.name": "generate_content",
            "gen_ai.request.model": "gemini-3.5-flash",
            "gen_ai.response.finish_reasons": ("stop",),
            "gemini.response.finish_reason": "STOP",
            "gemini.response.outcome": "ok",
            "http.response.status_code": 200,
            "gemini.repetition.detected": False,
        },
    )
    typed(
        plain(failed.attributes),
        {
            "error.type": "429",
            "http.response.status_code": 429,
            "gemini.error.status": "RESOURCE_EXHAUSTED",
            "gemini.error.kind": "daily_quota",
            "gemini.quota.limit": 50,
            "gemini.retry.delay": 5.0,
            "gemini.response.outcome": "error",
            "gemini.hint.id": "http.429.rate_day",
            "gemini.hint.severity": "error",
            "gemini.hint.summary": "The quota for today is used up.",
        },
    )
    assert (failed.status.code, failed.status.message) == (2, "429 RESOURCE_EXHAUSTED")
    assert [event.name for event in failed.events] == ["gemini.attempt", "gemini.hint"]
    typed(
        plain(failed.events[1].attributes),
        {
            "gemini.hint.id": "http.429.rate_day",
            "gemini.hint.severity": "error",
            "gemini.hint.retry": "no",
            "gemini.hint.summary": "The quota for today is used up.",
        },
    )


def typed(attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that these attributes are there, with these values and of their types."""
    found = {name: attributes.get(name) for name in expected}
    assert found == expected
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in expected.items()}
