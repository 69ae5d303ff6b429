"""Spans as a back end shows them: one model, read from the SDK, from OTLP and from Jaeger's query API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from opentelemetry.sdk.trace import ReadableSpan

from servers import Jaeger, eventually
from support import OtlpReceiver, plain

_FLAGS = ("error", "span.kind", "otel.status_code", "otel.status_description", "otel.scope.name")
_FLAGS += ("otel.scope.version", "otel.scope.schema_url")


class SeenEvent(NamedTuple):
    """An event of a span: a log, in Jaeger's words. Times are microseconds, the finest that Jaeger has."""

    name: str
    time: int
    attributes: dict[str, Any]


class Seen(NamedTuple):
    """A span. Values have their types; lists are JSON text, as Jaeger shows them."""

    trace: str
    id: str
    parent: str | None
    name: str
    kind: str
    start: int
    duration: int
    error: bool
    description: str
    attributes: dict[str, Any]
    events: tuple[SeenEvent, ...]
    resource: dict[str, Any]

    def has(self, key: str, value: str) -> bool:
        """Whether a search for a tag finds this span: by its attributes or by those of its events."""
        if key == "error":
            return self.error is (value == "true")
        everywhere = (self.attributes, *(event.attributes for event in self.events))
        return any(key in attributes and str(attributes[key]) == value for attributes in everywhere)


class BackEnd(Protocol):
    """Where spans are sent to, and looked at."""

    @property
    def endpoint(self) -> str:
        """Takes OTLP over HTTP."""
        ...

    def spans(self, service: str, at_least: int) -> list[Seen]:
        """The spans of a service, once there are so many."""
        ...

    def search(self, service: str, key: str, value: str) -> set[str]:
        """The ids of the traces with a span that has the tag."""
        ...


class ReceiverBackEnd:
    """What came over the wire, decoded."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver
        self.endpoint = receiver.endpoint

    def spans(self, service: str, at_least: int) -> list[Seen]:
        return [span for span in self._all() if span.resource["service.name"] == service]

    def search(self, service: str, key: str, value: str) -> set[str]:
        return {span.trace for span in self.spans(service, 0) if span.has(key, value)}

    def _all(self) -> Iterator[Seen]:
        for resource in self._receiver.traces:
            attributes = _shown(plain(resource.resource.attributes))
            for scope in resource.scope_spans:
                for span in scope.spans:
                    yield _from_otlp(span, attributes)


class JaegerBackEnd:
    """What Jaeger's query API answers."""

    def __init__(self, jaeger: Jaeger) -> None:
        self._jaeger = jaeger
        self.endpoint = jaeger.otlp

    def spans(self, service: str, at_least: int) -> list[Seen]:
        def found() -> list[Seen]:
            return [
                _from_jaeger(span, trace["processes"][span["processID"]])
                for trace in self._jaeger.traces(service=service)
                for span in trace["spans"]
            ]

        eventually(lambda: len(found()) >= at_least)
        return found()

    def search(self, service: str, key: str, value: str) -> set[str]:
        return {trace["traceID"] for trace in self._jaeger.traces(service=service, tags={key: value})}


def from_sdk(span: ReadableSpan) -> Seen:
    """The span as it must be seen."""
    context, start, end = span.get_span_context(), span.start_time or 0, span.end_time or 0
    assert context is not None
    return Seen(
        format(context.trace_id, "032x"),
        format(context.span_id, "016x"),
        format(span.parent.span_id, "016x") if span.parent else None,
        span.name,
        span.kind.name.lower(),
        start // 1000,
        (end - start) // 1000,
        span.status.status_code.name == "ERROR",
        span.status.description or "",
        _shown(span.attributes or {}),
        tuple(SeenEvent(e.name, e.timestamp // 1000, _shown(e.attributes or {})) for e in span.events),
        _shown(span.resource.attributes),
    )


def _from_otlp(span: Any, resource: dict[str, Any]) -> Seen:
    return Seen(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex() or None,
        span.name,
        {1: "internal", 3: "client"}[span.kind],
        span.start_time_unix_nano // 1000,
        (span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        span.status.code == span.status.STATUS_CODE_ERROR,
        span.status.message,
        _shown(plain(span.attributes)),
        tuple(SeenEvent(e.name, e.time_unix_nano // 1000, _shown(plain(e.attributes))) for e in span.events),
        resource,
    )


def _from_jaeger(span: dict[str, Any], process: dict[str, Any]) -> Seen:
    assert not span.get("warnings")
    tags = _typed(span["tags"])
    (parent,) = [each["spanID"] for each in span["references"] if each["refType"] == "CHILD_OF"] or [None]
    return Seen(
        span["traceID"],
        span["spanID"],
        parent,
        span["operationName"],
        tags["span.kind"],
        span["startTime"],
        span["duration"],
        tags.get("error", False),
        tags.get("otel.status_description", ""),
        {key: value for key, value in tags.items() if key not in _FLAGS},
        tuple(_event(log) for log in span["logs"]),
        {**_typed(process["tags"]), "service.name": process["serviceName"]},
    )


def _event(log: dict[str, Any]) -> SeenEvent:
    fields = _typed(log["fields"])
    return SeenEvent(fields.pop("event"), log["timestamp"], fields)


def _typed(tags: Iterable[dict[str, Any]]) -> dict[str, Any]:
    as_said = {"bool": bool, "int64": int, "float64": float, "string": str}
    return {tag["key"]: as_said[tag["type"]](tag["value"]) for tag in tags}


def _shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _text(value) if isinstance(value, Sequence) else value for key, value in attributes.items()}


def _text(value: Sequence[Any]) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
