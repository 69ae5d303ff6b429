"""The metrics of the GenAI conventions, under the names of one profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from gemini_otel._facts import names
from gemini_otel._facts.labels import MAX_VALUES, BoundedNames
from gemini_otel._facts.names import MetricNames, Profile
from gemini_otel._telemetry.metrics.counters import CounterTable

if TYPE_CHECKING:
    from gemini_otel._facts.calls import UsageFacts

Labels = Mapping[str, str | bool | int | float | tuple[str, ...]]

_USAGE_LABELS = (
    names.OPERATION_NAME,
    names.PROVIDER_NAME,
    names.REQUEST_MODEL,
    names.RESPONSE_MODEL,
    names.SERVER_ADDRESS,
    names.SERVER_PORT,
)
_UNKNOWN = "unknown"
_MODALITIES = ("text", "image", "audio", "video", "document", _UNKNOWN)
_DESCRIPTIONS = {
    "duration": "GenAI operation duration.",
    "first_chunk": "Time to receive the first chunk of a streamed answer.",
    "token_usage": "Number of input and output tokens used.",
    "known_input_tokens": "Number of input tokens of one operation.",
    "input_tokens": "Number of input tokens of one operation, cached ones included.",
    "output_tokens": "Number of output tokens of one operation, reasoning included.",
    "input": "Input tokens used, cached ones included.",
    "output": "Output tokens used, reasoning included.",
    "cache_read": "Input tokens read from a cache.",
    "reasoning": "Output tokens used for reasoning.",
}


class StandardMetrics:
    """The instruments of one profile on one meter."""

    def __init__(self, meter: Meter, profile: Profile) -> None:
        self._meter = meter
        self._histograms: dict[str, Histogram] = {}
        self._counters: dict[str, CounterTable] = {}
        self.workflow_duration = tuple(
            meter.create_histogram(
                name,
                unit="s",
                description="Duration of a loop of model calls and tools.",
                explicit_bucket_boundaries_advisory=names.WORKFLOW_BUCKETS,
            )
            for name in profile.workflow_duration
        )
        self._kinds = {kind: OperationMetrics(self, metrics) for kind, metrics in profile.metrics.items()}

    def of(self, operation: str) -> OperationMetrics:
        """What to record an operation of this name with."""
        return self._kinds[names.OPERATION_KINDS.get(operation, "other")]

    def histograms(self, metrics: MetricNames, measure: str) -> tuple[Histogram, ...]:
        return tuple(self._histogram(name, measure) for name in getattr(metrics, measure))

    def _histogram(self, name: str, measure: str) -> Histogram:
        if name not in self._histograms:
            seconds = measure in {"duration", "first_chunk"}
            self._histograms[name] = self._meter.create_histogram(
                name,
                unit="s" if seconds else "{token}",
                description=_DESCRIPTIONS[measure],
                explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS
                if seconds
                else names.TOKEN_BUCKETS,
            )
        return self._histograms[name]

    def counter(self, name: str, direction: str) -> CounterTable:
        if name not in self._counters:
            self._counters[name] = observed_counter(
                self._meter, name, "{token}", _DESCRIPTIONS[direction], (*_USAGE_LABELS, names.TOKEN_MODALITY)
            )
        return self._counters[name]


class OperationMetrics:
    """The instruments for one kind of operation."""

    def __init__(self, standard: StandardMetrics, metrics: MetricNames) -> None:
        self._duration = standard.histograms(metrics, "duration")
        self._first_chunk = standard.histograms(metrics, "first_chunk")
        self._token_usage = standard.histograms(metrics, "token_usage")
        self._known_input = standard.histograms(metrics, "known_input_tokens")
        self._input = standard.histograms(metrics, "input_tokens")
        self._output = standard.histograms(metrics, "output_tokens")
        self._usage = [(standard.counter(name, way), way) for name, way in metrics.usage]
        self._modality = BoundedNames(MAX_VALUES, _MODALITIES)

    def record(
        self,
        labels: Labels,
        seconds: float,
        first_chunk: float | None,
        usage: UsageFacts,
        error_type: str | None,
        context: Context,
        service_tier: str | None = None,
    ) -> None:
        """One operation that has ended; `first_chunk` is None unless it streamed."""
        sent, received = usage.input_tokens, usage.output_tokens
        if sent is not None:
            of_type = {**labels, names.TOKEN_TYPE: "input"} if self._token_usage else labels
            _record(self._token_usage, sent, of_type, context)
            _record(self._known_input, sent, labels, context)
        if received is not None:
            of_type = {**labels, names.TOKEN_TYPE: "output"} if self._token_usage else labels
            _record(self._token_usage, received, of_type, context)
        if self._usage:
            self._count(labels, usage)
        if first_chunk is not None:
            _record(self._first_chunk, first_chunk, labels, context)
        if error_type is not None:
            labels = {**labels, names.ERROR_TYPE: error_type}
        _record(self._input, sent or 0, labels, context)
        _record(self._output, received or 0, labels, context)
        if service_tier is not None:
            labels = {**labels, names.RESPONSE_SERVICE_TIER: service_tier}
        _record(self._duration, seconds, labels, context)

    def _count(self, labels: Labels, usage: UsageFacts) -> None:
        values = tuple(map(labels.get, _USAGE_LABELS))
        own: Any = tuple((name, value) for name, value in labels.items() if name not in _USAGE_LABELS)
        for table, direction in self._usage:
            for modality, tokens in _by_modality(usage, direction).items():
                table.add((*values, self._modality(modality)), tokens, own)  # type: ignore[arg-type]  # no floats here


def _record(histograms: tuple[Histogram, ...], value: float, labels: Labels, context: Context) -> None:
    for histogram in histograms:
        histogram.record(value, labels, context)


def observed_counter(
    meter: Meter, name: str, unit: str, description: str, labels: tuple[str, ...]
) -> CounterTable:
    """A counter that the meter reads when it exports."""
    table = CounterTable(labels)

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(total, labels) for labels, total in table.totals()]

    meter.create_observable_counter(name, [observe], unit, description)
    return table


def _by_modality(usage: UsageFacts, direction: str) -> dict[str, int]:
    """Tokens by modality. What the service does not break down is `unknown`: the rest, the 0 of an answer without usage, and all
    of it where the parts are more than the whole, as some answers of search tools have it.
    """
    totals = {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cache_read": usage.cached_tokens,
        "reasoning": usage.thoughts_tokens,
    }
    found = {modality: tokens for (modality, way), tokens in usage.by_modality.items() if way == direction}
    total = totals[direction] or 0
    rest = total - sum(found.values())
    if rest < 0:
        return {_UNKNOWN: total}
    if rest or not found:
        found[_UNKNOWN] = found.get(_UNKNOWN, 0) + rest
    return found
