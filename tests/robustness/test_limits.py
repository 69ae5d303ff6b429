"""Limits of the OpenTelemetry SDK cut what is exported, and not what hints are concluded from."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.genai import errors, types
from opentelemetry.sdk.trace import Span, SpanProcessor

import gemini_otel
from gemini_otel import simulator
from gemini_otel._telemetry import attributes as span_attributes
from support import MODEL, Telemetry, make_client

_LENGTH, _COUNT = "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"
_EVENT_COUNT, _ANY_LENGTH = "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"
_SCENARIOS = ("daily_quota", "finish_max_tokens", "model_not_found", "block_safety", "loop_json_items")


@contextlib.contextmanager
def _limited(monkeypatch: pytest.MonkeyPatch, **limits: int) -> Iterator[Telemetry]:
    """The package, instrumented with a provider that has these limits from the environment."""
    for name, value in limits.items():
        monkeypatch.setenv(name, str(value))
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        yield telemetry
    finally:
        gemini_otel.uninstrument()
        for name in limits:
            monkeypatch.delenv(name)


def _ask(scenario: str, config: dict[str, Any] | None = None) -> None:
    with simulator.serve(scenario) as url, contextlib.suppress(errors.APIError):
        client = make_client(url)
        client.models.generate_content(model=MODEL, contents="Hi", config=config)


def _hints(telemetry: Telemetry) -> list[dict[str, Any]]:
    return [
        dict(event.attributes or {})
        for span in telemetry.spans
        for event in span.events
        if event.name == "gemini.hint"
    ]


@pytest.mark.parametrize("scenario", _SCENARIOS)
@pytest.mark.parametrize(
    "limits", [{_LENGTH: 32}, {_LENGTH: 1}, {_COUNT: 3}, {_LENGTH: 8, _COUNT: 1}], ids=str
)
def test_hints_are_those_without_limits(
    monkeypatch: pytest.MonkeyPatch, scenario: str, limits: dict[str, int]
) -> None:
    """Whatever is left of a span of ours, its hints and their evidence are the same."""
    with _limited(monkeypatch) as telemetry:
        _ask(scenario)
        whole = _hints(telemetry)
    with _limited(monkeypatch, **limits) as telemetry:
        _ask(scenario)
        assert _hints(telemetry) == whole
        assert len(telemetry.attributes) <= limits.get(_COUNT, 1000)
    assert whole


def test_a_cut_kind_is_not_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A span on which the kind of the error is cut off has the hint for the whole of it: do not retry today."""
    with _limited(monkeypatch, **{_ANY_LENGTH: 20}) as telemetry:
        _ask("daily_quota")
        assert telemetry.attributes["gemini.quota.id"] == "GenerateRequestsPerD"
        assert telemetry.attributes["gemini.hint.id"] == "http.429.rate_day"


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_id_and_remedy_stay(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Under a limit on the attributes of events the event has the id and then the remedy; the span has both in any case."""
    with _limited(monkeypatch, **{_EVENT_COUNT: limit}) as telemetry:
        _ask("finish_max_tokens")
        (event,) = telemetry.events("gemini.hint")
        assert set(event) >= set(("gemini.hint.id", "gemini.hint.remedy")[:limit])
        assert len(event) == limit
        assert {"gemini.hint.id", "gemini.hint.remedy"} <= set(telemetry.attributes)


def test_loops_and_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spans around rounds and tools are read uncut, too."""

    def get_weather(city: str) -> str:
        """The weather."""
        raise RuntimeError(city)

    for limits in ({}, {_LENGTH: 2, _COUNT: 4}):
        with _limited(monkeypatch, **limits) as telemetry:
            _ask("tool_call", types.GenerateContentConfig(tools=[get_weather]))  # type: ignore[arg-type]
            ids = {
                (span.name.split()[0], event["gemini.hint.id"])
                for span in telemetry.spans
                for event in _events(span)
            }
            assert ("execute_tool", "tool.raised") in ids


def _events(span: Any) -> list[dict[str, Any]]:
    return [dict(event.attributes or {}) for event in span.events if event.name == "gemini.hint"]


class _Changing(SpanProcessor):
    """Somebody who writes to our spans."""

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        span.set_attribute("gen_ai.request.model", "mine")


def test_what_others_changed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else has written in the place of ours is what the hint shows."""
    with _limited(monkeypatch, **{_LENGTH: 10}) as telemetry:
        telemetry.tracer_provider.add_span_processor(_Changing())
        _ask("model_not_found", {"temperature": 0.5})
        assert "gemini-2.5" not in telemetry.events("gemini.hint")[0].get("gemini.hint.evidence", "")


def test_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a span has ended, what it was given is gone with it."""
    gc.collect()
    held = len(span_attributes._given)  # by what earlier tests keep
    with _limited(monkeypatch):
        _ask("finish_max_tokens")
        gc.collect()
        assert len(span_attributes._given) <= held
    assert isinstance(span_attributes._given, weakref.WeakKeyDictionary)


@pytest.mark.parametrize(
    ("left", "value", "restored"),
    [
        ("ab", "abc", "abc"),
        ("b", "abc", "b"),
        (("a",), ("abc",), ("abc",)),
        (("b",), ("abc",), ("b",)),
        (1, 2, 1),
    ],
)
def test_only_what_was_cut_is_put_back(
    left: Any, value: Any, restored: Any, new_span: Callable[[], Span]
) -> None:
    """A value that is not the beginning of ours was written by somebody else."""
    span = new_span()
    span_attributes.keep(span, {"name": value})
    attributes = {"name": left}
    span_attributes.restore(span, attributes)
    assert attributes == {"name": restored}


@pytest.fixture
def new_span() -> Callable[[], Any]:
    return lambda: Telemetry().tracer_provider.get_tracer("t").start_span("s")
