"""Looping outputs: an ordinary beginning, then one of the six kinds of loop, cut in mid-unit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from material import Material

__all__ = ["PATTERNS", "Loop", "make"]


@dataclass
class Loop:
    """One looping text: where it begins, which kinds a reader would accept, and how it was made."""

    text: str
    onset: int
    accept: list[str]
    mime: str | None = None
    near: bool = False


def _repeat(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def _series(units: Iterator[str], size: int) -> str:
    parts: list[str] = []
    total = 0
    for unit in units:
        parts.append(unit)
        total += len(unit)
        if total >= size:
            return "".join(parts)[:size]
    raise AssertionError("a series of units never ends")


def _opening(m: Material) -> str:
    if m.rng.random() < 0.15:
        return ""
    return m.paragraph(60, m.rng.choice((80, 400, 2_500, 7_000))) + m.rng.choice(("\n\n", " ", "\n"))


def _plain(m: Material, unit: str) -> Loop:
    opening = _opening(m)
    return Loop(opening + _repeat(unit, m.size(len(unit))), len(opening), ["text"])


def _char(m: Material) -> Loop:
    return _plain(m, m.rng.choice(".!-=*_ 0aAhxe…。哈😀#~"))


def _token(m: Material) -> Loop:
    unit = " ".join(m.word() for _ in range(m.rng.randint(1, 3))) + m.rng.choice((" ", ", ", "\n", "; ", ""))
    return _plain(m, unit)


def _sentence(m: Material) -> Loop:
    return _plain(m, m.sentence() + m.rng.choice((" ", "\n", "\n\n")))


def _paragraph(m: Material) -> Loop:
    size = m.rng.randint(250, 1_400)
    return _plain(m, m.paragraph(size, size) + "\n\n")


def _list_item(m: Material) -> Loop:
    return _plain(m, m.rng.choice(("- ", "* ", "> ", "1. ", "Wait, ", "Thought: ")) + m.sentence() + "\n")


def _alternating(m: Material) -> Loop:
    return _plain(m, "".join(m.sentence() + m.rng.choice((" ", "\n")) for _ in range(m.rng.randint(2, 5))))


def _code(m: Material) -> Loop:
    name = m.word().lower()
    unit = m.rng.choice(
        (f"    self.{name} = None\n", f"    if {name} is None:\n        return {name}\n", f"import {name}\n")
    )
    return _plain(m, unit)


def _near(m: Material, units: Iterator[str], period: int, accept: str = "text") -> Loop:
    opening = _opening(m)
    return Loop(
        opening + _series(units, max(2_800, m.size(16 * period // 5))), len(opening), [accept], near=True
    )


def _counter(m: Material) -> Loop:
    body, first = m.sentence(), m.rng.choice((1, 2, 8, 40, 96, 1_998))
    step = m.rng.choice((1, 1, 1, 2, 10))
    form = m.rng.choice(
        (
            "{i}. {b}\n",
            "Step {i}: {b}\n",
            "{b} ({i})\n",
            "### {i}\n{b}\n\n",
            "Attempt {i}. {b} ",
            "[{i}] {b}\n",
        )
    )
    return _near(m, (form.format(i=i, b=body) for i in count(first, step)), len(body) + 9)


def _dated(m: Material) -> Loop:
    body = m.sentence()
    dates = (f"2024-{i // 28 % 12 + 1:02}-{i % 28 + 1:02}: {body}\n" for i in count(m.rng.randint(0, 200)))
    return _near(m, dates, len(body) + 12)


def _code_counter(m: Material) -> Loop:
    name = m.word().lower()
    form = m.rng.choice(
        (
            f"    self.{name}_{{i}} = None\n",
            f"def test_{name}_{{i}}():\n    assert {name} is not None\n\n",
            f"const {name}{{i}} = require('{name}{{i}}');\n",
            f"    {name}_{{i}}: str = ''\n",
        )
    )
    return _near(m, (form.format(i=i) for i in count(m.rng.choice((1, 1, 7, 95)))), len(form))


def _two_counters(m: Material) -> Loop:
    one, two = m.sentence(20, 80), m.sentence(20, 80)
    return _near(m, (f"{i}. {one}\n{i + 1}. {two}\n" for i in count(1, 2)), len(one) + len(two) + 8)


def _slots(m: Material) -> Loop:
    adjectives, nouns = [m.word() for _ in range(5)], [m.word() for _ in range(5)]
    form = m.rng.choice(
        (
            "The {n} is {a}, and so the {n} will remain {a}.\n",
            "I think that the {a} {n} is the best {n}. ",
            "We should look at the {a} {n} again. ",
            "- {n}: this is a {a} {n} for a {a} {n}\n",
        )
    )
    units = (form.format(a=m.rng.choice(adjectives), n=m.rng.choice(nouns)) for _ in count())
    return _near(m, units, 90)


def _reworded(m: Material) -> Loop:
    """Say a paragraph again with some words replaced, one in ten to one in twenty."""
    words, rate = m.paragraph(120, 600).split(), m.rng.uniform(0.05, 0.1)
    units = (" ".join(m.word() if m.rng.random() < rate else w for w in words) + "\n" for _ in count())
    return _near(m, units, 1_500)


def _filled_in(m: Material) -> Loop:
    words = m.paragraph(90, 260).split()
    places, fillers = m.rng.sample(range(len(words)), 2), [m.word() for _ in range(12)]
    units = (
        " ".join(m.rng.choice(fillers) if i in places else w for i, w in enumerate(words)) + " "
        for _ in count()
    )
    return _near(m, units, 1_500)


def _shuffled(m: Material) -> Loop:
    lines = [m.sentence(30, 110) + "\n" for _ in range(m.rng.randint(3, 6))]
    return _near(m, (m.rng.choice(lines) for _ in count()), 1_500)


def _captions(m: Material) -> Loop:
    now, line = m.rng.uniform(1, 500), m.sentence(15, 70)
    form = m.rng.choice(
        (
            "{h:02}:{m:02}:{s:06.3f} --> {t}\n",
            "[{m:02}:{s:05.2f}] {t}\n",
            "[{h}:{m:02}:{s:02.0f}] Speaker 1: {t}\n",
        )
    )

    def units() -> Iterator[str]:
        at = now
        while True:
            at += m.rng.uniform(0.4, 7)
            yield form.format(h=int(at) // 3600, m=int(at) // 60 % 60, s=min(59.4, at % 60), t=line)

    return _near(m, units(), 1_500)


def _recalculated(m: Material) -> Loop:
    body = m.sentence(50, 120)
    return _near(m, (f"Check {n}: the sum is {n * (n + 1) // 2}. {body}\n" for n in count(3)), 2_500)


def _blocks(m: Material) -> Loop:
    name, body = m.word().lower(), m.word().lower()
    form = m.rng.choice(
        (
            f"void {name}_{{i}}(void)\n{{{{\n    {body} = 0;\n    return;\n}}}}\n\n",
            f'class {name.title()}{{i}}({body}):\n    """The {body}."""\n\n    name = None\n    size = None\n\n',
            f"  - name: {name}{{i}}\n    {body}: true\n",
        )
    )
    return _near(m, (form.format(i=i) for i in count(1)), 2_500)


def _ruled(m: Material) -> Loop:
    return _plain(m, f"{m.word()} {m.rng.choice('_.-=') * m.rng.randint(30, 180)}\n")


def _chapter(m: Material) -> Loop:
    size = m.rng.randint(1_000, 5_000)
    return _plain(m, m.paragraph(size, size) + "\n\n")


def _head(m: Material, columns: int) -> str:
    header = "| " + " | ".join(m.word() for _ in range(columns)) + " |\n"
    return m.rng.choice(("", m.sentence() + "\n\n")) + header


def _hyphen_run(m: Material) -> Loop:
    head = (
        _head(m, m.rng.randint(2, 6))
        + "|"
        + m.rng.choice(("", " --- |", ":---|---|"))
        + m.rng.choice(("", " ", ":"))
    )
    return Loop(head + "-" * m.size(1), len(head), ["table_hyphens"])


def _hyphen_columns(m: Material) -> Loop:
    head = _head(m, m.rng.randint(2, 6)) + "|"
    return Loop(
        head + _repeat(m.rng.choice(("---|", ":---:|", " --- |", " :--- |")), m.size(6)),
        len(head),
        ["table_hyphens"],
    )


def _padding(m: Material) -> Loop:
    columns = m.rng.randint(2, 5)
    head = _head(m, columns) + "|" + " --- |" * columns + "\n| " + m.word()
    return Loop(head + m.rng.choice((" ", "\u00a0", "&nbsp;", " ")) * m.size(1), len(head), ["table_tokens"])


def _cells(m: Material) -> Loop:
    columns = m.rng.randint(2, 5)
    head = _head(m, columns) + "|" + " --- |" * columns + "\n| " + m.word() + " |"
    cell = m.rng.choice((f" {m.word()} |", "  |", " - |", " 0 |", " N/A |"))
    accept = ["table_tokens", "table_hyphens"] if cell == " - |" else ["table_tokens"]
    return Loop(head + _repeat(cell, m.size(8)), len(head), accept)


def _row_texts(m: Material, first: str) -> str:
    return (
        "| "
        + first
        + " | "
        + m.rng.choice((m.word(), m.sentence(20, 60), "N/A", ""))
        + " | "
        + m.word()
        + " |\n"
    )


def _rows(m: Material) -> Loop:
    head = _head(m, 3) + "|---|---|---|\n"
    row = _row_texts(m, m.word())
    return Loop(head + _repeat(row, m.size(len(row) * 2)), len(head), ["table_tokens"])


def _row_counter(m: Material) -> Loop:
    head = _head(m, 3) + "| --- | --- | --- |\n"
    row = _row_texts(m, "{i}").replace("{i}", "\0")
    rows = (row.replace("\0", str(i)) for i in count(m.rng.choice((1, 5, 90))))
    return Loop(
        head + _series(rows, max(2_800, m.size(len(row) * 4))), len(head), ["table_tokens"], near=True
    )


_JSON = "application/json"


def _json_opening(m: Material) -> str:
    item = {"title": m.sentence(), m.word(): m.rng.randint(1, 99)}
    return json.dumps(item, indent=m.rng.choice((None, 2)), ensure_ascii=False)[:-1].rstrip()


def _json_blank(m: Material) -> Loop:
    head = _json_opening(m) + m.rng.choice(("", ",", ",\n  "))
    unit = m.rng.choice(("\n", " ", "\t", "\n ", "\n\n  ", " \n", "\r\n", "\n" + " " * 30))
    return Loop(head + _repeat(unit, m.size(1)), len(head), ["newlines"], _JSON)


def _json_escapes(m: Material) -> Loop:
    head = _json_opening(m) + f', "text": "{m.sentence()}'
    unit = m.rng.choice(("\\n", "\\t", "\\n\\n", "\\r\\n", "\\u000a", "\\n "))
    return Loop(head + _repeat(unit, m.size(1)), len(head), ["newlines", "structured_text"], _JSON)


def _json_plain(m: Material, opener: str, unit: str) -> Loop:
    head = _json_opening(m) + opener
    return Loop(head + _repeat(unit, m.size(len(unit))), len(head), ["structured_text"], _JSON)


def _json_string(m: Material) -> Loop:
    unit = m.rng.choice(
        (m.word() + " ", m.sentence() + " ", m.word() + "_", m.rng.choice("a0x-\\") + "", "\\u00e9")
    )
    return _json_plain(m, ', "text": "', unit)


def _json_items(m: Material) -> Loop:
    unit = json.dumps(
        m.rng.choice((m.word(), m.sentence(), 0, True, None, {"name": m.word(), "role": m.sentence()}))
    )
    return _json_plain(m, ', "list": [', unit + m.rng.choice((", ", ",", ",\n    ")))


def _json_keys(m: Material) -> Loop:
    unit = f'"{m.word()}": "{m.rng.choice((m.word(), m.sentence()))}"' + m.rng.choice((", ", ",\n  "))
    return _json_plain(m, ", ", unit)


def _json_nesting(m: Material) -> Loop:
    return _json_plain(m, ', "tree": ', m.rng.choice((f'{{"{m.word()}": ', "[", "[[", '{"a":', "[{")))


def _json_digits(m: Material) -> Loop:
    return _json_plain(m, ', "value": 0.', m.rng.choice(("0", "3", "9", "142857", "6")))


def _json_counter(m: Material) -> Loop:
    head = _json_opening(m) + ', "items": ['
    body = m.rng.choice((m.word(), m.sentence()))
    form = m.rng.choice(
        ('{{"id": {i}, "text": "{b}"}},\n', '"{b} {i}", ', '{{"step": {i}, "action": "{b}"}}, ')
    )
    units = (form.format(i=i, b=body) for i in count(m.rng.choice((1, 1, 8, 40))))
    return Loop(
        head + _series(units, max(2_800, m.size(len(body) * 4))), len(head), ["structured_text"], _JSON, True
    )


def _json_captions(m: Material) -> Loop:
    captions = _captions(m)
    line, at = captions.text.rsplit("] ", 1)[-1].split("\n")[0][:60].replace('"', ""), m.rng.uniform(1, 90)
    head = _json_opening(m) + ', "captions": ['

    def units() -> Iterator[str]:
        now = at
        while True:
            now += m.rng.uniform(0.4, 7)
            yield f'{{"from": {now:.3f}, "text": "{line}"}}, '

    return Loop(head + _series(units(), m.size(600)), len(head), ["structured_text"], _JSON, True)


def _yaml(m: Material) -> Loop:
    head, unit = f"name: {m.word()}\nrows:\n", f"  - {m.word()}: {m.sentence()}\n    done: {m.word()}\n"
    return Loop(head + _repeat(unit, m.size(600)), len(head), ["structured_text"], "application/yaml")


def _xml_counter(m: Material) -> Loop:
    head, body = f"<{m.word()}>\n", f"<{m.word()}>{m.word()}</p>"
    rows = (f'<row n="{i}">{body}</row>\n' for i in count(1))
    return Loop(
        head + _series(rows, m.size(900) + 3_000), len(head), ["structured_text"], "application/xml", True
    )


def _json_padded(m: Material) -> Loop:
    return _json_plain(m, ', "form": "', f"{m.word()}: {m.rng.choice('_.- ') * m.rng.randint(30, 200)}\\n")


PATTERNS: dict[str, dict[str, Callable[[Material], Loop]]] = {
    "text": {
        "char": _char, "token": _token, "sentence": _sentence, "paragraph": _paragraph, "list_item": _list_item,
        "alternating": _alternating, "code": _code, "counter": _counter, "dated": _dated,
        "code_counter": _code_counter, "two_counters": _two_counters, "slots": _slots,
        "reworded": _reworded, "filled_in": _filled_in, "shuffled": _shuffled, "captions": _captions,
        "recalculated": _recalculated, "blocks": _blocks, "ruled": _ruled, "chapter": _chapter,
    },
    "table_hyphens": {"run": _hyphen_run, "columns": _hyphen_columns},
    "table_tokens": {"padding": _padding, "cells": _cells, "rows": _rows, "row_counter": _row_counter},
    "newlines": {"blank": _json_blank, "escapes": _json_escapes},
    "structured_text": {
        "string": _json_string, "items": _json_items, "keys": _json_keys, "nesting": _json_nesting,
        "digits": _json_digits, "counter": _json_counter,
        "captions": _json_captions, "yaml": _yaml, "xml_counter": _xml_counter, "padded": _json_padded,
    },
}  # fmt: skip


def make(kind: str, pattern: str, rng: random.Random, prose: list[str], words: list[str]) -> Loop:
    """Return one looping output of the named kind and pattern."""
    return PATTERNS[kind][pattern](Material(rng, prose, words))
