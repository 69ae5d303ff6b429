"""Hints on anybody's spans, on every opentelemetry-sdk, whatever the order and kind of the other processors."""

import logging
import threading
from typing import Any, cast

import pytest
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

import gemini_otel
from gemini_otel import Hint, HintSpanProcessor, default_hints
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
    """The processor is the SDK's kind of processor and works without instrument()."""
    assert issubclass(gemini_otel.HintSpanProcessor, SpanProcessor)


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
