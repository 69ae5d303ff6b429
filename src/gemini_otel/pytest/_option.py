"""The part of the plugin that pytest always loads, by the entry point: the option, the marker and the fixture. It imports
next to nothing.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from gemini_otel._facts.names import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gemini_otel.pytest._calls import GeminiCalls

NAME = "gemini_hints"  # name of the entry point, for `-p no:gemini_hints`
MODULE = "gemini_otel.pytest"  # for `-p`
_OFF = "off"
_DEFAULT = "warning"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--gemini-hints`."""
    parser.getgroup("gemini-otel").addoption(
        "--gemini-hints",
        choices=(*SEVERITIES, _OFF),
        help="Fail each test whose Gemini calls earned a hint of this severity or a higher one. Default: off; with "
        f"-p {MODULE}: {_DEFAULT}.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the plugin itself if it is asked for."""
    config.addinivalue_line(
        "markers",
        "allow_hint(*ids): Gemini calls of this test may earn these hints; the beginning of an id, such as cfg, allows all ids that begin so.",
    )
    level = config.getoption("gemini_hints") or (
        _DEFAULT if config.pluginmanager.has_plugin(MODULE) else _OFF
    )
    if level != _OFF:
        _need_opentelemetry()
        from gemini_otel.pytest._plugin import Plugin

        config.pluginmanager.register(Plugin(config, level), Plugin.NAME)


@pytest.fixture
def gemini_calls(request: pytest.FixtureRequest) -> Iterator[GeminiCalls]:
    """The Gemini calls of this test: spans, tokens, seconds and hints."""
    _need_opentelemetry()
    from gemini_otel.pytest._calls import GeminiCalls
    from gemini_otel.pytest._plugin import Plugin
    from gemini_otel.pytest._watch import Watch

    plugin = request.config.pluginmanager.get_plugin(Plugin.NAME)
    if isinstance(plugin, Plugin):
        yield GeminiCalls(plugin.record)
        return
    watch = Watch()
    try:
        yield GeminiCalls(watch.begin(request.node.nodeid))
    finally:
        watch.close()


def _need_opentelemetry() -> None:
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        raise pytest.UsageError(
            "--gemini-hints and gemini_calls need opentelemetry-sdk. Install it with: pip install opentelemetry-sdk"
        )
