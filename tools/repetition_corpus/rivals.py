"""Other approaches to finding repetition, written from their published descriptions."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable
from hashlib import sha256

from score import Alarm, Sample

__all__ = ["at_the_end", "gemini_cli", "gopher", "rep_4", "whisper"]


def at_the_end(judge: Callable[[str], bool]) -> Callable[[Sample], Alarm | None]:
    """Make a detector of a judgement on finished texts; it knows no kinds and calls everything `text`."""

    def detect(sample: Sample) -> Alarm | None:
        text = "".join(sample["chunks"])
        return ("text", len(text)) if text and judge(text) else None

    return detect


def whisper(text: str) -> bool:
    """Compression ratio above 2.4."""
    data = text.encode("utf-8", "surrogatepass")
    return len(data) / len(zlib.compress(data)) > 2.4


def rep_4(text: str) -> bool:
    """More than half of the word 4-grams have been seen before (Welleck et al., seq-rep-4)."""
    words = text.split()
    fours = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return len(fours) >= 20 and 1 - len(set(fours)) / len(fours) > 0.5


def gopher(text: str) -> bool:
    """Duplicate lines above 30 %, their characters above 20 %, or top n-grams (Rae et al., table A1)."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) >= 5:
        again = [line for line, times in Counter(lines).items() for _ in range(times - 1)]
        if len(again) > 0.3 * len(lines) or sum(map(len, again)) > 0.2 * len(text):
            return True
    words = text.split()
    for size, share in ((2, 0.20), (3, 0.18), (4, 0.16)):
        grams = Counter(zip(*(words[i:] for i in range(size)), strict=False))
        if grams:
            gram, times = grams.most_common(1)[0]
            if times > 1 and times * sum(map(len, gram)) > share * len(text):
                return True
    return False


def gemini_cli(sample: Sample) -> Alarm | None:
    """Every 50-character chunk hashed; ten equal ones at a mean distance of 250 or less. Five equal calls."""
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
            if len(places) >= 10 and (places[-1] - places[-10]) / 9 <= 250:
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
