"""Records the metrics of one round."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from gemini_otel._facts import names
from gemini_otel._facts.sendable import OTHER
from gemini_otel._telemetry.metrics.instruments import USAGE_LABELS, Metrics, OperationMetrics, by_modality

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from gemini_otel._facts.calls import ErrorFacts, ResponseFacts, UsageFacts
    from gemini_otel._facts.labels import Dimensions
    from gemini_otel._telemetry.attributes import Attributes
    from gemini_otel._telemetry.rounds import RoundSetup


_MOST_LABELS = 500  # sets of them that are kept


class RoundEnd(NamedTuple):
    """How a round ended; times in seconds."""

    seconds: float
    first_chunk: float | None  # None unless it streamed
    response: ResponseFacts
    usage: Attributes  # its token counts
    finish_reason: str | None  # the worst finish reason
    outcome: str
    status_code: int | None
    error: BaseException | None
    failure: ErrorFacts | None  # what the service said, if the round failed with `error`
    repetition: str
    service_tier: str | None


def count_failed_attempt(metrics: Metrics, own: Dimensions, model: str | None, code: int | None) -> None:
    """Count an HTTP attempt that did not succeed."""
    metrics.attempts_failed.add((metrics.model_label(model) if model else None, code), own=own)


def record_round(
    metrics: Metrics, own: Dimensions, setup: RoundSetup, ended: RoundEnd, context: Context
) -> None:
    """Record the metrics of a round; `own` are the user's dimensions, and `context` is that of its span, for exemplars."""
    operation, start, response, usage = setup.operation, setup.start, ended.response, ended.response.usage
    model = metrics.model_label(start.model) if start.model else None
    tier = metrics.tier_label(ended.service_tier) if ended.service_tier is not None else None
    if operation.timed and setup.chosen.measured:
        labels = _labels(metrics, own, setup, response.model)
        _record_standard(metrics, metrics.standard.of[operation.name], labels, ended, tier, context)
    metrics.responses.add(
        (
            model,
            ended.status_code,
            metrics.finish_reason_label(ended.finish_reason) if ended.finish_reason else None,
            ended.outcome,
            ended.repetition,
            operation.name,
            tier,
        ),
        own=own,
    )
    for (tool, result), times in response.tool_uses.items():
        metrics.server_tool_uses.add(
            (model, metrics.server_tool_label(tool), metrics.tool_result_label(result)), times, own
        )
    if setup.instrumentation.settings.cost and (
        ended.usage.get(names.USAGE_INPUT_TOKENS) or ended.usage.get(names.USAGE_OUTPUT_TOKENS)
    ):
        _note_cost(metrics, own, setup, ended)
    for fact, counter in metrics.token_counters:
        if tokens := getattr(usage, fact):
            counter.add((model,), tokens, own)


class Labels(NamedTuple):
    """Labels for the conventions' metrics: for all of them, and for the tokens sent and received."""

    common: Attributes
    sent: Attributes
    received: Attributes


def _labels(metrics: Metrics, own: Dimensions, setup: RoundSetup, answered: str | None) -> Labels:
    """The bounded attributes from the span's start; they are made once for calls that begin alike and have no dimensions of
    their own.
    """
    start = setup.start
    key = setup.operation.name, start.provider, start.model, start.address, start.port, answered
    labels = None if own else metrics.labels.get(key)
    if labels is None:
        common = {**dict(own), **_bounded(metrics, setup, answered)}
        labels = Labels(common, {**common, names.TOKEN_TYPE: "input"}, {**common, names.TOKEN_TYPE: "output"})
        if not own:
            if len(metrics.labels) >= _MOST_LABELS:
                metrics.labels.clear()
            metrics.labels[key] = labels
    return labels


def _bounded(metrics: Metrics, setup: RoundSetup, answered: str | None) -> Attributes:
    start = setup.start
    labels = {**setup.chosen.start}
    labels.pop(names.AGENT_NAME, None)
    labels.pop(names.REQUEST_STREAM, None)
    if start.model:
        labels[names.REQUEST_MODEL] = metrics.model_label(start.model)
    if start.address is not None:
        labels[names.SERVER_ADDRESS] = address = metrics.address_label(start.address)
        if address == OTHER:
            labels.pop(names.SERVER_PORT, None)
    if answered is not None:
        labels[names.RESPONSE_MODEL] = metrics.model_label(answered)
    return labels


def _record_standard(
    metrics: Metrics,
    instruments: OperationMetrics,
    labels: Labels,
    ended: RoundEnd,
    tier: str | None,
    context: Context,
) -> None:
    """Record the metrics of the conventions; each profile has only some of them."""
    failed = labels.common
    if ended.failure is not None:
        failed = {**failed, names.ERROR_TYPE: metrics.error_label(ended.failure.type)}
    timed = failed if tier is None else {**failed, names.RESPONSE_SERVICE_TIER: tier}
    if instruments.token_usage:
        sent: Any = ended.usage.get(names.USAGE_INPUT_TOKENS)
        received: Any = ended.usage.get(names.USAGE_OUTPUT_TOKENS)
        for tokens, of_type in ((sent, labels.sent), (received, labels.received)):
            if tokens is not None:
                for histogram in instruments.token_usage:
                    histogram.record(tokens, of_type, context)
    if ended.first_chunk is not None:
        for histogram in instruments.first_chunk:
            histogram.record(ended.first_chunk, labels.common, context)
    if instruments.of_operation:
        _record_tokens(instruments, labels.common, failed, ended, context)
    for histogram in instruments.duration:
        histogram.record(ended.seconds, timed, context)


def _record_tokens(
    instruments: OperationMetrics, labels: Attributes, failed: Attributes, ended: RoundEnd, context: Context
) -> None:
    """Record the tokens of one operation, in the profiles that have metrics for them."""
    sent: Any = ended.usage.get(names.USAGE_INPUT_TOKENS)
    received: Any = ended.usage.get(names.USAGE_OUTPUT_TOKENS)
    if sent is not None:
        for histogram in instruments.known_input:
            histogram.record(sent, labels, context)
    for histogram in instruments.input:
        histogram.record(sent or 0, failed, context)
    for histogram in instruments.output:
        histogram.record(received or 0, failed, context)
    if instruments.usage:
        _count_usage(instruments, labels, ended.response.usage)


def _count_usage(instruments: OperationMetrics, labels: Attributes, usage: UsageFacts) -> None:
    values: Any = tuple(map(labels.get, USAGE_LABELS))  # none of these is a float
    own: Any = tuple((name, value) for name, value in labels.items() if name not in USAGE_LABELS)
    for table, direction in instruments.usage:
        for modality, tokens in by_modality(usage, direction).items():
            table.add((*values, instruments.modality(modality)), tokens, own)


def _note_cost(metrics: Metrics, own: Dimensions, setup: RoundSetup, ended: RoundEnd) -> None:
    """Note what a price needs, by the attribute names of a span."""
    model, response = setup.start.model, ended.response
    facts = {
        names.REQUEST_MODEL: model,
        names.RESPONSE_MODEL: response.model,
        names.REQUEST_SERVICE_TIER: setup.request.service_tier,
        names.RESPONSE_SERVICE_TIER: ended.service_tier,
        names.TRAFFIC_TYPE: response.traffic_type,
    }
    label = metrics.model_label(model) if model else None
    metrics.costs.add(label, own, facts | ended.usage, time.time() - ended.seconds)
