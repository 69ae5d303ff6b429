"""What a hostile answer, an odd setting or an odd program cannot do to telemetry, or telemetry to the program."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import logging
import warnings
from typing import Any

import pytest
from google import genai
from google.genai import types

import gemini_otel
from gemini_otel import _guard
from support import MODEL, Telemetry, make_client

TRANSPORT = (
    "httpx2" if importlib.util.find_spec("httpx2") and "httpx2" in genai._api_client.__dict__ else "httpx"
)


def answering(status: int, body: dict[str, Any]) -> genai.Client:
    """A client whose every request gets this answer."""
    if "httpx_client" not in types.HttpOptions.model_fields:
        pytest.skip("this SDK takes no HTTP client of the caller's")
    httpx = importlib.import_module(TRANSPORT)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return genai.Client(
        api_key="k", http_options=types.HttpOptions(httpx_client=httpx.Client(transport=transport))
    )


def failing(message: str) -> dict[str, Any]:
    return {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message, "details": []}}


def test_an_error_that_cannot_be_read_is_an_error(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, type and outcome are written whatever becomes of the rest; so is the attempt."""

    def too_deep(*_: Any, **__: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("gemini_otel._telemetry.rounds.read_error", too_deep)
    with pytest.raises(genai.errors.APIError):
        answering(400, failing("x")).models.generate_content(model=MODEL, contents="hi")
    attributes = telemetry.attributes
    assert telemetry.span.status.status_code.name == "ERROR"
    assert (attributes["error.type"], attributes["gemini.response.outcome"]) == ("400", "error")


def test_brackets_in_a_message(telemetry: Telemetry) -> None:
    """A message of 5,000 brackets is a message."""
    with pytest.raises(genai.errors.APIError):
        answering(400, failing("[" * 5000)).models.generate_content(model=MODEL, contents="hi")
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
    answering(200, answer).models.generate_content(model=MODEL, contents="hi")
    found = telemetry.attributes
    assert found["gemini.response.outcome"] == "ok"
    assert found["gemini.response.finish_reason"] == "STOP"
    assert found["gen_ai.usage.input_tokens"] == 5


def test_addresses_are_bounded(telemetry: Telemetry) -> None:
    """The 201st address of a server and all that follow are one label."""
    client = answering(200, {"candidates": []})
    for number in range(210):
        options = types.HttpOptions(base_url=f"https://tenant{number}.example.com:{number + 1000}")
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
    client = answering(
        200, {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]}
    )
    gemini_otel.instrument(**telemetry.providers, on_repetition=functools.partial(notify, "SECRET-TOKEN"))
    try:
        with caplog.at_level(logging.WARNING):
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
