"""Scores a repetition detector on labelled outputs: recall per kind, false alarms per source, delay, cost."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemini_otel import RepetitionDetector

__all__ = ["Alarm", "Detect", "Sample", "Score", "ours", "read", "score"]

Sample = dict[str, Any]
Alarm = tuple[str, int]
Detect = Callable[[Sample], "Alarm | None"]


@dataclass
class Score:
    """The results of a detector; delays are in characters, or calls for `tool_calls`."""

    found: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    loops: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    ordinary: Counter[str] = field(default_factory=Counter)
    delays: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0
    characters: int = 0

    @property
    def recall(self) -> float:
        return self.found.total() / max(1, self.loops.total())

    @property
    def kind_recall(self) -> float:
        return self.named.total() / max(1, self.loops.total())

    @property
    def false_alarm_rate(self) -> float:
        return self.alarms.total() / max(1, self.ordinary.total())

    @property
    def precision(self) -> float:
        return self.found.total() / max(1, self.found.total() + self.alarms.total())

    def delay(self, share: float, *kinds: str) -> int | None:
        """Return the delay that `share` of the found loops of `kinds` stay below (all kinds of text, if none is named)."""
        delays = self._delays(kinds)
        return delays[min(len(delays) - 1, int(share * len(delays)))] if delays else None

    def delay_of_all(self, share: float, *kinds: str) -> int | None:
        """Return the same over all loops, found or not; None if `share` of them is never reached."""
        delays = self._delays(kinds)
        total = sum(self.loops[kind] for kind in self._text_kinds(kinds))
        place = int(share * total)
        return delays[place] if place < len(delays) else None

    def _text_kinds(self, kinds: tuple[str, ...]) -> list[str]:
        return list(kinds) or [kind for kind in self.loops if kind != "tool_calls"]

    def _delays(self, kinds: tuple[str, ...]) -> list[int]:
        return sorted(delay for kind in self._text_kinds(kinds) for delay in self.delays[kind])


def read(path: Path) -> list[Sample]:
    """Return the samples of a corpus file."""
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as file:
        return [json.loads(line) for line in file]


def ours(sample: Sample) -> Alarm | None:
    """Return the kind and the position of our detector's alarm."""
    detector = RepetitionDetector(structured=sample.get("response_mime_type") not in (None, "text/plain"))
    feed = detector.feed
    for number, chunk in enumerate(sample["chunks"], 1):
        verdict = feed(chunk)
        if verdict is not None:
            return verdict.kind, sum(map(len, sample["chunks"][:number]))
    for number, call in enumerate(sample["tool_calls"], 1):
        verdict = detector.feed_call(call["name"], call["args"], call.get("result"))
        if verdict is not None:
            return verdict.kind, number
    return None


def score(samples: Iterable[Sample], detect: Detect = ours) -> Score:
    """Run the detector over the samples; texts with a long exact run count neither way."""
    result = Score()
    for sample in samples:
        started = time.thread_time()
        alarm = detect(sample)
        result.seconds += time.thread_time() - started
        result.characters += sum(map(len, sample["chunks"]))
        if sample["category"] != "none":
            _count_loop(result, sample, alarm)
        elif sample.get("stratum", "natural") == "natural":
            result.ordinary[sample["source"]] += 1
            result.alarms[sample["source"]] += alarm is not None
    return result


def _count_loop(result: Score, sample: Sample, alarm: Alarm | None) -> None:
    kind = sample["category"]
    result.loops[kind] += 1
    if alarm is None:
        return
    result.found[kind] += 1
    result.named[kind] += alarm[0] in sample["accept"]
    if sample.get("onset") is not None and alarm[1] >= sample["onset"]:
        result.delays[kind].append(alarm[1] - sample["onset"])
