"""Mutation testing of the modules of a call's life, of errors and of the hints' search: which small changes no test notices.

    python tools/mutants.py [--sample 60] [--seed 1] [--only PART ...] [--at-least 85]

Cosmic Ray makes the mutants. Each mutant runs in a copy of the repository, with those tests of the files that `MODULES` names for its module that reach
the changed statement, until the first one fails: first one case of each test function, then the other cases, for at most a minute. Mutants that no test of
results could notice, or that are not valid programs, are left out: changes in annotations and in imports for them, of caches, of `frozen` and `slots`,
`is` against `==`. For each place, only one of the possible operators is tried. The same seed gives the same sample, which has as many mutants of each module.
The script prints what becomes of each mutant, the diff of each survivor, and how many mutants were killed, module by module, also if it is interrupted. It
fails if fewer than `--at-least` percent were killed. What the tests reach is kept in `.nox`.
"""

from __future__ import annotations

import argparse
import ast
import collections
import difflib
import functools
import hashlib
import itertools
import pickle
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mutant_runs import SOURCE, Bench, Reach, Run, load_large_imports

Task = TypeVar("Task")
ROOT = Path(__file__).parent.parent
_CALLS = ("tests/calls/test_answers.py", "tests/calls/test_streams.py")
_HINTS = (
    "tests/hints/test_lookup.py",
    "tests/hints/test_evidence.py",
    "tests/hints/test_catalogue.py",
    "tests/hints/test_api_errors.py",
    "tests/hints/test_finish_reasons.py",
    "tests/hints/test_configuration.py",
    "tests/hints/test_fixtures.py",
    "tests/hints/test_network.py",
    "tests/hints/test_interactions.py",
)
# The quick ones first, because the first failing test kills a mutant.
MODULES: Mapping[str, tuple[str, ...]] = {
    "_telemetry/rounds.py": (
        *_CALLS,
        "tests/calls/test_failures.py",
        "tests/calls/test_attempts.py",
        "tests/calls/test_background.py",
        "tests/calls/test_outcomes.py",
        "tests/calls/test_sampling.py",
        "tests/telemetry/test_hooks.py",
        "tests/live/test_live_endings.py",
        "tests/robustness/test_robustness.py",
        "tests/robustness/test_hostile.py",
    ),
    "_telemetry/lifecycle.py": (
        *_CALLS,
        "tests/calls/test_failures.py",
        "tests/calls/test_outcomes.py",
        "tests/robustness/test_dropped.py",
        "tests/telemetry/test_conversation.py",
        "tests/calls/test_endings.py",
    ),
    "_telemetry/user_calls.py": (
        "tests/calls/test_turns.py",
        "tests/calls/test_refused_calls.py",
        "tests/calls/test_shared_spans.py",
        "tests/telemetry/test_hooks.py",
        "tests/telemetry/test_newest_conventions.py",
    ),
    "_sdk/drivers.py": (
        *_CALLS,
        "tests/package/test_patching.py",
        "tests/robustness/test_robustness.py",
        "tests/interactions/test_interactions.py",
        "tests/calls/test_refused_calls.py",
        "tests/robustness/test_dropped.py",
        "tests/calls/test_turns.py",
        "tests/calls/test_endings.py",
    ),
    "_facts/guard.py": (
        "tests/robustness/test_guard.py",
        "tests/telemetry/test_hooks.py",
        "tests/telemetry/test_processor.py",
    ),
    "_facts/errors": (
        "tests/errors/test_bounds_of_reading.py",
        "tests/errors/test_masking.py",
        "tests/errors/test_echo.py",
        "tests/errors/test_error_kinds.py",
        "tests/errors/test_reported.py",
        "tests/errors/test_error_texts.py",
        "tests/commands/test_explain_input.py",
        "tests/errors/test_cases.py",
        "tests/errors/test_errors.py",
        "tests/live/test_live_interactions.py",
    ),
    "hints/_search.py": _HINTS,
    "hints/_trigger.py": _HINTS,
    "hints/_lookup.py": _HINTS,
    "hints/_failure.py": _HINTS,
    "hints/_evidence.py": _HINTS,
}
_SLOW = 0.5  # seconds; a test that takes longer runs after all others
_LONGEST = 60.0  # seconds that the tests of a mutant took without the mutant
_EQUIVALENT = tuple(
    f"core/ReplaceComparisonOperator_{pair}" for pair in ("Is_Eq", "IsNot_NotEq", "Eq_Is", "NotEq_IsNot")
)


@dataclass(frozen=True)
class Mutant:
    """One small change of one module."""

    module: str
    line: int
    code: str
    difference: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}"


@dataclass
class Place:
    """A part of a module that operators of one family can change."""

    module: str
    start: tuple[int, int]
    end: tuple[int, int]
    # Each operator, with the number of this place among the places that it can change.
    operators: list[tuple[str, int]] = field(default_factory=list)

    def mutant(self, chance: random.Random) -> Mutant | None:
        """The mutant that one of the operators makes; None if it does not change the program."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        name, occurrence = chance.choice(self.operators)
        code = _code(self.module)
        mutated = mutate_code(code, get_operator(name)(), occurrence)
        if mutated is None or not _another_program(code, mutated):
            return None
        lines = difflib.unified_diff(
            code.splitlines(), mutated.splitlines(), self.module, name, "", "", 1, ""
        )
        return Mutant(self.module, self.start[0], mutated, "\n".join(lines))


def places(row: str) -> list[Place]:
    """All places in the modules of a row that can be changed."""
    return [place for module in modules(row) for place in _places(module)]


def modules(row: str) -> list[str]:
    path = ROOT / SOURCE / row
    paths = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [path.relative_to(ROOT / SOURCE).as_posix() for path in paths]


def _places(module: str) -> list[Place]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(_code(module))))
    found: dict[tuple[Any, ...], Place] = {}
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments() or name.startswith(_EQUIVALENT):
            continue
        positions = (position for node in nodes for position in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            key = start, end, name.partition("_")[0]
            found.setdefault(key, Place(module, start, end)).operators.append((name, occurrence))
    return [found[key] for key in sorted(found)]


def sample(rows: list[str], size: int, seed: int) -> dict[str, list[Mutant]]:
    """The same number of mutants of each row; if a row has too few, more of the others."""
    every = {row: _in_order_of_chance(row, seed) for row in rows}
    chosen: dict[str, list[Mutant]] = {row: [] for row in rows}
    for row in itertools.islice(itertools.cycle(rows), 10 * size):
        if sum(map(len, chosen.values())) < size and (mutant := next(every[row], None)) is not None:
            chosen[row].append(mutant)
    return chosen


def _in_order_of_chance(row: str, seed: int) -> Iterator[Mutant]:
    chance = random.Random(seed)  # noqa: S311  # the choice must be the same each time
    order = places(row)
    chance.shuffle(order)
    return filter(None, (place.mutant(chance) for place in order))


def _kept(test_file: str) -> Path:
    """The file that stores what the tests of a file reach."""
    digest = hashlib.sha256((ROOT / test_file).read_bytes())
    for row in MODULES:
        for module in modules(row):
            digest.update(_code(module).encode())
    return ROOT / ".nox" / "reach" / f"{Path(test_file).stem}-{digest.hexdigest()[:16]}.pickle"


@functools.cache
def _code(module: str) -> str:
    return (ROOT / SOURCE / module).read_text(encoding="utf-8")


def _another_program(code: str, mutated: str) -> bool:
    try:
        return meaning(code) != meaning(mutated)
    except SyntaxError:
        return False


def meaning(code: str) -> str:
    """The program without parts that change no result: those for type checkers, for speed and for memory."""
    return ast.dump(_Meaning().visit(ast.parse(code)))


class _Meaning(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [each for each in node.decorator_list if not _is_cache(each)]
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """None for imports that only annotations need."""
        names = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
        return None if names == {"TYPE_CHECKING"} else self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        """None for `frozen`, which mypy checks, and `slots`."""
        return None if node.arg in {"frozen", "slots"} else self.generic_visit(node)


def _is_cache(decorator: ast.expr) -> bool:
    """Whether it caches results: without it, or with another size, they are computed again."""
    return ast.unparse(decorator).removeprefix("functools.").startswith(("cache", "lru_cache"))


class Campaign:
    """All mutants of a run, with their tests and results."""

    def __init__(self, benches: list[Bench]) -> None:
        self._benches = benches
        self._reach: dict[str, Reach] = {}
        self._learnt = set[str]()
        self._kills = Counter[str]()
        self.killed, self.survivors = list[Mutant](), list[Mutant]()

    def learn(self, row: str) -> None:
        """Run the row's tests without a mutant; only once, unless the tests or the modules change."""
        files = [file for file in MODULES[row] if file not in self._learnt]
        self._learnt.update(files)
        kept = {file: _kept(file) for file in files}
        known = {file: pickle.loads(path.read_bytes()) for file, path in kept.items() if path.exists()}  # noqa: S301  # our own file
        unknown = [file for file in files if file not in known]
        for file, reached in self._together(unknown, lambda bench, file: bench.reach(file, MODULES)):
            if not reached:
                raise SystemExit(f"{file} fails without a mutant")
            seconds = sum(reach.seconds for reach in reached.values())
            passed = sum(reach.passed for reach in reached.values())
            print(f"{file}: {passed} of {len(reached)} tests pass, {seconds:.0f} s", flush=True)
            kept[file].parent.mkdir(parents=True, exist_ok=True)
            kept[file].write_bytes(pickle.dumps(reached))
            known[file] = reached
        for reached in known.values():
            self._reach.update(reached)

    def run(self, row: str, mutants: list[Mutant]) -> None:
        def start(bench: Bench, mutant: Mutant) -> Run:
            tests = {test: self._reach[test].seconds for test in self.tests(row, mutant)}
            return bench.try_mutant(mutant.module, mutant.code, tests, self._reach.keys() - tests.keys())

        for number, (mutant, failed) in enumerate(self._together(mutants, start), 1):
            outcome = self._note(mutant, failed)
            print(f"[{number}/{len(mutants)}] {mutant} {outcome}", flush=True)

    def _note(self, mutant: Mutant, failed: str | None) -> str:
        if failed == "":
            self.survivors.append(mutant)
            return f"SURVIVED\n{mutant.difference}\n"
        self.killed.append(mutant)
        self._kills.update([failed or "time out"])
        return f"killed by {failed or 'being too slow'}"

    def tests(self, row: str, mutant: Mutant) -> list[str]:
        """The tests of the row that reach the changed statement, in the order in which they are run."""
        lines = lines_of_statement(_code(mutant.module), mutant.line)
        passed = (test for test, reach in self._reach.items() if reach.passed)
        of_row = [test for test in passed if test.startswith(MODULES[row])]
        reaching = [test for test in of_row if self._reach[test].lines.get(mutant.module, set()) & lines]
        if not (reaching and is_in_a_function(_code(mutant.module), mutant.line)):
            reaching = of_row  # code that runs at import belongs to no single test
        reaching.sort(key=lambda test: (-self._kills[test], self._reach[test].seconds))
        file = {test: MODULES[row].index(test.partition("::")[0]) for test in reaching}
        cases = Counter[str]()
        later = dict[str, bool]()
        for test in reaching:
            function = test.partition("[")[0]
            later[test] = cases[function] > 0
            cases[function] += 1
        slow = {test: self._reach[test].seconds > _SLOW for test in reaching}
        return self._within_a_minute(sorted(reaching, key=lambda test: (slow[test], later[test], file[test])))

    def _within_a_minute(self, tests: list[str]) -> list[str]:
        seconds = itertools.accumulate(self._reach[test].seconds for test in tests)
        return [test for test, until in zip(tests, seconds, strict=True) if until < _LONGEST] or tests[:1]

    def _together(self, tasks: list[Task], start: Callable[[Bench, Task], Run]) -> Iterator[tuple[Task, Any]]:
        """Yield each task with its result as it ends; each bench runs one task at a time."""
        waiting, free = collections.deque(tasks), list(self._benches)
        running: dict[int, tuple[Bench, Task, Run]] = {}  # by process
        try:
            while waiting or running:
                while waiting and free:
                    bench, task = free.pop(), waiting.popleft()
                    run = start(bench, task)
                    running[run.process] = bench, task, run
                for bench, task, run in [entry for entry in running.values() if entry[2].ended()]:
                    del running[run.process]
                    free.append(bench)
                    yield task, run.result()
                time.sleep(0.05)
        finally:
            for _, _, run in running.values():
                run.kill()

    def report(self) -> float:
        """Print the sums and the survivors; return the percentage of killed mutants."""
        killed = Counter(mutant.module for mutant in self.killed)
        every = killed + Counter(mutant.module for mutant in self.survivors)
        for module, number in sorted(every.items()):
            print(f"{module:36}{killed[module]:4} of {number} killed")
        print("".join(f"\n{survivor.difference}\n" for survivor in sorted(self.survivors, key=str)))
        percentage = 100 * killed.total() / max(1, every.total())
        print(f"{killed.total()} of {every.total()} killed, {percentage:.1f} %")
        return percentage


def lines_of_statement(code: str, line: int) -> set[int]:
    """The lines of the smallest statement around this line; for a compound statement, only its head."""
    spans = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            body = getattr(node, "body", None)
            start = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            end = max(start, body[0].lineno - 1) if body else node.end_lineno
            spans.append(range(start, (end or start) + 1))
    return set(min((span for span in spans if line in span), key=len, default=range(line, line + 1)))


def is_in_a_function(code: str, line: int) -> bool:
    """Whether the line is part of a function's body, and not of what runs when its module is imported."""
    functions = (
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return any(each.body[0].lineno <= line <= (each.end_lineno or line) for each in functions)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=60, help="how many mutants are run; default 60")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2, help="how many run side by side; default 2")
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
    return parser.parse_args()


def main() -> int:
    options = _options()
    load_large_imports()
    with tempfile.TemporaryDirectory(prefix="gemini-otel-mutants-") as folder:
        benches = [Bench(ROOT, Path(folder, str(number))) for number in range(options.at_once)]
        campaign = Campaign(benches)
        try:
            for row, mutants in sample(options.only, options.sample, options.seed).items():
                campaign.learn(row)
                campaign.run(row, mutants)
        except KeyboardInterrupt:
            print("interrupted; so far:")
        return int(campaign.report() < options.at_least)


if __name__ == "__main__":
    sys.exit(main())
