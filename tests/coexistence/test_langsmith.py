"""LangSmith wraps the methods of a client, and refuses one whose methods look like somebody's wrappers."""

from __future__ import annotations

import inspect

import pytest
from langsmith.wrappers import wrap_gemini

import gemini_otel
from support import MODEL, Telemetry, make_client


@pytest.mark.parametrize("late", [False, True], ids=["ours first", "theirs first"])
def test_a_wrapped_client(
    url: str, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Its wrapper takes our client, and the calls have their spans where our layer was there before."""
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    client = make_client(url)
    if late:
        client = wrap_gemini(client)
    gemini_otel.instrument(**telemetry.providers)
    try:
        if not late:
            client = wrap_gemini(client)
        assert client.models.generate_content(model=MODEL, contents="simulate:ok").text
        assert list(client.models.generate_content_stream(model=MODEL, contents="simulate:ok"))
        assert inspect.iscoroutinefunction(client.aio.models.generate_content)
    finally:
        gemini_otel.uninstrument()
    assert [span.name for span in telemetry.spans] == [f"generate_content {MODEL}"] * 2
