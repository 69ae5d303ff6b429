"""Prints a report: in colour if rich is installed and a terminal reads it, else as plain text."""

from __future__ import annotations

from gemini_otel._commands.check.report import NOTHING_FOUND, Report, finding_lines, fitted, sections
from gemini_otel._commands.presenting import in_colour
from gemini_otel.hints._hint import SEVERITY_STYLES


def show(report: Report) -> None:
    if in_colour():
        _show_in_colour(report)
    else:
        print(report)


def _show_in_colour(report: Report) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for heading, lines in sections(report):
        console.print(Text(heading, style="bold"))
        for line in lines:
            console.print(Text(fitted(line)))
        console.print()
    console.print(Text("Findings", style="bold"))
    for finding in report.findings:
        what, mend = finding_lines(finding)
        console.print(Text(fitted(what), style=SEVERITY_STYLES[finding.level]))
        console.print(Text(fitted(mend)))
    if not report.findings:
        console.print(Text(fitted(NOTHING_FOUND), style="green"))
