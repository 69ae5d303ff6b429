"""A failure of ours never reaches the caller: each reader and each step is made to raise, in every shape."""

import logging
from typing import Any

import pytest
from google import genai
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

import gemini_otel
from gemini_otel._facts import guard as _guard
from gemini_otel._sdk.generate_content import operation as generate_content
from gemini_otel._sdk.generate_content.operation import GENERATE_CONTENT, GenerateContentAnswer
from gemini_otel._sdk.reading import usage
from gemini_otel._telemetry import (
    attempts,
    instrumentation,
    repetition_watch,
    rounds,
    spans,
    user_calls,
)
from gemini_otel._telemetry.metrics import rounds as _round_metrics
from support import Telemetry, send


class Boom(Exception):
    """What the injected failures raise."""


def boom(*args: Any, **kwargs: Any) -> Any:
    raise Boom


SITES: list[tuple[Any, str]] = [
    (spans, "start_attributes"),
    (rounds, "request_attributes"),
    (rounds, "response_attributes"),
    (rounds, "repetition_attributes"),
    (attempts, "error_attributes"),
    (attempts, "read_error"),
    (rounds, "answer_outcome"),
    (rounds, "worst_finish_reason"),
    (rounds, "is_instrumentation_enabled"),
    (rounds.Round, "_record"),
    (rounds.Round, "__init__"),
    (rounds.Round, "recall"),
    (user_calls, "loop_context"),
    (user_calls.UserCall, "round_started"),
    (user_calls.UserCall, "round_ended"),
    (user_calls.UserCall, "_record"),
    (rounds.Round, "_write_span"),
    (rounds.Round, "_write_outcome"),
    (rounds.Round, "begun"),
    (rounds, "record_round"),
    (rounds, "usage_attributes"),
    (_round_metrics, "_labels"),
    (attempts, "attempt_attributes"),
    (attempts.AttemptLog, "_resent"),
    (attempts.AttemptLog, "failed"),
    (instrumentation.Providers, "tracer"),
    (instrumentation.Providers, "metrics"),
    (repetition_watch.RepetitionWatch, "text"),
    (usage.UsageReader, "feed"),
    (usage.UsageReader, "facts"),
    (GenerateContentAnswer, "feed"),
    (GenerateContentAnswer, "facts"),
    (GenerateContentAnswer, "_feed_candidate"),
    (generate_content, "fields"),
]


@pytest.mark.parametrize(("owner", "name"), SITES, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("scenario", ["loop_text", "rate_limited", "block_safety"])
def test_a_failing_step_is_harmless(
    client: genai.Client, shape: str, scenario: str, owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With any one of our steps raising, the caller gets what he gets without us, and a begun span still ends."""
    bare = send(client, shape, f"simulate:{scenario}")
    telemetry = Telemetry()
    counting = Counting()
    telemetry.tracer_provider.add_span_processor(counting)
    gemini_otel.instrument(**telemetry.providers)
    try:
        monkeypatch.setattr(owner, name, boom)
        ours = send(client, shape, f"simulate:{scenario}")
    finally:
        monkeypatch.undo()
        gemini_otel.uninstrument()
    assert len(ours.responses) == len(bare.responses)
    assert (type(ours.error), str(ours.error)) == (type(bare.error), str(bare.error))
    assert counting.open == 0


class Counting(SpanProcessor):
    """Counts open spans."""

    def __init__(self) -> None:
        self.open = 0

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        self.open += 1

    def on_end(self, span: ReadableSpan) -> None:
        self.open -= 1


@pytest.mark.parametrize("reader", ["read_start", "read_request", "answer"])
def test_a_failing_reader_is_harmless(
    client: genai.Client, shape: str, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reader of the operation itself raising, the call is unaffected."""
    from gemini_otel._sdk import plan

    broken = GENERATE_CONTENT._replace(**{reader: boom})
    rows = [
        row._replace(operation=broken) if row.operation is GENERATE_CONTENT else row for row in plan.PATCHES
    ]
    monkeypatch.setattr(plan, "PATCHES", rows)
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        sent = send(client, shape, "simulate:ok")
    finally:
        gemini_otel.uninstrument()
    assert sent.error is None
    assert sent.responses


@pytest.mark.parametrize("method", ["on_start", "on_end"])
def test_a_foreign_processor_that_raises(client: genai.Client, shape: str, method: str) -> None:
    """A span processor or exporter of the user's that raises does not break the call."""
    telemetry = Telemetry()
    broken = SpanProcessor()
    setattr(broken, method, boom)
    telemetry.tracer_provider.add_span_processor(broken)
    gemini_otel.instrument(**telemetry.providers)
    try:
        sent = send(client, shape, "simulate:ok")
    finally:
        gemini_otel.uninstrument()
    assert sent.error is None


def test_a_malformed_response(
    telemetry: Telemetry, client: genai.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response of another form, such as a test's stand-in, passes through as it does without us."""
    from google.genai import models

    name = "_generate_content"
    monkeypatch.setattr(models.Models, name, lambda self, **kwargs: {"candidates": 7, "usage_metadata": "x"})
    monkeypatch.setattr("google.genai._extra_utils.should_continue_generation", lambda r: None, raising=False)
    ours = send(client, "call", "hello")
    assert telemetry.spans
    gemini_otel.uninstrument()
    bare = send(client, "call", "hello")
    assert (ours.responses, repr(ours.error)) == (bare.responses, repr(bare.error))


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Each site logs its first failure with place and class, never with its text, which may quote a prompt, and no other."""

    detail = str(2**50)

    @_guard.guarded
    def fails() -> None:
        raise Boom(detail)

    assert fails.__name__ == "fails"
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert fails() is None
            assert _guard.safely(boom, 1) is None
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert all("the Gemini call is unaffected" in message for message in messages)
    assert all("Boom" in message and "test_guard.py" in message for message in messages)
    assert not any(record.exc_info for record in caplog.records)
    assert detail not in caplog.text


def test_the_log_of_a_deep_failure_is_short(caplog: pytest.LogCaptureFixture) -> None:
    """Of the frames of an exception, the log has the last 30."""

    def one(left: int) -> None:
        other(left)

    def other(left: int) -> None:  # Python writes the same line once only
        if left:
            one(left - 1)
        raise Boom

    with caplog.at_level(logging.WARNING):
        _guard.safely(one, 50)
    assert caplog.text.count('  File "') == 30


@pytest.fixture(autouse=True)
def forget_reports() -> None:
    """Every test reports anew."""
    _guard._reported.clear()
