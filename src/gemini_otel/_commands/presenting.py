"""Shows explanations: in colour if rich is installed and a terminal reads them, as plain text, or as JSON."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import NamedTuple

from gemini_otel._commands.wrapping import wrapped
from gemini_otel.hints import Hint
from gemini_otel.hints._hint import SEVERITY_STYLES

_RETRY = {
    "yes": "worth it as it is",
    "no": "no",
    "after_change": "after a change",
    "wait": "after waiting",
    "resume": "from where it stopped",
}


class Explained(NamedTuple):
    """A hint, and its evidence from the error at hand."""

    hint: Hint
    evidence: str | None = None
    times: int = 1  # how often it occurred in a log


def in_colour() -> bool:
    """Whether a terminal reads the output and rich is installed to colour it."""
    return sys.stdout.isatty() and importlib.util.find_spec("rich") is not None


def show(found: list[Explained], *, full: bool) -> None:
    """Print the entries, in full or as a list of ids."""
    if not full:
        width = max(len(each.hint.id) for each in found)
        for each in found:
            print(wrapped(f"{each.hint.id:{width}}  {each.hint.summary}", hanging=width + 2))
    elif in_colour():
        _show_in_colour(found)
    else:
        print("\n\n".join(map(plain, found)))


def plain(explained: Explained) -> str:
    """One entry as lines that fit a terminal."""
    head, *rest = _lines(explained)
    return "\n".join((head, *map(_wrapped, rest)))


def as_json(found: list[Explained]) -> str:
    """The entries as a JSON array of objects."""
    fields = ("id", "severity", "summary", "cause", "remedy", "retry", "reference")
    return json.dumps(
        [
            {name: getattr(each.hint, name) for name in fields}
            | {"evidence": each.evidence, "count": each.times}
            for each in found
        ],
        indent=2,
        ensure_ascii=False,
    )


def _lines(explained: Explained) -> list[str]:
    hint, evidence, times = explained
    lines = [f"{hint.id} ({hint.severity})" + (f", {times} times" if times > 1 else ""), f"  {hint.summary}"]
    lines += [f"  Seen: {evidence}"] if evidence else []
    lines += [f"  Why: {hint.cause}", "  What to do:", *(f"    - {sentence}" for sentence in hint.remedy)]
    return [*lines, f"  Retry: {_RETRY[hint.retry]}", f"  Read: {hint.reference}"]


def _wrapped(line: str) -> str:
    text = line.lstrip()
    return wrapped(text, line[: -len(text)])


def _show_in_colour(found: list[Explained]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    for explained in found:
        head, summary, *rest = _lines(explained)
        console.print(Text(head, SEVERITY_STYLES[explained.hint.severity]))
        console.print(Text(summary, "bold"))
        for line in rest:
            indent = len(line) - len(line.lstrip())
            label, colon, text = line.strip().partition(": ")
            content = (
                Text.assemble((label + colon, "dim"), text) if colon and indent == 2 else Text(line.strip())
            )
            console.print(Padding(content, (0, 0, 0, indent)))
        console.print()
