"""Mutation testing of the modules of a call's life, of errors and of the hints' search: which small changes no test notices.

    python tools/mutants.py [--sample 60] [--seed 1] [--only PART ...] [--at-least 85]

Cosmic Ray makes the mutants and runs them, in a copy of the repository. For each mutant it runs the test files that `MODULES` names for the
mutant's module, until the first one fails. Mutants that no test could notice, or that are not valid programs, are left out: changes in
annotations, `is` against `==`. For each place, only one of the possible operators is tried. The same seed gives the same sample. The script
prints how many mutants were killed, module by module, and the diff of each survivor. It fails if fewer than `--at-least` percent were killed.
"""

from __future__ import annotations

import argparse
import ast
import functools
import itertools
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosmic_ray.work_item import MutationSpec, WorkItem

ROOT = Path(__file__).parent.parent
SOURCE = Path("src/gemini_otel")
_CALLS = ("tests/calls/test_answers.py", "tests/calls/test_streams.py")
_HINTS = (
    "tests/hints/test_lookup.py",
    "tests/hints/test_evidence.py",
    "tests/hints/test_catalogue.py",
    "tests/hints/test_api_errors.py",
    "tests/hints/test_finish_reasons.py",
    "tests/hints/test_configuration.py",
)
# The quick ones first, because the first failing test kills a mutant.
MODULES: Mapping[str, tuple[str, ...]] = {
    "_telemetry/rounds.py": (*_CALLS, "tests/calls/test_outcomes.py", "tests/calls/test_sampling.py"),
    "_telemetry/lifecycle.py": (
        *_CALLS,
        "tests/robustness/test_dropped.py",
        "tests/telemetry/test_conversation.py",
        "tests/calls/test_endings.py",
    ),
    "_telemetry/user_calls.py": ("tests/calls/test_turns.py", "tests/calls/test_shared_spans.py"),
    "_sdk/drivers.py": (*_CALLS, "tests/calls/test_endings.py"),
    "_facts/guard.py": ("tests/robustness/test_guard.py", "tests/telemetry/test_hooks.py"),
    "_facts/errors": ("tests/commands/test_explain_input.py", "tests/errors"),
    "hints/_search.py": _HINTS,
    "hints/_trigger.py": _HINTS,
    "hints/_lookup.py": _HINTS,
    "hints/_failure.py": _HINTS,
    "hints/_evidence.py": _HINTS,
}
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "site", "dist", "build")
_EQUIVALENT = tuple(
    f"core/ReplaceComparisonOperator_{pair}" for pair in ("Is_Eq", "IsNot_NotEq", "Eq_Is", "NotEq_IsNot")
)
_SURVIVED = "survived"


class Session:
    """The mutants of one row of `MODULES`, in Cosmic Ray's database."""

    def __init__(self, copy: Path, row: str) -> None:
        self.row, self._copy = row, copy
        self._config = copy / f"{row.replace('/', '-')}.toml"
        self._session = self._config.with_suffix(".sqlite")
        self._command = shlex.join(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *MODULES[row]]
        )
        self._write(timeout=600)
        self._run("init", str(self._config), str(self._session))

    def mutants(self) -> list[WorkItem]:
        """The mutants worth a run: for each place and kind of operator, all that could be tried."""
        from cosmic_ray.work_db import use_db

        with use_db(str(self._session)) as db:
            items = [
                item for item in db.work_items if not item.mutations[0].operator_name.startswith(_EQUIVALENT)
            ]
        return sorted(items, key=_place)

    def choose(self, chosen: set[str]) -> None:
        """Remove all mutants except these."""
        from cosmic_ray.work_db import use_db
        from cosmic_ray.work_item import WorkerOutcome, WorkResult

        with use_db(str(self._session)) as db:
            others = [item.job_id for item in db.work_items if item.job_id not in chosen]
            db.set_multiple_results(others, WorkResult(WorkerOutcome.SKIPPED))

    def execute(self) -> None:
        """Run the tests without a mutant, to know how long they may take, and with each mutant."""
        self._write(timeout=30 + 5 * _seconds_without_mutant(self._command, self._copy))
        self._run("exec", str(self._config), str(self._session))

    def results(self) -> Iterator[tuple[str, str, str]]:
        """For each mutant that was run: its file, its result, and its difference."""
        from cosmic_ray.work_db import use_db

        with use_db(str(self._session)) as db:
            for item, result in db.completed_work_items:
                if result.test_outcome is not None:
                    path = item.mutations[0].module_path.relative_to(SOURCE)
                    yield path.as_posix(), result.test_outcome.value, result.diff or ""

    def _write(self, timeout: float) -> None:
        config = {
            "module-path": str(SOURCE / self.row),
            "timeout": timeout,
            "excluded-modules": [],
            "test-command": self._command,
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in config.items()]
        text = "\n".join(["[cosmic-ray]", *lines, "[cosmic-ray.distributor]", 'name = "local"', ""])
        self._config.write_text(text, encoding="utf-8")

    def _run(self, *arguments: str) -> None:
        _run([str(Path(sys.executable).with_name("cosmic-ray")), *arguments], self._copy)


def _run(command: list[str], copy: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)} failed:\n{done.stdout[-5000:]}{done.stderr[-5000:]}")


@functools.cache
def _seconds_without_mutant(command: str, copy: Path) -> float:
    begun = time.monotonic()
    _run(shlex.split(command), copy)
    return time.monotonic() - begun


def _place(item: WorkItem) -> tuple[Any, ...]:
    mutation = item.mutations[0]
    return str(mutation.module_path), mutation.start_pos, mutation.end_pos, mutation.operator_name


def _kind(item: WorkItem) -> tuple[Any, ...]:
    """Place and family of operators: `ReplaceBinaryOperator_Add_Sub` and `ReplaceBinaryOperator_Add_Mul` belong to one
    family.
    """
    *place, operator = _place(item)
    return *place, operator.partition("_")[0]


def sample(sessions: list[Session], size: int, seed: int) -> dict[str, set[str]]:
    """The ids of the mutants that are run, by row: the same number for each row, as far as it has them."""
    share = -(-size // len(sessions))
    return {session.row: _some(session.mutants(), share, random.Random(seed)) for session in sessions}  # noqa: S311  # the choice must be the same each time


def _some(items: list[WorkItem], size: int, chance: random.Random) -> set[str]:
    places: dict[tuple[Any, ...], list[WorkItem]] = {}
    for item in items:
        places.setdefault(_kind(item), []).append(item)
    order = list(places.values())
    chance.shuffle(order)
    chosen = (chance.choice(candidates) for candidates in order)
    programs = (item.job_id for item in chosen if _changes_the_program(item.mutations[0]))
    return set(itertools.islice(programs, size))


def _changes_the_program(mutation: MutationSpec) -> bool:
    """Whether the mutant is a valid program that differs from the module in more than annotations."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    code = (ROOT / mutation.module_path).read_text(encoding="utf-8")
    mutated = mutate_code(code, get_operator(mutation.operator_name)(), mutation.occurrence)
    try:
        return mutated is not None and without_annotations(code) != without_annotations(mutated)
    except SyntaxError:
        return False


def without_annotations(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return ast.dump(tree)


def report(session: Session) -> tuple[int, int]:
    """Print the results of a session's mutants; return how many were killed, and how many there were."""
    killed, all_of = Counter[str](), Counter[str]()
    survivors = []
    for path, outcome, difference in session.results():
        all_of[path] += 1
        killed[path] += outcome != _SURVIVED
        if outcome == _SURVIVED:
            survivors.append(difference)
    for path, number in sorted(all_of.items()):
        print(f"{path:36}{killed[path]:4} of {number} killed")
    print("".join(f"\n{survivor}\n" for survivor in survivors), flush=True)
    return killed.total(), all_of.total()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=60, help="how many mutants are run; default 60")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(MODULES),
        default=list(MODULES),
        metavar="PART",
        help=f"of {', '.join(MODULES)}",
    )
    parser.add_argument(
        "--at-least", type=float, default=85.0, help="percent that must be killed; default 85"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gemini-otel-mutants-") as folder:
        copy = Path(folder, "repository")
        shutil.copytree(ROOT, copy, ignore=_NOT_COPIED)
        if (shared := ROOT.parent / "shared").exists():
            Path(folder, "shared").symlink_to(shared.resolve())
        sessions = {row: Session(copy, row) for row in options.only}
        killed = every = 0
        for row, ids in sample(list(sessions.values()), options.sample, options.seed).items():
            session = sessions[row]
            session.choose(ids)
            if ids:
                session.execute()
            counts = report(session)
            killed, every = killed + counts[0], every + counts[1]
    percentage = 100 * killed / max(1, every)
    print(f"{killed} of {every} killed, {percentage:.0f} %")
    return int(percentage < options.at_least)


if __name__ == "__main__":
    sys.exit(main())
