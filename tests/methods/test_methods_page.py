"""The page that is written from the table of methods."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support import ROOT


def test_page_is_fresh() -> None:
    """docs/methods.md is what the table says."""
    pytest.importorskip("yaml", reason="the page is written with the registry, which is YAML")
    command = [sys.executable, str(ROOT / "tools" / "methods_page.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
