"""Traces of agents in the held-out half: other tools, arguments and loops than in `calls`, and results where they are known."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from itertools import count

__all__ = ["LOOPS", "ORDINARY"]

Words = list[str]
Call = dict[str, object]


def _call(name: str, result: object = None, **args: object) -> Call:
    return {"name": name, "args": args} if result is None else {"name": name, "args": args, "result": result}


def _work(rng: random.Random, words: Words) -> Iterator[Call]:
    """Yield the mixed calls of a coding agent."""
    while True:
        path = f"{rng.choice(words)}/{rng.choice(words)}_{rng.randint(1, 999)}.py"
        yield rng.choice(
            (
                _call("open_file", path=path, line=rng.randint(1, 900)),
                _call("grep", pattern=rng.choice(words), glob="**/*.py", seen=rng.randint(0, 10**6)),
                _call("shell", f"exit {rng.randint(0, 9999)}", command=f"pytest -k {rng.choice(words)}"),
                _call("replace", path=path, old=rng.choice(words), new=rng.choice(words)),
                _call("web_search", query=" ".join(rng.choices(words, k=4))),
            )
        )


def _some_work(rng: random.Random, words: Words, most: int = 40) -> list[Call]:
    work = _work(rng, words)
    return [next(work) for _ in range(rng.randint(0, most))]


Loop = tuple[list[Call], int]


def _after_work(rng: random.Random, words: Words, loop: list[Call]) -> Loop:
    before = _some_work(rng, words)
    return before + loop, len(before) + 1


def _same(rng: random.Random, words: Words) -> Loop:
    call = _call(
        "read_page",
        rng.choice((None, "404", {"error": "not found"})),
        url=f"https://example.com/{rng.choice(words)}",
    )
    return _after_work(rng, words, [call] * rng.randint(10, 60))


def _round(rng: random.Random, words: Words) -> Loop:
    unit = [
        _call(rng.choice(words), "same" if rng.random() < 0.5 else None, target=rng.choice(words))
        for _ in range(rng.randint(2, 5))
    ]
    return _after_work(rng, words, unit * rng.randint(8, 20))


def _marked(rng: random.Random, words: Words) -> Loop:
    name = rng.choice(
        (
            "request_id",
            "trace_id",
            "attempt",
            "retry_count",
            "nonce",
            "idempotency_key",
            "correlationId",
            "iteration",
        )
    )
    counted = name in {"attempt", "retry_count", "iteration"}
    value = (lambda n: n) if counted else (lambda _: str(uuid.UUID(int=rng.getrandbits(128))))
    query = rng.choice(words)
    return _after_work(
        rng, words, [_call("lookup", key=query, **{name: value(n)}) for n in range(rng.randint(12, 40))]
    )


def _timed(rng: random.Random, words: Words) -> Loop:
    hour, form = (
        rng.randint(0, 23),
        rng.choice(("2026-02-03T{h:02}:{m:02}:{s:02}Z", "2026-02-03 {h:02}:{m:02}:{s:02}")),
    )
    name = rng.choice(("now", "timestamp", "requested_at", "client_time"))
    loop = [
        _call("sync", account=7, **{name: form.format(h=hour, m=n * 2, s=rng.randint(0, 59))})
        for n in range(20)
    ]
    return _after_work(rng, words, loop)


def _remarked(rng: random.Random, words: Words) -> Loop:
    command, remark = f"ls {rng.choice(words)}", rng.choice(words)
    return _after_work(
        rng,
        words,
        [_call("bash", command=command, description=f"{remark} {n}") for n in range(rng.randint(12, 40))],
    )


def _thinking(rng: random.Random, words: Words) -> Loop:
    thought = " ".join(rng.choices(words, k=9))
    return _after_work(
        rng, words, [_call("think", thought=thought, thought_number=n) for n in range(rng.randint(12, 40))]
    )


def _written(rng: random.Random, words: Words) -> Loop:
    line = " ".join(rng.choices(words, k=rng.randint(5, 20))) + "\n"
    content = " ".join(rng.choices(words, k=60)) + "\n" + line * (6_000 // len(line) + 5)
    return _after_work(rng, words, [_call("write_file", path="a.txt", content=content)])


def _coding(rng: random.Random, words: Words) -> list[Call]:
    return _some_work(rng, words, 80)


def _batch(rng: random.Random, words: Words) -> list[Call]:
    name = rng.choice(("id", "order_id", "sha", "session", "email_id", "uuid", "task"))
    value = rng.choice(
        (
            lambda _: str(uuid.UUID(int=rng.getrandbits(128))),
            lambda n: n,
            lambda _: f"{rng.getrandbits(160):040x}",
        )
    )
    tool = rng.choice(("close", "archive", "fetch"))
    return [_call(tool, **{name: value(n)}) for n in range(rng.randint(6, 40))]


def _windows(rng: random.Random, words: Words) -> list[Call]:
    unit = rng.choice((3_600, 86_400, 7 * 86_400))
    return [
        _call(
            "query_metrics", start=1_760_000_000 + unit * n, end=1_760_000_000 + unit * (n + 1), metric="cpu"
        )
        for n in range(rng.randint(6, 30))
    ]


def _days(rng: random.Random, words: Words) -> list[Call]:
    return [_call("get_rate", date=f"2026-03-{n:02}", pair="EURUSD") for n in range(1, rng.randint(7, 31))]


def _poll(rng: random.Random, words: Words) -> list[Call]:
    return [
        _call("job_status", {"state": "running", "done": n * rng.randint(2, 3)}, job=rng.choice(words[:1]))
        for n in range(rng.randint(5, 30))
    ]


def _pages(rng: random.Random, words: Words) -> list[Call]:
    key = rng.choice(("page", "offset", "page_token", "after", "skip"))
    value = (lambda n: n) if key in {"page", "skip"} else (lambda n: f"{n * 7919:08x}")
    return [_call("list_orders", limit=100, **{key: value(n)}) for n in range(rng.randint(6, 50))]


def _fix_and_run(rng: random.Random, words: Words) -> list[Call]:
    left = count(rng.randint(20, 40), -1)
    return [
        call
        for _ in range(rng.randint(5, 18))
        for call in (
            _call("edit", "ok", path="a.py", text=" ".join(rng.choices(words, k=5))),
            _call("run_tests", f"{next(left)} failed"),
        )
    ]


def _ticks(rng: random.Random, words: Words) -> list[Call]:
    return [
        _call(rng.choice(("press", "scroll")), key="down", screen=f"{rng.getrandbits(64):x}")
        for _ in range(rng.randint(5, 40))
    ]


def _coordinates(rng: random.Random, words: Words) -> list[Call]:
    return [
        _call("click", x=rng.randint(0, 1_900), y=rng.randint(0, 1_000)) for _ in range(rng.randint(5, 60))
    ]


def _names(rng: random.Random, words: Words) -> list[Call]:
    return [
        _call("create_ticket", title=f"Move {word}", description=f"Part {n}", project="core")
        for n, word in enumerate(rng.sample(words, 20))
    ]


def _three_tries(rng: random.Random, words: Words) -> list[Call]:
    work = _work(rng, words)
    return [call for _ in range(8) for call in [next(work)] * rng.randint(1, 4)]


def _writes(rng: random.Random, words: Words) -> list[Call]:
    return [
        _call("write_file", path=f"{word}.md", content=" ".join(rng.choices(words, k=700)))
        for word in rng.sample(words, 6)
    ]


LOOPS: dict[str, Callable[[random.Random, Words], Loop]] = {
    "same": _same, "round": _round, "marked": _marked, "timed": _timed, "remarked": _remarked, "thinking": _thinking,
    "written": _written,
}  # fmt: skip
ORDINARY: dict[str, Callable[[random.Random, Words], list[Call]]] = {
    "coding": _coding, "batch": _batch, "windows": _windows, "days": _days, "poll": _poll, "pages": _pages,
    "fix_and_run": _fix_and_run, "ticks": _ticks, "coordinates": _coordinates, "names": _names,
    "three_tries": _three_tries, "writes": _writes,
}  # fmt: skip
