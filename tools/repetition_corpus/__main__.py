"""Builds a labelled corpus of looping and ordinary outputs from the text on this machine.

    python tools/repetition_corpus OUT --heldout-trees DIR ... [--trees DIR ...] [--texts 3000] [--loops 1200] [--seed 1]

writes OUT/dev.jsonl.gz and OUT/heldout.jsonl.gz, one output a line: id, category (`none` or a kind), accept, source,
subtype, chunks, response_mime_type, tool_calls, onset, near_dup, stratum. The halves share nothing: the held-out half
comes from generators of its own (`other_*`) and from the files of other packages, unpacked into the trees that are named.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import calls
import generated
import loops
import other_calls
import other_loops
import other_texts
from natural import DEFAULT_TREES, Texts, is_ambiguous

Sample = dict[str, object]


class Generators(NamedTuple):
    """The modules that make the outputs of one half."""

    texts: ModuleType
    loops: ModuleType
    calls: ModuleType


GENERATORS = {
    "dev": Generators(generated, loops, calls),
    "heldout": Generators(other_texts, other_loops, other_calls),
}
_MIMES = {
    "json": "application/json",
    "map": "application/json",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "xml": "application/xml",
}
_LOOP_WEIGHTS = {"text": 42, "structured_text": 20, "table_tokens": 14, "table_hyphens": 8, "newlines": 8}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--trees", nargs="+", default=list(DEFAULT_TREES))
    parser.add_argument("--heldout-trees", nargs="+", required=True)
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--loops", type=int, default=1_200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for half, trees in (("dev", options.trees), ("heldout", options.heldout_trees)):
        rng = random.Random(f"{options.seed}-{half}")  # noqa: S311 - a corpus, no secret
        samples = list(build(Texts(trees, rng), GENERATORS[half], options.texts, options.loops, rng))
        with gzip.open(options.out / f"{half}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number, sample in enumerate(samples):
                file.write(json.dumps({"id": f"{half}-{number}", **sample}) + "\n")
        print(half, len(samples), "outputs")


def build(
    files: Texts, generators: Generators, texts: int, wanted: int, rng: random.Random
) -> Iterator[Sample]:
    """Yield the samples of one half."""
    prose = files.prose(3_000)
    words = sorted({word for line in prose[:400] for word in re.findall(r"[^\W\d_]{2,14}", line)})
    for kind, text in files.ordinary(texts):
        yield _ordinary(rng, f"file:{kind}", text, _MIMES.get(kind))
    sources = sorted(generators.texts.SOURCES)
    for number in range(texts // 3):
        source = sources[number % len(sources)]
        text, mime = generators.texts.make(source, rng, words)
        yield _ordinary(rng, f"generated:{source}", text, mime)
    traces = sorted(generators.calls.ORDINARY)
    for number in range(texts // 12):
        source = traces[number % len(traces)]
        yield {**_empty(f"calls:{source}"), "tool_calls": generators.calls.ORDINARY[source](rng, words)}
    yield from _loops(rng, generators, prose, words, wanted)


def _loops(
    rng: random.Random, generators: Generators, prose: list[str], words: list[str], wanted: int
) -> Iterator[Sample]:
    for kind, weight in _LOOP_WEIGHTS.items():
        patterns = list(generators.loops.PATTERNS[kind])
        for number in range(wanted * weight // 100):
            pattern = patterns[number % len(patterns)]
            loop = generators.loops.make(kind, pattern, rng, prose, words)
            yield {
                **_empty("generated:loops", kind, pattern),
                "accept": loop.accept,
                "chunks": _chunks(rng, loop.text),
                "response_mime_type": loop.mime,
                "onset": loop.onset,
                "near_dup": loop.near,
            }
    patterns = list(generators.calls.LOOPS)
    for number in range(wanted * 8 // 100):
        pattern = patterns[number % len(patterns)]
        trace, onset = generators.calls.LOOPS[pattern](rng, words)
        yield {
            **_empty("generated:loops", "tool_calls", pattern),
            "accept": ["tool_calls", "text"] if pattern == "written" else ["tool_calls"],
            "tool_calls": trace,
            "onset": onset,
        }


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
