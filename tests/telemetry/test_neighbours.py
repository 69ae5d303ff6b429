"""Other instrumentations of google-genai: found in the environment and around the SDK's functions."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wrapt
from google.genai.models import Models

from gemini_otel._telemetry import neighbours
from support import Telemetry

OPENLLMETRY = "opentelemetry.instrumentation.google_generativeai"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The SDK as it was, and no warning given yet."""
    original = vars(Models)["generate_content"]
    neighbours.warn_of_two_spans.cache_clear()
    yield
    Models.generate_content = original  # type: ignore[method-assign]
    neighbours.warn_of_two_spans.cache_clear()


def wrap(module: str) -> None:
    """Wrap `generate_content` as an instrumentation whose wrapper is in `module` does."""

    wrapt.wrap_function_wrapper(
        "google.genai.models", "Models.generate_content", written_in(module, _wrapper)
    )


def _wrapper(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
    return wrapped(*args, **kwargs)


def _decorated(self: Models, **kwargs: Any) -> Any:
    return None


def written_in(module: str, function: Any) -> Any:
    """The function, as if `module` had defined it."""
    return types.FunctionType(function.__code__, {"__name__": module})


def test_nobody(telemetry: Telemetry) -> None:
    """Our own layer is no neighbour."""
    assert neighbours.active() == []


def test_active(telemetry: Telemetry) -> None:
    """Who wrapped the SDK's method is named, outermost first, whether or not we know it."""
    wrap(f"{OPENLLMETRY}.wrapper")
    wrap("somebody.else")
    unknown, known = neighbours.active()
    assert (unknown.name, unknown.shares) == ("somebody.else", None)
    assert (known.name, known.shares) == ("opentelemetry-instrumentation-google-generativeai", False)


def test_a_plain_decorator() -> None:
    """A wrapper made without wrapt counts as well, by the module that it was written in."""
    decorated = written_in("somebody.plain", _decorated)
    Models.generate_content = functools.wraps(Models.generate_content)(decorated)  # type: ignore[method-assign]
    assert [neighbour.name for neighbour in neighbours.active()] == ["somebody.plain"]


def test_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is found with its version, and imported by nobody."""
    before = {neighbour.name for neighbour, _ in neighbours.installed()}
    metadata = tmp_path / "openlit-1.2.3.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: openlit\nVersion: 1.2.3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = {neighbour.name: version for neighbour, version in neighbours.installed()}
    assert found.keys() == before | {"openlit"}
    assert found["openlit"] == "1.2.3"


def test_the_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Where two spans for each call cannot be avoided, one line says whose they are and how to disable them."""
    wrap(OPENLLMETRY)
    wrap("opentelemetry.instrumentation.google_genai.generate_content")
    wrap("somebody.else")
    neighbours.warn_of_two_spans()
    neighbours.warn_of_two_spans()
    (message,) = caplog.messages
    assert message.startswith("opentelemetry-instrumentation-google-generativeai is active as well.")
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=google_generativeai" in message
