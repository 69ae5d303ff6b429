"""Other approaches to finding repetition, written from their published descriptions.

Each takes a sample and its limit, which is the published one (`PUBLISHED`) or a stricter one (`stricter`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256

from score import Alarm, Sample

__all__ = ["PUBLISHED", "Rival", "stricter"]

Rival = Callable[[Sample, float], "Alarm | None"]


def stricter(limit: float) -> Iterator[float]:
    """Yield the limit and then ever higher ones, until nothing is found any more."""
    while True:
        yield limit
        limit *= 1.02


def _at_the_end(measure: Callable[[str], float]) -> Rival:
    """Make a detector from a measure of finished texts; it collects the stream, has no kinds and calls everything `text`."""

    def detect(sample: Sample, limit: float) -> Alarm | None:
        chunks: list[str] = []
        gather = chunks.append
        for chunk in sample["chunks"]:
            gather(chunk)
        text = "".join(chunks)
        return ("text", len(text)) if text and measure(text) > limit else None

    return detect


def _whisper(text: str) -> float:
    """Return the compression ratio."""
    data = text.encode("utf-8", "surrogatepass")
    return len(data) / len(zlib.compress(data))


def _rep_4(text: str) -> float:
    """Return how many of the word 4-grams have been seen before (Welleck et al., seq-rep-4)."""
    words = text.split()
    fours = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return 1 - len(set(fours)) / len(fours) if len(fours) >= 20 else 0.0


def _gopher(text: str) -> float:
    """Return the largest of these fractions, each over its limit (Rae et al., table A1).

    Duplicate lines 30 %, their characters 20 %, the commonest 2-, 3- and 4-gram 20, 18 and 16 %.
    """
    over = [0.0]
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) >= 5:
        again = [line for line, times in Counter(lines).items() for _ in range(times - 1)]
        over += [len(again) / len(lines) / 0.3, sum(map(len, again)) / len(text) / 0.2]
    words = text.split()
    for size, share in ((2, 0.20), (3, 0.18), (4, 0.16)):
        grams = Counter(zip(*(words[i:] for i in range(size)), strict=False))
        if grams:
            gram, times = grams.most_common(1)[0]
            if times > 1:
                over.append(times * sum(map(len, gram)) / len(text) / share)
    return max(over)


def _gemini_cli(sample: Sample, limit: float) -> Alarm | None:
    """Every 50-character chunk hashed; `limit` equal ones at a mean distance of 250 or less. Five equal calls."""
    times = int(limit)
    seen: dict[bytes, list[int]] = {}
    text, at, fenced = "", 0, False
    for chunk in sample["chunks"]:
        if "```" in chunk or re.search(r"^\s*(\||[*+-] |\d+\. |#)", chunk, re.MULTILINE):
            fenced ^= chunk.count("```") % 2 == 1
            text, at, seen = "", 0, {}
        if fenced:
            continue
        text += chunk
        while at + 50 <= len(text):
            places = seen.setdefault(sha256(text[at : at + 50].encode("utf-8", "surrogatepass")).digest(), [])
            places.append(at)
            if len(places) >= times and (places[-1] - places[-times]) / (times - 1) <= 250:
                return "text", _consumed(sample, text)
            at += 1
    calls = [json.dumps(call, sort_keys=False) for call in sample["tool_calls"]]
    for number in range(5, len(calls) + 1):
        if len(set(calls[number - 5 : number])) == 1:
            return "tool_calls", number
    return None


def _consumed(sample: Sample, text: str) -> int:
    whole = "".join(sample["chunks"])
    place = whole.rfind(text)
    return place + len(text) if place >= 0 else len(whole)


PUBLISHED: dict[str, tuple[Rival, float]] = {
    "compression": (_at_the_end(_whisper), 2.4),
    "rep-4": (_at_the_end(_rep_4), 0.5),
    "Gopher fractions": (_at_the_end(_gopher), 1.0),
    "50-char hashes": (_gemini_cli, 10),
}
