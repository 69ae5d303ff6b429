"""Chunks of a generate answer, in the form of the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from ._request import parts
from ._scenario import Json


def chunk(*content_parts: Json, finish: str | None = None, index: int = 0, **more: Any) -> Json:
    """One chunk with one candidate; *more* are further fields of the candidate, except ``usageMetadata``."""
    usage = {"usageMetadata": more.pop("usageMetadata")} if "usageMetadata" in more else {}
    candidate: Json = {"content": {"parts": list(content_parts), "role": "model"}} if content_parts else {}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate | {"index": index} | more]} | usage


def text_chunks(text: str, *, pieces: int = 3, finish: str | None = "STOP", **last: Any) -> tuple[Json, ...]:
    """*text* cut into about equal chunks; the finish reason and the fields *last* are on the last of them."""
    cuts = [len(text) * piece // pieces for piece in range(pieces + 1)]
    slices = [text[start:end] for start, end in pairwise(cuts)]
    return (
        *(chunk({"text": each}) for each in slices[:-1]),
        chunk({"text": slices[-1]}, finish=finish, **last),
    )


def merged(chunks: Iterable[Json]) -> Json:
    """The unary answer that holds what *chunks* hold."""
    answer: Json = {}
    candidates: dict[int, Json] = {}
    for each in chunks:
        answer |= {name: value for name, value in each.items() if name != "candidates"}
        for candidate in each.get("candidates", ()):
            index = candidate.get("index", 0)
            candidates[index] = _joined(candidates.get(index, {}), candidate)
    if not candidates:
        return answer
    return {"candidates": [candidates[index] for index in sorted(candidates)]} | answer


def _joined(before: Json, after: Json) -> Json:
    joined = before | after
    if "content" in before and "content" in after:
        joined["content"] = before["content"] | after["content"]
        if all_parts := [*_joined_parts([*parts(before["content"]), *parts(after["content"])])]:
            joined["content"]["parts"] = all_parts
    return joined


def _joined_parts(all_parts: list[Json]) -> Iterator[Json]:
    current: Json | None = None
    for part in all_parts:
        if current is not None and _same_text(current, part):
            current = current | part | {"text": current["text"] + part["text"]}
            continue
        if current is not None:
            yield current
        current = part
    if current is not None:
        yield current


def _same_text(one: Json, other: Json) -> bool:
    return "text" in one and "text" in other and one.get("thought") == other.get("thought")
