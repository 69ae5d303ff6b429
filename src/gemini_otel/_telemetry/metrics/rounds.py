"""What one round adds to the metrics."""

from __future__ import annotations

import time
from typing import NamedTuple

from opentelemetry.context import Context

from gemini_otel._facts import names
from gemini_otel._facts.calls import ResponseFacts, StartFacts
from gemini_otel._facts.labels import Dimensions
from gemini_otel._facts.operation import Operation
from gemini_otel._facts.sendable import OTHER
from gemini_otel._telemetry.attributes import Attributes, start_attributes, usage_attributes
from gemini_otel._telemetry.instrumentation import Instrumentation, Metrics


class RoundEnd(NamedTuple):
    """How a round ended; times in seconds."""

    seconds: float
    first_chunk: float | None
    response: ResponseFacts
    finish_reason: str | None
    outcome: str
    status_code: int | None
    error_type: str | None
    repetition: str
    service_tier: str | None = None
    asked_tier: str | None = None


def round_metrics(
    instrumentation: Instrumentation, operation: Operation, start: StartFacts, measured: bool
) -> RoundMetrics | None:
    """The metrics of a round that begins; None where nobody reads any.

    `measured` says whether the standard ones are for us to record.
    """
    metrics = instrumentation.providers.metrics()
    return (
        RoundMetrics(
            metrics,
            instrumentation.dimensions(),
            operation,
            start,
            measured,
            priced=instrumentation.settings.cost,
        )
        if metrics is not None
        else None
    )


class RoundMetrics:
    """Counts one round, with its model's label and the caller's own dimensions."""

    __slots__ = ("_dimensions", "_measured", "_metrics", "_operation", "_priced", "_start")

    def __init__(
        self,
        metrics: Metrics,
        dimensions: Dimensions,
        operation: Operation,
        start: StartFacts,
        measured: bool,
        *,
        priced: bool = False,
    ) -> None:
        self._metrics, self._dimensions, self._priced = metrics, dimensions, priced
        self._operation, self._start, self._measured = operation, start, measured

    def attempt_failed(self, code: int | None) -> None:
        """Count an HTTP attempt that did not succeed."""
        self._metrics.attempts_failed.add((self._model(), code), own=self._dimensions)

    def record(self, ended: RoundEnd, context: Context) -> None:
        """Count the round; `context` is that of its span, for exemplars."""
        metrics, own, model, usage = self._metrics, self._dimensions, self._model(), ended.response.usage
        tier = metrics.tier_label(ended.service_tier) if ended.service_tier is not None else None
        if self._operation.timed and self._measured:
            metrics.standard.of(self._operation.name).record(
                self._standard_labels(model, ended.response.model),
                ended.seconds,
                ended.first_chunk,
                usage,
                metrics.error_label(ended.error_type) if ended.error_type is not None else None,
                context,
                tier,
            )
        reason = metrics.finish_reason_label(ended.finish_reason) if ended.finish_reason else None
        metrics.responses.add(
            (
                model,
                ended.status_code,
                reason,
                ended.outcome,
                ended.repetition,
                self._operation.name,
                tier,
            ),
            own=own,
        )
        for (tool, result), times in ended.response.tool_uses.items():
            metrics.server_tool_uses.add(
                (model, metrics.server_tool_label(tool), metrics.tool_result_label(result)), times, own
            )
        if self._priced and (usage.input_tokens or usage.output_tokens):
            self._note_cost(ended, model)
        for fact, counter in metrics.token_counters:
            if tokens := getattr(usage, fact):
                counter.add((model,), tokens, own)

    def _note_cost(self, ended: RoundEnd, model: str | None) -> None:
        """Note what a price needs, by the names that a span has for it."""
        response = ended.response
        facts = {
            names.REQUEST_MODEL: self._start.model,
            names.RESPONSE_MODEL: response.model,
            names.REQUEST_SERVICE_TIER: ended.asked_tier,
            names.RESPONSE_SERVICE_TIER: ended.service_tier,
            names.TRAFFIC_TYPE: response.traffic_type,
        }
        begun = time.time() - ended.seconds
        self._metrics.costs.add(model, self._dimensions, facts | usage_attributes(response.usage), begun)

    def _model(self) -> str | None:
        return self._metrics.model_label(self._start.model) if self._start.model else None

    def _standard_labels(self, model: str | None, answered: str | None) -> Attributes:
        labels: Attributes = dict(self._dimensions)
        labels.update(start_attributes(self._operation.name, self._start._replace(agent=None), stream=False))
        if self._start.address is not None:
            labels[names.SERVER_ADDRESS] = address = self._metrics.address_label(self._start.address)
            if address == OTHER:
                labels.pop(names.SERVER_PORT, None)
        if model is not None:
            labels[names.REQUEST_MODEL] = model
        if answered is not None:
            labels[names.RESPONSE_MODEL] = self._metrics.model_label(answered)
        return labels
