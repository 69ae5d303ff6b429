"""The command line: what it prints, its exit status, and how it fails."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google import genai

from gemini_otel import __version__, cli, simulator


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that fails with status 2 and prints nothing else."""
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints name and version."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--version"])
    assert (exit_.value.code, capsys.readouterr().out) == (0, f"gemini-otel {__version__}\n")


def test_the_command_is_installed() -> None:
    """The package installs the command `gemini-otel`."""
    command = Path(sys.executable).with_name("gemini-otel")
    assert subprocess.check_output([command, "--version"], text=True) == f"gemini-otel {__version__}\n"


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """--help names every command."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE) == [
        "demo",
        "check",
        "explain",
        "report",
        "simulate",
        "dashboard",
        "alerts",
    ]


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the usage is printed and the status is 2."""
    with pytest.raises(SystemExit) as exit_:
        cli.main([])
    assert exit_.value.code == 2
    assert "demo | check | explain | report | simulate | dashboard | alerts" in capsys.readouterr().err


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """`explain CODE` prints id, cause, remedy and reference of each entry, in lines that fit a terminal."""
    assert cli.main(["explain", "max_tokens"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("finish.max_tokens.repetition (error)\n")
    assert (
        "\nfinish.max_tokens.thinking (error)\n  Thinking used up the output token limit.\n  Why: " in printed
    )
    assert "\n  What to do:\n    - Raise max_output_tokens" in printed
    assert "\n  Retry: after a change\n  Read: https://ai.google.dev/" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_explain_many(capsys: pytest.CaptureFixture[str]) -> None:
    """A code with many entries is a list of them, each on a line of its own, and --full prints them all."""
    assert cli.main(["explain", "400"]) == 0
    *printed, blank, count, one, every = capsys.readouterr().out.splitlines()
    lines = [line for line in printed if line[0] != " "]
    assert len(lines) > 20
    assert all(re.match(r"http\.400\.\w+ +\S", line) for line in lines)
    assert (blank, count, every) == ("", f"{len(lines)} entries.", "  All: --full")
    assert one.startswith("  One of them: gemini-otel explain http.400.")
    assert cli.main(["explain", "400", "--full"]) == 0
    assert capsys.readouterr().out.count("  What to do:") == len(lines)


@pytest.mark.parametrize(
    ("word", "close"),
    [("MAXTOKENS", "MAX_TOKENS"), ("finish.recitaton", "finish.recitation"), ("saftey", "SAFETY")],
)
def test_explain_a_mistyped_code(capsys: pytest.CaptureFixture[str], word: str, close: str) -> None:
    """A mistyped code fails with one line that lists close ones in their own spelling."""
    line = failure(capsys, "explain", word)
    assert line.startswith(f"gemini-otel: nothing is known about '{word}'. Close: ")
    assert close in line


def test_explain_a_foreign_word(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that is close to nothing fails with one line that says what is known."""
    line = failure(capsys, "explain", "qqqqq")
    assert line.startswith("gemini-otel: nothing is known about 'qqqqq'. Known are finish reasons, ")


@pytest.mark.parametrize(
    ("module", "missing"),
    [
        ("rich.console", "rich.console"),
        ("google.genai", "google"),
        ("opentelemetry.sdk.trace", "opentelemetry.sdk.trace"),
    ],
)
def test_demo_without_its_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, module: str, missing: str
) -> None:
    """Without a package that the demo needs, it fails with one line that says what to install."""
    import google

    for name in ("gemini_otel._commands.demo", "gemini_otel.console"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delattr("gemini_otel._commands.demo", raising=False)
    monkeypatch.delattr(google, "genai")
    monkeypatch.setitem(sys.modules, module, None)
    line = failure(capsys, "demo")
    assert line.startswith(f"gemini-otel: the demo needs {missing}")
    assert line.endswith("Install it with: pip install 'gemini-otel[demo]'\n")


def test_demo_hands_over_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """`demo` passes the endpoint, by default that of a local Jaeger, and the model."""
    from gemini_otel._commands import demo as _demo

    given: list[dict[str, Any]] = []
    monkeypatch.setattr(_demo, "run", lambda **options: given.append(options))
    for arguments in ([], ["--otlp"], ["--otlp", "http://there:4318"], ["--live", "gemini-2.5-pro"]):
        assert cli.main(["demo", *arguments]) == 0
    assert given == [
        {"otlp": None, "live": None},
        {"otlp": "http://localhost:4318", "live": None},
        {"otlp": "http://there:4318", "live": None},
        {"otlp": None, "live": "gemini-2.5-pro"},
    ]


def test_demo_live_without_a_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`demo --live` without a key fails with one line that names the variable."""
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    assert "set GEMINI_API_KEY" in failure(capsys, "demo", "--live", "gemini-2.5-flash")


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command with status 130 and no traceback."""
    from gemini_otel._commands import demo as _demo

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_demo, "run", interrupt)
    assert cli.main(["demo"]) == 130


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`simulate --list` prints each scenario with its description, in lines that fit a terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert cli.main(["simulate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == [
        *simulator.SCENARIOS,
        *simulator.LIVE_SCENARIOS,
    ]
    assert max(map(len, lines)) <= 80
    assert any(re.fullmatch(r"daily_quota +429: .+", line) for line in lines)


def test_unknown_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown scenario fails with one line that lists close ones."""
    line = failure(capsys, "simulate", "--scenario", "finish_safty")
    assert line.startswith("gemini-otel: 'finish_safty' is not a scenario. Close: finish_safety")


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_impossible_port(capsys: pytest.CaptureFixture[str], port: str) -> None:
    """A number that is no port is refused with the range."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(["simulate", f"--port={port}"])
    assert exit_.value.code == 2
    assert f"'{port}' is not a port; choose from 0 to 65535" in capsys.readouterr().err


def test_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken fails with one line that says how to get a free one."""
    with simulator.serve() as taken:
        line = failure(capsys, "simulate", "--port", str(taken.port))
    assert line.startswith(f"gemini-otel: cannot serve on port {taken.port}: ")
    assert line.endswith("--port 0\n")


def test_simulate_announces_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`simulate` passes scenario and port on, and prints how to use the address that it serves."""
    served: list[Any] = []

    def serve_forever(scenarios: list[str], *, port: int, on_start: Any) -> None:
        served.append((scenarios, port))
        with simulator.serve() as url:
            served.append(url)
            on_start(url)

    monkeypatch.setattr(simulator, "serve_forever", serve_forever)
    assert cli.main(["simulate", "--scenario", "daily_quota", "--port", "4711"]) == 0
    asked, url = served
    assert asked == (["daily_quota"], 4711)
    printed = capsys.readouterr().out
    assert f"export GOOGLE_GEMINI_BASE_URL={url} GEMINI_API_KEY=any\n" in printed
    assert "export SSL_CERT_FILE=" in printed or "pip install 'gemini-otel[demo]'" in printed
    assert "all others play daily_quota." in printed


def test_simulate_several_scenarios(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`simulate` serves several scenarios, and says that each request gets the first that is for it."""
    monkeypatch.setattr(simulator.Simulator, "wait", lambda *_: True)
    assert cli.main(["simulate", "--port", "0", "--scenario", "processing", "--scenario", "ok"]) == 0
    assert "all others play the first that fits of processing, ok." in capsys.readouterr().out


def test_simulate_without_certificates(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`simulate` serves without the package that makes certificates, and says what Live needs."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    monkeypatch.setattr(simulator.Simulator, "wait", lambda *_: True)
    assert cli.main(["simulate", "--port", "0", "--scenario", "live_audio"]) == 0
    printed = capsys.readouterr().out
    assert "pip install 'gemini-otel[demo]'" in printed
    assert "all others play live_audio." in printed


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a single process")
def test_simulate_serves_until_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`gemini-otel simulate` answers an unchanged client on a free port, and SIGINT stops it with status 0 and no traceback."""
    # A test run in the background ignores SIGINT, and its children inherit that.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from gemini_otel.cli import main; sys.exit(main(['simulate', '--port', '0']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        export = process.stdout.readline().split()
        for variable in export[1:]:
            monkeypatch.setenv(*variable.split("="))
        monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
        try:
            client = genai.Client()  # dropped too early, it would close
            answer = client.models.generate_content(model="gemini-2.5-flash", contents="Hello")
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert answer.text
    assert (process.returncode, errors) == (0, "")


def test_a_reader_that_has_seen_enough() -> None:
    """Output into a pipe that is closed early ends quietly."""
    command = [
        sys.executable,
        "-c",
        "import sys; from gemini_otel.cli import main; sys.exit(main(['explain', '429', '--full']))",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be told to end there")
@pytest.mark.skipif(importlib.util.find_spec("trustme") is None, reason="without it there is no certificate")
def test_a_simulator_that_is_terminated_leaves_nothing() -> None:
    """SIGTERM ends `simulate` as Ctrl-C does: its certificate is removed."""
    command = [str(Path(sys.executable).with_name("gemini-otel")), "simulate", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = ""
        while "SSL_CERT_FILE=" not in said:
            said += (line := server.stdout.readline())
            assert line, said
        server.terminate()
        assert server.wait(30) == 0
    assert not Path(said.rpartition("SSL_CERT_FILE=")[2].split()[0]).exists()
