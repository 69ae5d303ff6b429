"""The page that is written from the catalogue."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gemini_otel.hints import default_hints
from support import ROOT

if TYPE_CHECKING:
    from types import ModuleType

TOOL = ROOT / "tools" / "hints_page.py"


@pytest.fixture
def tool() -> ModuleType:
    return importlib.import_module("hints_page")


def test_page_is_fresh(tool: ModuleType) -> None:
    """docs/hints.md is what the catalogue says."""
    assert tool.main(["--check"]) == 0


def test_every_entry_has_an_anchor(tool: ModuleType) -> None:
    """Each entry stands on the page once, under its id."""
    page = tool.render()
    assert [hint.id for hint in default_hints() if page.count(f'<a id="{hint.id}"></a>') != 1] == []


def test_stale_page(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or changed page fails the check, and writing it repairs that."""
    monkeypatch.setattr(tool, "PAGE", tmp_path / "docs" / "hints.md")
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
    tool.PAGE.write_text("old")
    assert tool.main(["--check"]) == 1
