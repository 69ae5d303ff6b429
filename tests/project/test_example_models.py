"""The models of README, documents, examples, demo and playground can be called for a while yet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemini_otel._commands.demo import MODEL
from gemini_otel.hints import models
from support import ROOT

_AHEAD = dt.timedelta(days=183)
_NAME = re.compile(
    r"\b(?:gemini-(?:\d|pro|flash|live|embedding)|text-embedding-|imagen-|veo-)[a-z0-9.-]*[a-z0-9]"
)
# hints.md tells of models that are shut down, and CHANGELOG.md of what was.
_TEXTS = [
    ROOT / "README.md",
    ROOT / "src/gemini_otel/_commands/demo.py",
    ROOT / "src/gemini_otel/simulator/__init__.py",
    *(
        path
        for path in (ROOT / "docs").rglob("*")
        if path.suffix in (".md", ".yaml") and path.name != "hints.md"
    ),
    *(path for path in (ROOT / "examples").rglob("*") if path.suffix in (".py", ".yaml", ".md")),
]


def named(text: str) -> Iterator[str]:
    yield from _NAME.findall(text)


def soon_shut_down(names: Iterator[str]) -> set[str]:
    """Those of the models that are shut down within half a year of the day on which the table was last looked after."""
    rows = {name: models.lifecycle(name) for name in names}
    return {name for name, row in rows.items() if row is not None and row.shutdown < models.AS_OF + _AHEAD}


@pytest.mark.parametrize("path", _TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_can_be_run(path: Path) -> None:
    """No example has a model that is shut down, or will be within half a year."""
    assert soon_shut_down(named(path.read_text(encoding="utf-8"))) == set()


def test_a_model_that_is_shut_down_is_seen() -> None:
    """The check knows a model of the table, also where it is named with its path or in a sentence."""
    text = 'model="gemini-2.0-flash", models/gemini-1.5-pro-002; use gemini-99-flash.'
    assert list(named(text)) == ["gemini-2.0-flash", "gemini-1.5-pro-002", "gemini-99-flash"]
    assert soon_shut_down(named(text)) == {"gemini-2.0-flash", "gemini-1.5-pro-002"}


def test_examples_name_one_model() -> None:
    """Whoever compares two examples finds the same model in both: that of the demo."""
    called = {
        name
        for path in _TEXTS
        for name in re.findall(r'model="(gemini-\d[^"{}]*)"', path.read_text(encoding="utf-8"))
    }
    assert called == {MODEL}
