"""What the garbage collector drops is only noted where it is dropped: the collector may run inside of any lock."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import contextvars
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google import genai
from opentelemetry import context as otel_context
from opentelemetry.context import Context

import gemini_otel
from gemini_otel._telemetry import dropped
from gemini_otel._telemetry.lifecycle import Observation
from gemini_otel._telemetry.metrics import counters
from support import MODEL, ROOT, Telemetry, make_client

SECONDS = float(os.environ.get("GEMINI_OTEL_COLLECTOR_SECONDS", "3"))
SOURCES = Path(gemini_otel.__file__).parent


class Page:
    """A view that knows its stream and itself, and leaves after the first chunk."""

    def __init__(self, client: genai.Client, model: str = MODEL) -> None:
        self.me = self
        self.stream = client.models.generate_content_stream(model=model, contents="hello")
        next(self.stream)


def test_a_reader_collects_while_views_are_dropped(url: str, telemetry: Telemetry) -> None:
    """A metric reader goes on, and so do calls, although the collector runs at every allocation in its locks."""
    deadline = time.monotonic() + SECONDS
    reads = pages = 0

    def read() -> None:
        nonlocal reads
        while time.monotonic() < deadline:
            telemetry.reader.get_metrics_data()
            reads += 1

    def work() -> None:
        nonlocal pages
        while time.monotonic() < deadline:
            Page(
                make_client(url)
            )  # one of its own: httpcore's pools deadlock where the collector runs in theirs
            pages += 1

    threads = [threading.Thread(target=target, daemon=True) for target in (read, work)]
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 30)
    finally:
        gc.set_threshold(*thresholds)
    assert not any(thread.is_alive() for thread in threads), "the reader stands still"
    gc.collect()
    assert dropped.flush()
    assert (reads > 0, pages > 0) == (True, True)
    outcomes = [(span.attributes or {}).get("gemini.response.outcome") for span in telemetry.spans]
    assert outcomes == ["abandoned"] * pages


def test_the_collector_runs_in_our_own_table(client: genai.Client, telemetry: Telemetry) -> None:
    """A stream that is collected while a table is read takes no lock of the table."""
    for number in range(100):
        list(client.models.generate_content_stream(model=f"m{number}", contents="hello"))
    table = max(counters._tables, key=lambda each: len(each._totals))
    gc.collect()
    gc.disable()
    Page(client, "m0")

    def read() -> None:
        with table._lock:
            gc.collect()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(10)
    gc.enable()
    assert not reader.is_alive()
    assert telemetry.spans[-1].attributes is not None
    assert telemetry.spans[-1].attributes["gemini.response.outcome"] == "abandoned"


def test_a_dropped_stream_ends_with_the_time_of_its_drop(client: genai.Client, telemetry: Telemetry) -> None:
    """However late it is ended, the span is as long as it was held."""
    stream = client.models.generate_content_stream(model=MODEL, contents="hello")
    next(stream)
    before = time.time_ns()
    del stream
    after = time.time_ns()
    while time.time_ns() <= after:
        pass
    span = telemetry.span
    assert span.end_time is not None
    assert before - 50_000_000 <= span.end_time <= after


def test_what_is_inside_ends_no_later_than_what_is_around_it() -> None:
    """The collector may come to a round after its loop; the round was over when the loop was."""
    loop = Observation(Context())
    call = Observation(Context(), loop)  # type: ignore[arg-type]  # a parent that is told nothing
    loop.drop()
    call.drop()
    assert dropped.flush()
    assert call.moment == loop.moment is not None


def test_a_coroutine_that_is_closed_where_it_ran_leaves_the_context_as_it_was() -> None:
    before = otel_context.get_current()
    observation = Observation(otel_context.set_value("ours", 1))
    with contextlib.suppress(GeneratorExit), observation:
        raise GeneratorExit
    assert otel_context.get_current() is before


def test_what_is_half_made_has_no_end() -> None:
    """An interrupt may fall into a beginning."""
    assert dropped.flush()  # the thread may be at work for the test before
    observation = Observation.__new__(Observation)
    del observation
    assert not dropped.pending


def test_a_stream_that_is_closed_ends_at_once(client: genai.Client, telemetry: Telemetry) -> None:
    """Who closes a stream holds it: nothing is left for later."""
    stream = client.models.generate_content_stream(model=MODEL, contents="hello")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    eventually_ended(telemetry)  # at once, or by the thread that was faster


def test_a_collected_stream_has_what_was_said(client: genai.Client) -> None:
    """The collector runs the finalizers of all that it drops, in any order, before the span is ended."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, capture_content="span_only")
    try:
        Page(client)
        gc.collect()
        messages = telemetry.attributes["gen_ai.output.messages"]
    finally:
        gemini_otel.uninstrument()
    assert "Tides" in messages


def eventually_ended(telemetry: Telemetry) -> None:
    """One span ends, without a further call."""
    deadline = time.monotonic() + 10
    while not telemetry.exporter.get_finished_spans() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(telemetry.exporter.get_finished_spans()) == 1


def test_without_a_further_call_a_dropped_stream_ends(client: genai.Client, telemetry: Telemetry) -> None:
    """A thread of its own ends it within a moment."""
    next(client.models.generate_content_stream(model=MODEL, contents="hello"))
    eventually_ended(telemetry)


def test_a_flush_ends_what_was_dropped(client: genai.Client, telemetry: Telemetry) -> None:
    """`force_flush` of the provider waits for it."""
    next(client.models.generate_content_stream(model=MODEL, contents="hello"))
    assert telemetry.tracer_provider.force_flush()
    assert len(telemetry.exporter.get_finished_spans()) == 1


def test_a_flush_ends_what_was_dropped_without_hints(client: genai.Client) -> None:
    """With hints off, too; the provider gets one processor for that, however often it is instrumented."""
    telemetry = Telemetry()
    for _ in range(2):
        gemini_otel.instrument(**telemetry.providers, hints=False)
        try:
            next(client.models.generate_content_stream(model=MODEL, contents="hello"))
            assert telemetry.tracer_provider.force_flush()
        finally:
            gemini_otel.uninstrument()
    assert len(telemetry.exporter.get_finished_spans()) == 2
    processors = telemetry.tracer_provider._active_span_processor._span_processors
    assert [type(each).__name__ for each in processors].count("FlushProcessor") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_leaves_the_stream_to_its_parent(url: str) -> None:
    """A span that was begun before a fork is ended and exported once."""
    script = f"""
        import os, sys, warnings
        sys.path.insert(0, {str(ROOT / "tests")!r})
        warnings.simplefilter("ignore")
        import gemini_otel
        from support import Telemetry, make_client, MODEL
        telemetry = Telemetry()
        gemini_otel.instrument(**telemetry.providers)
        client = make_client({url!r})
        stream = client.models.generate_content_stream(model=MODEL, contents="hello")
        next(stream)
        child = os.fork()
        del stream
        who = "parent" if child else "child"
        spans = [span.attributes["gemini.response.outcome"] for span in telemetry.spans]
        if child:
            os.waitpid(child, 0)
        print(who, spans, flush=True)
        os._exit(0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert sorted(done.stdout.splitlines()) == ["child []", "parent ['abandoned']"]


def test_a_context_that_a_tool_leaves_is_seen_after_the_call(
    client: genai.Client, telemetry: Telemetry
) -> None:
    """As it is without us; our spans are not in it."""

    def leave(city: str = "Paris") -> str:
        """Say how the weather is."""
        otel_context.attach(otel_context.set_value("mine", "left by the tool"))
        return f"sunny in {city}"

    token = otel_context.attach(otel_context.get_current())
    leave.__name__ = "get_weather"
    leave.__annotations__ = {"city": str, "return": str}  # older SDKs do not resolve them
    client.models.generate_content(model=MODEL, contents="simulate:tool_chain", config={"tools": [leave]})
    found = dict(otel_context.get_current())
    otel_context.detach(token)
    assert [span.name for span in telemetry.spans if "execute_tool" in span.name]
    assert found == {"mine": "left by the tool"}


def test_a_dropped_task_detaches_nothing_of_another(caplog: pytest.LogCaptureFixture) -> None:
    """A task that was begun inside of a tool has its context; a coroutine of the other that is closed there leaves it."""
    observed = Observation(otel_context.set_value("mine", "inside"))

    async def run() -> None:
        with observed:
            await asyncio.sleep(0)

    task = contextvars.copy_context()
    coroutine = run()
    task.run(coroutine.send, None)
    begun_inside = task.copy()
    begun_inside.run(coroutine.close)
    assert begun_inside.run(otel_context.get_value, "mine") == "inside"
    assert caplog.text == ""
    assert observed.ended


def test_an_interrupt_within_an_end_leaves_no_open_span() -> None:
    """Whatever is raised while it is written down how something ended, its span is ended."""
    closed = []

    class Interrupted(Observation):
        def _record(self, error: BaseException | None, now: float) -> None:
            raise KeyboardInterrupt

        def _close(self) -> None:
            closed.append(self)

    with pytest.raises(KeyboardInterrupt):
        Interrupted(otel_context.get_current()).finish()
    assert len(closed) == 1


ALLOWED = {"drop", "dropped", "later", "super", "__del__", "Lock", "getattr", "now", "append"}


def _calls(function: ast.AST) -> set[str]:
    return {
        getattr(node.func, "attr", getattr(node.func, "id", "?"))
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    }


def _nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(SOURCES.rglob("*.py")):
        place = path.relative_to(SOURCES)
        if place.parts[0] not in ("simulator", "_commands"):  # tools of their own, which observe nothing
            yield from ((place, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_no_finalizer_reaches_an_end() -> None:
    """`__del__` calls nothing but what notes."""
    finalizers = [
        (place, name)
        for place, node in _nodes()
        if isinstance(node, ast.FunctionDef) and node.name == "__del__"
        for name in _calls(node)
    ]
    assert len(finalizers) > 3
    assert [(place, name) for place, name in finalizers if name not in ALLOWED] == []


def test_no_weak_reference_reaches_an_end() -> None:
    """The callback of a weak reference is a dict's, does nothing, or only notes."""
    callbacks = [
        ast.unparse(node.args[1])
        for _, node in _nodes()
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", ""))
        in ("ref", "finalize", "proxy", "WeakMethod")
        and len(node.args) > 1
    ]
    assert sorted(callbacks) == ["_do_nothing", "_metrics_of.pop", "dropped"]
    dropped_connection = [
        _calls(node) for _, node in _nodes() if isinstance(node, ast.FunctionDef) and node.name == "dropped"
    ]
    assert dropped_connection == [{"drop"}]


def test_no_generator_reaches_an_end() -> None:
    """What a generator's `finally` ends, it ends through what tells a close from a drop."""
    finals = [
        (place, node.name, name)
        for place, node in _nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(inner, ast.Yield) for inner in ast.walk(node))
        for step in ast.walk(node)
        if isinstance(step, ast.Try)
        for statement in step.finalbody
        for name in _calls(statement)
    ]
    ends = {name for _, name, call in finals if call == "end"}
    assert ends == {"_steps", "_async_steps", "pytest_runtest_teardown"}  # pytest exhausts its hooks
    assert [each for each in finals if each[2] in ("finish", "abandon", "leave")] == []


_SUSPENDS = (ast.Yield, ast.YieldFrom, ast.Await)
# What may run where a generator or a coroutine is closed: by who holds it, or by the collector. Each tells the one from the other.
_TOLD_APART = {"close", "aclose", "_thrower", "explain", "failed", "left", "end"}
_ENTERED = {"observed", "self._observed", "connection.round"}  # `Observation.__exit__`
_OURS_ALONE = {
    "current",
    "_one_at_a_time",
    "_terminated_like_interrupted",
}  # run to their end by the function that enters them


def _suspended() -> Iterator[tuple[str, ast.stmt]]:
    """The statements around a place at which something can be thrown away, with their function."""
    for place, function in _nodes():
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or place.parts[0] == "pytest":
            continue
        for step in ast.walk(function):
            if isinstance(step, ast.Try | ast.With | ast.AsyncWith) and any(
                isinstance(inner, _SUSPENDS) for statement in step.body for inner in ast.walk(statement)
            ):
                yield function.name, step


def test_no_coroutine_reaches_an_end() -> None:
    """What is done where a coroutine or a generator is thrown away in its midst tells that from a close, or only notes."""
    called, entered = set(), set()
    for function, step in _suspended():
        if function in _OURS_ALONE:
            continue
        if isinstance(step, ast.With | ast.AsyncWith):
            entered |= {ast.unparse(item.context_expr) for item in step.items}
        elif isinstance(step, ast.Try):
            for statement in (*step.finalbody, *_handling_a_drop(step)):
                called |= _calls(statement)
    assert called - _TOLD_APART == set()
    assert entered - _ENTERED == set()


def _handling_a_drop(step: ast.Try) -> list[ast.stmt]:
    """What runs where a GeneratorExit comes: the first handler that takes it."""
    for handler in step.handlers:
        if handler.type is None or ast.unparse(handler.type) in ("BaseException", "GeneratorExit"):
            return handler.body
    return []


def test_the_notes_do_nothing_but_note() -> None:
    """What a finalizer calls takes no lock, logs nothing, and calls nothing of OpenTelemetry."""
    lifecycle = ast.parse((SOURCES / "_telemetry/lifecycle.py").read_text(encoding="utf-8"))
    notes = ast.parse((SOURCES / "_telemetry/dropped.py").read_text(encoding="utf-8"))
    functions = {
        node.name: _calls(node)
        for tree in (lifecycle, notes)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert functions["drop"] == {"now", "later"}
    assert functions["later"] == {"add", "put"}
    assert functions["now"] == {"Moment", "perf_counter", "time_ns"}
