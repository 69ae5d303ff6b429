"""The counter of what calls cost: opt-in, priced when a reader asks, honest about what has no price."""

from __future__ import annotations

import importlib.util
import sys
import threading
from typing import Any

import pytest
from google import genai

pytest.importorskip("genai_prices")
import gemini_otel
from gemini_otel._telemetry.metrics import costs
from gemini_otel.cost import cost
from support import Telemetry, send


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Any:
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, cost=True, metric_attributes={"team": "web"})
    yield telemetry
    gemini_otel.uninstrument()


def test_the_amounts_are_those_of_the_spans(telemetry: Telemetry, client: genai.Client) -> None:
    """The counter adds up what `cost` gives for each span, and a second read adds nothing."""
    for _ in range(3):
        send(client, "call", "simulate:ok")
    send(client, "stream", "simulate:thoughts_ate_budget")
    amounts = [cost(span.attributes or {}).amount for span in telemetry.spans]
    for _ in range(2):
        (point,) = telemetry.points("gemini.client.cost")
        assert point.value == pytest.approx(float(sum(filter(None, amounts))))
        assert dict(point.attributes) == {"gen_ai.request.model": "gemini-2.5-flash", "team": "web"}
    assert telemetry.points("gemini.client.unpriced_tokens") == []


def test_tokens_without_a_price(telemetry: Telemetry, client: genai.Client) -> None:
    """Tokens of a model that the library lacks, and of a tier that was asked for and is not told, are counted as such."""
    sent = send(client, "call", "simulate:ok", model="gemini-99-nobody-knows")
    assert sent.error is None
    (span,) = telemetry.spans
    attributes = span.attributes or {}
    (point,) = telemetry.points("gemini.client.unpriced_tokens")
    assert point.value == attributes["gen_ai.usage.input_tokens"] + attributes["gen_ai.usage.output_tokens"]  # type: ignore[operator]
    assert telemetry.points("gemini.client.cost") == []


def test_no_call_prices_anything(
    telemetry: Telemetry, client: genai.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is asked in the reader's thread alone, after the calls."""
    asked: list[str] = []
    monkeypatch.setattr(
        "gemini_otel.cost._found", lambda *_: asked.append(threading.current_thread().name) or ("no", ())
    )
    send(client, "call", "simulate:ok")
    assert asked == []
    reader = threading.Thread(target=telemetry.points, args=("gemini.client.cost",), name="reader")
    reader.start()
    reader.join()
    assert asked == ["reader"]


def test_what_waits_is_bounded(
    telemetry: Telemetry, client: genai.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls beyond the bound keep nothing, and their tokens are counted as unpriced."""
    monkeypatch.setattr(costs, "_MOST", 1)
    send(client, "call", "simulate:ok")
    send(client, "call", "simulate:ok")
    first, second = telemetry.spans
    (point,) = telemetry.points("gemini.client.cost")
    assert point.value == pytest.approx(float(cost(first.attributes or {}).amount or 0))
    (left_out,) = telemetry.points("gemini.client.unpriced_tokens")
    attributes = second.attributes or {}
    assert (
        left_out.value == attributes["gen_ai.usage.input_tokens"] + attributes["gen_ai.usage.output_tokens"]
    )  # type: ignore[operator]


def test_off_unless_asked(client: genai.Client) -> None:
    """Without the setting there is no such metric."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        send(client, "call", "simulate:ok")
        assert (
            telemetry.points("gemini.client.cost") == telemetry.points("gemini.client.unpriced_tokens") == []
        )
    finally:
        gemini_otel.uninstrument()


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without genai-prices the setting is refused, with the extra to install."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "genai_prices" else found(name)
    )
    with pytest.raises(
        ValueError, match=r"needs genai-prices. Install it with: pip install 'gemini-otel\[cost\]'"
    ):
        gemini_otel.instrument(cost=True)
    assert sys.modules  # the settings were refused before anything was patched
