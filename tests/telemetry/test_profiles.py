"""The names of the conventions' editions: which metrics and attributes each profile gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai

import gemini_otel
from gemini_otel._facts import names
from gemini_otel._facts.profiles import PROFILES, MetricNames
from gemini_otel._settings.in_force import load
from support import MODEL, Telemetry, hint_ids, send

OLD = {
    "gen_ai.client.operation.duration",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.token.usage",
}
NEW = {
    "gen_ai.client.inference.duration",
    "gen_ai.client.inference.time_to_first_chunk",
    "gen_ai.client.inference.operation.input_tokens",
    "gen_ai.client.inference.operation.output_tokens",
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai.client.inference.usage.output_tokens",
    "gen_ai.client.inference.usage.cache_read.input_tokens",
    "gen_ai.client.inference.usage.reasoning.output_tokens",
}
LATEST = "gen_ai_latest_experimental"
DUP = "gen_ai_latest_experimental/dup"


@pytest.fixture
def instrumented() -> Iterator[Any]:
    """Providers with the settings given."""

    def instrument(**settings: Any) -> Telemetry:
        telemetry = Telemetry()
        gemini_otel.instrument(**telemetry.providers, **settings)
        return telemetry

    yield instrument
    gemini_otel.uninstrument()


def standard_metrics(telemetry: Telemetry) -> set[str]:
    data = telemetry.reader.get_metrics_data()
    assert data is not None
    return {
        metric.name
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name.startswith("gen_ai.")
    }


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("default", OLD), (LATEST, NEW), (DUP, OLD | NEW)],
    ids=["default", "new", "dup"],
)
def test_metric_names(client: genai.Client, instrumented: Any, profile: str, expected: set[str]) -> None:
    """A streamed call gives exactly the profile's metrics."""
    telemetry = instrumented(semconv=profile)
    send(client, "stream", "Tell me about the tides.")
    assert standard_metrics(telemetry) == expected


def test_dup_measures_the_same_twice(client: genai.Client, instrumented: Any) -> None:
    """Under both names a call has one value: duration, first chunk and tokens agree."""
    telemetry = instrumented(semconv=DUP)
    send(client, "stream", "Tell me. (simulate:thinking)")
    for old, new in (
        ("gen_ai.client.operation.duration", "gen_ai.client.inference.duration"),
        ("gen_ai.client.operation.time_to_first_chunk", "gen_ai.client.inference.time_to_first_chunk"),
    ):
        (one,), (other,) = telemetry.points(old), telemetry.points(new)
        assert (one.sum, one.count, one.attributes) == (other.sum, other.count, other.attributes)
    usage = {
        point.attributes[names.TOKEN_TYPE]: point.sum
        for point in telemetry.points("gen_ai.client.token.usage")
    }
    for direction in ("input", "output"):
        (histogram,) = telemetry.points(f"gen_ai.client.inference.operation.{direction}_tokens")
        counted = telemetry.points(f"gen_ai.client.inference.usage.{direction}_tokens")
        assert histogram.sum == sum(point.value for point in counted) == usage[direction]


def test_tokens_by_modality(client: genai.Client, instrumented: Any) -> None:
    """The counters split tokens by modality; what the service does not break down is `unknown`."""
    telemetry = instrumented(semconv=LATEST)
    send(client, "call", "Tell me. (simulate:thinking)")
    attributes = telemetry.attributes
    counted = {
        point.attributes[names.TOKEN_MODALITY]: point.value
        for point in telemetry.points("gen_ai.client.inference.usage.input_tokens")
    }
    assert counted["text"] == attributes["gen_ai.usage.text.input_tokens"]
    assert sum(counted.values()) == attributes[names.USAGE_INPUT_TOKENS]
    (reasoning,) = telemetry.points("gen_ai.client.inference.usage.reasoning.output_tokens")
    assert reasoning.attributes[names.TOKEN_MODALITY] == "unknown"
    assert {
        k: reasoning.attributes[k] for k in (names.OPERATION_NAME, names.PROVIDER_NAME, names.REQUEST_MODEL)
    } == {
        names.OPERATION_NAME: "generate_content",
        names.PROVIDER_NAME: "gcp.gen_ai",
        names.REQUEST_MODEL: MODEL,
    }


def test_a_failed_call_counts_zero_tokens(client: genai.Client, instrumented: Any, shape: str) -> None:
    """The newest conventions want a call without usage counted with 0 tokens of unknown modality, and its error type."""
    telemetry = instrumented(semconv=LATEST)
    send(client, shape, "Tell me. (simulate:overloaded)")
    (histogram,) = telemetry.points("gen_ai.client.inference.operation.input_tokens")
    assert (histogram.sum, histogram.count, histogram.attributes[names.ERROR_TYPE]) == (0, 1, "503")
    (counter,) = telemetry.points("gen_ai.client.inference.usage.input_tokens")
    assert (counter.value, counter.attributes[names.TOKEN_MODALITY]) == (0, "unknown")
    assert names.ERROR_TYPE not in counter.attributes


@pytest.mark.parametrize(
    ("profile", "expected"), [("default", None), (LATEST, ("error",)), (DUP, ("error",))]
)
def test_a_finish_reason_that_never_came(
    client: genai.Client, instrumented: Any, shape: str, profile: str, expected: tuple[str, ...] | None
) -> None:
    """The newest conventions name a finish reason that was due and never came `error`; hints and outcome stay as they were."""
    telemetry = instrumented(semconv=profile)
    send(client, shape, "Tell me. (simulate:overloaded)")
    assert telemetry.attributes.get(names.RESPONSE_FINISH_REASONS) == expected
    assert names.FINISH_REASON not in telemetry.attributes
    assert telemetry.attributes[names.OUTCOME] == "error"
    assert telemetry.attributes[names.HINT_ID].startswith("http.503")


def test_a_blocked_prompt_was_due_no_finish_reason(client: genai.Client, instrumented: Any) -> None:
    """A prompt that was blocked has no candidate, so no finish reason is missing."""
    telemetry = instrumented(semconv=LATEST)
    send(client, "call", "Tell me. (simulate:block_safety)")
    assert names.RESPONSE_FINISH_REASONS not in telemetry.attributes


@pytest.mark.parametrize(
    ("profile", "schema"),
    [("default", "https://opentelemetry.io/schemas/1.41.1"), (LATEST, None), (DUP, None)],
)
def test_schema_url(client: genai.Client, instrumented: Any, profile: str, schema: str | None) -> None:
    """The scope names the schema of the default profile; the newest conventions have none yet."""
    telemetry = instrumented(semconv=profile)
    send(client, "call", "Tell me about the tides.")
    scope = telemetry.span.instrumentation_scope
    assert scope is not None
    assert (scope.schema_url or None) == schema


@pytest.mark.parametrize(
    ("opt_in", "profile"),
    [
        ("", "default"),
        ("http", "default"),
        ("gen_ai_latest_experimental", LATEST),
        ("http/dup, gen_ai_latest_experimental ,database", LATEST),
        ("gen_ai_latest_experimental/dup", DUP),
        ("GEN_AI_LATEST_EXPERIMENTAL/DUP", DUP),
        ("gen_ai_latest_experimental,gen_ai_latest_experimental/dup", DUP),
    ],
)
def test_opt_in(opt_in: str, profile: str) -> None:
    """The standard variable is a list of opt-ins, of which ours counts; of two the one that keeps the old names."""
    assert load({}, {"OTEL_SEMCONV_STABILITY_OPT_IN": opt_in}).semconv == profile


def test_precedence() -> None:
    """A keyword is stronger than our variable, and that is stronger than the standard one."""
    standard = {"OTEL_SEMCONV_STABILITY_OPT_IN": LATEST}
    assert load({}, {**standard, "GEMINI_OTEL_SEMCONV": "default"}).semconv == "default"
    assert load({"semconv": DUP}, {**standard, "GEMINI_OTEL_SEMCONV": "default"}).semconv == DUP


def test_metrics_of_every_kind_of_operation() -> None:
    """The latest profile tells inference, embeddings and other operations apart; the default one does not."""
    default, latest, dup = (profile.metrics for profile in PROFILES.values())
    assert default["embeddings"] == default["inference"] == default["other"]
    assert latest["embeddings"].duration == ("gen_ai.client.embeddings.duration",)
    assert latest["other"] == MetricNames(duration=("gen_ai.client.operation.duration",))
    assert dup["other"].duration == ("gen_ai.client.operation.duration",)


@pytest.mark.parametrize("reasons", [("error",), ("error", "max_tokens")])
def test_hints_understand_spans_of_both(reasons: tuple[str, ...]) -> None:
    """A foreign span that says `error` for a missing reason gets the hints of the reasons that came, and of no other."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(gemini_otel.HintSpanProcessor())
    tracer = telemetry.tracer_provider.get_tracer("opentelemetry.instrumentation.google_genai")
    attributes = {names.OPERATION_NAME: "generate_content", names.PROVIDER_NAME: "gcp.gemini"}
    tracer.start_span(
        "call", attributes={**attributes, names.REQUEST_MODEL: MODEL, names.RESPONSE_FINISH_REASONS: reasons}
    ).end()
    ids = hint_ids(telemetry.attributes)
    assert [each for each in ids if not each.startswith("finish.max_tokens")] == []
    assert bool(ids) == ("max_tokens" in reasons)
