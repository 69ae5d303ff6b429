"""ConsoleTraceExporter: traces as trees, one line for each span."""

from __future__ import annotations

import importlib
import io
import os
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from rich.console import Console

from gemini_otel import HintSpanProcessor
from gemini_otel._settings.in_force import unknown_variables
from gemini_otel.console import ConsoleTraceExporter
from gemini_otel.console import _exporter as exporter_module
from gemini_otel.console._tree import trace_trees

TICK = 1_000_000  # a millisecond in nanoseconds
CLOCK = re.compile(r"^\d\d:\d\d:\d\d  ")  # before the root of a trace


class Terminal:
    """A tracer whose traces are printed into a string."""

    def __init__(
        self,
        processor: Callable[[SpanExporter], SpanProcessor] = SimpleSpanProcessor,
        width: int = 300,
        problems_only: bool = False,
    ) -> None:
        self.output = io.StringIO()
        self.exporter = ConsoleTraceExporter(Console(file=self.output, width=width), problems_only)
        self.provider = TracerProvider()
        self.provider.add_span_processor(processor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def lines(self) -> list[str]:
        """What is printed, without times of day and blank lines."""
        return [CLOCK.sub("", line.rstrip()) for line in self.output.getvalue().splitlines() if line]

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


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-xdist sets a width."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def end(*spans: trace.Span, at: int = 9) -> None:
    for span in spans:
        span.end(at * TICK + TICK)


def readable(span: trace.Span) -> ReadableSpan:
    assert isinstance(span, ReadableSpan)
    return span


def run(code: str, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program whose spans go nowhere else."""
    return subprocess.run(
        [*command, sys.executable, "-c", code],
        env={**os.environ, "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", **environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


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


def test_a_late_child_in_the_same_batch(terminal: Terminal) -> None:
    """A child that ended after its root stands in the tree where both are exported together."""
    root = terminal.start("root")
    child = terminal.start("child", root, at=1)
    end(root, child)
    printed = Terminal()
    printed.exporter.export([readable(root), readable(child)])
    assert printed.lines == ["root  9 ms", "└── child  8 ms"]


def test_spans_whose_root_never_comes_are_bounded(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of too many spans without an ended root, the oldest trace is printed, also where all are of one trace."""
    monkeypatch.setattr(exporter_module, "_MAX_PENDING", 2)
    for name in ("oldest", "older", "newest"):
        end(terminal.start(name, terminal.start("root")))
    assert terminal.lines == ["oldest  9 ms"]
    root = terminal.start("root")
    end(*[terminal.start(name, root) for name in ("a", "b", "c")])
    assert terminal.lines[1:] == ["older  9 ms", "newest  9 ms", "a  9 ms", "b  9 ms", "c  9 ms"]
    assert not terminal.exporter._pending


def test_spans_wait_a_minute_for_their_root(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A span whose root is still open after a minute is printed with the next export."""
    clock = iter([0.0, 1.0, 30.0, 31.0, 61.0, 61.0])
    monkeypatch.setattr("gemini_otel.console._exporter.time.monotonic", lambda: next(clock))
    root = terminal.start("root")
    end(terminal.start("first", root))
    end(terminal.start("second", root))
    assert terminal.lines == []
    end(terminal.start("third", root))
    assert terminal.lines == ["first  9 ms", "second  9 ms", "third  9 ms"]


def test_a_flush(terminal: Terminal) -> None:
    """force_flush() prints what waits for its root."""
    end(terminal.start("child", terminal.start("root")))
    assert terminal.lines == []
    assert terminal.exporter.force_flush()
    assert terminal.lines == ["child  9 ms"]


def test_many_threads() -> None:
    """Traces of many threads, exported in batches, are whole and not mixed."""
    terminal = Terminal(BatchSpanProcessor)

    def work(name: str) -> None:
        for number in range(20):
            with terminal.tracer.start_as_current_span(f"{name} {number}"):
                for child in "ab":
                    terminal.tracer.start_span(f"{name} {number} {child}").end()

    threads = [threading.Thread(target=work, args=(f"thread {each}",)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    terminal.provider.shutdown()
    told = [re.sub(r"  [\d,]+ ms$", "", line) for line in terminal.lines]
    trees = [told[start : start + 3] for start in range(0, len(told), 3)]
    assert len(trees) == 80
    assert all(tree == [tree[0], f"├── {tree[0]} a", f"└── {tree[0]} b"] for tree in trees)


def test_a_span_that_ends_while_printing(terminal: Terminal) -> None:
    """A span that the garbage collector ends in the thread that prints is printed, too."""

    class Output(io.StringIO):
        def write(self, text: str) -> int:
            if inner:
                end(inner.pop())
            return super().write(text)

    inner = [terminal.start("inner")]
    output = terminal.exporter._console.file = Output()
    end(terminal.start("outer"))
    assert [CLOCK.sub("", line) for line in output.getvalue().split("\n\n")] == [
        "outer  9 ms",
        "inner  9 ms",
        "",
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_after_a_fork() -> None:
    """A child process prints its own spans, and those of its parent stay the parent's, whatever thread held the lock."""
    printed = run(
        """
import os, threading
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from gemini_otel.console import ConsoleTraceExporter

exporter = ConsoleTraceExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("t")
held, done = threading.Event(), threading.Event()

def hold():
    with exporter._lock, exporter._console._lock:
        held.set()
        done.wait(10)

with tracer.start_as_current_span("root"):
    tracer.start_span("of the parent").end()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    done.set()
    if not child:
        tracer.start_span("of the child").end()
        exporter.shutdown()
        os._exit(0)
    thread.join()
    os.waitpid(child, 0)
"""
    ).stderr
    assert [CLOCK.sub("", re.sub(r"  \d+ ms", "", line)) for line in printed.splitlines() if line] == [
        "of the child",
        "root",
        "└── of the parent",
    ]


def test_a_child_begins_with_nothing(terminal: Terminal) -> None:
    """After a fork, what was pending is forgotten, and the exporter goes on."""
    end(terminal.start("of the parent", terminal.start("root")))
    exporter_module._reset_after_fork()
    end(terminal.start("of the child"))
    terminal.provider.shutdown()
    assert terminal.lines == ["of the child  9 ms"]


def test_one_line_for_an_answer(terminal: Terminal) -> None:
    """The line tells model, outcome, reason, tokens and time, in that order, then what is out of the ordinary."""
    span = terminal.start(
        "chat",
        attributes={
            "gen_ai.request.model": "gemini-2.5-pro",
            "gemini.response.outcome": "blocked",
            "gemini.response.parts": ("text", "thought", "function_call"),
            "gen_ai.response.time_to_first_chunk": 1.25,
            "gen_ai.usage.input_tokens": 1200,
            "gen_ai.usage.cache_read.input_tokens": 1081,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.reasoning.output_tokens": 7,
            "http.response.status_code": 200,
            "gemini.response.finish_reason": "SAFETY",
            "gemini.repetition.kind": "text",
            "gemini.repetition.count": 14,
        },
    )
    for code in (429, 503, 429):
        span.add_event("gemini.attempt", {"http.response.status_code": code})
    span.add_event("gemini.attempt", {"error.type": "ReadTimeout"})
    end(span)
    (line,) = terminal.lines
    assert line.split("  ") == [
        *(
            "chat",
            "gemini-2.5-pro",
            "blocked",
            "SAFETY",
            "1,200 tokens in (1,081 cached), 30 out (7 thoughts)",
        ),
        *("9 ms, first chunk 1.25 s", "4 failed attempts (429, 503, ReadTimeout)"),
        *("repetition: text, 14 times", "function_call"),
    ]


@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        ({"gemini.response.finish_reason": "STOP", "gemini.response.outcome": "ok"}, "span  ok  0 ms"),
        ({"gemini.response.block_reason": "SAFETY"}, "span  prompt: SAFETY  0 ms"),
        ({"gen_ai.prompt.name": "summary", "gen_ai.prompt.version": "3"}, "span  0 ms  prompt summary 3"),
        ({"gen_ai.prompt.version": "3"}, "span  0 ms"),
        ({"gen_ai.agent.id": "mine", "gen_ai.agent.name": "research"}, "span  0 ms  agent research"),
        ({"gen_ai.agent.id": "pan"}, "span  0 ms"),
        ({"error.type": "httpx.ConnectError"}, "span  httpx.ConnectError  0 ms"),
        (
            {"error.type": "503", "gemini.error.status": "UNAVAILABLE", "http.response.status_code": 200},
            "span  503 UNAVAILABLE  0 ms",
        ),
        (
            {
                "gemini.afc.rounds": 3,
                "gemini.afc.max_rounds": 10,
                "gemini.afc.tools": 2,
                "gemini.usage.input_tokens": 20,
                "gemini.usage.cached_tokens": 5,
                "gemini.usage.output_tokens": 30,
                "gemini.usage.reasoning_tokens": 8,
            },
            "span  20 tokens in (5 cached), 30 out (8 thoughts)  0 ms  3 of 10 rounds, 2 tool runs",
        ),
        ({"gen_ai.usage.output_tokens": 30, "gen_ai.usage.reasoning.output_tokens": 0}, "span  30 out  0 ms"),
        (
            {
                "gemini.response.parts": 7,
                "gen_ai.usage.input_tokens": "many",
                "gen_ai.response.time_to_first_chunk": "soon",
            },
            "span  0 ms",
        ),
    ],
)
def test_what_a_line_tells(terminal: Terminal, attributes: dict[str, Any], line: str) -> None:
    """What is as expected, absent or of a type that nobody writes takes no room."""
    end(terminal.start("span", attributes=attributes), at=0)
    assert terminal.lines == [line]


@pytest.mark.parametrize(
    ("attributes", "told"),
    [({}, "span  0 ms  1 failed attempt (429)"), ({"error.type": "429"}, "span  429  0 ms")],
)
def test_one_failed_attempt(terminal: Terminal, attributes: dict[str, str], told: str) -> None:
    """A single failed attempt is told of where another followed: else the error says the same."""
    span = terminal.start("span", attributes=attributes)
    span.add_event("gemini.attempt", {"http.response.status_code": 429})
    end(span, at=0)
    assert terminal.lines == [told]


def test_one_of_each(terminal: Terminal) -> None:
    """What is counted once is not told of in the plural."""
    attributes = {
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.output_tokens": 1,
        "gen_ai.usage.reasoning.output_tokens": 1,
        "gemini.afc.rounds": 1,
        "gemini.afc.max_rounds": 10,
        "gemini.afc.tools": 1,
    }
    end(terminal.start("span", attributes=attributes), at=0)
    assert terminal.lines == ["span  1 token in, 1 out (1 thought)  0 ms  1 of 10 rounds, 1 tool run"]


def test_traces_stand_apart(terminal: Terminal) -> None:
    """A trace begins with the time of day, its children do not, and a blank line follows it."""
    for name in ("first", "second"):
        root = terminal.start(name)
        end(terminal.start("child", root), root)
    *traces, after = terminal.output.getvalue().split("\n\n")
    began = time.strftime("%H:%M:%S", time.localtime(0))
    assert traces == [f"{began}  {name}  9 ms\n└── child  9 ms" for name in ("first", "second")]
    assert after == ""


def test_hanging_indent() -> None:
    """Where an entry wraps, it does so between its parts, and what follows is indented."""
    terminal = Terminal(width=40)
    root = terminal.start("automatic_function_calling")
    child = terminal.start("generate_content", root)
    for span in (child, root):
        span.set_attributes({"gen_ai.usage.input_tokens": 184, "gen_ai.usage.output_tokens": 32})
    child.set_attribute("error.type", "a.very.long.name.of.an.exception.Which.Wraps")
    end(child, root)
    assert terminal.lines[:2] == ["automatic_function_calling", "    184 tokens in, 32 out  9 ms"]
    assert terminal.lines[2] == "└── generate_content"
    assert all(line.startswith("        ") for line in terminal.lines[3:])
    assert (
        "".join(line.strip() for line in terminal.lines[3:5])
        == "a.very.long.name.of.an.exception.Which.Wraps"
    )
    assert terminal.lines[5:] == ["        184 tokens in, 32 out  9 ms"]


def test_steps_of_a_remedy(terminal: Terminal) -> None:
    """Several steps stand below each other, one alone beside its label."""
    remedy = {"gemini.hint.id": "a", "gemini.hint.remedy": "Try.\nTry again."}
    assert terminal.show(remedy, "gemini.hint")[1:] == [
        "    └── what to do:",
        "        - Try.",
        "        - Try again.",
    ]


def test_the_error_of_somebody_else(terminal: Terminal) -> None:
    """Of another library's error the class is told and never its text, which may quote a prompt."""
    for name, exception in (("first", [ValueError("my secret")]), ("second", [])):
        span = terminal.start(name)
        for each in exception:
            span.record_exception(each)
        span.set_status(Status(StatusCode.ERROR, "my secret"))
        end(span)
    assert terminal.lines == ["first  ValueError  9 ms", "second  ERROR  9 ms"]


@pytest.mark.parametrize("scope", ["openinference.instrumentation.google_genai", "somebody's"])
def test_spans_of_other_instrumentations(scope: str) -> None:
    """A span of another instrumentation has its model, outcome and tokens under names of its own, and the hint below."""
    terminal = Terminal()
    terminal.provider.add_span_processor(HintSpanProcessor())
    span = terminal.provider.get_tracer(scope).start_span(
        "GenerateContent",
        attributes={
            "llm.model_name": "gemini-2.5-flash",
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.response.finish_reasons": ("max_tokens",),
        },
        start_time=TICK,
    )
    span.end(2 * TICK)
    line, hint = terminal.lines[:2]
    assert line == "GenerateContent  gemini-2.5-flash  truncated  MAX_TOKENS  7 tokens in, 20 out  1 ms"
    assert hint.startswith("└── ")
    assert "finish.max_tokens" in hint


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


HOSTILE = "[bold]m[/bold] :smile: \x1b[2J\x1b]0;t\x07\r\nnext\u202e\ud800\x9b"


def test_hostile_text(terminal: Terminal) -> None:
    """Markup, control characters, line breaks and half characters of a model's name, a tool or a hint are printed as text."""
    span = terminal.start(HOSTILE, attributes={"gen_ai.request.model": HOSTILE + "x" * 5000})
    span.add_event("gemini.hint", {f"gemini.hint.{part}": HOSTILE for part in ("id", "severity", "summary")})
    end(span)
    printed = terminal.output.getvalue()
    assert printed.replace("\n", "").isprintable()
    assert "[bold]m[/bold] :smile: \\x1b[2J\\x1b]0;t\\x07\\r\\nnext\\u202e\\ud800\\x9b" in " ".join(
        "".join(line.strip("└─ ").ljust(1) for line in printed.splitlines()).split()
    )
    assert len(printed) < 3000


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_terminals_of_any_width(width: int) -> None:
    """On a narrow terminal lines wrap, and of a deep trace nothing is lost."""
    terminal = Terminal(width=width)
    spans = [terminal.start("span0")]
    for number in range(1, 40):
        spans.append(terminal.start(f"span{number}", spans[-1], at=number))
    spans[-1].add_event("gemini.hint", {"gemini.hint.id": "mine.own", "gemini.hint.reference": "https://a.b"})
    end(*reversed(spans), at=50)
    assert all(len(line) <= width for line in terminal.lines)
    words = " ".join(terminal.lines)
    assert [n for n in range(40) if f"span{n} " not in words] == []
    assert "".join(words.replace("│", "").split()).endswith("mine.own└──read:https://a.b")


def test_more_spans_than_python_may_nest(terminal: Terminal) -> None:
    """A trace as deep as the bound on pending spans is printed."""
    spans = [terminal.start("root")]
    for number in range(900):
        spans.append(terminal.start(f"span {number}", spans[-1]))
    end(*reversed(spans))
    assert len(terminal.lines) == 901


# What goes wrong, and what does not.
def healthy(span: trace.Span) -> None:
    span.set_attribute("gemini.response.outcome", "ok")


def abandoned(span: trace.Span) -> None:
    span.set_attribute("gemini.response.outcome", "abandoned")


def truncated(span: trace.Span) -> None:
    span.set_attribute("gemini.response.outcome", "truncated")


def hinted(span: trace.Span) -> None:
    span.add_event("gemini.hint", {"gemini.hint.id": "mine.own"})


def resent(span: trace.Span) -> None:
    span.add_event("gemini.attempt", {"http.response.status_code": 429})


def failed(span: trace.Span) -> None:
    span.set_status(Status(StatusCode.ERROR))


@pytest.mark.parametrize(
    ("happens", "printed"),
    [(healthy, 0), (abandoned, 0), (truncated, 2), (hinted, 3), (resent, 2), (failed, 2)],
)
def test_problems_only(happens: Callable[[trace.Span], None], printed: int) -> None:
    """With problems_only, a trace is printed as a whole where one of its spans went wrong, else not at all."""
    terminal = Terminal(problems_only=True)
    root = terminal.start("root")
    child = terminal.start("child", root)
    happens(child)
    end(child, root)
    assert len(terminal.lines) == printed
    assert not terminal.exporter._pending


@pytest.mark.parametrize(("text", "on"), [("true", True), ("0", False), ("", False)])
def test_problems_only_in_the_environment(monkeypatch: pytest.MonkeyPatch, text: str, on: bool) -> None:
    """GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY is the default of problems_only, and no unknown setting."""
    monkeypatch.setenv("GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY", text)
    assert ConsoleTraceExporter()._problems_only is on
    assert ConsoleTraceExporter(problems_only=not on)._problems_only is not on
    assert unknown_variables() == {}


def test_bad_input(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A bad argument is an error that names the choices; a bad variable is logged and left at its default."""
    with pytest.raises(ValueError, match="problems_only='maybe' is not valid; choose from: true, false"):
        ConsoleTraceExporter(problems_only="maybe")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"console=7 is not valid; it takes a rich\.console\.Console"):
        ConsoleTraceExporter(7)  # type: ignore[arg-type]
    monkeypatch.setenv("GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY", "perhaps")
    assert not ConsoleTraceExporter()._problems_only
    assert (
        "GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY='perhaps' is not valid; choose from: true, false; using the default, false"
        in caplog.text
    )


def test_standard_error_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a console, the trees go to standard error, unbroken and without colour where it is no terminal."""
    exporter = ConsoleTraceExporter()
    assert exporter.export([ReadableSpan("bare " * 100)]) is SpanExportResult.SUCCESS
    assert exporter.force_flush()
    assert capsys.readouterr() == ("", "bare " * 100 + "\n\n")


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    coloured: bool,
) -> None:
    """A pipe gets no colours unless FORCE_COLOR is set, and nobody does where NO_COLOR is."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environ}.items():
        monkeypatch.setenv(name, value)
    ConsoleTraceExporter().export([ReadableSpan("call", attributes={"gemini.response.outcome": "ok"})])
    printed = capsys.readouterr().err
    assert ("\x1b[32mok" in printed) is coloured
    assert "ok" in printed


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no pseudo-terminals")
@pytest.mark.parametrize(("kind", "coloured"), [("xterm-256color", True), ("dumb", False)])
def test_a_real_terminal(kind: str, coloured: bool) -> None:
    """On a terminal there are colours, unless it has none, and lines wrap at its width."""
    import fcntl
    import pty
    import termios

    code = """
from opentelemetry.sdk.trace import ReadableSpan
from gemini_otel.console import ConsoleTraceExporter
ConsoleTraceExporter().export([ReadableSpan("word " * 20, attributes={"gemini.response.outcome": "ok"})])
"""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}}
    subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "TERM": kind},
        stdin=theirs,
        stderr=theirs,
        check=True,
        timeout=60,
    )
    os.close(theirs)
    printed = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ("\x1b[" in printed, "\x1b[32mok" in printed) == (coloured, coloured)
    plain = re.sub(r"\x1b\[[\d;]*m", "", printed).splitlines()
    assert max(map(len, plain)) <= (40 if coloured else 80)  # rich takes 80 for a terminal that cannot tell


class Broken(io.StringIO):
    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure: BaseException | None = failure

    def write(self, text: str) -> int:
        if self.failure is not None:
            raise self.failure
        return super().write(text)


FAILURES = [BrokenPipeError(), ValueError("I/O operation on closed file"), SystemExit(1)]


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_nobody_reads(failure: BaseException, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is closed or its reader is gone, the export fails quietly and the program goes on, with its output."""
    closed: list[int] = []
    monkeypatch.setattr("os.dup2", lambda *files: closed.append(files[-1]))
    exporter = ConsoleTraceExporter() if own else ConsoleTraceExporter(Console(file=Broken(failure)))
    monkeypatch.setattr("sys.stderr", Broken(failure))
    assert exporter.export([ReadableSpan("bare")] * 3) is SpanExportResult.FAILURE
    assert not exporter._pending
    assert not exporter._due
    assert not (own and closed)


def test_what_nobody_reads_does_not_pile_up() -> None:
    """What could not be written is forgotten: it takes no memory, and does not come before the next trace."""
    output = Broken(OSError())
    exporter = ConsoleTraceExporter(Console(file=output))
    for _ in range(50):
        assert exporter.export([ReadableSpan("lost")]) is SpanExportResult.FAILURE
    output.failure = None
    assert exporter.export([ReadableSpan("next")]) is SpanExportResult.SUCCESS
    assert output.getvalue() == "next\n\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "└── error: 模型  a"),
        ("cp1252", r"`-- error: \u6a21\u578b  a"),
        ("ascii", r"`-- error: \u6a21\u578b  a"),
    ],
)
def test_encodings(encoding: str, told: str) -> None:
    """What the encoding of the output lacks, lines of the tree and characters of names, is written as it can be."""
    written = io.BytesIO()
    exporter = ConsoleTraceExporter(Console(file=io.TextIOWrapper(written, encoding, newline="\n"), width=80))
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for _ in range(2):
        with provider.get_tracer("test").start_as_current_span("call") as span:
            parts = {"id": "a", "severity": "error", "summary": "模型"}
            span.add_event("gemini.hint", {f"gemini.hint.{part}": text for part, text in parts.items()})
    lines = [CLOCK.sub("", line) for line in written.getvalue().decode(encoding).splitlines() if line]
    assert lines[1::2] == [told] * 2
    assert all(re.fullmatch(r"call  \d+ ms", line) for line in lines[::2])


@pytest.mark.parametrize("stream", [None, object()])
def test_no_standard_error(stream: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without standard error, or with an odd one, can make an exporter."""
    monkeypatch.setattr("sys.stderr", stream)
    assert ConsoleTraceExporter()._console.width > 10_000


PROGRAM = """
from google import genai
client = genai.Client(api_key="k", http_options={"base_url": %r})
client.models.generate_content(model="gemini-2.5-flash", contents="simulate:ok my secret")
answer = client.models.generate_content(model="gemini-2.5-flash", contents="simulate:finish_safety my secret")
print("the answer:", answer.text)
"""


def test_opentelemetry_instrument(url: str) -> None:
    """OTEL_TRACES_EXPORTER=gemini_console prints calls and hints to standard error, and leaves standard output alone."""
    launcher = str(Path(sys.executable).with_name("opentelemetry-instrument"))
    ran = run(PROGRAM % url, launcher, OTEL_TRACES_EXPORTER="gemini_console")
    assert ran.stdout == "the answer: None\n"
    first, second, hint = [CLOCK.sub("", line) for line in ran.stderr.splitlines() if line][:3]
    assert re.fullmatch(r"generate_content gemini-2.5-flash  ok  \d+ tokens in, \d+ out  [\d,]+ ms", first)
    assert re.fullmatch(
        r"generate_content gemini-2.5-flash  blocked  SAFETY  \d+ tokens in  [\d,]+ ms", second
    )
    assert hint == "└── error: A safety filter stopped the reply.  finish.safety"
    assert "secret" not in ran.stderr


def test_opentelemetry_instrument_with_problems_only(url: str) -> None:
    """With the variable for it the healthy call is left out, and captured content is not printed either."""
    launcher = str(Path(sys.executable).with_name("opentelemetry-instrument"))
    ran = run(
        PROGRAM % url,
        launcher,
        OTEL_TRACES_EXPORTER="gemini_console",
        GEMINI_OTEL_CONSOLE_PROBLEMS_ONLY="true",
        GEMINI_OTEL_CAPTURE_CONTENT="true",
    )
    assert ran.stderr.count("generate_content gemini-2.5-flash") == 1
    assert "blocked" in ran.stderr.splitlines()[0]
    assert "secret" not in ran.stderr


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich, the import fails with a line that names the extra."""
    for name in ("gemini_otel.console", "gemini_otel.console._exporter", "gemini_otel.console._tree"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(ImportError, match=r"needs rich\.console.*pip install 'gemini-otel\[console\]'"):
        importlib.import_module("gemini_otel.console")
