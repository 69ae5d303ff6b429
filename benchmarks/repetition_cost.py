"""What the repetition detector costs: per chunk, per megabyte, on hard contents, and in memory; beside C primitives."""

from __future__ import annotations

import json
import math
import random
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

from gemini_otel import RepetitionDetector

__all__ = ["cost_of_hard_texts", "cost_of_mix", "cut", "microseconds_a_chunk", "primitives"]

_SEGMENT = 32_768
_TARGETS = {4: 0.12, 25: 0.30}


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def cpu(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU seconds of this thread that the work took."""
    best = math.inf
    for _ in range(rounds):
        started = time.thread_time()
        work()
        best = min(best, time.thread_time() - started)
    return best


def microseconds_a_chunk(
    text: str, size: int, rounds: int, feeder: Callable[[], Callable[[str], object]]
) -> float:
    """Return the cost of one call; the text is fed in segments, and the least time of each counts."""
    segments = cut(text, _SEGMENT)
    best, chunks = [math.inf] * len(segments), 0
    for _ in range(rounds):
        feed, chunks = feeder(), 0
        for number, segment in enumerate(segments):
            pieces = cut(segment, size)
            chunks += len(pieces)
            started = time.thread_time()
            for piece in pieces:
                feed(piece)
            best[number] = min(best[number], time.thread_time() - started)
    return 1e6 * sum(best) / chunks


def ours() -> Callable[[str], object]:
    return RepetitionDetector().feed


def doing_nothing() -> Callable[[str], object]:
    return lambda _: None


def append_and_count(pieces: list[str]) -> int:
    kept: list[str] = []
    total = 0
    for piece in pieces:
        kept.append(piece)
        total += len(piece)
    return total


class Counter:
    """The least that any detector must do: keep the chunk and its length."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0

    def feed(self, text: str) -> None:
        self.pieces.append(text)
        self.size += len(text)


def search_absent(windows: list[bytes]) -> None:
    for window in windows:
        window.rfind(b"\xff0123456789abcdefghijkl\xfe")


def compare_slices(data: bytes, times: int) -> None:
    for start in range(times):
        data[start : start + 200] == data[start + 1 : start + 201]  # noqa: B015


def per_character(text: str) -> int:
    run = longest = 0
    last = ""
    for character in text:
        run = run + 1 if character == last else 1
        longest = max(longest, run)
        last = character
    return longest


def primitives(mix: str, rounds: int) -> dict[str, float]:
    """Print what C primitives cost in this run and on the machine of the targets; return the former."""
    data = mix.encode("utf-8", "surrogatepass")
    size, pieces = len(data) / 1e6, cut(mix[:400_000], 20)
    windows = [data[start : start + 2_048] for start in range(0, len(data) - 2_048, 2_048)]
    here = {
        "append and length of a 20-character chunk, us": 1e6
        * cpu(lambda: append_and_count(pieces), rounds)
        / len(pieces),
        "rfind of 24 absent bytes in 2 kB, us": 1e6
        * cpu(lambda: search_absent(windows), rounds)
        / len(windows),
        "comparison of two 200-byte slices, us": 1e6
        * cpu(lambda: compare_slices(data, 20_000), rounds)
        / 20_000,
        "zlib level 1, ms/MB": 1e3 * cpu(lambda: zlib.compress(data, 1), rounds) / size,
        "zlib level 6, ms/MB": 1e3 * cpu(lambda: zlib.compress(data, 6), rounds) / size,
        "translate, ms/MB": 1e3 * cpu(lambda: data.translate(None, b"0123456789"), rounds) / size,
        "crc32, ms/MB": 1e3 * cpu(lambda: zlib.crc32(data), rounds) / size,
    }
    there = (0.035, 1.06, 0.1, 1e3 / 148, 1e3 / 42, 1e3 / 2_900, 1e3 / 7_000)
    print("\nprimitives:                                      here   targets' machine   factor")
    for (name, cost), reference in zip(here.items(), there, strict=True):
        print(f"  {name:46s} {cost:7.3f} {reference:12.3f} {cost / reference:12.2f}")
    factor = math.prod(cost / reference for cost, reference in zip(here.values(), there, strict=True))
    here["machine"] = factor ** (1 / len(there))
    print(f"  this machine needs {here['machine']:.2f} times as long (geometric mean)")
    return here


def cost_of_mix(mix: str, rounds: int) -> None:
    """Print the cost of chunks of ordinary text, and whether the targets are met."""
    here = primitives(mix, rounds)
    call, level_1 = here["append and length of a 20-character chunk, us"], here["zlib level 1, ms/MB"]
    loop = 1e3 * cpu(lambda: per_character(mix), rounds) / (len(mix) / 1e6)
    print(f"\nmix of {len(mix) / 1e6:.2f} million characters; a loop over the characters {loop:.0f} ms/MB")
    print(
        "  us a chunk      ours   append+count method   empty function    ours: ms/MB   MB/s  of zlib-1  of the loop"
    )
    for chunk in (1, 4, 20, 25, 100, 1_000):
        cost = microseconds_a_chunk(mix, chunk, rounds, ours)
        least = microseconds_a_chunk(mix, chunk, rounds, lambda: Counter().feed)
        nothing = microseconds_a_chunk(mix, chunk, rounds, doing_nothing)
        each = 1e3 * cost / chunk
        print(
            f"  {chunk:10d} {cost:9.3f} {least:21.3f} {nothing:16.3f} {each:14.1f} {1e3 / each:6.1f} {each / level_1:10.2f}"
            f" {each / loop:12.2f}"
        )
        if chunk in _TARGETS:
            target = _TARGETS[chunk]
            _state(f"{chunk}-character chunk, us", cost, target, here["machine"])
            _compare("append and length", cost / call, target / 0.035)
        if chunk == 25:
            _state("mix at 25-character chunks, ms/MB", each, 12, here["machine"])
            _compare("zlib level 1", each / level_1, 12 * 148 / 1e3)


def _state(what: str, cost: float, target: float, machine: float) -> None:
    scaled = target * machine
    print(
        f"    {what}: {cost:.3f}; target {target} {_met(cost, target)}, on this machine {scaled:.3f} {_met(cost, scaled)}"
    )


def _compare(primitive: str, times: float, allowed: float) -> None:
    print(f"      {times:.2f} times {primitive}; target {allowed:.2f} {_met(times, allowed)}")


def _met(cost: float, target: float) -> str:
    return "met" if cost <= target else "missed"


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
    yield "one character, no alarm", "".join("a" * 500 + rng.choice("bcdefgh") for _ in range(size // 501))
    yield "random bytes", "".join(map(chr, rng.choices(range(256), k=size)))
    yield "two letters", "".join(rng.choices("ab", k=size))
    yield "Fibonacci word", fibonacci(size)
    yield "Thue-Morse word", thue_morse(size)
    yield "nested brackets", "".join(rng.choices("[]{}", k=size))
    yield "brackets 200 deep", "".join("[" * (n := rng.randint(1, 200)) + "]" * n for _ in range(size // 200))
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
    """Print MB/s for 20-character chunks, and the most that a detector keeps with chunks of 20 and of 1 character."""
    print(
        "\nhard contents, chunks of 20 characters; the most kept by a detector, at 20 and at 1 character a chunk:"
    )
    for name, text in hard_texts(1_000_000):
        rate = 20 / microseconds_a_chunk(text, 20, rounds, ours)
        kept = [state(text[:200_000], size) / 1_024 for size in (20, 1)]
        print(f"  {name:28s} {rate:7.1f} MB/s {kept[0]:8.1f} {kept[1]:6.1f} KiB")
    text = dict(hard_texts(1_000_000))["random bytes"]
    rate = 20 / microseconds_a_chunk(text, 20, rounds, after_single_characters)
    print(f"  {'after one-character chunks':28s} {rate:7.1f} MB/s")


def after_single_characters() -> Callable[[str], object]:
    """Return the feed of a detector that has received its text in single characters so far."""
    feed = ours()
    for character in cut("Single characters are the dearest way to deliver a text. ", 1) * 3:
        feed(character)
    return feed


def state(text: str, size: int) -> int:
    """Return the most bytes that a detector keeps between two chunks."""
    most = 0
    RepetitionDetector().feed(text)
    tracemalloc.start()
    try:
        detector = RepetitionDetector()
        before = tracemalloc.get_traced_memory()[0] - sys.getsizeof(detector)
        for start in range(0, len(text), size):
            detector.feed(text[start : start + size])
            most = max(most, tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return most - before
