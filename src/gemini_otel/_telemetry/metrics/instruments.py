"""The metrics of one meter provider: those of the GenAI conventions, under the names of a profile, and our own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from gemini_otel._facts import names
from gemini_otel._facts.calls import USAGE
from gemini_otel._facts.labels import MAX_MODELS, MAX_VALUES, BoundedNames
from gemini_otel._facts.outcomes import KNOWN_FINISH_REASONS
from gemini_otel._facts.profiles import OPERATION_KINDS, MetricNames, Profile
from gemini_otel._facts.tiers import TIERS
from gemini_otel._telemetry.metrics.costs import CostTable
from gemini_otel._telemetry.metrics.counters import CounterTable

if TYPE_CHECKING:
    from gemini_otel._facts.calls import UsageFacts
    from gemini_otel._telemetry.metrics.rounds import Labels

USAGE_LABELS = (
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
        kinds = {kind: OperationMetrics(self, metrics) for kind, metrics in profile.metrics.items()}
        # The instruments for an operation, by its name.
        self.of = defaultdict(
            lambda: kinds["other"],
            {operation: kinds[kind] for operation, kind in OPERATION_KINDS.items()},
        )

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
                self._meter, name, "{token}", _DESCRIPTIONS[direction], (*USAGE_LABELS, names.TOKEN_MODALITY)
            )
        return self._counters[name]


class OperationMetrics:
    """The instruments for one kind of operation, by the value that they record."""

    def __init__(self, standard: StandardMetrics, metrics: MetricNames) -> None:
        self.duration = standard.histograms(metrics, "duration")
        self.first_chunk = standard.histograms(metrics, "first_chunk")
        self.token_usage = standard.histograms(metrics, "token_usage")
        self.known_input = standard.histograms(metrics, "known_input_tokens")
        self.input = standard.histograms(metrics, "input_tokens")
        self.output = standard.histograms(metrics, "output_tokens")
        self.usage = [(standard.counter(name, way), way) for name, way in metrics.usage]
        self.of_operation = bool(self.known_input or self.input or self.output or self.usage)
        self.modality = BoundedNames(MAX_VALUES, _MODALITIES)


class Metrics:
    """The histograms and counters of one meter provider; those of the conventions are in `standard`."""

    standard: StandardMetrics

    def __init__(self, meter: Meter) -> None:
        self._profiles: dict[str, StandardMetrics] = {}
        self.tool_duration = meter.create_histogram(
            names.TOOL_DURATION,
            unit="s",
            description="Tool run duration.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS,
        )
        self.model_label = BoundedNames(MAX_MODELS)
        self.address_label = BoundedNames(MAX_MODELS)
        self.tool_label = BoundedNames(MAX_MODELS)
        self.server_tool_label = BoundedNames(MAX_VALUES)
        self.tool_result_label = BoundedNames(MAX_VALUES)
        self.finish_reason_label = BoundedNames(MAX_VALUES, KNOWN_FINISH_REASONS)
        self.tier_label = BoundedNames(MAX_VALUES, TIERS)
        self.error_label = BoundedNames(MAX_VALUES, map(str, range(400, 600)))
        self.hint_label = BoundedNames(MAX_MODELS)
        # Of rounds that begin with the same values.
        self.labels: dict[tuple[str | int | None, ...], Labels] = {}
        model, status_code = names.REQUEST_MODEL, names.HTTP_STATUS_CODE
        self.responses = observed_counter(
            meter,
            names.RESPONSES,
            "{response}",
            "Answers and errors by outcome.",
            (
                model,
                status_code,
                names.FINISH_REASON,
                names.OUTCOME,
                names.REPETITION_KIND,
                names.OPERATION_NAME,
                names.RESPONSE_SERVICE_TIER,
            ),
        )
        self.token_counters = tuple(
            (counter.fact, observed_counter(meter, counter.metric, "{token}", counter.description, (model,)))
            for counter in USAGE
            if counter.metric is not None
        )
        self.server_tool_uses = observed_counter(
            meter,
            names.SERVER_TOOL_USES,
            "{use}",
            "Uses of tools that the service runs.",
            (model, names.TOOL_NAME, names.SERVER_TOOL_RESULT),
        )
        self.attempts_failed = observed_counter(
            meter, names.ATTEMPTS_FAILED, "{attempt}", "HTTP attempts that failed.", (model, status_code)
        )
        self.costs = CostTable(meter)
        self.hints = observed_counter(
            meter, names.HINTS, "{hint}", "Hints given.", (names.HINT_ID, names.HINT_SEVERITY)
        )

    def follow(self, profile: Profile, meter: Meter) -> None:
        """Record the metrics of the conventions under the names of `profile` from now on."""
        if profile.name not in self._profiles:
            self._profiles[profile.name] = StandardMetrics(meter, profile)
        self.standard = self._profiles[profile.name]


def observed_counter(
    meter: Meter, name: str, unit: str, description: str, labels: tuple[str, ...]
) -> CounterTable:
    """A counter that the meter reads when it exports."""
    table = CounterTable(labels)

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(total, labels) for labels, total in table.totals()]

    meter.create_observable_counter(name, [observe], unit, description)
    return table


def by_modality(usage: UsageFacts, direction: str) -> dict[str, int]:
    """Tokens by modality. `unknown` are the tokens that the service does not break down: the rest, or the 0 of an answer
    without usage; or all tokens, if the parts are more than the whole, as in some answers of search tools.
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
