"""Traces of function calls: loops, and the work of ordinary agents."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable

__all__ = ["LOOPS", "ORDINARY"]

Call = dict[str, object]
_TOOLS = ("search", "read_file", "run_tests", "get_weather", "query", "list_files", "fetch_url", "edit_file")


def _call(rng: random.Random, words: list[str]) -> Call:
    args = {rng.choice(words): rng.choice((" ".join(rng.choices(words, k=2)), rng.randint(0, 99), True))}
    return {"name": rng.choice(_TOOLS), "args": args | {"path": "src/" + rng.choice(words)}}


def _before(rng: random.Random, words: list[str]) -> list[Call]:
    return [_call(rng, words) for _ in range(rng.choice((0, 2, 9, 40)))]


def _identical(rng: random.Random, words: list[str]) -> tuple[list[Call], int]:
    before = _before(rng, words)
    return before + [_call(rng, words)] * rng.randint(6, 30), len(before) + 1


def _cycle(rng: random.Random, words: list[str]) -> tuple[list[Call], int]:
    before = _before(rng, words)
    cycle = [_call(rng, words) for _ in range(rng.randint(2, 5))]
    return before + cycle * rng.randint(5, 9), len(before) + 1


def _key_order(rng: random.Random, words: list[str]) -> tuple[list[Call], int]:
    before = _before(rng, words)
    args = dict.fromkeys(rng.sample(words, 4), "same")
    shuffled = [{"name": "query", "args": dict(rng.sample(sorted(args.items()), 4))} for _ in range(12)]
    return before + shuffled, len(before) + 1


def _volatile(rng: random.Random, words: list[str]) -> tuple[list[Call], int]:
    before, call, loop = _before(rng, words), _call(rng, words), []
    form = rng.choice(("uuid", "iso", "epoch", "hex"))
    for i in range(rng.randint(8, 20)):
        value = {
            "uuid": str(uuid.UUID(bytes=rng.randbytes(16))),
            "iso": f"2025-03-0{1 + i % 9}T10:{i:02}:07Z",
            "epoch": 1_741_000_000 + 13 * i,
            "hex": rng.randbytes(16).hex(),
        }[form]
        loop.append({"name": call["name"], "args": {**call["args"], "request": value}})  # type: ignore[dict-item]
    return before + loop, len(before) + 1


def _pagination(rng: random.Random, words: list[str]) -> list[Call]:
    key = rng.choice(("page", "offset", "cursor"))
    return [
        {"name": "list_items", "args": {key: i * rng.choice((1, 1)), "size": 50}}
        for i in range(rng.randint(5, 40))
    ]


def _polling(rng: random.Random, words: list[str]) -> list[Call]:
    poll: Call = {"name": "get_status", "args": {"job": rng.choice(words)}}
    return [*_before(rng, words), _call(rng, words), *[poll] * rng.randint(1, 4), _call(rng, words)]


def _edit_and_test(rng: random.Random, words: list[str]) -> list[Call]:
    test: Call = {"name": "run_tests", "args": {"target": "all"}}
    return [call for _ in range(rng.randint(4, 25)) for call in (_call(rng, words), test)]


def _work(rng: random.Random, words: list[str]) -> list[Call]:
    return [_call(rng, words) for _ in range(rng.randint(1, 60))]


def _many_values(rng: random.Random, words: list[str]) -> list[Call]:
    return [
        {"name": "get_weather", "args": {"city": rng.choice(words) + str(i), "unit": "C"}}
        for i in range(rng.randint(5, 30))
    ]


LOOPS: dict[str, Callable[[random.Random, list[str]], tuple[list[Call], int]]] = {
    "identical": _identical,
    "cycle": _cycle,
    "key_order": _key_order,
    "volatile": _volatile,
}
ORDINARY: dict[str, Callable[[random.Random, list[str]], list[Call]]] = {
    "pagination": _pagination,
    "polling": _polling,
    "edit_and_test": _edit_and_test,
    "work": _work,
    "many_values": _many_values,
}
