"""Prints a report: in colour if rich is installed and a terminal reads it, else as plain text."""

from __future__ import annotations

from gemini_otel._commands.check.report import Report, finding_lines, sections
from gemini_otel._commands.presenting import in_colour
from gemini_otel.hints._hint import SEVERITY_STYLES


def show(report: Report) -> None:
    if in_colour():
        _show_in_colour(report)
    else:
        print(report)


def _show_in_colour(report: Report) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for heading, lines in sections(report):
        console.print(Text(heading, style="bold"))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2)))
        console.print()
    console.print(Text("Findings", style="bold"))
    for finding in report.findings:
        what, mend = finding_lines(finding)
        console.print(Padding(Text(what, style=SEVERITY_STYLES[finding.level]), (0, 0, 0, 2)))
        console.print(Padding(Text(mend), (0, 0, 0, 6)))
    if not report.findings:
        console.print(Padding(Text("none", style="green"), (0, 0, 0, 2)))
