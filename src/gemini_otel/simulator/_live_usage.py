"""Token counts of a Live turn that look like the service's: a token is four characters, or 1/25 of a second of sound."""

from __future__ import annotations

import re

from ._request import object_of
from ._scenario import Json

_CHARACTERS, _PER_SECOND = 4, 25
_RATE = re.compile(r"rate=([1-9][0-9]{0,8})\b")
_DEFAULT_RATE = 16_000


class LiveUsage:
    """The sound and text received and sent since the last turn."""

    def __init__(self, vertex: bool) -> None:
        self._answer = "candidates" if vertex else "response"  # the two services spell it differently
        self._traffic = {"trafficType": "ON_DEMAND"} if vertex else {"serviceTier": "standard"}
        self._start()

    def _start(self) -> None:
        self._heard: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self._thoughts = 0.0

    def heard_text(self, text: str) -> None:
        self._add(self._heard, "TEXT", len(text) / _CHARACTERS)

    def heard_audio(self, mime_type: str, size: int) -> None:
        self._add(self._heard, "AUDIO", _audio_tokens(mime_type, size))

    def said(self, part: Json) -> None:
        if part.get("thought"):
            self._thoughts += len(part.get("text", "")) / _CHARACTERS
        elif "inlineData" in part:
            blob = object_of(part["inlineData"])
            self._add(self._said, "AUDIO", _audio_tokens(blob["mimeType"], len(blob["data"]) * 3 // 4))
        else:
            self._add(self._said, "TEXT", len(part.get("text", "")) / _CHARACTERS)

    def of_turn(self) -> Json:
        """The usageMetadata of the turn that ends now."""
        heard, said = _details(self._heard), _details(self._said)
        prompt, response = (sum(each["tokenCount"] for each in details) for details in (heard, said))
        thoughts = round(self._thoughts + 0.5) if self._thoughts else 0
        self._start()
        counts = {"promptTokenCount": prompt, f"{self._answer}TokenCount": response}
        if thoughts:
            counts["thoughtsTokenCount"] = thoughts
        return {
            **counts,
            "totalTokenCount": prompt + response + thoughts,
            "promptTokensDetails": heard,
            f"{self._answer}TokensDetails": said,
            **self._traffic,
        }

    @staticmethod
    def _add(sizes: dict[str, float], modality: str, tokens: float) -> None:
        if tokens:
            sizes[modality] = sizes.get(modality, 0.0) + tokens


def _audio_tokens(mime_type: str, size: int) -> float:
    found = _RATE.search(mime_type)
    rate = int(found[1]) if found else _DEFAULT_RATE
    return size / (2 * rate) * _PER_SECOND


def _details(sizes: dict[str, float]) -> list[Json]:
    return [{"modality": name, "tokenCount": int(tokens + 0.999)} for name, tokens in sizes.items()]
