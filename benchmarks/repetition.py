"""What the repetition detector finds and what it costs, beside known approaches, measured in one run.

    python benchmarks/repetition.py [CORPUS.jsonl.gz ...] [--plots DIR] [--rounds 5]

Without a corpus the labelled sample is used (GEMINI_OTEL_REPETITION_SAMPLE, or shared/repetition beside the repository);
tools/repetition_corpus builds others. The other approaches are written from their published descriptions; those that
judge a finished text are given it when the output ends. They are listed twice: with their published limit, and with
the lowest limit at which they raise no more false alarms than ours does, or 1 %, found on the same outputs, which is to
their advantage. Times are CPU times of this thread, the minimum of the rounds.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools" / "repetition_corpus")]

from repetition_cost import cost_of_hard_texts, cost_of_mix, microseconds_a_chunk  # noqa: E402
from rivals import PUBLISHED, Rival, stricter  # noqa: E402
from score import Detect, Sample, Score, ours, read, score  # noqa: E402

from gemini_otel import RepetitionDetector  # noqa: E402

ALLOWED = 0.01
NEVER = float("inf")
NOISE = 0.05  # tolerance for times; the rest is exact
Scores = dict[str, Score]


def compare(samples: list[Sample]) -> Score:
    """Print the figures of all approaches on the samples and return ours."""
    mine = quickest(samples, ours)
    published = {name: quickest(samples, at(rival, limit)) for name, (rival, limit) in PUBLISHED.items()}
    show("as published", {"gemini-otel": mine, **published})
    allowed = max(mine.alarms.total(), int(ALLOWED * mine.ordinary.total()))
    strict: Scores = {}
    for name, (rival, limit) in PUBLISHED.items():
        least = as_quiet(samples, rival, limit, allowed)
        strict[f"{name} > {least:.3g}"] = quickest(samples, at(rival, least))
    show(f"at most {allowed} false alarms each", {"gemini-otel": mine, **strict})
    noisy = {source: f"{alarms}/{mine.ordinary[source]}" for source, alarms in mine.alarms.items() if alarms}
    print("our false alarms by source:", noisy or "none")
    for kind in sorted(mine.delays):
        print(f"our delay, {kind}: p50 {mine.delay(0.5, kind)}, p90 {mine.delay(0.9, kind)}")
    return mine


def quickest(samples: list[Sample], detect: Detect) -> Score:
    """Return the score of the quickest of three runs."""
    return min((score(samples, detect) for _ in range(3)), key=lambda result: result.seconds)


def at(rival: Rival, limit: float) -> Detect:
    return lambda sample: rival(sample, limit)


def as_quiet(samples: list[Sample], rival: Rival, limit: float, allowed: int) -> float:
    """Return the lowest limit at which the approach raises no more than the allowed false alarms."""
    noisy = [s for s in samples if s["category"] == "none" and s.get("stratum", "natural") == "natural"]
    for stricter_limit in stricter(limit):
        noisy = [sample for sample in noisy if rival(sample, stricter_limit)]
        if len(noisy) <= allowed:
            return stricter_limit
    raise AssertionError("limits rise without end")


def show(title: str, scores: Scores) -> None:
    """Print the scores side by side, and name the rows in which ours, the first, is neither best nor equal to the best."""
    print(f"\n{title:22s}" + "".join(f"{name:>25s}" for name in scores))
    mine, *others = scores.values()
    behind = []
    for label, value, form in rows(sorted(mine.loops)):
        print(f"{label:22s}" + "".join(f"{form(value(each)):>25s}" for each in scores.values()))
        less_is_better = label.startswith(("false", "delay", "cost"))
        best = (min if less_is_better else max)(map(value, others))
        level = value(mine) * (1 - NOISE) if label.startswith("cost") else value(mine)
        if (best < level) if less_is_better else (best > level):
            behind.append(label.strip())
    print(f"ours is behind in: {', '.join(behind)}" if behind else "ours is ahead or level in every row")


def rows(kinds: list[str]) -> list[tuple[str, Callable[[Score], float], Callable[[float], str]]]:
    """Return label, figure and form of the rows."""

    def of_kind(kind: str) -> Callable[[Score], float]:
        return lambda s: s.found[kind] / s.loops[kind]

    def delay(share: float) -> Callable[[Score], float]:
        return lambda s: NEVER if (found := s.delay_of_all(share)) is None else found

    return [
        ("recall", lambda s: s.recall, "{:.4f}".format),
        *[(f"  {kind}", of_kind(kind), "{:.3f}".format) for kind in kinds],
        ("right kind named", lambda s: s.kind_recall, "{:.4f}".format),
        ("precision", lambda s: s.precision, "{:.4f}".format),
        ("false alarms", lambda s: s.false_alarm_rate, "{:.2%}".format),
        ("delay p50, all loops", delay(0.5), characters),
        ("delay p90, all loops", delay(0.9), characters),
        ("cost, ms/MB", lambda s: 1e9 * s.seconds / max(1, s.characters), "{:.1f}".format),
    ]


def characters(delay: float) -> str:
    return "never" if delay == NEVER else f"{delay:.0f}"


def lines_svg(title: str, x_label: str, y_label: str, points: list[tuple[float, float]]) -> str:
    """Return a line plot."""
    left, top, width, height = 60, 40, 520, 260
    most_x, most_y = max(x for x, _ in points) or 1, max(y for _, y in points) * 1.1 or 1
    path = " ".join(
        f"{left + x / most_x * width:.1f},{top + height - y / most_y * height:.1f}" for x, y in points
    )
    ticks = "".join(
        f'<text x="{left + i * width / 4:.0f}" y="{top + height + 16}" text-anchor="middle">{most_x * i / 4:g}</text>'
        f'<text x="{left - 6}" y="{top + height - i * height / 4 + 4:.0f}" text-anchor="end">{most_y * i / 4:.3g}</text>'
        for i in range(5)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 360" font-family="sans-serif" font-size="11">'
        f'<rect width="620" height="360" fill="white"/><text x="310" y="22" text-anchor="middle" font-size="14">{title}</text>'
        f'<path d="M{left} {top}V{top + height}H{left + width}" fill="none" stroke="#444"/>{ticks}'
        f'<polyline points="{path}" fill="none" stroke="#1a73e8" stroke-width="2"/>'
        f'<text x="{left + width / 2:.0f}" y="348" text-anchor="middle">{x_label}</text>'
        f'<text x="14" y="{top + height / 2:.0f}" text-anchor="middle" transform="rotate(-90 14 {top + height / 2:.0f})">'
        f"{y_label}</text></svg>\n"
    )


def plot(folder: Path, mine: Score, mix: str, rounds: int) -> None:
    """Write the share of loops found by characters since onset, and the cost by the length of the reply."""
    folder.mkdir(parents=True, exist_ok=True)
    delays = sorted(delay for kind, each in mine.delays.items() if kind != "tool_calls" for delay in each)
    total = sum(loops for kind, loops in mine.loops.items() if kind != "tool_calls")
    reached: list[tuple[float, float]] = [
        (x, 100 * sum(delay <= x for delay in delays) / total) for x in range(0, 4_001, 50)
    ]
    title = "Loops found, by characters since the loop began"
    (folder / "repetition-delay.svg").write_text(lines_svg(title, "characters", "% found", reached), "utf-8")
    costs: list[tuple[float, float]] = []
    for size in (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000):
        each = microseconds_a_chunk(mix[:size], 25, rounds * 3, lambda: RepetitionDetector().feed)
        costs.append((size / 1_000, each))
    title = "Cost of a 25-character chunk, by length of the reply"
    (folder / "repetition-cost.svg").write_text(
        lines_svg(title, "1000 characters", "microseconds", costs), "utf-8"
    )


def mixed(samples: list[Sample]) -> str:
    """Return ordinary texts of all sources, one after the other."""
    texts = ["".join(sample["chunks"])[:20_000] for sample in samples if sample["category"] == "none"]
    texts = [text for text in texts if ours(_plain(text)) is None]
    random.Random(3).shuffle(texts)
    return "\n".join(texts)[:1_500_000]


def _plain(text: str) -> dict[str, Any]:
    return {"chunks": [text], "tool_calls": []}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", nargs="*", type=Path)
    parser.add_argument("--plots", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    folder = Path(os.environ.get("GEMINI_OTEL_REPETITION_SAMPLE", ROOT.parent / "shared" / "repetition"))
    corpora = options.corpora or [folder if folder.is_file() else folder / "sample.jsonl.gz"]
    for path in corpora:
        if not path.exists():
            parser.error(f"{path} is not there; build a corpus with tools/repetition_corpus or name one")
        samples = read(path)
        print(f"\n{path.name}: {len(samples)} outputs")
        mine = compare(samples)
    mix = mixed(samples)
    cost_of_mix(mix, options.rounds)
    cost_of_hard_texts(options.rounds)
    if options.plots:
        plot(options.plots, mine, mix, options.rounds)


if __name__ == "__main__":
    main()
