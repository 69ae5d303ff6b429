"""The report as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gemini_otel._commands.report.calls import NO_HINT
from gemini_otel._commands.report.lines import (
    calls,
    money,
    money_line,
    named,
    percent,
    seconds,
    span_of_time,
    tokens,
    tokens_by_kind,
)
from gemini_otel.cost import COST_AMOUNT, COST_CURRENCY, CURRENCY

if TYPE_CHECKING:
    from gemini_otel._commands.report.groups import Group, Report, Sums


def as_markdown(report: Report, sources: str, notes: list[str]) -> str:
    """All groups, with each remedy in full."""
    return "\n".join(_markdown(report, sources, notes)) + "\n"


def _markdown(report: Report, sources: str, notes: list[str]) -> Iterator[str]:
    total = report.all
    yield f"# Gemini calls of {_escaped(sources)}"
    yield ""
    if when := span_of_time(report):
        yield f"- {when}"
    yield f"- used: {calls(total.calls)}, {seconds(total.seconds)}, {tokens_by_kind(total)}"
    yield (
        f"- lost: {calls(total.lost_calls)} ({percent(total.lost_calls, total.calls)}), {seconds(total.lost_seconds)}, "
        f"{tokens(total.lost_tokens)} ({percent(total.lost_tokens, total.all_tokens)})"
    )
    if report.priced:
        yield f"- {_escaped(money_line(total).removeprefix('Cost').strip())}"
    yield f"- {total.retries:,} retries"
    yield from (f"- tier {_escaped(name)}: {calls(count)}" for name, count in total.tiers.most_common())
    yield from (f"- {_escaped(note)}" for note in notes)
    groups = report.groups()
    heads = [
        *report.by,
        "times",
        "share",
        "lost time",
        "lost tokens",
        *(["lost money"] if report.priced else []),
    ]
    yield from ("", f"| {' | '.join((*heads, 'trace'))} |", "| --- " * (len(heads) + 1) + "|")
    for group in groups:
        yield f"| {' | '.join(map(_escaped, _cells(report, group)))} |"
    yield from _remedies(groups)


def _cells(report: Report, group: Group) -> Iterator[str]:
    yield from named(report, group)
    yield f"{group.times:,}"
    yield percent(group.calls, report.all.calls)
    yield seconds(group.lost_seconds)
    yield f"{group.lost_tokens:,}"
    if report.priced:
        amount = group.lost_amount()
        yield "" if amount is None else money(amount)
    yield group.trace


def _remedies(groups: list[Group]) -> Iterator[str]:
    for hint in dict.fromkeys(group.hint for group in groups if group.hint is not NO_HINT):
        yield from ("", f"## {hint.id}", "", hint.summary, "")
        yield from (f"- {sentence}" for sentence in hint.remedy)
        if hint.reference:
            yield from ("", f"<{hint.reference}>")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def as_json(report: Report, sources: list[str], notes: list[str]) -> str:
    """Everything, for programs; times in seconds, money in US dollars."""
    document = {
        "sources": sources,
        "first": _time(report.first),
        "last": _time(report.last),
        "by": report.by,
        "notes": notes,
        "spans_around_calls": report.second_spans,
        "duplicates": report.duplicates,
        "total": _sums(report.all),
        "groups": [_group(report, group) for group in report.groups()],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _group(report: Report, group: Group) -> dict[str, Any]:
    hint = group.hint if group.hint is not NO_HINT else None
    return {
        "key": dict(zip(report.by, group.values, strict=True)),
        "hint": None if hint is None else hint.id,
        "severity": None if hint is None else hint.severity,
        "summary": None if hint is None else hint.summary,
        "remedy": [] if hint is None else list(hint.remedy),
        "retry": None if hint is None else hint.retry,
        "reference": None if hint is None else hint.reference,
        "trace": group.trace or None,
        "waste": round(report.waste(group), 6),
        "share": round(group.calls / report.all.calls, 6) if report.all.calls else 0,
        **_sums(group),
    }


def _sums(sums: Sums) -> dict[str, Any]:
    used = sums.tokens
    return {
        "calls": sums.calls,
        "other_spans": sums.other_spans,
        "lost_calls": sums.lost_calls,
        "seconds": round(sums.seconds, 6),
        "lost_seconds": round(sums.lost_seconds, 6),
        "tokens": used._asdict(),
        "lost_tokens": sums.lost_tokens,
        "lost_reasoning_tokens": sums.lost_reasoning,
        "cache_share": round(used.cached / used.input, 6) if used.input else None,
        "retries": sums.retries,
        "outcomes": dict(sums.outcomes.most_common()),
        "tiers": dict(sums.tiers.most_common()),
        "cost": _cost(sums),
    }


def _cost(sums: Sums) -> dict[str, Any] | None:
    if sums.good_bill is None:
        return None
    unknown = sums.unpriced()
    return {
        COST_CURRENCY: CURRENCY,
        COST_AMOUNT: _amount(sums.amount()),
        "lost_amount": _amount(sums.lost_amount()),
        "tokens_without_price": sum(unknown.values()),
        "reasons": dict(unknown.most_common()),
    }


def _amount(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, timezone.utc).isoformat()
