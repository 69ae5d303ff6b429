"""Files of traces as the Collector, Tempo and Jaeger write them, made of plain descriptions of spans."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

import gemini_otel
from gemini_otel import simulator
from gemini_otel._facts import names
from support import Telemetry, make_client, send

Described = dict[str, Any]
NOON = 1_793_534_400  # 2026-11-01 12:00 UTC
_ids = itertools.count(1)
# A day: what happened, the scenario, how often, and how long each call took, in the order of their cost.
FAULTS = {
    "finish.max_tokens.thinking": ("thoughts_ate_budget", 300, 20.0),
    "finish.max_tokens.repetition": ("loop_text", 150, 15.0),
    "http.503.overloaded": ("overloaded", 100, 10.0),
    "finish.safety": ("finish_safety", 80, 4.0),
    "http.429.rate_day": ("daily_quota", 200, 0.2),
}


def described(
    attributes: Mapping[str, Any],
    *,
    scope: str = "gemini_otel",
    service: str = "shop",
    name: str = "generate_content gemini-2.5-flash",
    trace: str | None = None,
    span: str | None = None,
    parent: str = "",
    start: float = NOON,
    seconds: float = 1.0,
    events: Sequence[tuple[str, Mapping[str, Any], float]] = (),
    error: str | None = None,
) -> Described:
    """A span; each event is a name, attributes and the seconds after the start."""
    number = next(_ids)
    return {
        "attributes": dict(attributes),
        "scope": scope,
        "service": service,
        "name": name,
        "trace": trace or f"{number:032x}",
        "span": span or f"{number:016x}",
        "parent": parent,
        "start": round(start * 1e6) * 1000,
        "end": round((start + seconds) * 1e6) * 1000,
        "events": [
            (name, dict(values), round((start + after) * 1e6) * 1000) for name, values, after in events
        ],
        "error": error,
    }


def of_sdk(span: ReadableSpan, service: str = "shop") -> Described:
    """The description of a span of the SDK's."""
    scope = span.instrumentation_scope
    assert span.start_time is not None
    assert span.end_time is not None
    return {
        "attributes": dict(span.attributes or {}),
        "scope": scope.name if scope is not None else "",
        "service": service,
        "name": span.name,
        "trace": f"{span.context.trace_id:032x}",
        "span": f"{span.context.span_id:016x}",
        "parent": f"{span.parent.span_id:016x}" if span.parent is not None else "",
        "start": span.start_time,
        "end": span.end_time,
        "events": [(event.name, dict(event.attributes or {}), event.timestamp) for event in span.events],
        "error": (span.status.description or "") if span.status.status_code.name == "ERROR" else None,
    }


def simulated_day() -> list[Described]:
    """A day of calls as the SDK made them to the simulator; each is repeated many times, at its hour and with its duration."""
    telemetry, made = Telemetry(), {}
    gemini_otel.instrument(**telemetry.providers)
    try:
        with simulator.serve() as url:
            client = make_client(url)
            for scenario in ("ok", *(scenario for scenario, _, _ in FAULTS.values())):
                send(client, "call", f"simulate:{scenario}")
                span = made[scenario] = of_sdk(telemetry.spans[-1])
                if names.USAGE_INPUT_TOKENS in span["attributes"]:  # older SDKs drop the tier
                    span["attributes"][names.RESPONSE_SERVICE_TIER] = "standard"
    finally:
        gemini_otel.uninstrument()
    spans: list[Described] = []
    for scenario, count, seconds in (("ok", 4000, 3.0), *FAULTS.values()):
        for number in range(count):
            start = NOON - 43_200 + 86_400 * number // count
            times = {"start": start * 10**9, "end": round((start + seconds) * 1e9)}
            own = {"trace": f"{len(spans) + 1:032x}", "span": f"{len(spans) + 1:016x}"}
            spans.append(made[scenario] | times | own | {"events": []})
    return sorted(spans, key=lambda span: int(span["start"]))


def otlp_lines(spans: Iterable[Described], per_line: int = 3) -> bytes:
    """What the Collector's file exporter writes: a line for each batch."""
    lines = []
    remaining = list(spans)
    while remaining:
        batch, remaining = remaining[:per_line], remaining[per_line:]
        lines.append(
            json.dumps({"resourceSpans": _resources(batch)}, separators=(",", ":"), ensure_ascii=False)
        )
    return ("\n".join(lines) + "\n").encode() if lines else b""


def tempo(spans: Iterable[Described], *, newest: bool = False) -> bytes:
    """Tempo's JSON of a trace, with ids in base64, over several lines; `newest`: as its second API gives it."""
    groups = _resources(list(spans), _base64)
    return json.dumps(
        {"trace": {"resourceSpans": groups}} if newest else {"batches": groups}, indent=2
    ).encode()


def jaeger(spans: Iterable[Described], indent: int | None = None) -> bytes:
    """What Jaeger's page saves: traces, with their services at the end."""
    traces = [
        {"traceID": trace, **_jaeger_trace(list(group))}
        for trace, group in itertools.groupby(sorted(spans, key=_trace), key=_trace)
    ]
    return json.dumps({"data": traces, "total": 0, "errors": None}, indent=indent).encode()


def _trace(span: Described) -> str:
    return str(span["trace"])


def _base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def _resources(spans: list[Described], encoded: Any = str) -> list[Any]:
    groups = []
    for service, of_service in itertools.groupby(spans, key=lambda span: span["service"]):
        scopes = [
            {"scope": {"name": scope, "version": "1"}, "spans": [_otlp(span, encoded) for span in of_scope]}
            for scope, of_scope in itertools.groupby(of_service, key=lambda span: span["scope"])
        ]
        groups.append({"resource": {"attributes": _pairs({"service.name": service})}, "scopeSpans": scopes})
    return groups


def _otlp(span: Described, encoded: Any) -> Any:
    status = {} if span["error"] is None else {"status": {"code": 2, "message": span["error"]}}
    return {
        "traceId": encoded(span["trace"]),
        "spanId": encoded(span["span"]),
        "parentSpanId": encoded(span["parent"]),
        "name": span["name"],
        "kind": 3,
        "startTimeUnixNano": str(span["start"]),
        "endTimeUnixNano": str(span["end"]),
        "attributes": _pairs(span["attributes"]),
        "events": [
            {"timeUnixNano": str(at), "name": name, "attributes": _pairs(values)}
            for name, values, at in span["events"]
        ],
        **status,
    }


def _pairs(attributes: Mapping[str, Any]) -> list[Any]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, (tuple, list)):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": value}


def _jaeger_trace(spans: list[Described]) -> dict[str, Any]:
    services = list(dict.fromkeys(span["service"] for span in spans))
    processes = {f"p{number}": {"serviceName": name, "tags": []} for number, name in enumerate(services, 1)}
    return {
        "spans": [_jaeger(span, f"p{services.index(span['service']) + 1}") for span in spans],
        "processes": processes,
        "warnings": None,
    }


def _jaeger(span: Described, process: str) -> Any:
    tags = _tags({"otel.scope.name": span["scope"], **span["attributes"]})
    if span["error"] is not None:
        tags += _tags({"otel.status_code": "ERROR", "otel.status_description": span["error"], "error": True})
    parent = {"refType": "CHILD_OF", "traceID": span["trace"], "spanID": span["parent"]}
    return {
        "traceID": span["trace"],
        "spanID": span["span"],
        "operationName": span["name"],
        "references": [parent] if span["parent"] else [],
        "startTime": span["start"] // 1000,
        "duration": (span["end"] - span["start"]) // 1000,
        "tags": tags,
        "logs": [
            {"timestamp": at // 1000, "fields": _tags({"event": name, **values})}
            for name, values, at in span["events"]
        ],
        "processID": process,
        "warnings": None,
    }


def _tags(attributes: Mapping[str, Any]) -> list[Any]:
    return [
        {
            "key": name,
            "type": {bool: "bool", int: "int64", float: "float64"}.get(type(value), "string"),
            "value": json.dumps(value) if isinstance(value, (tuple, list)) else value,
        }
        for name, value in attributes.items()
    ]
