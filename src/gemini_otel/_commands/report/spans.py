"""Reads the spans of a document: OTLP as JSON, Tempo's form of it with other names, and Jaeger's.

A span has the attributes of the OpenTelemetry SDK's spans that the hint processor's reader uses.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opentelemetry.trace import StatusCode

from gemini_otel.hints._foreign import SCOPES, begins_as_genai

_UNKNOWN_SERVICE = "unknown_service"  # the conventions' name for a service without one
_ERRORS = frozenset({2, "2", "STATUS_CODE_ERROR", "ERROR"})
_OTHER_SIGNALS = ("resourceLogs", "resourceMetrics", "resourceProfiles")
_MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
_PLAIN = frozenset({"boolValue", "doubleValue"})
_LISTED = (
    "gemini.",
    "gen_ai.response.",
)  # beginnings of attribute names whose values may be lists, which Jaeger writes as JSON


class UnknownFormatError(Exception):
    """A document in none of the known formats."""


class OtherSignalError(UnknownFormatError):
    """A document with logs, metrics or profiles."""


class Scope(NamedTuple):
    name: str


class Status(NamedTuple):
    status_code: StatusCode
    description: str | None


class Event(NamedTuple):
    name: str
    attributes: Mapping[str, Any]
    time: float  # seconds since 1970


class Span:
    """One span; times in seconds since 1970."""

    __slots__ = (
        "attributes",
        "end",
        "events",
        "id",
        "instrumentation_scope",
        "name",
        "parent",
        "service",
        "start",
        "status",
        "trace",
    )

    trace: str
    id: str
    parent: str
    name: str
    service: str
    instrumentation_scope: Scope
    attributes: dict[str, Any]
    events: list[Event]
    status: Status
    start: float
    end: float


class SpanReader:
    """Reads documents; `malformed` counts the spans that do not match their format."""

    def __init__(self) -> None:
        self.malformed = 0

    def read(self, document: object) -> Iterator[Span]:
        """The GenAI spans of a document. Raises UnknownFormatError if it contains no spans at all."""
        if isinstance(document, list):
            for each in document:
                yield from self.read(each)
        elif not isinstance(document, dict):
            raise UnknownFormatError
        elif isinstance(groups := document.get("resourceSpans", document.get("batches")), list):
            for group in groups:
                yield from self._of_resource(group)
        elif isinstance(wrapped := document.get("trace", document.get("result")), dict):
            yield from self.read(wrapped)
        else:
            for trace in _traces(document):
                yield from self._of_jaeger(trace)

    def _of_resource(self, group: object) -> Iterator[Span]:
        service = ""
        for scope, is_genai, raw in self._scoped(group):
            try:
                span = _of_otlp(raw, scope)
                if is_genai or begins_as_genai(span):  # type: ignore[arg-type]  # only attributes are read
                    service = service or _service(group)
                    span.service = service
                    yield span
            except _MALFORMED:
                self.malformed += 1

    def _scoped(self, group: Any) -> Iterator[tuple[Scope, bool | None, Any]]:
        """The spans of a resource that may be GenAI spans, with their scope and whether the scope shows that they are."""
        try:
            for scoped in group.get("scopeSpans") or group.get("instrumentationLibrarySpans") or ():
                named = scoped.get("scope") or scoped.get("instrumentationLibrary") or {}
                scope = Scope(str(named.get("name", "")))
                if (is_genai := SCOPES.get(scope.name)) is not False:
                    for raw in scoped.get("spans") or ():
                        yield scope, is_genai, raw
        except _MALFORMED:
            self.malformed += 1

    def _of_jaeger(self, trace: Any) -> Iterator[Span]:
        try:
            processes, spans = trace.get("processes") or {}, list(trace.get("spans") or ())
        except _MALFORMED:
            self.malformed += 1
            return
        for raw in spans:
            try:
                span = _of_jaeger_span(raw)
                is_genai = SCOPES.get(span.instrumentation_scope.name)
                if is_genai or (is_genai is None and begins_as_genai(span)):  # type: ignore[arg-type]  # as above
                    process = raw.get("process") or processes.get(raw.get("processID")) or {}
                    span.service = str(process.get("serviceName") or _UNKNOWN_SERVICE)[:200]
                    yield span
            except _MALFORMED:
                self.malformed += 1


def _traces(document: dict[str, Any]) -> list[Any]:
    """The traces of one of Jaeger's documents."""
    if isinstance(traces := document.get("data"), list):
        return traces
    if "spans" in document and "processes" in document:
        return [document]
    raise OtherSignalError if any(signal in document for signal in _OTHER_SIGNALS) else UnknownFormatError


def _service(group: Any) -> str:
    attributes = _attributes((group.get("resource") or {}).get("attributes"))
    return str(attributes.get("service.name") or _UNKNOWN_SERVICE)[:200]


def _of_otlp(raw: dict[str, Any], scope: Scope) -> Span:
    span = Span()
    span.instrumentation_scope = scope
    span.attributes = _attributes(raw.get("attributes"))
    span.name = str(raw.get("name", ""))
    span.trace, span.id = str(raw.get("traceId", "")), str(raw.get("spanId", ""))
    span.parent = str(raw.get("parentSpanId") or "")
    span.start = int(raw.get("startTimeUnixNano") or 0) / 1e9
    span.end = int(raw.get("endTimeUnixNano") or 0) / 1e9
    status = raw.get("status") or {}
    code = StatusCode.ERROR if status.get("code") in _ERRORS else StatusCode.UNSET
    span.status = Status(code, status.get("message"))
    span.events = [
        Event(
            str(event.get("name", "")),
            _attributes(event.get("attributes")),
            int(event.get("timeUnixNano") or 0) / 1e9,
        )
        for event in raw.get("events") or ()
    ]
    return span


def _attributes(pairs: object) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs or ():  # type: ignore[attr-defined]  # the caller counts a span of another form as malformed
        value = pair["value"]
        if "stringValue" in value:
            values[pair["key"]] = value["stringValue"]
        elif "intValue" in value:
            values[pair["key"]] = int(value["intValue"])
        elif "arrayValue" in value:
            values[pair["key"]] = _array(value["arrayValue"])
        else:
            for kind in _PLAIN.intersection(value):
                values[pair["key"]] = value[kind]
    return values


def _array(value: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(each for item in value.get("values") or () for each in item.values())


def _of_jaeger_span(raw: dict[str, Any]) -> Span:
    span = Span()
    tags = span.attributes = _tags(raw.get("tags"))
    span.instrumentation_scope = Scope(str(tags.pop("otel.scope.name", tags.pop("otel.library.name", ""))))
    span.name = str(raw.get("operationName", ""))
    span.trace, span.id = str(raw.get("traceID", "")), str(raw.get("spanID", ""))
    span.parent = next(
        (
            str(each.get("spanID"))
            for each in raw.get("references") or ()
            if each.get("refType") == "CHILD_OF" and each.get("traceID", span.trace) == span.trace
        ),
        str(raw.get("parentSpanID") or ""),
    )
    span.start = int(raw.get("startTime") or 0) / 1e6
    span.end = span.start + int(raw.get("duration") or 0) / 1e6
    failed = tags.pop("otel.status_code", None) in _ERRORS or tags.pop("error", False) is True
    span.status = Status(
        StatusCode.ERROR if failed else StatusCode.UNSET, tags.pop("otel.status_description", None)
    )
    span.events = [_of_log(log) for log in raw.get("logs") or ()]
    return span


def _of_log(log: dict[str, Any]) -> Event:
    fields = _tags(log.get("fields"))
    return Event(str(fields.pop("event", "")), fields, int(log.get("timestamp") or 0) / 1e6)


def _tags(tags: object) -> dict[str, Any]:
    return {tag["key"]: _tag(tag["key"], tag.get("type"), tag.get("value")) for tag in tags or ()}  # type: ignore[attr-defined]  # as above


def _tag(name: str, kind: object, value: Any) -> Any:
    if kind == "int64":
        return int(value)
    if kind == "float64":
        return float(value)
    if kind == "bool":
        return value is True or value == "true"
    if isinstance(value, str) and value.startswith('["') and name.startswith(_LISTED) and len(value) < 4000:
        try:
            return tuple(json.loads(value))
        except ValueError:
            return value
    return value


def shown_trace(trace: str) -> str:
    """A trace id as back ends show it: Tempo's JSON has it in base64."""
    if len(trace) == 24 and trace.endswith("=="):
        try:
            return base64.b64decode(trace, validate=True).hex()
        except binascii.Error:
            return trace
    return trace
