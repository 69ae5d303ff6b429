"""ConsoleTraceExporter: traces as trees."""

from __future__ import annotations

import io
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from rich.console import Console

from gemini_otel import console as console_module
from gemini_otel.console import ConsoleTraceExporter, trace_trees

TICK = 1_000_000  # a millisecond in nanoseconds


class Terminal:
    """A tracer whose traces are printed into a string."""

    def __init__(self) -> None:
        self.output = io.StringIO()
        self.exporter = ConsoleTraceExporter(Console(file=self.output, width=120))
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.output.getvalue().splitlines()]

    def start(self, name: str, parent: trace.Span | None = None, at: int = 0, **more: Any) -> trace.Span:
        context = trace.set_span_in_context(parent) if parent is not None else None
        return self.tracer.start_span(name, context, start_time=at * TICK + TICK, **more)

    def show(self, attributes: dict[str, Any], event: str | None = None) -> list[str]:
        """The lines of one span that has these attributes, or an event with them."""
        span = self.start("span", attributes={} if event else attributes)
        if event:
            span.add_event(event, attributes)
        span.end(TICK)
        return self.lines[1:]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def end(*spans: trace.Span, at: int = 9) -> None:
    for span in spans:
        span.end(at * TICK + TICK)


def test_nested_spans(terminal: Terminal) -> None:
    """Children stand under their parent in the order of their start, whichever ended first."""
    root = terminal.start("root")
    first, second = terminal.start("first", root, at=1), terminal.start("second", root, at=2)
    grandchild = terminal.start("grandchild", first, at=3)
    end(second, grandchild, first)
    assert terminal.lines == []
    end(root)
    assert terminal.lines == [
        "root  9 ms",
        "├── first  8 ms",
        "│   └── grandchild  6 ms",
        "└── second  7 ms",
    ]


def test_children_that_outlive_their_root(terminal: Terminal) -> None:
    """A child that ends after its root is printed on shutdown, once."""
    root = terminal.start("root")
    child = terminal.start("child", root, at=1)
    grandchild = terminal.start("grandchild", child, at=1)
    end(root)
    end(child, grandchild)
    assert terminal.lines == ["root  9 ms"]
    terminal.provider.shutdown()
    terminal.exporter.shutdown()
    assert terminal.lines == ["root  9 ms", "child  8 ms", "└── grandchild  8 ms"]


def test_remote_parent(terminal: Terminal) -> None:
    """A span whose parent is in another process is a root here."""
    remote = NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1)))
    end(terminal.start("served", remote))
    assert terminal.lines == ["served  9 ms"]


def test_two_traces_at_once(terminal: Terminal) -> None:
    """Spans of another trace do not get into a tree."""
    one, other = terminal.start("one"), terminal.start("other")
    end(terminal.start("child of other", other), terminal.start("child of one", one), one)
    assert terminal.lines == ["one  9 ms", "└── child of one  9 ms"]


def test_traces_that_never_end(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many traces without an ended root, the oldest is printed."""
    monkeypatch.setattr(console_module, "_MAX_PENDING", 2)
    for name in ("oldest", "older", "newest"):
        end(terminal.start(name, terminal.start("root")))
    assert terminal.lines == ["oldest  9 ms"]


def test_the_facts_of_an_answer(terminal: Terminal) -> None:
    """The first line under a span tells reasons, HTTP status, tokens and parts in that order."""
    assert terminal.show(
        {
            "gemini.response.parts": ("text",),
            "gen_ai.response.time_to_first_chunk": 1.25,
            "gen_ai.usage.input_tokens": 1200,
            "gen_ai.usage.cache_read.input_tokens": 1081,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.reasoning.output_tokens": 0,
            "http.response.status_code": 200,
            "http.request.resend_count": 1,
            "gemini.response.finish_reason": "SAFETY",
            "gemini.response.blocked_categories": ("A:HIGH", "B"),
        }
    ) == [
        "└── finish SAFETY · categories A:HIGH, B · HTTP 200 · resends 1 · tokens in 1,200, cached 1,081, out 30, thoughts 0 ·",
        "    parts text · first chunk 1,250 ms",
    ]


def test_an_error_without_a_status_code(terminal: Terminal) -> None:
    """The error type is told where there is no HTTP status, and the status description stands beside the outcome."""
    span = terminal.start(
        "call", attributes={"error.type": "httpx.ConnectError", "gemini.response.outcome": "error"}
    )
    span.set_status(Status(StatusCode.ERROR, "httpx.ConnectError"))
    end(span)
    assert terminal.lines == ["call  9 ms  error  httpx.ConnectError", "└── error httpx.ConnectError"]


@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        (
            {
                "gemini.attempt.number": 1,
                "http.response.status_code": 429,
                "gemini.error.status": "RESOURCE_EXHAUSTED",
                "gemini.retry.delay": 34.0,
                "gemini.attempt.wait": 0.1,
            },
            "attempt 1 failed: 429 RESOURCE_EXHAUSTED, asked to wait 34 s, sent again after 0.10 s",
        ),
        ({"gemini.attempt.number": 2, "error.type": "ReadTimeout"}, "attempt 2 failed: ReadTimeout"),
    ],
)
def test_failed_attempts(terminal: Terminal, attributes: dict[str, Any], line: str) -> None:
    """An attempt tells its status, or its exception, and the waits that are known."""
    assert terminal.show(attributes, "gemini.attempt") == [f"└── {line}"]


def test_a_loop(terminal: Terminal) -> None:
    """A repetition tells kind, count, start and share."""
    loop = {
        "gemini.repetition.kind": "text",
        "gemini.repetition.count": 14,
        "gemini.repetition.start": 24,
        "gemini.repetition.share": 0.964,
    }
    assert terminal.show(loop, "gemini.repetition") == [
        "└── repetition: text, 14 times from character 24 on, 96 % of the output so far"
    ]


def test_a_hint(terminal: Terminal) -> None:
    """A hint is a branch with severity, summary and id, and one line for each thing that it knows."""
    hint = {
        "gemini.hint.id": "mine.own",
        "gemini.hint.severity": "warning",
        "gemini.hint.summary": "It [red]failed[/].",
        "gemini.hint.cause": "No idea.",
        "gemini.hint.remedy": "Try. Try again.",
        "gemini.hint.retry": "yes",
        "gemini.hint.reference": "https://example.com",
    }
    assert terminal.show(hint, "gemini.hint") == [
        "└── warning: It [red]failed[/].  mine.own",
        "    ├── why: No idea.",
        "    ├── what to do: Try. Try again.",
        "    └── read: https://example.com",
    ]


def test_other_events_are_left_out(terminal: Terminal) -> None:
    """An event of somebody else adds no line."""
    assert terminal.show({"exception.type": "ValueError"}, "exception") == []


def test_a_span_without_times_or_context() -> None:
    """A span without times is shown without a duration."""
    (tree,) = trace_trees([ReadableSpan("bare")])
    assert str(tree.label) == "bare"


def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a console, the trees go to standard output; a flush succeeds and prints nothing early."""
    exporter = ConsoleTraceExporter()
    assert exporter.export([ReadableSpan("bare")]) is SpanExportResult.SUCCESS
    assert exporter.force_flush()
    assert capsys.readouterr().out == "bare\n"
