"""The table of mutation testing names modules and tests that exist."""

from __future__ import annotations

import mutants
import pytest

from support import ROOT


@pytest.mark.parametrize("module", mutants.MODULES)
def test_modules_and_their_tests_exist(module: str) -> None:
    assert (ROOT / mutants.SOURCE / module).exists()
    assert mutants.MODULES[module]
    assert [path for path in mutants.MODULES[module] if not (ROOT / path).exists()] == []


def test_a_change_in_an_annotation_changes_no_program() -> None:
    """Such a mutant could not be killed."""
    program = "def f(x: int | None) -> int | None:\n    y: int | None = x\n    return y"
    assert mutants.without_annotations(program) == mutants.without_annotations(program.replace("|", "+"))
    assert mutants.without_annotations(program) != mutants.without_annotations(program.replace("= x", "= 1"))
