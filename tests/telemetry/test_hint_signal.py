"""Hints as log events, and which hints are shown."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from opentelemetry import _logs
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk.trace import TracerProvider

import gemini_otel
from gemini_otel import Hint, HintSpanProcessor, default_hints
from gemini_otel._settings.in_force import load
from gemini_otel._settings.table import Settings
from gemini_otel._telemetry import log_events
from gemini_otel._telemetry.log_events import HintLog
from support import Telemetry, hint_ids, send
from support.logs import Logs, name_of

BLOCKED = {"gen_ai.operation.name": "generate_content", "gen_ai.response.finish_reasons": ("safety",)}
MINE = Hint(
    "mine.any", "info", "S.", "C.", ("R.",), "no", "https://example.com", when=lambda attributes: True
)


@pytest.fixture(autouse=True)
def a_fresh_look_at_the_release() -> Iterator[None]:
    log_events._way_to_emit.cache_clear()
    yield
    log_events._way_to_emit.cache_clear()


def end_one(telemetry: Telemetry, processor: HintSpanProcessor, attributes: dict[str, Any] = BLOCKED) -> None:
    telemetry.tracer_provider.add_span_processor(processor)
    telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=attributes).end(2**60)


@pytest.mark.parametrize(("signal", "events", "logs"), [("span", 1, 0), ("logs", 0, 1), ("both", 1, 1)])
def test_where_hints_go(signal: str, events: int, logs: int) -> None:
    """A hint is an event of the span, a log event, or both; its id is on the span in any case."""
    telemetry, log = Telemetry(), Logs()
    end_one(telemetry, HintSpanProcessor(hint_signal=signal, logger_provider=log.provider))
    assert (len(telemetry.events("gemini.hint")), len(log.records)) == (events, logs)
    assert hint_ids(telemetry.attributes) == ("finish.safety",)


def test_the_log_event() -> None:
    """Name, attributes and time are those of the span event, severity is the hint's, and the ids are the span's."""
    telemetry, log = Telemetry(), Logs()
    end_one(telemetry, HintSpanProcessor(hint_signal="both", logger_provider=log.provider))
    (record,), (event,) = log.records, telemetry.events("gemini.hint")
    context = telemetry.span.get_span_context()
    attributes = {name: value for name, value in record.attributes.items() if name != "event.name"}
    assert name_of(record) == "gemini.hint"
    assert attributes == event
    assert (record.trace_id, record.span_id) == (context.trace_id, context.span_id)
    assert (record.severity_number, record.severity_text) == (_logs.SeverityNumber.ERROR, "ERROR")
    assert (record.timestamp, record.body) == (2**60, event["gemini.hint.summary"])


@pytest.mark.parametrize(("severity", "text"), [("info", "INFO"), ("warning", "WARN"), ("error", "ERROR")])
def test_severities(severity: Any, text: str) -> None:
    """A log event is as severe as its hint."""
    log = Logs()
    hint = Hint(
        "mine.x", severity, "S.", "C.", ("R.",), "no", "https://example.com", when=lambda attributes: True
    )
    end_one(Telemetry(), HintSpanProcessor([hint], "info", hint_signal="logs", logger_provider=log.provider))
    assert [record.severity_text for record in log.records] == [text]


def test_the_log_event_comes_before_the_span_ends() -> None:
    """The span is still recording when the log event is emitted."""
    recording = []

    class Watch:
        def emit(self, record: Any) -> None:
            recording.append(span.is_recording())

        on_emit = emit

        def shutdown(self) -> None: ...

        def force_flush(self, timeout_millis: int = 0) -> bool:
            return True

    provider = sdk_logs.LoggerProvider()
    provider.add_log_record_processor(Watch())
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(HintSpanProcessor(hint_signal="logs", logger_provider=provider))
    span = tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED)
    span.end()
    assert recording == [True]


def test_the_global_provider_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a logger provider the global one gets the events, with the current time where the span has none."""
    log = Logs()
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", log.provider)
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(HintSpanProcessor(hint_signal="logs"))
    for _ in range(2):
        telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=BLOCKED).end()
    assert [name_of(record) for record in log.records] == ["gemini.hint"] * 2
    assert log.records[0].timestamp


@pytest.mark.parametrize("named", [True, False])
def test_releases_that_take_records_only(named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a logger takes a record, it gets one: with an event name and a context, else with ids and the name as attribute."""
    got: list[Any] = []

    class Old:
        resource = "the resource"

        def emit(self, record: Any) -> None:
            got.append(record)

    class Named:
        def __init__(self, event_name: Any = None, context: Any = None, **fields: Any) -> None:
            self.fields = {"event_name": event_name, "context": context, **fields}

    class Unnamed:
        def __init__(self, **fields: Any) -> None:
            self.fields = fields

    monkeypatch.setattr(log_events, "Logger", Old)
    monkeypatch.setattr(sdk_logs, "LogRecord", Named if named else Unnamed, raising=False)
    telemetry = Telemetry()
    tracer = telemetry.tracer_provider.get_tracer("t")
    with tracer.start_as_current_span("call") as span:
        log = HintLog()
        log._log._logger = Old()  # type: ignore[assignment]
        log.emit(span, {"gemini.hint.severity": "info", "gemini.hint.summary": "S."}, None)
        context = span.get_span_context()
    fields = got[0].fields
    assert fields["resource"] == "the resource"
    if named:
        assert fields["event_name"] == "gemini.hint"
        assert fields["context"]
    else:
        assert fields["attributes"]["event.name"] == "gemini.hint"
        assert (fields["trace_id"], fields["span_id"]) == (context.trace_id, context.span_id)


def test_a_logger_that_raises_is_harmless() -> None:
    """A failure to emit leaves the span event and the end of the span as they are."""

    class Broken(sdk_logs.LoggerProvider):
        def get_logger(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError

    telemetry = Telemetry()
    end_one(telemetry, HintSpanProcessor(hint_signal="both", logger_provider=Broken()))
    assert len(telemetry.events("gemini.hint")) == 1


@pytest.mark.parametrize("disabled", ["finish.safety", "finish", "finish.*", "finish."])
def test_disabled_hints(disabled: str) -> None:
    """A hint is switched off by its id or by the beginning of it, and none of its wider ones takes its place."""
    telemetry = Telemetry()
    end_one(telemetry, HintSpanProcessor(disabled_hints=[disabled]))
    assert telemetry.events("gemini.hint") == []


def test_a_disabled_hint_has_no_stand_in() -> None:
    """The wider hint of the same subject is not shown instead of one that is switched off."""
    eaten = {"gen_ai.usage.output_tokens": 10, "gen_ai.usage.reasoning.output_tokens": 10}
    telemetry = Telemetry()
    attributes = {**BLOCKED, "gen_ai.response.finish_reasons": ("max_tokens",), **eaten}
    end_one(telemetry, HintSpanProcessor(disabled_hints="finish.max_tokens.thinking"), attributes)
    assert telemetry.events("gemini.hint") == []


def test_hints_of_ones_own_can_be_disabled() -> None:
    """disabled_hints knows the ids of the hints that the processor was given."""
    telemetry = Telemetry()
    end_one(telemetry, HintSpanProcessor([*default_hints(), MINE], "info", disabled_hints=["mine"]))
    assert hint_ids(telemetry.attributes) == ("finish.safety",)


@pytest.mark.parametrize("make", [HintSpanProcessor, gemini_otel.instrument])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"disabled_hints": ["finish.safty"]}, "no hint is named 'finish.safty'. Close: finish.safety"),
        ({"disabled_hints": ["zzz"]}, "no hint is named 'zzz'. docs/hints.md lists them all."),
        ({"disabled_hints": ["."]}, "no hint is named '.'."),
        ({"hint_signal": "smoke"}, "hint_signal='smoke' is not valid; choose from: span, logs, both"),
    ],
)
def test_bad_settings(make: Any, arguments: dict[str, Any], text: str) -> None:
    """An unknown hint or signal is refused where it is configured, with close or all choices."""
    with pytest.raises(ValueError) as raised:
        make(**arguments)
    assert text in str(raised.value)


def test_settings(caplog: pytest.LogCaptureFixture) -> None:
    """Both settings are read from keywords and from the environment; a bad variable is logged and left at its default."""
    environ = {"GEMINI_OTEL_DISABLED_HINTS": "cfg, http.429", "GEMINI_OTEL_HINT_SIGNAL": "Both"}
    assert load({}, environ) == Settings(disabled_hints=("cfg", "http.429"), hint_signal="both")
    assert load({"disabled_hints": ("perf",), "hint_signal": "logs"}, environ).disabled_hints == ("perf",)
    with caplog.at_level(logging.WARNING):
        assert load({}, {"GEMINI_OTEL_DISABLED_HINTS": "finish.safty"}) == Settings()
    assert "Close: finish.safety" in caplog.text
    with pytest.raises(ValueError, match="disabled_hints=7 is not valid"):
        load({"disabled_hints": 7}, {})


@pytest.mark.parametrize("own", [True, False])
def test_instrument_hands_its_settings_on(client: genai.Client, own: bool) -> None:
    """The processor that instrument() adds, or added before, takes hint_signal, disabled_hints and logger_provider."""
    telemetry, log = Telemetry(), Logs()
    providers = {**telemetry.providers, "logger_provider": log.provider}
    if own:
        gemini_otel.instrument(**providers)
        gemini_otel.uninstrument()
    gemini_otel.instrument(**providers, hint_signal="logs", disabled_hints=["finish.recitation"])
    try:
        send(client, "call", "simulate:finish_safety")
        send(client, "call", "simulate:finish_recitation")
    finally:
        gemini_otel.uninstrument()
    assert [record.attributes["gemini.hint.id"] for record in log.records] == ["finish.safety"]
    assert all(event.name != "gemini.hint" for span in telemetry.spans for event in span.events)


@pytest.mark.parametrize(
    ("shown", "claimed"),
    [({}, True), ({"gemini.request.max_attempts": 1}, True), ({"gemini.request.max_attempts": 3}, False)],
)
def test_advice_depends_on_the_attempts(shown: dict[str, Any], claimed: bool) -> None:
    """A span that allowed several attempts is not told to configure retries."""
    for error in ("500", "503", "408", "timeout"):
        telemetry = Telemetry()
        kind = {"error.type": "httpx.ReadTimeout" if error == "timeout" else error}
        end_one(telemetry, HintSpanProcessor(), {"gen_ai.system": "gemini", **kind, **shown})
        (event,) = telemetry.events("gemini.hint")
        assert ("retry_options" in event["gemini.hint.remedy"]) is claimed


def test_a_resent_call_is_not_told_to_retry() -> None:
    """A span that shows resends is not told that there was one attempt."""
    telemetry = Telemetry()
    end_one(
        telemetry,
        HintSpanProcessor(),
        {"gen_ai.system": "gemini", "error.type": "503", "http.request.resend_count": 2},
    )
    (event,) = telemetry.events("gemini.hint")
    assert "one attempt" not in event["gemini.hint.remedy"]
