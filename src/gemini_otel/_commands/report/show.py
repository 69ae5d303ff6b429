"""Shows the report: as a page, in colour if rich is installed and a terminal reads it, or as Markdown or JSON."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from gemini_otel._commands.presenting import in_colour
from gemini_otel._commands.report.lines import Line, page
from gemini_otel._commands.report.pages import as_json, as_markdown

if TYPE_CHECKING:
    from rich.console import Console

    from gemini_otel._commands.report import Reading

_PIPED_WIDTH = 120
_NAMED = 2  # how many files a title names


def show(reading: Reading, paths: list[str], form: str) -> None:
    """Print the report in this form: terminal, markdown or json."""
    if form == "json":
        print(as_json(reading.report, paths, reading.notes))
    elif form == "markdown":
        print(as_markdown(reading.report, title(paths), reading.notes), end="")
    elif in_colour():
        from rich.console import Console

        console = Console()
        draw(console, list(page(reading.report, title(paths), reading.notes, console.width)))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPED_WIDTH
        for line in page(reading.report, title(paths), reading.notes, width):
            print("".join(text for text, _ in line).rstrip())


def draw(console: Console, lines: list[Line]) -> None:
    """Print the lines in colour."""
    from rich.text import Text

    for line in lines:
        console.print(Text.assemble(*line), no_wrap=True, crop=True, highlight=False)


def title(paths: list[str]) -> str:
    """The names of the files, or their number."""
    names = ["standard input" if path == "-" else path for path in paths]
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} files"
