"""Draws docs/demo.svg, the picture of the README, from real calls to the simulator: `python tools/readme_picture.py`.

With `--check` it only says whether the text of the picture is stale.
"""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console
from rich.terminal_theme import MONOKAI

import gemini_otel
from gemini_otel import _demo, simulator
from gemini_otel import _semconv as names
from gemini_otel.console import ConsoleTraceExporter

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = Path(__file__).parent.parent / "docs" / "demo.svg"
_SCENES = ("Thinking ate the budget", "The model got stuck in a loop", "The daily quota is used up")
_WIDTH = 112
_TIMINGS = frozenset({names.ATTEMPT_WAIT, names.RESPONSE_TIME_TO_FIRST_CHUNK})


def main(arguments: list[str]) -> int:
    picture = draw()
    if arguments == ["--check"]:
        fresh = PICTURE.exists() and _text(PICTURE.read_text(encoding="utf-8")) == _text(picture)
        print(f"{PICTURE.name} is {'up to date' if fresh else 'stale: run python tools/readme_picture.py'}")
        return 0 if fresh else 1
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")
    return 0


def draw() -> str:
    """The picture as SVG."""
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    exporter = ConsoleTraceExporter(console)
    for title, span in zip(_SCENES, _spans(), strict=True):
        console.print()
        console.rule(title, align="left", style="dim")
        exporter.export([_without_timings(span)])
    svg = console.export_svg(title="gemini-otel demo", theme=MONOKAI, unique_id="demo")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _spans() -> list[ReadableSpan]:
    """One span for each scene."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    gemini_otel.instrument(tracer_provider=provider)
    try:
        with simulator.serve() as url:
            scenes = {scene.title: scene for scene in _demo.SIMULATED}
            for title in _SCENES:
                _demo.send(_demo.simulated_client(url), _demo.MODEL, scenes[title])
    finally:
        gemini_otel.uninstrument()
    return list(exporter.get_finished_spans())


def _without_timings(span: ReadableSpan) -> ReadableSpan:
    """The span without what differs from run to run."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        attributes=_steady(span.attributes),
        events=[Event(event.name, _steady(event.attributes), event.timestamp) for event in span.events],
        status=span.status,
    )


def _steady(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name not in _TIMINGS}


def _text(svg: str) -> list[str]:
    """The lines that are written in the picture, however a release of rich draws them."""
    lines: dict[str, str] = {}
    for y, text in re.findall(r'<text [^>]*\by="([^"]*)"[^>]*>([^<]*)</text>', svg):
        lines[y] = lines.get(y, "") + html.unescape(text)
    return [" ".join(line.split()) for line in lines.values()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
