"""The pytest plugin: a test whose Gemini calls earned a hint fails with what went wrong and what to do about it.

`-p gemini_otel.pytest` or `--gemini-hints=warning` switches it on. Until then this room imports nothing of OpenTelemetry.
It may use every room; nothing uses it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gemini_otel.pytest import _option

if TYPE_CHECKING:
    import pytest

    from gemini_otel.pytest._calls import CallHint, GeminiCalls

__all__ = ["CallHint", "GeminiCalls", "pytest_addoption"]


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the option, the marker and the fixture, where the entry point is not loaded."""
    if not pluginmanager.has_plugin(_option.NAME):
        pluginmanager.register(_option, _option.NAME)


def __getattr__(name: str) -> Any:
    if name not in ("CallHint", "GeminiCalls"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module("gemini_otel.pytest._calls"), name)
    globals()[name] = value
    return value
