"""What the repetition detector finds and what it costs, beside known approaches, measured in one run.

    python benchmarks/repetition.py [CORPUS.jsonl.gz ...] [--plots DIR] [--rounds 5]

Without a corpus the labelled sample is used (GEMINI_OTEL_REPETITION_SAMPLE, or shared/repetition beside the repository);
tools/repetition_corpus builds others. The other approaches are written from their published descriptions; those that
judge a finished text are given it when the output ends. Times are CPU times of this thread, the minimum of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools" / "repetition_corpus")]

from rivals import at_the_end, gemini_cli, gopher, rep_4, whisper  # noqa: E402
from score import Alarm, Sample, Score, ours, read, score  # noqa: E402

from gemini_otel import RepetitionDetector  # noqa: E402

RIVALS: dict[str, Callable[[Sample], Alarm | None]] = {
    "gemini-otel": ours,
    "compression > 2.4": at_the_end(whisper),
    "rep-4 > 0.5": at_the_end(rep_4),
    "Gopher fractions": at_the_end(gopher),
    "50-char hashes": gemini_cli,
}


def compare(samples: list[Sample]) -> Score:
    """Print the figures of all approaches on the samples and return ours."""
    scores = {name: score(samples, detect) for name, detect in RIVALS.items()}
    print(f"{'':22s}" + "".join(f"{name:>19s}" for name in scores))
    rows: list[tuple[str, Callable[[Score], str]]] = [
        ("recall", lambda s: f"{s.recall:.4f}"),
        *[
            (f"  {kind}", lambda s, kind=kind: f"{s.found[kind] / s.loops[kind]:.3f}")
            for kind in sorted(scores["gemini-otel"].loops)
        ],
        ("right kind named", lambda s: f"{s.kind_recall:.4f}"),
        ("precision", lambda s: f"{s.precision:.4f}"),
        ("false alarms", lambda s: f"{s.false_alarm_rate:.2%}"),
        ("delay p50, characters", lambda s: str(s.delay(0.5))),
        ("delay p90, characters", lambda s: str(s.delay(0.9))),
        ("cost, ms/MB", lambda s: f"{1e9 * s.seconds / max(1, s.characters):.1f}"),
    ]
    for label, cell in rows:
        print(f"{label:22s}" + "".join(f"{cell(s):>19s}" for s in scores.values()))
    mine = scores["gemini-otel"]
    noisy = {source: f"{alarms}/{mine.ordinary[source]}" for source, alarms in mine.alarms.items() if alarms}
    print("our false alarms by source:", noisy or "none")
    for kind in sorted(mine.delays):
        print(f"our delay, {kind}: p50 {mine.delay(0.5, kind)}, p90 {mine.delay(0.9, kind)}")
    return mine


def cpu(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.thread_time()
        work()
        best = min(best, time.thread_time() - started)
    return best


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def feed_all(chunks: Iterable[str]) -> None:
    feed = RepetitionDetector().feed
    for chunk in chunks:
        feed(chunk)


def per_character(text: str) -> int:
    run = longest = 0
    last = ""
    for character in text:
        run = run + 1 if character == last else 1
        longest = max(longest, run)
        last = character
    return longest


def cost_of_mix(mix: str, rounds: int) -> None:
    """Print MB/s and microseconds per chunk on ordinary text, beside zlib and a loop over the characters."""
    data = mix.encode("utf-8", "surrogatepass")
    size = len(mix) / 1e6
    zlib_time = cpu(lambda: zlib.compress(data, 1), rounds)
    loop_time = cpu(lambda: per_character(mix), rounds)
    print(
        f"\nmix of {size:.2f} MB: zlib level 1 {1e3 * zlib_time / size:.1f} ms/MB, loop {1e3 * loop_time / size:.1f} ms/MB"
    )
    for chunk in (1, 4, 25, 100, 1_000):
        chunks = cut(mix, chunk)
        spent = cpu(lambda chunks=chunks: feed_all(chunks), rounds)
        each = 1e6 * spent / len(chunks)
        print(
            f"  chunks of {chunk:5d}: {1e3 * spent / size:6.1f} ms/MB {size / spent:6.1f} MB/s {each:7.3f} us/chunk;"
            f" {spent / zlib_time:.2f} of zlib, {spent / loop_time:.2f} of the loop"
        )


def fibonacci(size: int) -> str:
    one, two = "a", "ab"
    while len(two) < size:
        one, two = two, two + one
    return two[:size]


def thue_morse(size: int) -> str:
    word = "a"
    while len(word) < size:
        word += word.translate({97: 98, 98: 97})
    return word[:size]


def hard_texts(size: int) -> Iterator[tuple[str, str]]:
    """Yield contents that are hard on matchers."""
    rng = random.Random(7)
    log = (
        f"step {i} | loss {3 + rng.random():.4f} | lr 3.0e-04 | {rng.randint(900, 1_100)} tok/s\n"
        for i in range(size // 50)
    )
    records = [{"id": i, "name": "user", "score": rng.random()} for i in range(size // 50)]
    yield "one character", "a" * size
    yield "random bytes", "".join(map(chr, rng.choices(range(256), k=size)))
    yield "two letters", "".join(rng.choices("ab", k=size))
    yield "Fibonacci word", fibonacci(size)
    yield "Thue-Morse word", thue_morse(size)
    yield "nested brackets", "".join(rng.choices("[]{}", k=size))
    yield "training log", "".join(log)
    yield "JSON numbers", json.dumps([rng.random() for _ in range(size // 20)])
    yield "JSON small integers", json.dumps(rng.choices(range(10), k=size // 3))
    yield "JSON records", json.dumps(records)
    yield (
        "almost a loop",
        "".join("Lorem ipsum dolor sit amet. " * 20 + rng.choice("abc") * 7 for _ in range(size // 567)),
    )
    yield "CJK", "".join(map(chr, rng.choices(range(0x4E00, 0x9FA0), k=size)))
    yield "emoji", "".join(map(chr, rng.choices(range(0x1F300, 0x1F640), k=size)))


def cost_of_hard_texts(rounds: int) -> None:
    print("\nhard contents, chunks of 20 characters:")
    for name, text in hard_texts(400_000):
        chunks = cut(text, 20)
        spent = cpu(lambda chunks=chunks: feed_all(chunks), rounds)
        print(f"  {name:20s} {len(text) / spent / 1e6:7.1f} MB/s, state {state(text) / 1024:.1f} KiB")


def state(text: str) -> int:
    """Return the bytes a detector keeps after the text."""
    tracemalloc.start()
    try:
        detector = RepetitionDetector()
        for start in range(0, len(text), 20):
            detector.feed(text[start : start + 20])
        kept = tracemalloc.get_traced_memory()[0]
        del detector
        return kept - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


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
        chunks = cut(mix[:size], 25)
        costs.append(
            (size / 1_000, 1e6 * cpu(lambda chunks=chunks: feed_all(chunks), rounds * 3) / len(chunks))
        )
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
