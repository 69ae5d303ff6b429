"""What Jaeger shows of our spans. The same checks read the OTLP protobuf, so they hold where no Jaeger can be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from google import genai
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from seen import BackEnd, JaegerBackEnd, ReceiverBackEnd, Seen, from_sdk

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo as _demo
from support import MODEL, Telemetry, make_client, send

DEMO, CATALOGUE = "demo", "catalogue"


class Played(NamedTuple):
    """The spans of one service, as the SDK had them."""

    service: str
    spans: list[ReadableSpan]
    traces: dict[str, str]  # the trace of each scene or scenario


@pytest.fixture(scope="module")
def demo() -> Played:
    """Every scene of the demo."""
    with simulator.serve() as url:
        client = _demo.simulated_client(url)
        return play(
            DEMO, {scene.title: lambda s=scene: _demo.send(client, MODEL, s) for scene in _demo.SIMULATED}
        )


@pytest.fixture(scope="module")
def catalogue() -> Played:
    """Every scenario of the simulator, in a stream and without."""
    with simulator.serve() as url:
        client: genai.Client = make_client(url, timeout=1000)
        return play(
            CATALOGUE,
            {
                f"{name}, {shape}": lambda n=name, s=shape: send(client, s, f"simulate:{n}")
                for name in simulator.SCENARIOS
                for shape in ("call", "stream")
            },
        )


def play(service: str, calls: dict[str, object]) -> Played:
    telemetry = Telemetry(resource=Resource.create({"service.name": service}))
    gemini_otel.instrument(**telemetry.providers)
    traces = {}
    try:
        for name, call in calls.items():
            call()
            traces[name] = from_sdk(telemetry.spans[-1]).trace
    finally:
        gemini_otel.uninstrument()
    return Played(service, telemetry.spans, traces)


@pytest.fixture(scope="module", params=["OTLP receiver", "Jaeger"])
def back_end(request: pytest.FixtureRequest, demo: Played, catalogue: Played) -> Iterator[BackEnd]:
    """A back end that has got all spans from the OTLP exporter."""
    if request.param == "Jaeger":
        back_end: BackEnd = JaegerBackEnd(request.getfixturevalue("jaeger"))
    else:
        back_end = ReceiverBackEnd(request.getfixturevalue("session_receiver"))
    exporter = OTLPSpanExporter(f"{back_end.endpoint}/v1/traces")
    for played in (demo, catalogue):
        assert exporter.export(played.spans) is SpanExportResult.SUCCESS
    yield back_end
    exporter.shutdown()


def shown(back_end: BackEnd, played: Played, name: str | None = None) -> dict[str, Seen]:
    """The spans that the back end shows, all or those of one scene, by their ids."""
    spans = back_end.spans(played.service, len(played.spans))
    return {span.id: span for span in spans if name is None or span.trace == played.traces[name]}


@pytest.mark.parametrize("service", [DEMO, CATALOGUE])
def test_nothing_is_lost(back_end: BackEnd, service: str, request: pytest.FixtureRequest) -> None:
    """Each span arrives once, with its parent, times, status, typed attributes and its events in their order."""
    played: Played = request.getfixturevalue(service)
    expected = {span.id: span for span in map(from_sdk, played.spans)}
    seen = shown(back_end, played)
    assert [key for key, span in expected.items() if seen.get(key) != span] == []
    assert len(back_end.spans(service, len(expected))) == len(seen) == len(expected)
    assert len(expected) >= len(played.traces)


def test_types(back_end: BackEnd, demo: Played) -> None:
    """Attributes keep their types: numbers can be compared, flags are no text, lists are JSON."""
    (span,) = shown(back_end, demo, "The model got stuck in a loop").values()
    expected = {
        "gen_ai.request.model": str,
        "gen_ai.request.temperature": float,
        "gen_ai.response.time_to_first_chunk": float,
        "gen_ai.usage.output_tokens": int,
        "gemini.repetition.detected": bool,
        "gemini.repetition.period": int,
        "gemini.repetition.share": float,
    }
    assert {key: type(span.attributes[key]) for key in expected} == expected
    assert span.attributes["gemini.response.parts"] == '["text"]'


@pytest.mark.parametrize(
    ("scene", "outcome", "error", "events", "hint"),
    [
        ("A healthy call: no hint", "ok", False, [], None),
        ("Thinking ate the budget", "truncated", True, [], "finish.max_tokens.thinking"),
        ("The answer was blocked, over HTTP 200", "blocked", True, [], "finish.safety"),
        (
            "The model got stuck in a loop",
            "truncated",
            True,
            ["gemini.repetition"],
            "finish.max_tokens.repetition",
        ),
        ("Rate-limited twice, then answered", "ok", False, ["gemini.attempt"] * 2, None),
        ("The daily quota is used up", "error", True, ["gemini.attempt"] * 3, "http.429.rate_day"),
        ("Overloaded in the middle of a stream", "error", True, [], "http.503.overloaded"),
    ],
)
def test_scenes(
    back_end: BackEnd,
    demo: Played,
    scene: str,
    outcome: str,
    error: bool,
    events: list[str],
    hint: str | None,
) -> None:
    """A scene is one span: outcome, error flag, and by time the hints, then the events in their order, all within the span."""
    (span,) = shown(back_end, demo, scene).values()
    assert (span.attributes["gemini.response.outcome"], span.error) == (outcome, error)
    by_time = sorted(span.events, key=lambda event: event.time)
    hints = by_time[: len(by_time) - len(events)]
    assert [event.name for event in by_time] == ["gemini.hint"] * len(hints) + events
    assert [event.attributes["gemini.hint.id"] for event in hints][:1] == ([hint] if hint else [])
    times = [span.start, *(event.time for event in by_time), span.start + span.duration + 1]
    assert times == sorted(times)
    assert [event for event in span.events if event.name != "gemini.hint"] == by_time[len(hints) :]


def test_a_loop_is_a_tree(back_end: BackEnd, demo: Played) -> None:
    """The turn with tools is one trace: the loop above its rounds and tool runs, in the order they ran."""
    spans = sorted(
        shown(back_end, demo, "A tool that fails, in a loop of three rounds").values(), key=lambda s: s.start
    )
    (root,) = [span for span in spans if span.parent is None]
    assert root.name == f"automatic_function_calling {MODEL}"
    round_, tool = f"generate_content {MODEL}", "execute_tool get_weather"
    assert [(span.name, span.kind) for span in spans if span.parent == root.id] == [
        (round_, "client"),
        (tool, "internal"),
        (round_, "client"),
        (tool, "internal"),
        (round_, "client"),
    ]
    assert len(spans) == 6
    assert [span.attributes["error.type"] for span in spans if span.error] == ["LookupError"] * 2


@pytest.mark.parametrize(
    ("key", "value", "scenarios"),
    [
        ("gemini.response.outcome", "truncated", {"finish_max_tokens", "thoughts_ate_budget", "loop_text"}),
        ("gemini.response.outcome", "blocked", {"finish_safety", "block_jailbreak"}),
        ("gemini.response.finish_reason", "RECITATION", {"finish_recitation"}),
        ("gemini.hint.id", "http.429.rate_day", {"daily_quota"}),
        ("gemini.hint.severity", "error", {"invalid_key", "daily_quota", "thoughts_ate_budget"}),
        ("error", "true", {"invalid_key", "overloaded", "daily_quota", "finish_safety", "finish_max_tokens"}),
    ],
)
def test_search(back_end: BackEnd, catalogue: Played, key: str, value: str, scenarios: set[str]) -> None:
    """A search by outcome, finish reason, hint or error finds exactly the traces that have it."""
    if key == "error" and isinstance(back_end, JaegerBackEnd):
        pytest.skip("Jaeger 2.13 compares the word with a flag; 2.20 finds it")
    shown(back_end, catalogue)  # all are there
    found = back_end.search(catalogue.service, key, value)
    expected = {span.trace for span in map(from_sdk, catalogue.spans) if span.has(key, value)}
    assert found == expected
    assert {catalogue.traces[f"{name}, call"] for name in scenarios} <= found
    assert catalogue.traces["ok, call"] not in found


def test_search_finds_events(back_end: BackEnd, catalogue: Played) -> None:
    """Jaeger searches events too: a hint is found by what only its event says."""
    shown(back_end, catalogue)
    found = back_end.search(catalogue.service, "gemini.hint.severity", "error")
    assert catalogue.traces["loop_text, call"] in found
