"""What gemini-otel adds to a call: the ratio of an instrumented SDK call to the bare one, measured in one run.

    python benchmarks/overhead.py [--rounds 5] [--json FILE] [--peers [NAME ...]]

A canned answer replaces the HTTP attempt, so that only the SDK's own work and ours is timed. Each configuration runs in its own
interpreter, because patching and unpatching would invalidate the interpreter's caches. The configurations take turns, and each figure
is the least CPU time over all rounds. Ratios are reliable, absolute times depend on the machine.

The floor is one hand-written wrapper that makes the same span and the same three metric records; the benchmark first checks that they
are the same. "x floor" is what we add as a multiple of what the floor adds. A row with a goal shows the goal.

With --peers, other instrumentations of the SDK are measured, each in its own environment with an SDK that it accepts, and gemini-otel in
the same environment. It prints the table of docs/compatibility.md.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from google import genai

import floor
import peers
import work

BARE, OURS, FLOOR = "bare", "gemini-otel", "floor"


def _ours(**providers: Any) -> None:
    import gemini_otel

    gemini_otel.instrument(**providers)


INSTRUMENTATIONS: dict[str, Callable[..., None]] = {
    OURS: _ours,
    FLOOR: floor.install,
    **{name: peer.start for name, peer in peers.PEERS.items()},
}


class Run(NamedTuple):
    """What one interpreter measures."""

    who: str
    providers: str = work.NO_PROVIDER

    @property
    def shapes(self) -> tuple[str, ...]:
        return (work.CALL,) if self.who == FLOOR else tuple(work.SHAPES)


class Goal(NamedTuple):
    """The most that a row should show: of the bare call, or of what the floor adds."""

    most: float
    of_floor: bool = False


GOALS = {
    (work.CALL, work.SAMPLED): Goal(1.5, of_floor=True),
    (work.CALL, work.SAMPLED_OUT): Goal(1.6, of_floor=True),
    (work.CALL, work.NO_PROVIDER): Goal(1.03),
    (work.LONG_STREAM, work.SAMPLED): Goal(1.04),
    (work.LONG_STREAM, work.NO_PROVIDER): Goal(1.03),
}
RUNS = (
    Run(BARE),
    *(Run(OURS, providers) for providers in work.PROVIDERS),
    *(Run(FLOOR, providers) for providers in work.PROVIDERS if providers != work.NO_PROVIDER),
)


def prepared(run: Run) -> genai.Client:
    """A client whose calls are those of this run."""
    client = work.answer_by_hand()
    if run.who != BARE:
        INSTRUMENTATIONS[run.who](**work.PROVIDERS[run.providers]())
    return client


def measure(run: Run, shapes: tuple[str, ...]) -> dict[str, float]:
    """Microseconds of CPU for each shape, in this interpreter."""
    return work.measure(prepared(run), shapes)


def apart(*arguments: str, python: str = sys.executable) -> Any:
    """What this program prints in a fresh interpreter."""
    done = subprocess.run([python, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def least(
    runs: Iterable[Run], rounds: int, shapes: tuple[str, ...] = (), python: str = sys.executable
) -> dict[Run, dict[str, float]]:
    """The least microseconds of each run and shape; the runs take turns."""
    found: dict[Run, dict[str, float]] = {}
    for _ in range(rounds):
        for run in runs:
            wanted = ",".join(shapes or run.shapes)
            taken = apart("--measure", *run, wanted, python=python)
            best = found.setdefault(run, taken)
            best.update({shape: min(best[shape], taken[shape]) for shape in taken})
    return found


def compare(rounds: int, name: str, python: str) -> peers.Compared:
    """A peer and gemini-otel with the same SDK, in one run of the peer's environment."""
    cells = (  # as in `peers.Figures`
        (work.CALL, work.SAMPLED),
        (work.LONG_STREAM, work.SAMPLED),
        (work.CALL, work.SAMPLED_OUT),
        (work.CALL, work.NO_PROVIDER),
    )
    providers = [work.SAMPLED] if peers.PEERS[name].sampled_only else list(work.PROVIDERS)
    runs = [Run(BARE), *(Run(who, which) for which in providers for who in (name, OURS))]
    found = least(runs, rounds, (work.CALL, work.LONG_STREAM), python)

    def figures(who: str) -> peers.Figures:
        taken = ((found.get(Run(who, which)), shape) for shape, which in cells)
        return peers.Figures(*(each and each[shape] / found[Run(BARE)][shape] for each, shape in taken))

    bare, *added = (steps(Run(who, work.SAMPLED), work.CALL, python) for who in (BARE, name, OURS))
    return peers.Compared(figures(name), figures(OURS), (added[0] - bare, added[1] - bare))


def steps(run: Run, shape: str, python: str = sys.executable) -> int:
    """The byte-code steps of one call."""
    return int(apart("--steps", *run, shape, python=python))


def report_steps() -> None:
    """Prints what is added in byte-code steps: unlike time, the same each time."""
    bare = {shape: steps(Run(BARE), shape) for shape in (work.CALL, work.LONG_STREAM)}
    for shape, providers in (
        (work.CALL, work.SAMPLED),
        (work.CALL, work.SAMPLED_OUT),
        (work.LONG_STREAM, work.SAMPLED),
    ):
        added = steps(Run(OURS, providers), shape) - bare[shape]
        line = f"byte-code steps of a {shape}, {providers}: {bare[shape]:,} bare, {added:,} added"
        if shape == work.CALL:
            under = steps(Run(FLOOR, providers), shape) - bare[shape]
            line += f", {added / under:.2f} x the {under:,} of the floor"
        print(line)


def check_floor() -> None:
    """The comparison is fair only if both make the same telemetry."""
    ours, floors = (apart("--emitted", who) for who in (OURS, FLOOR))
    if ours != floors:
        raise SystemExit(f"The floor makes other telemetry than gemini-otel:\n{floors}\n{ours}")


def report(found: dict[Run, dict[str, float]]) -> list[dict[str, Any]]:
    """Print a row for each shape and provider; return the figures."""
    rows: list[dict[str, Any]] = []
    print(f"{'':34}{'bare':>12}{'with':>12}{'ratio':>8}{'added':>12}{'x floor':>18}  goal")
    for shape, (_, _, units) in work.SHAPES.items():
        bare = found[Run(BARE)][shape]
        for providers in work.PROVIDERS:
            ours = found[Run(OURS, providers)][shape]
            added, ratio = (ours - bare) / units, ours / bare
            under = found.get(Run(FLOOR, providers), {}).get(shape)
            of_floor = None if under is None else (ours - bare) / (under - bare)
            goal = GOALS.get((shape, providers))
            unit = "us/chunk" if units > 1 else "us"
            line = (
                f"{f'{shape}, {providers}':34}{bare:9.0f} us{ours:9.0f} us{ratio:8.3f}{added:9.1f} {unit:8}"
            )
            line += f"{of_floor:6.2f} x {under - bare:4.0f} us" if of_floor and under else " " * 15
            line += f"  at most {goal.most}{' x floor' if goal.of_floor else ''}" if goal else ""
            print(line.rstrip())
            row = {"configuration": providers, "shape": shape, "ratio": ratio, "added_us": added}
            rows.append({**row, "of_floor": of_floor})
    return rows


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--peers", nargs="*", choices=[[], *peers.PEERS], help="all by default")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--steps", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--emitted", choices=[OURS, FLOOR], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        who, providers, shapes = options.measure
        print(json.dumps(measure(Run(who, providers), tuple(shapes.split(",")))))
    elif options.steps:
        who, providers, shape = options.steps
        print(work.steps(prepared(Run(who, providers)), shape))
    elif options.emitted:
        client = work.answer_by_hand()
        print(json.dumps(repr(floor.emitted(INSTRUMENTATIONS[options.emitted], client))))
    elif options.peers is not None:
        for line in peers.table(options.peers or peers.PEERS, functools.partial(compare, options.rounds)):
            print(line, flush=True)
    else:
        check_floor()
        rows = report(least(RUNS, options.rounds))
        report_steps()
        if options.json:
            Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
