"""Builds a labelled corpus of looping and ordinary outputs from the text on this machine.

    python tools/repetition_corpus OUT [--trees DIR ...] [--texts 3000] [--loops 1200] [--seed 1]

writes OUT/dev.jsonl.gz and OUT/heldout.jsonl.gz, one output a line: id, category (`none` or a kind), accept, source,
subtype, chunks, response_mime_type, tool_calls, onset, near_dup, stratum. A directory's files are all in one half.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import calls
import generated
import loops
from natural import DEFAULT_TREES, Texts, is_ambiguous

Sample = dict[str, object]
_LOOP_WEIGHTS = {"text": 42, "structured_text": 20, "table_tokens": 14, "table_hyphens": 8, "newlines": 8}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--trees", nargs="+", default=list(DEFAULT_TREES))
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--loops", type=int, default=1_200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for half in ("dev", "heldout"):
        samples = list(build(options.trees, half, options.texts, options.loops, f"{options.seed}-{half}"))
        with gzip.open(options.out / f"{half}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number, sample in enumerate(samples):
                file.write(json.dumps({"id": f"{half}-{number}", **sample}) + "\n")
        print(half, len(samples), "outputs")


def build(trees: list[str], half: str, texts: int, wanted: int, seed: str) -> Iterator[Sample]:
    """Yield the samples of one half."""
    rng = random.Random(seed)  # noqa: S311 - a corpus, no secret
    files = Texts(trees, half, rng)
    prose = files.prose(3_000)
    words = sorted({word for line in prose[:400] for word in re.findall(r"[^\W\d_]{2,14}", line)})
    for kind, text in files.ordinary(texts):
        mime = "application/json" if kind in ("json", "map") else None
        yield _ordinary(rng, f"file:{kind}", text, mime)
    for number in range(texts // 3):
        source = sorted(generated.SOURCES)[number % len(generated.SOURCES)]
        text, mime = generated.make(source, rng, words)
        yield _ordinary(rng, f"generated:{source}", text, mime)
    for number in range(texts // 12):
        source = sorted(calls.ORDINARY)[number % len(calls.ORDINARY)]
        yield {**_empty(f"calls:{source}"), "tool_calls": calls.ORDINARY[source](rng, words)}
    yield from _loops(rng, prose, words, wanted)


def _loops(rng: random.Random, prose: list[str], words: list[str], wanted: int) -> Iterator[Sample]:
    for kind, weight in _LOOP_WEIGHTS.items():
        for number in range(wanted * weight // 100):
            pattern = list(loops.PATTERNS[kind])[number % len(loops.PATTERNS[kind])]
            loop = loops.make(kind, pattern, rng, prose, words)
            yield {
                **_empty("generated:loops", kind, pattern),
                "accept": loop.accept,
                "chunks": _chunks(rng, loop.text),
                "response_mime_type": loop.mime,
                "onset": loop.onset,
                "near_dup": loop.near,
            }
    for number in range(wanted * 8 // 100):
        pattern = list(calls.LOOPS)[number % len(calls.LOOPS)]
        trace, onset = calls.LOOPS[pattern](rng, words)
        yield {**_empty("generated:loops", "tool_calls", pattern), "tool_calls": trace, "onset": onset}


def _empty(source: str, category: str = "none", subtype: str | None = None) -> Sample:
    return {
        "category": category,
        "accept": [] if category == "none" else [category],
        "source": source,
        "subtype": subtype,
        "chunks": [],
        "response_mime_type": None,
        "tool_calls": [],
        "onset": None,
        "near_dup": False,
    }


def _ordinary(rng: random.Random, source: str, text: str, mime: str | None) -> Sample:
    stratum = "ambiguous" if is_ambiguous(text) else "natural"
    return {**_empty(source), "chunks": _chunks(rng, text), "response_mime_type": mime, "stratum": stratum}


def _chunks(rng: random.Random, text: str) -> list[str]:
    most = rng.choice((1, 4, 8, 8, 30, 60, 60, 100, 200, 200))
    chunks, start = [], 0
    while start < len(text):
        size = rng.randint(1, most)
        chunks.append(text[start : start + size])
        start += size
    return chunks


if __name__ == "__main__":
    main()
