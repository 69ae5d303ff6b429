"""The command `gemini-otel`: demo, explain, simulate."""

from __future__ import annotations

import argparse
import difflib
import sys
import textwrap
from collections.abc import Sequence

from gemini_otel._version import __version__
from gemini_otel.hints import Hint
from gemini_otel.hints import codes as known_codes

__all__ = ["main"]

_DEFAULT_OTLP = "http://localhost:4318"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (default: those of the process) and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        status = 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gemini-otel",
        description="OpenTelemetry for the google-genai SDK: what happened to a Gemini call, and what to do about it.",
    )
    parser.add_argument("--version", action="version", version=f"gemini-otel {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="run telling Gemini calls and print their traces; needs no key")
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

    explain = commands.add_parser("explain", help="explain a finish reason, status, code or hint id")
    explain.add_argument("code", help="for example MAX_TOKENS, 429, RESOURCE_EXHAUSTED, API_KEY_INVALID")
    explain.set_defaults(run=_explain)

    simulate = commands.add_parser("simulate", help="serve the Gemini API simulator until interrupted")
    simulate.add_argument("--port", type=int, default=8000, help="0 picks a free one (default %(default)s)")
    simulate.add_argument("--scenario", default="ok", help="what to answer where a prompt names no scenario")
    simulate.set_defaults(run=_simulate)
    return parser


def _demo(options: argparse.Namespace) -> int:
    try:
        from gemini_otel import _demo as demo
    except ModuleNotFoundError as missing:
        return _fail(f"the demo needs {missing.name}. Install it with: pip install 'gemini-otel[demo]'")
    try:
        demo.run(otlp=options.otlp, live=options.live)
    except ValueError as error:
        return _fail(str(error))
    return 0


def _explain(options: argparse.Namespace) -> int:
    from gemini_otel._explain import explain

    found = explain(options.code)
    if found:
        print("\n\n".join(map(_render, found)))
        return 0
    similar = difflib.get_close_matches(options.code.upper(), [code.upper() for code in known_codes()], n=3)
    return _fail(
        f"nothing is known about {options.code!r}." + (f" Close: {', '.join(similar)}." if similar else "")
    )


def _simulate(options: argparse.Namespace) -> int:
    from gemini_otel import simulator

    try:
        simulator.serve_forever(options.scenario, port=options.port)
    except (ValueError, OSError) as error:
        return _fail(str(error))
    return 0


def _render(hint: Hint) -> str:
    lines = [f"{hint.id} ({hint.severity})", f"  {hint.summary}", f"  Why: {hint.cause}", "  What to do:"]
    lines += [f"    - {sentence}" for sentence in hint.remedy]
    lines += [f"  Retry: {hint.retry.replace('_', ' ')}", f"  Read: {hint.reference}"]
    return "\n".join(
        textwrap.fill(line, 100, subsequent_indent=" " * 6, break_long_words=False) for line in lines
    )


def _fail(message: str) -> int:
    print(f"gemini-otel: {message}", file=sys.stderr)
    return 2
