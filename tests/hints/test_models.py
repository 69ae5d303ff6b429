"""What is known about models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemini_otel.hints import models


@pytest.mark.parametrize(
    ("model", "series", "sampling"),
    [
        ("gemini-1.5-flash-002", (1, 5), "adjustable"),
        ("gemini-2.5-pro", (2, 5), "adjustable"),
        ("models/gemini-2.5-flash-lite", (2, 5), "adjustable"),
        ("gemini-3-pro-preview", (3, 0), "keep_default"),
        ("gemini-3.5-flash", (3, 5), "keep_default"),
        ("gemini-3.5-flash-lite", (3, 5), "ignored"),
        ("gemini-3.6-flash", (3, 6), "ignored"),
        ("gemini-3.8-flash", (3, 8), "ignored"),
        ("publishers/google/models/GEMINI-4-neon", (4, 0), "ignored"),
        ("gemini-10.12-x", (10, 12), "ignored"),
        ("gemini-flash-latest", None, None),
        ("gemini-pro", None, None),
        ("gemini-exp-1206", None, None),
        ("gemma-3-27b-it", None, None),
        ("gemini-2.5.1", None, None),
        ("", None, None),
    ],
)
def test_generation(model: str, series: tuple[int, int] | None, sampling: str | None) -> None:
    """The generation is read from the name, and decides what the sampling parameters are good for."""
    assert models.series(model) == series
    assert models.sampling(model) == sampling


@pytest.mark.parametrize(
    ("model", "shutdown"),
    [
        ("gemini-2.5-flash", "2026-12-01"),
        ("gemini-2.5-flash-preview-05-20", "2026-12-01"),
        ("gemini-2.5-flash-image", "2026-10-02"),
        ("gemini-2.5-pro-preview-03-25", "2025-12-02"),
        ("models/gemini-1.5-pro", "2025-09-30"),
        ("text-embedding-004", "2026-01-14"),
        ("gemini-2.5-flash-lite", None),
        ("gemini-3.8-flash", None),
    ],
)
def test_lifecycle(model: str, shutdown: str | None) -> None:
    """The longest name that fits decides the date; a model that is not retiring has none."""
    row = models.lifecycle(model)
    assert (row and row.shutdown.isoformat()) == shutdown


@given(st.text())
def test_any_name(name: str) -> None:
    """Any text may be the name of a model."""
    models.sampling(name)
    models.lifecycle(name)
