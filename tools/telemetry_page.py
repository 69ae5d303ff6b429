"""Writes docs/telemetry.md, every span, event and metric with its attributes, from the registry in docs/registry.

Usage: python tools/telemetry_page.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from registry import DOCS, Groups, attributes, load

PAGE = DOCS / "telemetry.md"
_HEAD = """\
# Telemetry

<!-- Written by tools/telemetry_page.py from docs/registry; edit the files there. -->

This page lists everything that gemini-otel emits. The [registry](registry) has the same in machine-readable form, for OpenTelemetry's
`weaver`. A test runs every scenario of the simulator, compares the telemetry with these tables, and compares the tables with the conventions.

An attribute's level is that of the conventions: *required* is always there, and *recommended* wherever it is known; for the others the
condition is given. Which metrics there are depends on the profile, see [names by profile](what-you-see.md#names-by-profile).
[Your own](hooks.md) attributes and dimensions are added to these.

## `_OTHER`

`_OTHER`, the conventions' word for "another value", replaces a value that must not be recorded as it is. The service itself never sends
it. It is recorded

* instead of a value that should be a name but does not look like one, such as prose: a finish or block reason, a status, a reason, a
  quota, a model or a tool. A short model name is replaced by what is wrong with it: `name with a blank`, `name with a line break`;
* as a label of metrics, from the 201st model and the 33rd unknown value of an enum on, so that the number of time series is bounded. The
  span has the value itself.

The call is not changed: the program sees what was really sent and received.
"""


def main(arguments: list[str]) -> int:
    """Write the page; with --check, only say whether it is up to date."""
    page = "\n".join(_lines(load()))
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print(f"telemetry.md is {'up to date' if current else 'stale: run python tools/telemetry_page.py'}")
        return 0 if current else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _lines(registry: Groups) -> Iterator[str]:
    known = attributes(registry)
    yield _HEAD
    yield "## Spans\n"
    for group in registry["span"]:
        yield f"### {group['id'].removeprefix('span.')}\n"
        yield f"{group['brief']} Kind {group['span_kind'].upper()}.\n"
        yield from _table(group, known)
    yield "## Events\n"
    for group in registry["event"]:
        yield f"### {group['name']}\n"
        yield f"{group['brief']}\n"
        yield from _table(group, known)
    yield "## Metrics\n"
    for group in registry["metric"]:
        yield f"### {group['metric_name']}\n"
        yield f"{group['instrument'].capitalize()}, `{group['unit']}`. {group['brief']} When: {group['note']}\n"
        yield from _table(group, known)


def _table(group: dict[str, Any], known: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| attribute | type | level | meaning | when |\n|---|---|---|---|---|"
    for each in group["attributes"]:
        defined = known[each["ref"]]
        cells = (
            f"`{each['ref']}`",
            defined["type"],
            _level(each["requirement_level"]),
            _meaning(defined),
            defined.get("note", ""),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _meaning(defined: dict[str, Any]) -> str:
    """The attribute's brief, and examples that it does not contain already; numbers need none."""
    brief = str(defined["brief"])
    shown = [f"`{word}`" for word in _words(defined) if f"`{word}`" not in brief]
    return f"{brief} For example {', '.join(shown)}." if shown else brief


def _words(defined: dict[str, Any]) -> Iterator[str]:
    """The examples, one by one; none for numbers and JSON text."""
    for example in defined.get("examples", ()) if defined["type"].startswith("string") else ():
        words = [example] if isinstance(example, str) else example
        yield from (word for word in words if not word.startswith(("[", "{")))


def _level(requirement: str | dict[str, str]) -> str:
    """`required`, `recommended` or `opt-in`, else the condition."""
    return (requirement if isinstance(requirement, str) else requirement["conditionally_required"]).replace(
        "_", "-"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
