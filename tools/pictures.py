"""Makes the pictures of the documents again, from real calls to the simulator: `python tools/pictures.py`.

docs/demo.svg and docs/images/terminal-*.svg are what the demo prints, at 120 and 80 columns, dark and light; docs/report.svg is the
report of a simulated day; docs/images/*.png are pages of a running Jaeger in a headless browser.

    pip install -e ".[pictures]"
    python tools/pictures.py --jaeger http://localhost:16686 --otlp http://localhost:4318   # a Jaeger that runs already
    python tools/pictures.py                          # one that is started, from .servers/bin or the PATH
    python tools/pictures.py --program FILE --jaeger-ui DIRECTORY    # this program, with the page in DIRECTORY
    python tools/pictures.py --terminal               # only what is printed
    python tools/pictures.py --check                  # only say whether the text of what is printed is stale

The browser is the Chromium on the PATH, else playwright's own. The documents show Jaeger 2.20, started with examples/jaeger/config.yaml.
A program that was built from its sources has no page: build that from the release of github.com/jaegertracing/jaeger-ui with the
same version, and name its packages/jaeger-ui/build.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import io
import os
import re
import shutil
import sys
import tempfile
import unittest.mock
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo as _demo
from gemini_otel._commands import report
from gemini_otel._commands.report import lines, show
from gemini_otel._facts import names
from gemini_otel.console import ConsoleTraceExporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from google.genai import Client
    from opentelemetry.trace import Span
    from playwright.sync_api import Locator, Page, ViewportSize

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
HINTS = {hint.id: hint for hint in gemini_otel.default_hints()}
# The file below docs/, its number of columns, and its colours.
TERMINALS = (
    ("demo.svg", 120, MONOKAI),
    ("images/terminal-120-light.svg", 120, DEFAULT_TERMINAL_THEME),
    ("images/terminal-80-dark.svg", 80, MONOKAI),
    ("images/terminal-80-light.svg", 80, DEFAULT_TERMINAL_THEME),
)
_REPORT_WIDTH = 112
_SCENES = {scene.title: scene for scene in _demo.SIMULATED}
_TERMINAL_SCENES = ("Thinking ate the budget", "The model got stuck in a loop", "The daily quota is used up")
_TIMINGS = frozenset({names.ATTEMPT_WAIT, names.RESPONSE_TIME_TO_FIRST_CHUNK})

_SERVICE = "trip-planner"
_TRACE_SCENES = (
    "A healthy call: no hint",
    "A tool that fails, in a loop of three rounds",
    "Thinking ate the budget",
)
_SEARCH_SCENES = tuple(_SCENES)
_HINT = "finish.max_tokens.thinking"  # the one that is shown
_TRACE_SIZE, _SEARCH_SIZE, _CONVERSATION_SIZE, _SCALE = (1280, 860), (1600, 900), (1280, 1270), 2
_MOST_BYTES = 300_000


def get_weather(city: str) -> str:
    """Say how the weather is in a city."""
    return "Rain until noon, then sun."


_CONVERSATION = _demo.Scene(
    "A conversation",
    "How is the weather today? (simulate:tool_chain)",
    {"tools": [get_weather], "system_instruction": "You plan trips. Answer in one sentence."},
)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    pictures = {**draw(), "report.svg": draw_report()}
    if options.check:
        stale = [name for name, picture in pictures.items() if not _is_fresh(DOCS / name, picture)]
        told = ", ".join(stale)
        print(f"stale: {told}; run python tools/pictures.py --terminal" if stale else "up to date")
        return 1 if stale else 0
    for name, picture in pictures.items():
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(picture, encoding="utf-8")
    if not options.terminal:
        with _jaeger(options) as jaeger:
            photograph(jaeger)
    return 0


def _is_fresh(path: Path, picture: str) -> bool:
    return path.exists() and _text(path.read_text(encoding="utf-8")) == _text(picture)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Makes the pictures of the documents again.")
    parser.add_argument("--check", action="store_true", help="only say whether what is printed is stale")
    parser.add_argument("--terminal", action="store_true", help="only draw what is printed")
    parser.add_argument("--jaeger", metavar="URL", help="the page of a Jaeger that runs already")
    parser.add_argument("--otlp", metavar="URL", default="http://localhost:4318", help="where it takes OTLP")
    parser.add_argument(
        "--program", metavar="FILE", help="the Jaeger that is started, instead of the installed one"
    )
    parser.add_argument(
        "--jaeger-ui", metavar="DIR", type=Path, help="a build of Jaeger's page for the one that is started"
    )
    return parser.parse_args(arguments)


def draw() -> dict[str, str]:
    """The terminal's content as SVG, by the name below docs/."""
    kept = InMemorySpanExporter()
    with _instrumented(kept) as (_, client):
        _send(client, _TERMINAL_SCENES)
    spans = [_without_timings(span) for span in kept.get_finished_spans()]
    return {name: _drawn(spans, width, theme) for name, width, theme in TERMINALS}


def _drawn(spans: Sequence[ReadableSpan], width: int, theme: TerminalTheme) -> str:
    console = _terminal(width)
    exporter = ConsoleTraceExporter(console)
    for title, span in zip(_TERMINAL_SCENES, spans, strict=True):
        console.rule(title, align="left", style="dim")
        exporter.export([span])
    return _svg(console, theme, "gemini-otel demo", "demo")


def draw_report() -> str:
    """The report of a day as SVG; without money, because amounts change with each release of the prices."""
    sys.path[:0] = [str(ROOT / "tests")]
    from support.trace_files import otlp_lines, simulated_day

    console = _terminal(_REPORT_WIDTH)
    with (
        tempfile.TemporaryDirectory() as folder,
        unittest.mock.patch("gemini_otel._commands.report._bills", return_value=None),
    ):
        path = Path(folder, "day.jsonl")
        path.write_bytes(otlp_lines(simulated_day(), 50))
        reading = report.read_files([str(path)])
    show.draw(console, list(lines.page(reading.report, "day.jsonl", reading.notes, _REPORT_WIDTH)))
    return _svg(console, MONOKAI, "gemini-otel report day.jsonl", "report")


def _terminal(width: int) -> Console:
    return Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )


def _svg(console: Console, theme: TerminalTheme, title: str, name: str) -> str:
    svg = console.export_svg(title=title, theme=theme, unique_id=name)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


@contextlib.contextmanager
def _instrumented(exporter: SpanExporter, **settings: Any) -> Iterator[tuple[TracerProvider, Client]]:
    """A provider of traced calls, and a client of the simulator to make them with."""
    provider = TracerProvider(resource=Resource({"service.name": _SERVICE}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    gemini_otel.instrument(tracer_provider=provider, **settings)
    try:
        with simulator.serve() as url:
            yield provider, _demo.simulated_client(url)
    finally:
        gemini_otel.uninstrument()


def _send(client: Client, titles: Sequence[str]) -> None:
    """Make the calls of these scenes."""
    for title in titles:
        _demo.send(client, _demo.MODEL, _SCENES[title])


def _without_timings(span: ReadableSpan) -> ReadableSpan:
    """The span without values that differ from run to run."""
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
    """The lines of text in the picture, however a release of rich draws them."""
    lines: dict[str, str] = {}
    for y, text in re.findall(r'<text [^>]*\by="([^"]*)"[^>]*>([^<]*)</text>', svg):
        lines[y] = lines.get(y, "") + html.unescape(text)
    return [" ".join(line.replace("─", " ").split()) for line in lines.values()]


class Jaeger(NamedTuple):
    """Addresses of a Jaeger: where it takes traces, and where its page is."""

    otlp: str
    url: str


@contextlib.contextmanager
def _jaeger(options: argparse.Namespace) -> Iterator[Jaeger]:
    """The Jaeger that is already running, or one that we start."""
    if options.jaeger:
        yield Jaeger(options.otlp, options.jaeger.rstrip("/"))
        return
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]
    from servers import run_shipped_jaeger

    ui = {"assets_path": str(options.jaeger_ui.resolve())} if options.jaeger_ui else {}
    with (
        tempfile.TemporaryDirectory() as folder,
        run_shipped_jaeger(Path(folder), ui, options.program) as started,
    ):
        yield Jaeger(started.otlp, started.url)


def photograph(jaeger: Jaeger) -> None:
    """Send traces to Jaeger, and save what its page shows of them.

    A Jaeger that was built without its page needs --jaeger-ui.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoint = f"{jaeger.otlp}/v1/traces"
    with _instrumented(OTLPSpanExporter(endpoint)) as (provider, client):
        _send(client, _SEARCH_SCENES)
        with provider.get_tracer("pictures").start_as_current_span("POST /trips") as root:
            _send(client, _TRACE_SCENES)
    with (
        _instrumented(OTLPSpanExporter(endpoint), capture_content="span_only") as (provider, client),
        provider.get_tracer("pictures").start_as_current_span("POST /weather") as captured,
    ):
        _demo.send(client, _demo.MODEL, _CONVERSATION)
    (DOCS / "images").mkdir(exist_ok=True)
    with _browser(jaeger) as page:
        _save(page, "jaeger-search.png", _show_search(page, jaeger))
        _save(page, "jaeger-genai.png", _show_hint(page, jaeger, _trace_id(root)))
        _save(page, "jaeger-trace.png", _show_trace(page, jaeger, _trace_id(root)))
        _save(page, "jaeger-conversation.png", _show_conversation(page, jaeger, _trace_id(captured)))


def _trace_id(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"


@contextlib.contextmanager
def _browser(jaeger: Jaeger) -> Iterator[Page]:
    from playwright.sync_api import Error, sync_playwright

    installed = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=root)
        try:
            yield browser.new_page(
                viewport=_size(_TRACE_SIZE),
                device_scale_factor=_SCALE,
                locale="en-GB",
                timezone_id="UTC",
                reduced_motion="reduce",
            )
        except Error as error:
            raise SystemExit(
                f"{jaeger.url} does not show what is expected of Jaeger's page:\n{error}\n"
                "A Jaeger that was built without its page needs --jaeger-ui."
            ) from None
        finally:
            browser.close()


def _size(size: tuple[int, int]) -> ViewportSize:
    return {"width": size[0], "height": size[1]}


def _show_hint(page: Page, jaeger: Jaeger, trace_id: str) -> Locator:
    """The trace after a click on the call that went wrong: the hint is readable."""
    page.set_viewport_size(_size(_TRACE_SIZE))
    page.goto(f"{jaeger.url}/trace/{trace_id}")
    page.locator(".span-row .span-name").last.click()
    page.mouse.move(0, 0)
    detail = page.locator(".detail-row").last
    detail.get_by_text(HINTS[_HINT].summary).wait_for()
    return detail


def _show_trace(page: Page, jaeger: Jaeger, trace_id: str) -> Locator:
    """The trace with the call that went wrong unfolded: its tags begin with the hint."""
    page.set_viewport_size(_size(_TRACE_SIZE))
    page.goto(f"{jaeger.url}/trace/{trace_id}?{urlencode({'uiFind': _HINT})}")
    detail = page.locator(".detail-row").last
    detail.get_by_role("tab", name="Details").click()
    detail.locator(".AccordionAttributes--header").first.click()
    page.mouse.move(0, 0)
    return detail


def _show_conversation(page: Page, jaeger: Jaeger, trace_id: str) -> Locator:
    """The last round of a loop, whose captured messages the page shows as a conversation."""
    page.set_viewport_size(_size(_CONVERSATION_SIZE))
    page.goto(f"{jaeger.url}/trace/{trace_id}")
    page.locator(".span-row .span-name").last.click()
    page.mouse.move(0, 0)
    return page.locator(".detail-row").last


def _show_search(page: Page, jaeger: Jaeger) -> Locator:
    """All calls of a service; those that went wrong have a mark."""
    query = {"service": _SERVICE, "lookback": "1h", "limit": 20}
    page.set_viewport_size(_size(_SEARCH_SIZE))
    page.goto(f"{jaeger.url}/search?{urlencode(query)}")
    rows = page.locator(".ant-table-row")
    rows.last.wait_for()
    return rows.last


def _save(page: Page, name: str, last: Locator) -> None:
    """The page down to its `last` part, with as few colours as possible."""
    from PIL import Image

    path = DOCS / "images" / name
    page.wait_for_timeout(1000)  # transitions
    bottom = int(last.evaluate("part => part.getBoundingClientRect().bottom")) + 16
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    taken = taken.crop((0, 0, taken.width, min(taken.height, bottom * _SCALE)))
    taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {taken.width} x {taken.height}, {size:,} bytes")
    if size > _MOST_BYTES:
        raise SystemExit(f"{path.name} has more than {_MOST_BYTES:,} bytes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
