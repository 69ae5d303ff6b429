"""Ordinary outputs a model writes that are rare in files: tables, records, dumps, refrains, lists."""

# ruff: noqa: PERF401, S608 - every source takes the same arguments; the SQL is text, never run
from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

__all__ = ["SOURCES", "make"]

Words = list[str]


def make(source: str, rng: random.Random, words: Words) -> tuple[str, str | None]:
    """Return one ordinary text of the named source and its mime type, None for plain text."""
    return SOURCES[source](rng, words), "application/json" if source.startswith("json") else None


def _phrase(rng: random.Random, words: Words, low: int = 1, high: int = 4) -> str:
    return " ".join(rng.choices(words, k=rng.randint(low, high)))


def _aligned_table(rng: random.Random, words: Words) -> str:
    widths = [rng.randint(6, 60) for _ in range(rng.randint(2, 8))]
    row = lambda cells: "| " + " | ".join(c[:w].ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"  # noqa: E731
    rows = [row([_phrase(rng, words, 1, 5) for _ in widths]) for _ in range(rng.randint(4, 60))]
    return "\n".join([row([rng.choice(words) for _ in widths]), row(["-" * w for w in widths]), *rows])


def _status_table(rng: random.Random, words: Words) -> str:
    choices = rng.choice((["yes", "no"], ["x", ""], ["✅", "❌"], ["pass", "fail", "-"], ["0", "1"]))
    columns = rng.randint(3, 12)
    lines = ["|" + "|".join(rng.choices(words, k=columns)) + "|", "|" + "---|" * columns]
    for _ in range(rng.randint(10, 80)):
        lines.append(f"| {_phrase(rng, words)} | " + " | ".join(rng.choices(choices, k=columns - 1)) + " |")
    return "\n".join(lines)


def _csv(rng: random.Random, words: Words) -> str:
    start = rng.randint(1, 1_000)
    lines = ["id,name,status,amount,date"]
    for i in range(rng.randint(20, 200)):
        date = f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        lines.append(
            f"{start + i},{_phrase(rng, words)},{rng.choice(('active', 'closed'))},{rng.random() * 99:.2f},{date}"
        )
    return "\n".join(lines)


def _sql(rng: random.Random, words: Words) -> str:
    table = rng.choice(words)
    return "\n".join(
        f"INSERT INTO {table} (id, name, score) VALUES ({i}, '{_phrase(rng, words)}', {rng.randint(0, 999)});"
        for i in range(1, rng.randint(20, 150))
    )


def _log(rng: random.Random, words: Words) -> str:
    modules, verbs = rng.choices(words, k=6), rng.choices(words, k=5)
    second, lines = rng.randint(0, 10**6), []
    for _ in range(rng.randint(30, 250)):
        second += rng.randint(0, 20)
        clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.{rng.randint(0, 999):03}"
        lines.append(
            f"2024-05-01 {clock} INFO {rng.choice(modules)}: {rng.choice(verbs)} took {rng.randint(1, 999)} ms"
        )
    return "\n".join(lines)


def _training_log(rng: random.Random, words: Words) -> str:
    loss, lines = 4.0, []
    for step in range(0, rng.randint(400, 4_000), 10):
        loss *= 0.995 + rng.random() / 200
        lines.append(f"step {step} | loss {loss:.4f} | lr {3e-4:.1e} | {rng.randint(900, 1_100)} tok/s")
    return "\n".join(lines)


def _records(rng: random.Random, words: Words) -> str:
    states = rng.choices(words, k=3)
    rows = [
        {"id": i, "name": _phrase(rng, words), "status": rng.choice(states), "score": rng.randint(0, 100)}
        for i in range(rng.randint(10, 120))
    ]
    return json.dumps(rows, indent=rng.choice((None, 1, 2, 4)), ensure_ascii=False)


def _flags(rng: random.Random, words: Words) -> str:
    row = {
        rng.choice(words): rng.choices((True, False, None), k=rng.randint(5, 60))
        for _ in range(rng.randint(5, 30))
    }
    return json.dumps(row, indent=rng.choice((None, 2)))


def _numbers(rng: random.Random, words: Words) -> str:
    kind = rng.choice(
        (
            lambda: rng.randint(0, 9),
            rng.random,
            lambda: rng.choice((0, 0, 0, 1)),
            lambda: rng.randint(0, 99999),
        )
    )
    return json.dumps(
        {"values": [kind() for _ in range(rng.randint(100, 900))]}, indent=rng.choice((None, None, 2))
    )


def _hex_dump(rng: random.Random, words: Words) -> str:
    data = b"".join(
        rng.choice((bytes(rng.randint(4, 90)), rng.randbytes(rng.randint(4, 200)))) for _ in range(20)
    )
    return "\n".join(f"{i:08x}  {data[i : i + 16].hex(' ')}" for i in range(0, len(data), 16))


def _base64(rng: random.Random, words: Words) -> str:
    data = base64.b64encode(rng.randbytes(rng.randint(500, 20_000))).decode()
    return "\n".join(data[i : i + 76] for i in range(0, len(data), 76)) if rng.random() < 0.5 else data


def _refrain(rng: random.Random, words: Words) -> str:
    chorus = "\n".join(_phrase(rng, words, 4, 8) for _ in range(rng.randint(2, 5)))
    return "\n\n".join(
        "\n".join(_phrase(rng, words, 4, 8) for _ in range(4)) + "\n\n" + chorus
        for _ in range(rng.randint(3, 9))
    )


def _prefix_list(rng: random.Random, words: Words) -> str:
    prefix = _phrase(rng, words, 2, 7)
    mark = rng.choice(("- ", "{i}. ", "* ", "", "Step {i}: "))
    lines = [
        f"{mark.format(i=i)}{prefix} {_phrase(rng, words, 2, 6)}." for i in range(1, rng.randint(10, 80))
    ]
    return "\n".join(lines)


def _rules(rng: random.Random, words: Words) -> str:
    rule = rng.choice("=-*#~_") * rng.randint(20, 120)
    return "\n".join(
        f"{rule}\n{_phrase(rng, words, 2, 6).upper()}\n{rule}\n{_phrase(rng, words, 20, 60)}"
        for _ in range(9)
    )


def _test_lines(rng: random.Random, words: Words) -> str:
    name = rng.choice(words)
    line = "    assert {n}({a}) == {b}\n"
    same = f"    {name}.next()\n"
    lines = [
        line.format(n=name, a=rng.randint(0, 999), b=rng.choice(("True", "None", rng.randint(0, 99))))
        for _ in range(60)
    ]
    lines.insert(30, same * rng.randint(3, 15))
    return f"def test_{name}():\n" + "".join(lines)


def _contents(rng: random.Random, words: Words) -> str:
    page, lines = 1, []
    for _ in range(rng.randint(15, 60)):
        page += rng.randint(0, 9)
        title = _phrase(rng, words, 1, 7)
        lines.append(f"{title} {'.' * max(3, 90 - len(title))} {page}")
    return "\n".join(lines)


def _boilerplate(rng: random.Random, words: Words) -> str:
    clause = _phrase(rng, words, 30, 90)
    return "\n\n".join(
        f"{i}. {_phrase(rng, words, 2, 4).title()}. {clause if i % 4 == 0 else _phrase(rng, words, 30, 90)}"
        for i in range(1, 25)
    )


def _scripts(rng: random.Random, words: Words) -> str:
    low, high = rng.choice(
        ((0x4E00, 0x9FA0), (0x0621, 0x064A), (0x1F300, 0x1F640), (0xAC00, 0xD7A0), (0x0905, 0x0939))
    )
    letters = [chr(rng.randint(low, high)) for _ in range(rng.choice((30, 300)))]
    sentence = lambda: "".join(rng.choices(letters, k=rng.randint(4, 30)))  # noqa: E731
    return rng.choice(("。", " ", "\n")).join(sentence() for _ in range(rng.randint(40, 200)))


def _ascii_art(rng: random.Random, words: Words) -> str:
    marks = rng.choice((" .:-=+*#%@", " /\\|_", " ░▒▓█", "01"))
    rows = [
        rng.choices(marks, weights=[8, *[1] * (len(marks) - 1)], k=rng.randint(40, 100)) for _ in range(30)
    ]
    return "\n".join("".join(row).rstrip() for row in rows)


def _api_reference(rng: random.Random, words: Words) -> str:
    parts = []
    for _ in range(rng.randint(8, 40)):
        name = "_".join(rng.choices(words, k=2)).lower()
        parts.append(
            f"### `{name}(value)`\n\nReturns the {rng.choice(words)} of the value.\n\nParameters: `value` (str).\n"
        )
    return "\n".join(parts)


SOURCES: dict[str, Callable[[random.Random, Words], str]] = {
    "aligned_table": _aligned_table,
    "status_table": _status_table,
    "csv": _csv,
    "sql": _sql,
    "log": _log,
    "training_log": _training_log,
    "json_records": _records,
    "json_flags": _flags,
    "json_numbers": _numbers,
    "hex_dump": _hex_dump,
    "base64": _base64,
    "refrain": _refrain,
    "prefix_list": _prefix_list,
    "rules": _rules,
    "test_lines": _test_lines,
    "contents": _contents,
    "boilerplate": _boilerplate,
    "scripts": _scripts,
    "ascii_art": _ascii_art,
    "api_reference": _api_reference,
}
