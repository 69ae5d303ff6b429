"""Token counts that look like the service's: a token is about four characters, an image in the prompt is 258."""

from __future__ import annotations

import json

from ._request import Call, field_of, parts
from ._scenario import Json

_CHARACTERS = 4
_IMAGE_IN, _IMAGE_OUT, _OTHER_MEDIA = 258, 1290, 100
_TRAFFIC = {"standard": "ON_DEMAND", "priority": "ON_DEMAND_PRIORITY", "flex": "ON_DEMAND_FLEX"}
_DETAILED = ("cacheTokensDetails", "toolUsePromptTokensDetails")

Counts = dict[str, int]
"""Tokens by modality, or sizes in characters."""


class Usage:
    """The running usage of one answer; every chunk reports the sum so far."""

    def __init__(self, call: Call) -> None:
        self._vertex = call.vertex
        self._tier = call.tier
        self._prompt = prompt_counts(call)
        self._candidates: Counts = {}
        self._thoughts: Counts = {}
        self._given: Json = {}

    def add(self, chunk: Json) -> None:
        """Count what *chunk* adds; the counts that it states itself win."""
        for candidate in chunk.get("candidates", ()):
            for part in parts(candidate.get("content", {})):
                _add_size(self._thoughts if part.get("thought") else self._candidates, part, _IMAGE_OUT)
        self._given.update(chunk.get("usageMetadata") or {})

    def as_json(self) -> Json:
        """The usageMetadata of the answer so far, in the service's order of keys."""
        given = self._given
        cached = given.get("cachedContentTokenCount", 0)
        prompt = {**self._prompt, "TEXT": self._prompt.get("TEXT", 0) + cached}
        prompt_total = given.get("promptTokenCount", sum(prompt.values()))
        candidates = given.get("candidatesTokenCount", sum(_tokens(self._candidates).values()))
        thoughts = given.get("thoughtsTokenCount", sum(_tokens(self._thoughts).values()))
        tool_use = given.get("toolUsePromptTokenCount", 0)
        counts = {
            "promptTokenCount": prompt_total,
            "candidatesTokenCount": candidates,
            "totalTokenCount": prompt_total + candidates + thoughts + tool_use,
            "cachedContentTokenCount": cached,
            "toolUsePromptTokenCount": tool_use,
            "thoughtsTokenCount": thoughts,
        }
        return {name: count for name, count in counts.items() if count} | self._details(prompt)

    def _details(self, prompt: Counts) -> Json:
        details: Json = {"promptTokensDetails": modality_details(prompt)}
        details |= {name: self._given[name] for name in _DETAILED if name in self._given}
        if self._candidates and (self._vertex or self._candidates.keys() != {"TEXT"}):
            details["candidatesTokensDetails"] = modality_details(_tokens(self._candidates))
        if self._vertex:
            return details | {"trafficType": self._given.get("trafficType", _TRAFFIC[self._tier])}
        return details | {"serviceTier": self._given.get("serviceTier", self._tier)}


def prompt_counts(call: Call) -> Counts:
    """The tokens of the request's prompt and system instruction."""
    instruction = field_of(call.body, "systemInstruction")
    contents = [*call.contents, *([instruction] if isinstance(instruction, dict) else [])]
    sizes: Counts = {}
    for content in contents:
        for part in parts(content):
            _add_size(sizes, part, _IMAGE_IN)
    return _tokens(sizes)


def text_tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS)


def modality_details(counts: Counts) -> list[Json]:
    return [{"modality": modality, "tokenCount": tokens} for modality, tokens in counts.items() if tokens]


def _tokens(sizes: Counts) -> Counts:
    return {modality: -(-size // _CHARACTERS) for modality, size in sizes.items()}


def _add_size(sizes: Counts, part: Json, image_tokens: int) -> None:
    modality, size = _size(part, image_tokens)
    if size:
        sizes[modality] = sizes.get(modality, 0) + size


def _size(part: Json, image_tokens: int) -> tuple[str, int]:
    text = part.get("text")
    if isinstance(text, str):
        return "TEXT", len(text)
    media = field_of(part, "inlineData") or field_of(part, "fileData")
    if not isinstance(media, dict):
        return "TEXT", len(json.dumps(part))
    kind = str(field_of(media, "mimeType")).partition("/")[0].upper()
    modality = kind if kind in ("IMAGE", "AUDIO", "VIDEO", "TEXT") else "DOCUMENT"
    return modality, _CHARACTERS * (image_tokens if modality == "IMAGE" else _OTHER_MEDIA)
