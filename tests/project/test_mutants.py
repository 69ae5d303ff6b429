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
    assert mutants.meaning(program) == mutants.meaning(program.replace("|", "+"))
    assert mutants.meaning(program) != mutants.meaning(program.replace("= x", "= 1"))


@pytest.mark.parametrize(
    ("program", "mutant"),
    [
        ("@dataclass(frozen=True)\nclass A: ...", "@dataclass(frozen=False)\nclass A: ..."),
        ("@functools.lru_cache(maxsize=5)\ndef f(): ...", "def f(): ..."),
        ("if TYPE_CHECKING:\n    import x\n1", "if not TYPE_CHECKING:\n    import x\n1"),
    ],
)
def test_speed_memory_and_types_are_no_part_of_a_programs_meaning(program: str, mutant: str) -> None:
    assert mutants.meaning(program) == mutants.meaning(mutant)


def test_the_smallest_statement_around_a_line_of_a_compound_one_its_head() -> None:
    program = "if (\n    a\n):\n    f(\n        1,\n    )\nelse:\n    g()"
    assert mutants.lines_of_statement(program, 2) == {1, 2, 3}
    assert mutants.lines_of_statement(program, 5) == {4, 5, 6}
    assert mutants.lines_of_statement(program, 8) == {8}


def test_the_same_seed_gives_the_same_mutants() -> None:
    pytest.importorskip("cosmic_ray", reason="`nox -s mutants` installs it")
    chosen = mutants.sample(["hints/_search.py", "hints/_trigger.py"], 12, seed=1)
    assert chosen == mutants.sample(["hints/_search.py", "hints/_trigger.py"], 12, seed=1)
    assert sum(map(len, chosen.values())) == 12
