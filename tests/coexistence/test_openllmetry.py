"""opentelemetry-instrumentation-google-generativeai (OpenLLMetry): its span is never current, so a call has two."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.instrumentation.google_generativeai import GoogleGenerativeAiInstrumentor

from gemini_otel._telemetry import neighbours
from neighbours import OURS, Neighbours, scopes
from support import SHAPES, Telemetry, make_client, send

OPENLLMETRY = "opentelemetry.instrumentation.google_generativeai"


def instrumentor() -> Any:
    return GoogleGenerativeAiInstrumentor()


@pytest.fixture(autouse=True)
def not_warned() -> None:
    neighbours.warn_of_two_spans.cache_clear()


def test_two_spans(
    both: Neighbours, telemetry: Telemetry, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Both spans are whole, and one line of the log says how to have one."""
    for shape in SHAPES:
        send(make_client(url), shape, "simulate:finish_max_tokens")
    assert sorted(scopes(telemetry.spans)) == [OURS] * 4 + [OPENLLMETRY] * 4
    for span in telemetry.spans:
        assert "gemini.hint.id" in (span.attributes or {})
    (message,) = [record.getMessage() for record in caplog.records if record.name == "gemini_otel"]
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=google_generativeai" in message


@pytest.mark.parametrize("leaver", ["ours", "theirs"])
def test_one_leaves(both: Neighbours, telemetry: Telemetry, url: str, leaver: str) -> None:
    """Uninstrumenting one leaves the other working, in each shape."""
    both.uninstrument(leaver)
    for shape in SHAPES:
        send(make_client(url), shape, "hello")
    assert scopes(telemetry.spans) == [OPENLLMETRY if leaver == "ours" else OURS] * 4
