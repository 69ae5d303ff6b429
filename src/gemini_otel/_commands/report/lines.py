"""The report as lines for one screen of a terminal: totals, then the ten groups that waste most."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from gemini_otel._commands.report.calls import NO_HINT
from gemini_otel._facts.durations import duration
from gemini_otel.hints._hint import SEVERITY_STYLES

if TYPE_CHECKING:
    from gemini_otel._commands.report.groups import Group, Report, Sums

MOST = 10
_NARROWEST = 60
_REMEDY_WITHOUT_HINT = {
    "error": "Open the trace: the error is not known here.",
    "cancelled": "The program cancelled these calls.",
    "abandoned": "The program stopped reading these answers.",
}

# A line is a list of texts, each with a style.
Line = list[tuple[str, str]]


def page(report: Report, sources: str, notes: list[str], width: int) -> Iterator[Line]:
    """The lines, none longer than `width`."""
    width = max(width, _NARROWEST)
    for line in (*_head(report, sources, width), [("", "")], *_table(report, width), *_notes(notes)):
        yield cut(line, width)


def _head(report: Report, sources: str, width: int) -> Iterator[Line]:
    total = report.all
    yield [(f"Gemini calls of {sources}", "bold"), (f"  {span_of_time(report)}", "dim")]
    yield from _wrapped(
        f"Used  {calls(total.calls)}, {duration(total.seconds)}, {tokens_by_kind(total)}", width
    )
    lost = (
        f"{calls(total.lost_calls)} ({percent(total.lost_calls, total.calls)})",
        f"{duration(total.lost_seconds)} ({percent(total.lost_seconds, total.seconds)})",
        f"{tokens(total.lost_tokens)} ({percent(total.lost_tokens, total.all_tokens)})",
    )
    yield from _wrapped(f"Lost  {', '.join(lost)}", width, "bold" if total.lost_calls else "")
    if report.priced:
        yield from _wrapped(money_line(total), width)
    more = [f"{total.retries:,} retries"] if total.retries else []
    more += [f"tier {name} {percent(count, total.calls)}" for name, count in total.tiers.most_common(4)]
    if more:
        yield [("Also  " + ", ".join(more), "")]


def _wrapped(text: str, width: int, style: str = "") -> Iterator[Line]:
    """The figures on as many lines as they need, because a figure that is cut off would be wrong."""
    for line in textwrap.wrap(text, width, subsequent_indent=" " * len("Used  "), break_on_hyphens=False):
        yield [(line, style)]


def _table(report: Report, width: int) -> Iterator[Line]:
    groups = [group for group in report.groups() if _is_shown(group)]
    if not groups:
        yield [("Nothing went wrong.", "bold green")]
        return
    yield [("What to do first: the most wasteful of what went wrong", "bold")]
    rows = [_row(report, group) for group in groups[:MOST]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    fits = 3 + sum(widths) + 2 * (len(widths) - 1) <= width
    for rank, (group, row) in enumerate(zip(groups, rows, strict=False), 1):
        style = SEVERITY_STYLES[group.hint.severity] if group.hint is not NO_HINT else "bold"
        *cells, lost = (cell.ljust(least + 2) for cell, least in zip(row, widths, strict=True))
        figures = lost.rstrip()
        line = [(f"{rank:2} ", "dim"), (cells[0], style), ("".join(cells[1:]), "")]
        yield [*line, (figures, "bold")] if fits else line
        yield _remedy(group, width, "" if fits else figures)
    if len(groups) > MOST:
        yield [(f"{len(groups) - MOST} more: --markdown and --json show all", "dim")]


def _is_shown(group: Group) -> bool:
    return group.hint is not NO_HINT or group.lost_calls > 0 or group.lost_seconds > 0


def _row(report: Report, group: Group) -> list[str]:
    lost = [duration(group.lost_seconds), tokens(group.lost_tokens)]
    if report.priced and (amount := group.lost_amount()) is not None:
        lost.append(money(amount))
    return [*named(report, group), f"{group.times:,}x", f"lost {', '.join(lost)}"]


def _remedy(group: Group, width: int, figures: str) -> Line:
    """The first step, with the trace; they follow the figures if there was no room for them above."""
    before = f"   {figures}  " if figures else "   "
    trace = f"  trace {group.trace}" if group.trace and not figures else ""
    room = max(width - len(before) - len(trace), 20)
    return [
        (before, "bold"),
        (textwrap.shorten(remedy(group), room, placeholder=" ...").ljust(room), ""),
        (trace, "dim"),
    ]


def _notes(notes: list[str]) -> Iterator[Line]:
    for note in notes:
        yield [(f"Note: {note}", "dim")]


def cut(line: Line, width: int) -> Line:
    """The line cut to the width."""
    kept: Line = []
    for text, style in line:
        room = width - sum(len(text) for text, _ in kept)
        if len(text) > room:
            return [*kept, (text[: max(room - 1, 0)] + "…", style)]
        kept.append((text, style))
    return kept


def named(report: Report, group: Group) -> list[str]:
    """The values of the group's keys; if no hint is known for a loss, the outcome is shown instead."""
    values = list(group.values)
    if "hint" in report.by and group.hint is NO_HINT and group.lost_calls:
        values[report.by.index("hint")] = f"{NO_HINT.id} {', '.join(sorted(group.outcomes))}"
    return values


def remedy(group: Group) -> str:
    """The first step to try."""
    if group.hint.remedy:
        return group.hint.remedy[0]
    return _REMEDY_WITHOUT_HINT.get(
        group.outcome, group.hint.summary if group.hint is not NO_HINT else "Open the trace."
    )


def span_of_time(report: Report) -> str:
    if report.first is None or report.last is None:
        return ""
    first, last = (
        f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M}" for at in (report.first, report.last)
    )
    return f"{first} to {last} UTC"


def calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def tokens(count: int) -> str:
    for least, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= least:
            return f"{count / least:.3g} {unit} tokens"
    return f"{count} tokens"


def tokens_by_kind(sums: Sums) -> str:
    used = sums.tokens
    parts = [f"input {tokens(used.input)}", f"output {tokens(used.output)}"]
    parts = [part.removesuffix(" tokens") for part in parts]
    if used.reasoning:
        parts.append(f"thoughts {percent(used.reasoning, used.output)} of output")
    if used.input:
        parts.append(f"cached {percent(used.cached, used.input)} of input")
    if used.tool_use:
        parts.append(f"tools {percent(used.tool_use, used.input)} of input")
    return f"{tokens(sums.all_tokens)}: {', '.join(parts)}"


def percent(some: float, whole: float) -> str:
    share = 100 * some / whole if whole else 0.0
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.1g} %"


def money(amount: Decimal) -> str:
    if amount >= 100:
        return f"${amount:,.0f}"
    return f"${amount:.2f}" if amount >= Decimal("0.1") else f"${amount:.2g}" if amount else "$0"


def money_line(sums: Sums) -> str:
    """How much of the cost is known, and how much is not."""
    amount, lost, unknown = sums.amount(), sums.lost_amount(), sums.unpriced()
    if amount is None:
        known = "Cost  not known"
    else:
        known = f"Cost  {money(amount)} at list price, {money(lost or Decimal(0))} of it lost"
    missing = sum(unknown.values())
    if not missing:
        return known
    return f"{known}; {percent(missing, sums.all_tokens)} of the tokens without a price: {unknown.most_common(1)[0][0]}"
