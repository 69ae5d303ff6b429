"""What loops are made of."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

__all__ = ["Material"]


@dataclass
class Material:
    """What loops are made of: paragraphs of real prose, cut into sentences and words."""

    rng: random.Random
    prose: list[str]
    words: list[str] = field(default_factory=list)

    def paragraph(self, low: int, high: int) -> str:
        text = ""
        while len(text) < low:
            text += self.rng.choice(self.prose) + " "
        return text[:high].strip()

    def sentence(self, low: int = 25, high: int = 140) -> str:
        for _ in range(50):
            parts = self.rng.choice(self.prose).replace("? ", ". ").split(". ")
            good = [part for part in parts if low <= len(part) <= high]
            if good:
                return self.rng.choice(good).strip(" .") + "."
        return self.paragraph(low, high)

    def word(self) -> str:
        return self.rng.choice(self.words)

    def size(self, period: int) -> int:
        return max(int(self.rng.uniform(900, 9_000)), int(self.rng.uniform(4.6, 9) * period))
