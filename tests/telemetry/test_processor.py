"""Hints on anybody's spans, on every opentelemetry-sdk, whatever the order and kind of the other processors."""

import contextlib
import logging
import subprocess
import sys
import threading
from typing import Any, cast

import pytest
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind, Status, StatusCode

import gemini_otel
from gemini_otel import Hint, HintSpanProcessor, default_hints
from gemini_otel._settings.table import Settings
from gemini_otel.processor import install_on
from support import Telemetry

BLOCKED = {"gen_ai.operation.name": "generate_content", "gen_ai.response.finish_reasons": ("safety",)}
MINE = Hint(
    id="mine.slow",
    severity="info",
    summary="Slow.",
    cause="It took long.",
    remedy=("Wait.", "Or not."),
    retry="yes",
    reference="https://example.com",
    when=lambda attributes: attributes.get("mine") == 1,
    evidence=("{mine} and {gen_ai.operation.name}", "{absent}"),
)


def hint_ids(span: ReadableSpan) -> list[Any]:
    return [
        (event.attributes or {})["gemini.hint.id"] for event in span.events if event.name == "gemini.hint"
    ]


def end_one(provider: TracerProvider, attributes: dict[str, Any] = BLOCKED, scope: str = "theirs") -> None:
    with provider.get_tracer(scope).start_as_current_span("call", attributes=attributes):
        pass


@pytest.mark.parametrize("multi", [None, "SynchronousMultiSpanProcessor", "ConcurrentMultiSpanProcessor"])
@pytest.mark.parametrize("exporting", [SimpleSpanProcessor, BatchSpanProcessor])
@pytest.mark.parametrize("hints_first", [True, False])
def test_every_order_and_kind_of_processors(multi: str | None, exporting: Any, hints_first: bool) -> None:
    """The exported span carries its hint, whichever processor came first and however they are run."""
    provider = TracerProvider(active_span_processor=getattr(sdk_trace, multi)() if multi else None)
    exporter = InMemorySpanExporter()
    processors = [HintSpanProcessor(), exporting(exporter)]
    for processor in processors if hints_first else reversed(processors):
        provider.add_span_processor(processor)
    end_one(provider)
    provider.force_flush()
    (span,) = exporter.get_finished_spans()
    assert hint_ids(span) == ["finish.safety"]
    assert (span.attributes or {})["gemini.hint.id"] == "finish.safety"
    assert (span.attributes or {})["gemini.hint.id"] == "finish.safety"
    provider.shutdown()


def test_the_event(caplog: pytest.LogCaptureFixture) -> None:
    """The event has all fields of the hint as strings, with its evidence filled in from the span."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor(hints=[MINE], hint_level="info"))
    end_one(telemetry.tracer_provider, {"gen_ai.operation.name": "chat", "mine": 1})
    assert telemetry.events("gemini.hint") == [
        {
            "gemini.hint.advice": "Slow.\nWait.\nOr not.",
            "gemini.hint.id": "mine.slow",
            "gemini.hint.severity": "info",
            "gemini.hint.summary": "Slow.",
            "gemini.hint.cause": "It took long.",
            "gemini.hint.remedy": "Wait.\nOr not.",
            "gemini.hint.retry": "yes",
            "gemini.hint.reference": "https://example.com",
            "gemini.hint.evidence": "1 and chat",
        }
    ]
    assert not caplog.records


def test_the_event_comes_first() -> None:
    """The event's time is the span's start, so that back ends, which sort by time, show it above the attempts."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    span = telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED, start_time=1000)
    span.end(end_time=2000)
    span.end()
    assert (telemetry.span.end_time, telemetry.span.events[0].timestamp) == (2000, 1000)


@pytest.mark.parametrize(
    ("scope", "attributes", "seen"),
    [
        ("openinference.instrumentation.google_genai", {}, True),
        ("theirs", {"gen_ai.system": "gemini"}, True),
        ("theirs", {"llm.model_name": "gemini-2.5-pro"}, True),
        ("theirs", {"http.request.method": "POST"}, False),
    ],
)
def test_whose_spans_are_looked_at(scope: str, attributes: dict[str, Any], seen: bool) -> None:
    """A GenAI span is known by its scope or by a gen_ai.* or llm.* attribute at its start; with all_spans every span is."""
    for all_spans in (False, True):
        telemetry = Telemetry()
        telemetry.tracer_provider.add_span_processor(HintSpanProcessor(all_spans=all_spans))
        with telemetry.tracer_provider.get_tracer(scope).start_as_current_span(
            "x", attributes=attributes
        ) as span:
            span.set_attributes(BLOCKED)
        assert hint_ids(telemetry.span) == (["finish.safety"] if seen or all_spans else [])


def test_two_processors_add_a_hint_once() -> None:
    """A second processor adds only what the first did not, and both ids are listed."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    telemetry.tracer_provider.add_span_processor(
        HintSpanProcessor([*default_hints(), MINE], hint_level="info")
    )
    end_one(telemetry.tracer_provider, {**BLOCKED, "mine": 1})
    assert sorted(hint_ids(telemetry.span)) == ["finish.safety", "mine.slow"]
    assert sorted(telemetry.attributes["gemini.hint.ids"]) == ["finish.safety", "mine.slow"]


def test_hint_level() -> None:
    """A hint below the level is left out."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor([MINE], hint_level="warning"))
    end_one(telemetry.tracer_provider, {**BLOCKED, "mine": 1})
    assert hint_ids(telemetry.span) == []


def test_unsampled_spans_and_shutdown() -> None:
    """Spans that are not recorded are left alone, and after shutdown no hint is given."""
    telemetry = Telemetry()
    processor = HintSpanProcessor()
    telemetry.tracer_provider.add_span_processor(processor)
    assert processor.force_flush()
    processor.shutdown()
    end_one(telemetry.tracer_provider)
    assert hint_ids(telemetry.span) == []


def test_a_span_ended_by_two_threads_gets_one_hint() -> None:
    """Two threads that end one span at the same moment give one event."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    for _ in range(200):
        telemetry.exporter.clear()
        span = telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED)
        barrier = threading.Barrier(2)

        def end(span: Any = span, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            span.end()

        threads = [threading.Thread(target=end) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert hint_ids(telemetry.span) == ["finish.safety"]


def test_a_span_is_freed_without_the_garbage_collector() -> None:
    """The shadowed end() leaves no reference cycle behind on an ended span."""
    import gc
    import weakref

    provider = TracerProvider()
    provider.add_span_processor(HintSpanProcessor())
    gc.disable()
    try:
        span = provider.get_tracer("t").start_span("call", attributes=BLOCKED)
        alive = weakref.ref(span)
        span.end()
        del span
        assert alive() is None
    finally:
        gc.enable()


def test_a_predicate_that_raises_is_harmless(caplog: pytest.LogCaptureFixture) -> None:
    """A hint whose predicate raises is passed over; the others still appear and the span ends."""

    def broken(attributes: Any) -> bool:
        raise RuntimeError

    bad = Hint("mine.bad", "error", "s", "c", ("r",), "no", "https://example.com", when=broken)
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor([bad, *default_hints()]))
    with caplog.at_level(logging.WARNING):
        end_one(telemetry.tracer_provider)
    assert hint_ids(telemetry.span) == ["finish.safety"]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"hint_level": "loud"},
            ValueError,
            "hint_level='loud' is not valid; choose from: info, warning, error",
        ),
        ({"hints": ["finish.safety"]}, TypeError, "hints must be Hint objects, not 'finish.safety'"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    """A wrong level or hint is refused with the value and the choices."""
    with pytest.raises(error, match=text):
        HintSpanProcessor(**arguments)


def test_it_is_a_span_processor_and_needs_no_instrument() -> None:
    """A tracer provider takes it, and without instrument() a span that anybody makes has its hint."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(gemini_otel.HintSpanProcessor())
    end_one(
        telemetry.tracer_provider, {"gen_ai.operation.name": "chat", "gemini.response.finish_reason": "SPII"}
    )
    assert [event["gemini.hint.id"] for event in telemetry.events("gemini.hint")] == ["finish.spii"]


@pytest.mark.parametrize("remembered", [0, 2000])
def test_attribute_names_that_were_seen_before(remembered: int) -> None:
    """A span is recognised by a gen_ai.* attribute at its start however many other spans with whatever names came before."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    for number in range(remembered):
        end_one(telemetry.tracer_provider, {"http.route": "/", f"name.{number}": 1})
    end_one(telemetry.tracer_provider, {"http.route": "/"})
    end_one(telemetry.tracer_provider, {"http.route": "/"})
    telemetry.exporter.clear()
    end_one(telemetry.tracer_provider, {"http.route": "/", **BLOCKED})
    assert hint_ids(telemetry.span) == ["finish.safety"]


def test_scopes_that_are_known() -> None:
    """Spans of a library that OpenTelemetry watches are not asked for their attributes; with all_spans they are watched, too."""
    for all_spans, expected in ((False, []), (True, ["finish.safety"])):
        telemetry = Telemetry()
        telemetry.tracer_provider.add_span_processor(HintSpanProcessor(all_spans=all_spans))
        end_one(telemetry.tracer_provider, scope="opentelemetry.instrumentation.httpx")
        assert hint_ids(telemetry.span) == expected


def test_a_scope_that_cannot_be_looked_up(caplog: pytest.LogCaptureFixture) -> None:
    """A scope whose name is no text harms nobody; it is logged once."""
    provider = TracerProvider()
    processor = HintSpanProcessor()
    span = provider.get_tracer("t").start_span("call", attributes=BLOCKED)
    span._instrumentation_scope = InstrumentationScope(cast("str", ["t"]))
    for _ in range(2):
        processor.on_start(span)
    span.end()
    assert len([record for record in caplog.records if "on_start" in record.getMessage()]) == 1


def test_a_span_without_a_scope() -> None:
    """A span that lacks a scope is recognised by its attributes."""
    provider = TracerProvider()
    processor = HintSpanProcessor()
    span = provider.get_tracer("t").start_span("call", attributes=BLOCKED)
    span._instrumentation_scope = None
    processor.on_start(span)
    span.end()
    assert hint_ids(span) == ["finish.safety"]


def test_a_hint_that_another_thread_was_faster_with() -> None:
    """A span that has ended meanwhile gets no hint any more."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    span = telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED)
    shadow = span.end
    span.end()
    shadow()
    assert hint_ids(telemetry.span) == ["finish.safety"]


def test_a_span_that_ends_after_shutdown() -> None:
    """A span that was watched gets no hint once the processor is shut down."""
    telemetry = Telemetry()
    processor = HintSpanProcessor()
    telemetry.tracer_provider.add_span_processor(processor)
    span = telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED)
    processor.shutdown()
    span.end()
    assert hint_ids(telemetry.span) == []


def test_the_hint_is_on_the_span() -> None:
    """Summary, remedy and severity of the most specific hint are span attributes, as they are in its event."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    end_one(telemetry.tracer_provider, BLOCKED)
    (event,) = telemetry.events("gemini.hint")
    names = ("gemini.hint.id", "gemini.hint.summary", "gemini.hint.remedy", "gemini.hint.severity")
    assert {name: telemetry.attributes[name] for name in names} == {name: event[name] for name in names}
    assert event["gemini.hint.remedy"].count("\n") == event["gemini.hint.advice"].count("\n") - 1
    assert min(event) == "gemini.hint.advice"
    assert "gemini.hint.ids" not in telemetry.attributes


def test_only_the_id_is_on_the_span() -> None:
    """With `hint_attributes=False` the span has the id alone; the event has it all."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor(hint_attributes=False))
    end_one(telemetry.tracer_provider, BLOCKED)
    of_hint = [name for name in telemetry.attributes if name.startswith("gemini.hint")]
    assert of_hint == ["gemini.hint.id"]
    assert len(telemetry.events("gemini.hint")) == 1


def test_a_second_processor_adds_its_own() -> None:
    """The hint that another processor gave stays the span's; the ids name both."""
    telemetry = Telemetry()
    mine = Hint(
        "mine.blocked", "error", "Mine.", "Mine.", ("Do.",), "no", "https://example.org", when=lambda _: True
    )
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor([mine]))
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    end_one(telemetry.tracer_provider, BLOCKED)
    ids = telemetry.attributes["gemini.hint.ids"]
    assert sorted(ids) == ["finish.safety", "mine.blocked"]
    summaries = {
        event["gemini.hint.id"]: event["gemini.hint.summary"] for event in telemetry.events("gemini.hint")
    }
    assert telemetry.attributes["gemini.hint.summary"] == summaries[ids[0]]


def test_hint_ids_of_another_type() -> None:
    """A `gemini.hint.ids` that is no list of ids does not keep hints away."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    end_one(telemetry.tracer_provider, {**BLOCKED, "gemini.hint.ids": True})
    assert hint_ids(telemetry.span) == ["finish.safety"]


def test_other_settings_later() -> None:
    """Switching the settings of a processor takes effect with the next span."""
    telemetry = Telemetry()
    processor = HintSpanProcessor()
    telemetry.tracer_provider.add_span_processor(processor)
    processor.configure(hint_level="warning", disabled_hints="finish")
    end_one(telemetry.tracer_provider)
    assert hint_ids(telemetry.span) == []


FAILED = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini", "error.type": "503"}


def hinting(**processor: Any) -> Telemetry:
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor(**processor))
    return telemetry


def hints_by_name(telemetry: Telemetry) -> dict[str, list[Any]]:
    return {span.name: hint_ids(span) for span in telemetry.spans}


def test_a_hint_is_not_repeated_around() -> None:
    """A failure that passes several spans, also some that are not of GenAI, has its hint on the innermost and is counted once."""
    telemetry = Telemetry()
    counted: list[str] = []
    processor = install_on(
        telemetry.tracer_provider, Settings(), None, lambda hint_id, _: counted.append(hint_id), lambda: True
    ).processor
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with tracer.start_as_current_span("outer", attributes=FAILED) as outer:
        outer.set_status(Status(StatusCode.ERROR, "429 RESOURCE_EXHAUSTED. {}"))
        with (
            tracer.start_as_current_span("not GenAI"),
            tracer.start_as_current_span("inner", attributes=FAILED),
        ):
            pass
    with tracer.start_as_current_span("next", attributes=FAILED):
        pass
    assert hints_by_name(telemetry) == {
        "inner": ["http.503.overloaded"],
        "not GenAI": [],
        "outer": [],
        "next": ["http.503.overloaded"],
    }
    assert counted == ["http.503.overloaded"] * 2
    assert processor._told == {}


def test_hints_of_its_own_around() -> None:
    """A span around a failed call has hints still where something else is wrong with it."""
    telemetry = hinting()
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with tracer.start_as_current_span("outer", attributes=BLOCKED):
        for name, attributes in (("failed", FAILED), ("healthy", {"gen_ai.operation.name": "chat"})):
            with tracer.start_as_current_span(name, attributes=attributes):
                pass
    assert hints_by_name(telemetry) == {
        "failed": ["http.503.overloaded"],
        "healthy": [],
        "outer": ["finish.safety"],
    }


def test_siblings_are_two_failures() -> None:
    """Calls beside each other have a hint each, whatever their times."""
    telemetry = hinting()
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with tracer.start_as_current_span("batch"):
        calls = [tracer.start_span(f"call {number}", attributes=FAILED) for number in range(3)]
        for call in reversed(calls):
            call.end()
    assert [hint_ids(span) for span in telemetry.spans] == [["http.503.overloaded"]] * 3 + [[]]


def test_two_processors_do_not_repeat_around() -> None:
    """The second of two processors knows as well what a span inside has."""
    telemetry = hinting()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with (
        tracer.start_as_current_span("outer", attributes=FAILED),
        tracer.start_as_current_span("inner", attributes=FAILED),
    ):
        pass
    assert hints_by_name(telemetry) == {"inner": ["http.503.overloaded"], "outer": []}


def test_what_is_told_is_bounded() -> None:
    """Failed calls below spans that never end, or that are of another process, take no memory for ever."""
    provider = TracerProvider()
    processor = HintSpanProcessor()
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("theirs")
    for number in range(2500):
        sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        around = trace.SpanContext(number + 1, number + 1, is_remote=number % 2 == 0, trace_flags=sampled)
        parent = trace.set_span_in_context(trace.NonRecordingSpan(around))
        tracer.start_span("call", parent, attributes=FAILED).end()
    assert 0 < len(processor._told) <= 1000


@pytest.mark.parametrize(
    ("name", "kind", "exception"),
    [
        ("reserve stock", SpanKind.INTERNAL, RuntimeError("nothing left")),
        ("SELECT stock", SpanKind.CLIENT, TimeoutError()),
        ("GET", SpanKind.CLIENT, OSError("503 UNAVAILABLE. {}")),
    ],
)
def test_all_spans_are_not_all_of_genai(name: str, kind: SpanKind, exception: Exception) -> None:
    """With all_spans a span that says nothing of a model gets no hint, however it failed."""
    telemetry = hinting(all_spans=True)
    tracer = telemetry.tracer_provider.get_tracer("app")
    with contextlib.suppress(type(exception)), tracer.start_as_current_span(name, kind=kind) as span:
        span.set_attributes({"http.response.status_code": 503, "server.address": "localhost"})
        raise exception
    assert hint_ids(telemetry.span) == []


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    "attributes",
    [
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "agent",
            "gen_ai.provider.name": "gemini",
        },
        {"gen_ai.agent.name": "agent", "gen_ai.conversation.id": "1"},
        {"openinference.span.kind": "AGENT", "llm.model_name": "gemini-2.5-flash"},
        {"openinference.span.kind": "CHAIN", "gen_ai.conversation.id": "1"},
        {"traceloop.span.kind": "workflow", "gen_ai.provider.name": "gemini"},
        {"traceloop.span.kind": "task", "gen_ai.operation.name": "execute_task", "gen_ai.system": "gemini"},
    ],
)
def test_agents_and_chains(attributes: dict[str, Any], late: bool) -> None:
    """A span of an agent or a chain gets no hint for an exception of the program's own."""
    telemetry = hinting(all_spans=late)
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with (
        contextlib.suppress(LookupError),
        tracer.start_as_current_span("x", attributes=None if late else attributes) as span,
    ):
        span.set_attributes(attributes)
        raise LookupError("mine")
    assert hint_ids(telemetry.span) == []


@pytest.mark.parametrize(
    "attributes", [{"gen_ai.agent.name": "agent"}, {"gen_ai.operation.name": "execute_tool"}]
)
def test_hints_of_the_users_own(attributes: dict[str, Any]) -> None:
    """Spans of agents and tools are still asked for what the user looks for."""
    telemetry = hinting(hints=[*default_hints(), MINE], hint_level="info")
    with (
        contextlib.suppress(LookupError),
        telemetry.tracer_provider.get_tracer("theirs").start_as_current_span(
            "x", attributes=attributes
        ) as span,
    ):
        span.set_attribute("mine", 1)
        raise LookupError
    assert hint_ids(telemetry.span) == ["mine.slow"]


def test_without_the_sdk_of_opentelemetry() -> None:
    """Without opentelemetry-sdk the processor cannot be had, and the error says what to install; instrument() goes on."""
    program = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("opentelemetry.sdk"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import gemini_otel
gemini_otel.instrument()
for _ in range(2):
    try:
        gemini_otel.HintSpanProcessor()
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    line = "HintSpanProcessor needs opentelemetry-sdk. Install it with: pip install opentelemetry-sdk"
    assert done.stdout.splitlines() == [line, line]
