"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

import gemini_otel
from support import Telemetry

OURS = "gemini_otel"


class Neighbours:
    """Ours and theirs, with the same providers."""

    def __init__(self, theirs: Any, telemetry: Telemetry) -> None:
        self._theirs, self._telemetry = theirs, telemetry

    def instrument(self, who: str) -> None:
        (gemini_otel if who == "ours" else self._theirs).instrument(**self._telemetry.providers)

    def uninstrument(self, who: str) -> None:
        (gemini_otel if who == "ours" else self._theirs).uninstrument()


def scopes(spans: Iterable[ReadableSpan]) -> list[str]:
    """Whose spans they are."""
    return [span.instrumentation_scope.name for span in spans if span.instrumentation_scope]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def measured(telemetry: Telemetry) -> int:
    """How many calls the standard duration metric counts, whoever recorded it."""
    return sum(point.count for point in telemetry.points("gen_ai.client.operation.duration"))


def get_weather(city: str = "Paris") -> str:
    """Say how the weather is."""
    return f"sunny in {city}"


def hints(spans: Iterable[ReadableSpan]) -> dict[str, list[Any]]:
    """By the name of each span that has any, the hints that it has."""
    found: dict[str, list[Any]] = {}
    for span in spans:
        ids = [(e.attributes or {})["gemini.hint.id"] for e in span.events if e.name == "gemini.hint"]
        if ids:
            found.setdefault(span.name, []).extend(ids)
    return found


def counted_hints(telemetry: Telemetry) -> int:
    """How many hints our metric has counted."""
    return sum(point.value for point in telemetry.points("gemini.client.hints"))


def named(spans: Iterable[ReadableSpan], beginning: str) -> list[ReadableSpan]:
    """The spans whose names begin so."""
    return [span for span in spans if span.name.startswith(beginning)]


def attempts(spans: Iterable[ReadableSpan]) -> int:
    """How many requests to the service the spans with our facts tell of."""
    calls = [
        s
        for s in spans
        if attributes(s).get("gemini.response.outcome") and "gemini.afc.rounds" not in attributes(s)
    ]
    return len(calls) + sum(int(attributes(s).get("http.request.resend_count", 0)) for s in calls)
