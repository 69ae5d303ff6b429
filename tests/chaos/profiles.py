"""How the program has set us up, and what of its own fails in it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, Sampler, SamplingResult

from chaos.ledger import Ledger
from support.logs import Logs


class Fault(Exception):
    """What a part of the program raises that works for telemetry."""


def _fail(*_: Any) -> Any:
    raise Fault


def _sometimes() -> Callable[..., None]:
    """Raises each second time."""
    turns = itertools.count()

    def fail(*_: Any) -> None:
        if next(turns) % 2:
            raise Fault

    return fail


def _slowly(*given: Any) -> Any:
    time.sleep(0.0005)
    return given[0] if given else None


class _FailingSampler(Sampler):
    def __init__(self) -> None:
        self._fail = _sometimes()

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
        self._fail()
        return SamplingResult(Decision.RECORD_AND_SAMPLE)

    def get_description(self) -> str:
        return "fails"


class _HalfSampler(Sampler):
    """Takes each second span, whatever its parent."""

    def __init__(self) -> None:
        self._turns = itertools.count()

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
        return SamplingResult((Decision.DROP, Decision.RECORD_AND_SAMPLE)[next(self._turns) % 2])

    def get_description(self) -> str:
        return "half"


class _Processor(SpanProcessor):
    def __init__(self, start: Callable[..., Any], end: Callable[..., Any]) -> None:
        self._start, self._end = start, end

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self._start(span)

    def on_end(self, span: Any) -> None:
        self._end(span)


class _Exporter(SpanExporter):
    def __init__(self, act: Callable[..., Any]) -> None:
        self._act = act

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        self._act(spans)
        return SpanExportResult.FAILURE


class _FailingHook:
    def on_completion(self, **_: Any) -> None:
        raise Fault


@dataclass
class Profile:
    """Settings and providers. `quiet`: nothing may be logged, and every span is there."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    sampler: Callable[[], Sampler] = lambda: ALWAYS_ON
    before: tuple[
        Callable[[], SpanProcessor], ...
    ] = ()  # processors; a span that is not begun is nobody's to end
    processors: tuple[Callable[[], SpanProcessor], ...] = ()
    traces: bool = True
    metrics: bool = True
    logs: bool = False
    quiet: bool = True

    def providers(self, ledger: Ledger) -> dict[str, Any]:
        """New ones, whose spans the ledger sees."""
        found: dict[str, Any] = {}
        if self.traces:
            found["tracer_provider"] = provider = TracerProvider(
                sampler=self.sampler(), shutdown_on_exit=False
            )
            for processor in (
                *(make() for make in self.before),
                ledger,
                *(make() for make in self.processors),
            ):
                provider.add_span_processor(processor)
        if self.metrics:
            found["meter_provider"] = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
        if self.logs:
            found["logger_provider"] = Logs().provider
        return found


_HOOKS = ("request_hook", "response_hook", "error_hook")

PROFILES = (
    Profile("plain"),
    Profile("traces only", metrics=False),
    Profile("metrics only", traces=False),
    Profile("nobody listens", traces=False, metrics=False),
    Profile("content on spans", {"capture_content": "span_only", "capture_bytes": True}),
    Profile("content in logs", {"capture_content": "span_and_event", "hint_signal": "both"}, logs=True),
    Profile(
        "everything",
        {
            "capture_content": True,
            "exception_events": True,
            "hint_level": "info",
            "error_outcomes": ["blocked", "truncated", "repetition"],
            "semconv": "gen_ai_latest_experimental/dup",
            "span_attributes": {"team": "tides"},
            "metric_attributes": {"team": "tides"},
        },
        logs=True,
    ),
    Profile("nothing", {"hints": False, "repetition": False, "hint_attributes": False}),
    Profile("sampled out", sampler=lambda: ALWAYS_OFF),
    Profile("half sampled", sampler=_HalfSampler, quiet=False),
    Profile("the sampler fails", sampler=_FailingSampler, quiet=False),
    Profile("hooks fail", dict.fromkeys(_HOOKS, _fail), quiet=False),
    Profile("hooks are slow", dict.fromkeys(_HOOKS, lambda *_: _slowly())),
    Profile("the redactor fails", {"capture_content": "span_only", "redact": lambda _: _fail()}, quiet=False),
    Profile("the redactor is slow", {"capture_content": "span_only", "redact": _slowly}),
    Profile("the redactor gives nonsense", {"capture_content": True, "redact": lambda _: 5}, quiet=False),
    Profile("attributes fail", {"span_attributes": _fail, "metric_attributes": {"a": _fail}}, quiet=False),
    Profile("on_repetition fails", {"on_repetition": lambda _: _fail()}, quiet=False),
    Profile("a processor fails at starts", before=(lambda: _Processor(_sometimes(), lambda _: None),), quiet=False),
    Profile("a processor fails at ends", processors=(lambda: _Processor(lambda _: None, _sometimes()),), quiet=False),
    Profile("a processor is slow", processors=(lambda: _Processor(_slowly, _slowly),)),
    Profile("the exporter fails", processors=(lambda: SimpleSpanProcessor(_Exporter(_fail)),), quiet=False),
    Profile("the exporter is slow", processors=(lambda: SimpleSpanProcessor(_Exporter(_slowly)),)),
)  # fmt: skip
