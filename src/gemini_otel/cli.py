"""The command `gemini-otel`: demo, check, explain, report, simulate, dashboard, alerts."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gemini_otel._facts.names import SEVERITIES
from gemini_otel._facts.version import __version__
from gemini_otel.hints import codes as known_codes

if TYPE_CHECKING:
    from gemini_otel._commands.presenting import Explained

__all__ = ["main"]

_DEFAULT_OTLP = "http://localhost:4318"
_BODY = 'An error of the Gemini API looks like {"error": {"code": 429, "status": "...", "message": "..."}}'
_IN_FULL = 5  # entries; more are listed by id
_SERVING = """\
A simulated Gemini API serves at {url} until Ctrl-C. To use it from google-genai:
  export GOOGLE_GEMINI_BASE_URL={url} GEMINI_API_KEY=any
{live}
A prompt that contains simulate:NAME plays the scenario NAME, all others play {scenario}.
The names: gemini-otel simulate --list"""
_PROMETHEUS_RULE = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: gemini-otel
spec:
"""
_LIVE = """\
For Live sessions, which the SDK opens over TLS on the same port, also:
  export SSL_CERT_FILE={certificate}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (default: those of the process) and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gemini-otel",
        description="OpenTelemetry for the google-genai SDK: what happened to a Gemini call, and what to do about it.",
    )
    parser.add_argument("--version", action="version", version=f"gemini-otel {__version__}")
    commands = parser.add_subparsers(
        required=True, metavar="demo | check | explain | report | simulate | dashboard | alerts"
    )

    demo = commands.add_parser(
        "demo", help="make Gemini calls that go wrong in typical ways and print their traces; needs no key"
    )
    demo.add_argument(
        "--otlp",
        nargs="?",
        const=_DEFAULT_OTLP,
        metavar="ENDPOINT",
        help=f"also export to an OTLP/HTTP back end such as Jaeger (default {_DEFAULT_OTLP})",
    )
    demo.add_argument(
        "--live", metavar="MODEL", help="call the real API with GEMINI_API_KEY instead of the simulator"
    )
    demo.set_defaults(run=_demo)

    check = commands.add_parser(
        "check", help="say what is installed and active, what will happen, and what is wrong"
    )
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.add_argument("--connect", action="store_true", help="also try to reach the OTLP endpoints")
    check.set_defaults(run=_check)

    explain = commands.add_parser(
        "explain", help="explain a finish reason, status, code, hint id, or the errors in a text"
    )
    explain.add_argument(
        "code",
        nargs="?",
        help="for example MAX_TOKENS, 429, RESOURCE_EXHAUSTED, API_KEY_INVALID; or the text of an error; - reads a "
        "body, a traceback or a log from standard input, as does a pipe without a code",
    )
    explain.add_argument("--json", action="store_true", help="print all entries as JSON")
    explain.add_argument(
        "--full", action="store_true", help=f"print more than {_IN_FULL} entries in full too"
    )
    explain.set_defaults(run=_explain)

    _add_report(commands)

    simulate = commands.add_parser("simulate", help="serve the Gemini API simulator until interrupted")
    simulate.add_argument("--port", type=_port, default=8000, help="0 picks a free one (default %(default)s)")
    simulate.add_argument(
        "--scenario",
        action="append",
        metavar="NAME",
        help="what to answer if a prompt names no scenario (default ok); of several, the first that fits the request",
    )
    simulate.add_argument("--list", action="store_true", help="list the scenarios and exit")
    simulate.set_defaults(run=_simulate)

    dashboard = commands.add_parser("dashboard", help="print the Grafana dashboard as JSON, to import it")
    dashboard.set_defaults(run=_dashboard)

    alerts = commands.add_parser("alerts", help="print the alerts as rules for Prometheus")
    alerts.add_argument(
        "--operator",
        action="store_true",
        help="as a PrometheusRule for the Prometheus operator of Kubernetes",
    )
    alerts.add_argument(
        "--objective",
        type=_percent,
        metavar="PERCENT",
        help="also an alert if a smaller percentage of calls than this has a usable answer, such as 99.5",
    )
    alerts.add_argument(
        "--grafana",
        type=_address,
        metavar="URL",
        help="Grafana's address, for the alerts' links to the dashboard, such as https://grafana.example.com",
    )
    alerts.set_defaults(run=_alerts)
    return parser


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = commands.add_parser(
        "report", help="say what went wrong in files of traces, what it cost, and what to do first"
    )
    report.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="OTLP as JSON (the Collector's file exporter), Jaeger's or Tempo's trace JSON, compressed with gzip or not; "
        "- is standard input, as is a pipe without a file",
    )
    form = report.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown", dest="form", action="store_const", const="markdown", help="print all groups as Markdown"
    )
    form.add_argument(
        "--json", dest="form", action="store_const", const="json", help="print everything as JSON"
    )
    report.add_argument(
        "--since", metavar="TIME", help="only calls begun since then: 30m, 24h, 7d, or a date (UTC)"
    )
    report.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="NAME",
        help="only this service; * stands for any text",
    )
    report.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="only this model; * stands for any text"
    )
    report.add_argument(
        "--by",
        default="hint,model,service",
        metavar="KEYS",
        help="what to group by: hint, model, service, outcome, operation, tier, prompt, agent, day (default %(default)s)",
    )
    report.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        help="exit with status 1 if a call has a hint of this severity or above",
    )
    report.set_defaults(run=_report, form="terminal")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; choose from 0 to 65535")
    return int(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = 0
    if not 0 < percent < 100:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an objective; choose a percentage above 0 and below 100, such as 99.5"
        )
    return percent


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(
        each.isspace() or each in "'\"{}" for each in text
    ):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an address of Grafana; it begins with http:// or https://, without blanks, quotes and braces"
        )
    return text.rstrip("/")


def _demo(options: argparse.Namespace) -> int:
    try:
        from gemini_otel._commands import demo
    except ImportError as missing:
        return _fail(f"the demo needs {missing.name}. Install it with: pip install 'gemini-otel[demo]'")
    try:
        demo.run(otlp=options.otlp, live=options.live)
    except (ValueError, ConnectionError) as error:
        return _fail(str(error))
    return 0


def _check(options: argparse.Namespace) -> int:
    from gemini_otel._commands.check import examine
    from gemini_otel._commands.check.show import show

    report = examine(os.environ, connect=options.connect, import_sdk=True)
    if options.json:
        print(report.as_json())
    else:
        show(report)
    return 0 if report.ok else 1


def _explain(options: argparse.Namespace) -> int:
    from gemini_otel._commands import presenting

    if options.code is None and sys.stdin.isatty():
        return _fail(
            "give a code, such as MAX_TOKENS or 429, or the body or text of an error on standard input."
        )
    if options.code is not None and _is_healthy(options.code):
        print("[]" if options.json else f"{options.code}: nothing is wrong with that.")
        return 0
    try:
        found = _explained_input() if options.code in ("-", None) else _explained_code(options.code)
    except ValueError as error:
        return _fail(str(error))
    if options.json:
        print(presenting.as_json(found))
        return 0
    full = len(found) <= _IN_FULL or options.full
    presenting.show(found, full=full)
    if not full:
        print(
            f"\n{len(found)} entries.\n  One of them: gemini-otel explain {found[0].hint.id}\n  All: --full"
        )
    return 0


def _report(options: argparse.Namespace) -> int:
    from gemini_otel._commands import report

    files = options.files or ["-"]
    if files == ["-"] and sys.stdin.isatty():
        return _fail("give a file of traces, or pipe one to standard input.")
    try:
        by = report.parse_by(options.by)
        since = report.parse_since(options.since, datetime.now(timezone.utc)) if options.since else None
    except ValueError as error:
        return _fail(str(error))
    reading = report.read_files(
        files,
        by=by,
        wanted=report.Wanted(since, tuple(options.service), tuple(options.model)),
        level="info" if options.fail_on == "info" else "warning",
    )
    for failure in reading.failures:
        _fail(failure)
    status = reading.status(options.fail_on)
    if reading.is_empty:
        for note in (*reading.notes, reading.nothing):
            _fail(note)
        return status
    from gemini_otel._commands.report.show import show

    show(reading, files, options.form)
    return status


def _is_healthy(code: str) -> bool:
    """Whether a code is a value of the SDK that means nothing is wrong and that no entry explains."""
    from gemini_otel._commands.explain import explain
    from gemini_otel.hints import is_healthy

    return is_healthy(code) and not explain(code)


def _explained_code(code: str) -> list[Explained]:
    from gemini_otel._commands.explain import explain, message_attributes, text_attributes
    from gemini_otel._commands.presenting import Explained
    from gemini_otel.hints import evidence, for_code

    if found := for_code(code):
        return [Explained(hint) for hint in found]
    attributes = text_attributes(code) or message_attributes(code) or {}
    if found := explain(code):
        return [Explained(hint, evidence(hint, attributes)) for hint in found]
    raise ValueError(
        f"nothing is known about {code[:200]!r}.{_close(code[:200], known_codes())}"
        " Known are finish reasons, block reasons, statuses, HTTP codes, ErrorInfo reasons, hint ids and texts of errors."
    )


def _explained_input() -> list[Explained]:
    """The explanation of the errors on standard input: a body, a traceback, or a log of any length."""
    from gemini_otel._commands.logs import progress, read_errors
    from gemini_otel._commands.presenting import Explained
    from gemini_otel.hints import evidence

    with progress(sys.stderr) as seen:
        hits = read_errors(sys.stdin.readline, seen)
    if not hits:
        raise ValueError(f"no known error was found on standard input. {_BODY}")
    return [Explained(hint, evidence(hint, hit.attributes), hit.times) for hit in hits for hint in hit.hints]


def _simulate(options: argparse.Namespace) -> int:
    from gemini_otel import simulator
    from gemini_otel._commands.wrapping import wrapped

    if options.list:
        described = {name: each.description for name, each in simulator.SCENARIOS.items()}
        described |= {name: each.description for name, each in simulator.LIVE_SCENARIOS.items()}
        for name, description in described.items():
            line = f"{name:33} {description}"
            print(wrapped(line, hanging=34) if sys.stdout.isatty() else line)  # one line each for a pipe
        return 0
    known = [*simulator.SCENARIOS, *simulator.LIVE_SCENARIOS]
    scenarios = options.scenario or ["ok"]
    for name in scenarios:
        if name not in known:
            return _fail(
                f"{name!r} is not a scenario.{_close(name, known)} All of them: gemini-otel simulate --list"
            )

    def announce(url: simulator.Simulator) -> None:
        try:
            live = _LIVE.format(certificate=url.certificate)
        except RuntimeError as missing:
            live = str(missing)
        playing = scenarios[0] if len(scenarios) == 1 else f"the first that fits of {', '.join(scenarios)}"
        print(_SERVING.format(url=url, scenario=playing, live=live), flush=True)

    try:
        with _terminated_like_interrupted():
            simulator.serve_forever(scenarios, port=options.port, on_start=announce)
    except OSError as error:
        return _fail(f"cannot serve on port {options.port}: {error.strerror}. A free one: --port 0")
    return 0


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM, with which containers and CI stop a program, does what Ctrl-C does, so that the server's files are removed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _dashboard(_: argparse.Namespace) -> int:
    print(_shipped("dashboards", "gemini.json"), end="")
    return 0


def _alerts(options: argparse.Namespace) -> int:
    rules = _shipped("alerts", "gemini.yaml")
    if options.objective is not None:
        objective = _shipped("alerts", "objective.yaml")
        rules += objective.replace("${OBJECTIVE}", f"{options.objective / 100:.10g}")
    rules = rules.replace("dashboard_url: /d/", f"dashboard_url: {options.grafana or ''}/d/")
    print(_PROMETHEUS_RULE + textwrap.indent(rules, "  ") if options.operator else rules, end="")
    return 0


def _shipped(*path: str) -> str:
    from importlib.resources import files

    return files("gemini_otel._commands").joinpath(*path).read_text(encoding="utf-8")


def _close(word: str, known: Collection[str]) -> str:
    """A sentence with the known words that look like `word`; empty if there are none."""
    spelled = {each.upper(): each for each in known}
    similar = difflib.get_close_matches(word.upper(), spelled, n=5)
    return f" Close: {', '.join(spelled[each] for each in similar)}." if similar else ""


def _fail(message: str) -> int:
    print(f"gemini-otel: {message}", file=sys.stderr)
    return 2
