"""Spans of other instrumentations, replayed."""

from __future__ import annotations

from typing import Any

from opentelemetry.trace import SpanKind, Status, StatusCode

from gemini_otel import HintSpanProcessor
from support import Telemetry


def replayed(recorded: dict[str, Any]) -> Telemetry:
    """A span like the recorded one, ended under the processor."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor())
    tracer = telemetry.tracer_provider.get_tracer(recorded["scope"])
    span = tracer.start_span(recorded["name"], kind=SpanKind[recorded["kind"]])
    span.set_attributes(recorded["attributes"])
    for event in recorded["events"]:
        span.add_event(event["name"], event["attributes"])
    span.set_status(Status(StatusCode[recorded["status"]["code"]], recorded["status"]["description"]))
    span.end()
    return telemetry


def ids(telemetry: Telemetry) -> tuple[str, ...]:
    return tuple(event["gemini.hint.id"] for event in telemetry.events("gemini.hint"))
