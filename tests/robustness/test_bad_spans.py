"""Spans that nobody should write: the processor neither fails nor takes long."""

import logging
import time
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode

from gemini_otel import HintSpanProcessor
from gemini_otel._facts import guard as _guard
from gemini_otel._facts import names
from gemini_otel._facts.errors.kinds import SIGNATURES, error_kind
from gemini_otel.hints import default_hints, evidence, find
from gemini_otel.hints._foreign import SOURCES
from support import Telemetry

HUGE = 200_000
# Repetitions of what the patterns look for, and what makes them try again and again.
HOSTILE = (
    "a",
    " ",
    "-",
    "(",
    '"',
    "'",
    "\\",
    "'message': '",
    '"message": "\\',
    "requests from ",
    "permission x ",
    "project ",
    "429 RESOURCE",
    "429 ",
    "thinking budget ",
    "thinking level thinking budget ",
    "input token count ",
    "function_declarations ",
    "publisher model ",
    "billing account ",
    "deadline ",
    "api key has a ",
    "schema ",
    "penalty ",
    "models/x is ",
    "limit: 0.",
    "1.",
    "0" * 50,
    "ß\u0000\U0001f600",
    '"block_reason": ',
    "projects/",
    "key=",
    "a@b.",
)
NAMES = sorted(value for name, value in vars(names).items() if name.isupper() and isinstance(value, str))


@pytest.fixture(autouse=True)
def every_failure_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise only the first one of the whole run is."""
    monkeypatch.setattr(_guard, "_reported", set())


VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x" * HUGE,
    (),
    ("y" * HUGE,),
    (1, 2),
)


@pytest.mark.parametrize("seed", HOSTILE)
def test_hostile_text(seed: str, caplog: pytest.LogCaptureFixture) -> None:
    """A text of 200 KB made to slow patterns down takes less than a second in every place where texts are read."""
    text = (seed * (HUGE // len(seed) + 1))[:HUGE]
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor(hint_level="info"))
    places = {
        "gemini.error.message": text,
        "gen_ai.request.model": "gemini" + text,
        "gen_ai.response.finish_reasons": (text,),
        "gemini.quota.id": text,
        "output.value": text,
        "llm.invocation_parameters": text,
    }
    begun = time.process_time()
    for scope in ("mine", "gemini_otel", *(source.scopes[0] for source in SOURCES)):
        span = telemetry.tracer_provider.get_tracer(scope).start_span(
            "x", attributes={**places, "gen_ai.system": "gemini"}
        )
        span.record_exception(RuntimeError("400 INVALID_ARGUMENT. {'error': {'message': '" + text))
        span.set_status(Status(StatusCode.ERROR, text))
        span.end()
    assert time.process_time() - begun < 8
    assert [record.message for record in caplog.records if record.name == "gemini_otel"] == []


@pytest.mark.parametrize(
    "signature", [each for each in SIGNATURES if each.message], ids=lambda each: each.message[:40]
)
def test_every_signature_is_fast(signature: Any) -> None:
    """No signature takes more than a tenth of a second for a hostile message."""
    pieces = [word for word in signature.message.replace("\\", " ").split("|") if word]
    for seed in (*pieces, *HOSTILE):
        begun = time.process_time()
        error_kind(code=400, message=seed * (HUGE // len(seed)), quota_id=seed * 1000)
        assert time.process_time() - begun < 0.1


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}-{str(value)[:9]}")
def test_wrongly_typed_attributes(value: Any) -> None:
    """Every attribute may have any value: hints are found and filled in, or not, without an exception."""
    for outcome in ({}, {"gemini.response.outcome": "error"}, {"gemini.response.outcome": "ok"}):
        for name in NAMES:
            find({**outcome, name: value}, level="info")
        for name in NAMES:
            attributes = {**dict.fromkeys(NAMES, value), **outcome, name: "gemini-2.5-flash"}
            find(attributes, level="info")
    for hint in default_hints():
        evidence(hint, dict.fromkeys(NAMES, value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}-{str(value)[:9]}")
def test_wrongly_typed_spans_of_others(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A span of any source whose attributes are all wrong ends without a failure being logged."""
    provider = TracerProvider()
    provider.add_span_processor(HintSpanProcessor(hint_level="info"))
    theirs = {alias for source in SOURCES for aliases in source.aliases.values() for alias in aliases}
    theirs |= {"output.value", "llm.invocation_parameters", "openinference.span.kind", "llm.finish_reason"}
    ours = {*NAMES} - {names.OUTCOME}
    with caplog.at_level(logging.WARNING, "gemini_otel"):
        for scope in ("mine", *(scope for source in SOURCES for scope in source.scopes)):
            for keys in (theirs, ours | theirs):
                span = provider.get_tracer(scope).start_span("x", attributes={"gen_ai.x": 1})
                for key in keys:
                    if value is not None:
                        span.set_attribute(key, value)
                span.set_status(Status(StatusCode.ERROR, "429 RESOURCE_EXHAUSTED"))
                span.end()
    assert [record.message for record in caplog.records if record.name == "gemini_otel"] == []
