"""What a hostile answer, an odd setting or an odd program cannot do to telemetry, or telemetry to the program."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

import gemini_otel
from gemini_otel._facts import guard as _guard
from gemini_otel._facts import sendable
from gemini_otel._telemetry import attributes as span_attributes
from support import MODEL, Telemetry, hint_ids, make_client
from support.canned import canned
from support.logs import Logs


@contextlib.contextmanager
def answering(status: int, body: dict[str, Any]) -> Iterator[genai.Client]:
    """A client whose every request gets this answer."""
    with canned(lambda _: (status, body)) as url:
        yield make_client(url)


def failing(message: str) -> dict[str, Any]:
    return {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message, "details": []}}


def test_an_error_that_cannot_be_read_is_an_error(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, type and outcome are written whatever becomes of the rest; so is the attempt."""

    def too_deep(*_: Any, **__: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("gemini_otel._telemetry.attempts.read_error", too_deep)
    with answering(400, failing("x")) as client, pytest.raises(genai.errors.APIError):
        client.models.generate_content(model=MODEL, contents="hi")
    attributes = telemetry.attributes
    assert telemetry.span.status.status_code.name == "ERROR"
    assert (attributes["error.type"], attributes["gemini.response.outcome"]) == ("400", "error")


def test_brackets_in_a_message(telemetry: Telemetry) -> None:
    """A message of 5,000 brackets is a message."""
    with answering(400, failing("[" * 5000)) as client, pytest.raises(genai.errors.APIError):
        client.models.generate_content(model=MODEL, contents="hi")
    assert telemetry.span.status.status_code.name == "ERROR"
    assert telemetry.attributes["error.type"] == "400"


def test_deep_arguments_lose_the_arguments_only(telemetry: Telemetry) -> None:
    """Finish reason and usage are read though the arguments of a call are 500 levels deep."""
    deep: Any = "2024-01-01T00:00:00Z"
    for _ in range(500):
        deep = {"a": deep}
    part = {"functionCall": {"name": "f", "args": deep}}
    answer = {
        "candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 5},
    }
    with answering(200, answer) as client:
        client.models.generate_content(model=MODEL, contents="hi")
    found = telemetry.attributes
    assert found["gemini.response.outcome"] == "ok"
    assert found["gemini.response.finish_reason"] == "STOP"
    assert found["gen_ai.usage.input_tokens"] == 5


def test_addresses_are_bounded(telemetry: Telemetry) -> None:
    """The 201st address of a server and all that follow are one label, whether or not anybody listens there."""
    client = make_client("http://127.0.0.1:9")
    for number in range(1, 211):
        options = types.HttpOptions(base_url=f"http://127.0.0.{number}:9")
        with contextlib.suppress(Exception):
            client.models.generate_content(model=MODEL, contents="hi", config={"http_options": options})
    points = telemetry.points("gen_ai.client.operation.duration")
    labels = {(point.attributes["server.address"], point.attributes.get("server.port")) for point in points}
    assert len(labels) == 201
    assert ("_OTHER", None) in labels


def test_python_names_the_sdk_for_a_coroutine_that_nobody_awaits(client: genai.Client) -> None:
    """The warning is the same with us and without."""

    async def forget() -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client.aio.models.generate_content(model=MODEL, contents="hi")  # type: ignore[unused-coroutine]
        return [str(warning.message) for warning in caught if "awaited" in str(warning.message)]

    bare = asyncio.run(forget())
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        ours = asyncio.run(forget())
    finally:
        gemini_otel.uninstrument()
    assert bare == ours == ["coroutine 'AsyncModels.generate_content' was never awaited"]


def test_one_conversation_object_in_two_tasks(url: str, telemetry: Telemetry) -> None:
    """Each task leaves what it entered."""

    async def use(conversation: gemini_otel.conversation, first: float) -> str | None:
        await asyncio.sleep(first)
        async with conversation:
            await asyncio.sleep(0.1)
        client = make_client(url)
        await client.aio.models.generate_content(model=MODEL, contents="after the block")
        return None

    async def main() -> None:
        conversation = gemini_otel.conversation("one")
        await asyncio.gather(use(conversation, 0), use(conversation, 0.05))

    asyncio.run(main())
    assert ["gen_ai.conversation.id" in (span.attributes or {}) for span in telemetry.spans] == [False, False]


def test_the_log_never_holds_a_callback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partial that fails is named by its setting."""
    monkeypatch.setattr(_guard, "_reported", set())

    def notify(token: str, verdict: Any) -> None:
        raise OSError(token)

    telemetry = Telemetry()
    text = "the same line again and again.\n" * 200
    answer = {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]}
    gemini_otel.instrument(**telemetry.providers, on_repetition=functools.partial(notify, "SECRET-TOKEN"))
    try:
        with answering(200, answer) as client, caplog.at_level(logging.WARNING):
            client.models.generate_content(model=MODEL, contents="hi")
            _guard.safely(functools.partial(notify, "SECRET-TOKEN"), None)
    finally:
        gemini_otel.uninstrument()
    assert "SECRET-TOKEN" not in caplog.text
    assert "gemini-otel failed in on_repetition" in caplog.text
    assert "gemini-otel failed in partial" in caplog.text


class Later:
    async def __call__(self, verdict: object) -> None:
        """Never run."""


class Unprintable:
    def __repr__(self) -> str:
        raise OSError


class Unreadable:
    def __iter__(self) -> Any:
        raise OSError


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("on_repetition", Later()),
        ("semconv", Unprintable()),
        ("error_outcomes", Unreadable()),
        ("disabled_hints", Unreadable()),
    ],
    ids=["async __call__", "repr", "iterator", "iterator of hints"],
)
def test_an_odd_setting_is_a_value_error_that_names_it(setting: str, value: object) -> None:
    """Whatever the object raises."""
    with pytest.raises(ValueError, match=f"^{setting}="):
        gemini_otel.instrument(**{setting: value})  # type: ignore[arg-type]


def test_whatever_is_captured_can_be_sent() -> None:
    """Half a surrogate pair and a number beyond 64 bits in what was said break neither spans nor log events."""
    telemetry, logs = Telemetry(), Logs()
    call = {"functionCall": {"name": "f", "args": {"n": 10**30, "t": "a\ud800b"}}}
    answer = {"candidates": [{"content": {"parts": [{"text": "a\ud800b"}, call]}, "finishReason": "STOP"}]}
    gemini_otel.instrument(
        **telemetry.providers, logger_provider=logs.provider, capture_content="span_and_event"
    )
    try:
        with answering(200, answer) as client:
            client.models.generate_content(model=MODEL, contents="hi")
    finally:
        gemini_otel.uninstrument()
    encode_spans(telemetry.spans)
    finished = logs.exporter.get_finished_logs()
    assert len(finished) == 1
    encode_logs(finished)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a\ud800b", "a?b"),
        ("x" * 5000, "x" * 5000),
        ({"n": [10**30, True, 1.5, None, b"\x00"]}, {"n": [2**53 - 1, True, 1.5, None, b"\x00"]}),
        (({"a\ud800": ("b\ud800",)},), [{"a?": ["b?"]}]),
    ],
)
def test_structures(value: Any, sent: object) -> None:
    """What a log event holds is sendable at every depth, and nothing of it is cut."""
    assert sendable.structure(value) == sent


def test_the_evidence_of_a_foreign_span_can_be_sent() -> None:
    """A hint shows what another instrumentation wrote; half a surrogate pair in it takes no batch along."""
    telemetry = Telemetry()
    telemetry.tracer_provider.add_span_processor(gemini_otel.HintSpanProcessor())
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gemini-\ud800",
        "gen_ai.response.finish_reasons": ("safety",),
        "gemini.response.blocked_categories": ("HARM_\ud800:HIGH",),
    }
    telemetry.tracer_provider.get_tracer("t").start_span("call", attributes=attributes).end()
    (event,) = [event for event in telemetry.span.events if event.name == "gemini.hint"]
    assert "HARM_?:HIGH" in str((event.attributes or {})["gemini.hint.evidence"])
    for value in (event.attributes or {}).values():
        str(value).encode()


def test_replaced_values_are_counted(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span says how many of its values are `_OTHER`; the first one of a process is logged, without what was sent."""
    monkeypatch.setattr(span_attributes, "_warned", False)
    prose = "Cannot say my Zyqxv"
    answer = {
        "candidates": [{"finishReason": prose}],
        "modelStatus": {"modelStage": prose},
        "usageMetadata": {"trafficType": prose},
    }
    with answering(200, answer) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK warns of values that it does not know
        for _ in range(2):
            client.models.generate_content(model=MODEL, contents="hi")
    for span in telemetry.spans:
        attributes = span.attributes or {}
        others = [name for name, value in attributes.items() if value == "_OTHER"]
        assert attributes["gemini.response.replaced_values"] == len(others) > 0
    told = [record.getMessage() for record in caplog.records if "_OTHER" in record.getMessage()]
    assert len(told) == 1
    assert any(name in told[0] for name in others)
    assert "Zyqxv" not in told[0]


def test_a_healthy_answer_has_nothing_replaced(client: genai.Client, telemetry: Telemetry) -> None:
    """The attribute is there only where something was."""
    client.models.generate_content(model=MODEL, contents="simulate:ok")
    assert "gemini.response.replaced_values" not in telemetry.attributes
    assert hint_ids(telemetry.attributes) == ()


def test_a_count_below_zero_is_none(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    """No histogram takes one, which OpenTelemetry logs each time, and a counter would fall."""
    details = [{"modality": "TEXT", "tokenCount": -3}]
    usage = {"promptTokenCount": -1, "candidatesTokenCount": 7, "promptTokensDetails": details}
    answer = {
        "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
        "usageMetadata": usage,
    }
    with answering(200, answer) as client:
        client.models.generate_content(model=MODEL, contents="hi")
    tokens = {name: value for name, value in telemetry.attributes.items() if name.startswith("gen_ai.usage.")}
    assert tokens == {"gen_ai.usage.output_tokens": 7}
    assert caplog.text == ""
