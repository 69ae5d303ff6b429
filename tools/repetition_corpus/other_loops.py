"""Looping outputs of the held-out half: other generators than `loops`, written before the rules they judge were chosen.

Units are cut out of real files at any place, lines drift, and a small word model that always takes the likeliest next
word runs into loops by itself. Loops go on until the reply ends, as a model's do, so they are long.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import count

from loops import Loop
from material import Material

__all__ = ["PATTERNS", "make"]

_STRUCTURED = ("application/json", "application/yaml", "application/xml", "text/x.enum")


def _length(m: Material, period: int) -> int:
    """Return a length from 2,500 to 20,000 characters, most of them short, that holds six units or more."""
    return max(int(2_500 * 8 ** m.rng.random()), int(m.rng.uniform(6, 9) * period))


def _until(units: Iterator[str], size: int) -> str:
    parts: list[str] = []
    total = 0
    while total < size:
        parts.append(next(units))
        total += len(parts[-1])
    return "".join(parts)[:size]


def _lead(m: Material) -> str:
    if m.rng.random() < 0.2:
        return ""
    return m.paragraph(40, int(40 * 200 ** m.rng.random())) + m.rng.choice(("\n", " ", "\n\n", ": "))


def _say(m: Material, units: Iterator[str], period: int, kind: str = "text", near: bool = True) -> Loop:
    lead = _lead(m)
    return Loop(lead + _until(units, _length(m, period)), len(lead), [kind], near=near)


def _copies(m: Material, unit: str) -> Loop:
    return _say(m, iter(lambda: unit, None), len(unit), near=False)


def _any_slice(m: Material) -> Loop:
    text = m.paragraph(700, 900)
    start = m.rng.randrange(200)
    return _copies(m, text[start : start + int(2 * 200 ** m.rng.random()) + 1])


def _lines(m: Material) -> Loop:
    return _copies(m, "".join(m.sentence(20, 200) + "\n" for _ in range(m.rng.randint(1, 6))))


def _section(m: Material) -> Loop:
    size = m.rng.randint(700, 5_500)
    return _copies(m, m.paragraph(size, size) + "\n\n")


def _one_sign(m: Material) -> Loop:
    return _copies(m, m.rng.choice("-_.~#=*|/>0179xzTé…—字😂 \t"))


def _tokens(m: Material) -> Loop:
    mark = m.rng.choice(
        ("<|im_end|>", "<|endoftext|>", "</s>", "[PAD]", "<eos>", "<unk>", "[SEP]", "<end_of_turn>")
    )
    return _copies(m, mark + m.rng.choice(("", " ", "\n", "\n\n")))


def _rule_and_word(m: Material) -> Loop:
    rule = m.rng.choice("=-_*.~") * m.rng.randint(40, 200)
    return _copies(m, m.rng.choice((f"{rule}\n{m.word()}\n", f"{m.word()}: {rule}\n", f"{rule} {m.word()} ")))


def _word_model(m: Material) -> Loop:
    """Take the likeliest next word of a trigram model until the reply ends; it comes round by itself."""
    after: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    words = " ".join(m.rng.sample(m.prose, min(len(m.prose), 60))).split()
    for one, two, three in zip(words, words[1:], words[2:], strict=False):
        after[one, two][three] += 1
    state = (words[-3], words[-2])
    seen: dict[tuple[str, str], int] = {}
    said: list[str] = []
    while state not in seen and state in after:
        seen[state] = len(said)
        said.append(after[state].most_common(1)[0][0])
        state = (state[1], said[-1])
    if state not in seen:
        return _lines(m)
    lead = " ".join(said[: seen[state]]) + " "
    unit = " ".join(said[seen[state] :]) + " "
    return Loop(lead + (unit * (_length(m, len(unit)) // len(unit) + 1)), len(lead), ["text"])


def _changed_words(m: Material) -> Loop:
    """Say a paragraph again and again with one word in twelve replaced."""
    words = m.paragraph(150, 500).split()

    def units() -> Iterator[str]:
        while True:
            yield " ".join(m.word() if m.rng.random() < 1 / 12 else word for word in words) + "\n\n"

    return _say(m, units(), sum(map(len, words)))


def _open_places(m: Material) -> Loop:
    """Say sentences in which two or three places are filled anew each time."""
    words = m.paragraph(140, 320).split()
    places = m.rng.sample(range(len(words)), m.rng.randint(1, max(1, len(words) // 12)))
    fillers = [m.word() for _ in range(m.rng.randint(4, 30))]

    def units() -> Iterator[str]:
        while True:
            for place in places:
                words[place] = m.rng.choice(fillers)
            yield " ".join(words) + m.rng.choice((" ", "\n"))

    return _say(m, units(), sum(map(len, words)))


def _any_order(m: Material) -> Loop:
    lines = [m.sentence(25, 90) for _ in range(m.rng.randint(3, 7))]
    end = m.rng.choice((" ", "\n"))
    return _say(m, iter(lambda: m.rng.choice(lines) + end, None), 60)


def _numbered(m: Material) -> Loop:
    body, total = m.sentence(), m.rng.choice((50, 100, 1_000))
    form = m.rng.choice(
        ("{n}) {b}\n", "Iteration {n}/{t}: {b}\n", "{b} [{n}]\n\n", "**Round {n}.** {b} ", "{n} - {b}\n")
    )
    first, step = m.rng.randint(1, 300), m.rng.choice((1, 1, 1, -1, 5))
    units = (form.format(n=abs(n), t=total, b=body) for n in count(first if step > 0 else 5_000, step))
    return _say(m, units, len(body) + 12)


def _days(m: Material) -> Loop:
    body, month = m.sentence(30, 100), m.rng.randint(1, 12)
    form = m.rng.choice(("{y}/{m:02}/{d:02} {b}\n", "{d}.{m}.{y}: {b}\n", "[{y}-{m:02}-{d:02}] {b}\n"))
    units = (
        form.format(y=2021 + n // 336, m=month, d=n % 28 + 1, b=body) for n in count(m.rng.randint(0, 300))
    )
    return _say(m, units, len(body) + 14)


def _checked_values(m: Material) -> Loop:
    form = m.rng.choice(
        (
            "Let me verify this again for n = {n}: the formula gives {v}, which is what I expected to see.\n",
            "Wait, let me recount. With {n} items the total would be {v}. That does not look right, so I try again.\n",
        )
    )
    return _say(m, (form.format(n=n, v=n * n + 3 * n) for n in count(m.rng.randint(1, 9))), 600)


def _code_blocks(m: Material) -> Loop:
    name, field = m.word().lower(), m.word().lower()
    form = m.rng.choice(
        (
            f"def {name}_@(self, {field}):\n    if {field} is None:\n        raise ValueError('{field}')\n    return self.{name}[{field}]\n\n",
            f"    case @:\n        return {name}.{field}();\n",
            f"  public void test{name.title()}@() {{\n    assertNotNull({field});\n    {field}.close();\n  }}\n\n",
            f".{name}-@ {{\n  display: block;\n  margin: 0 auto;\n}}\n",
            f"elif {name} == @:\n    {field} = {field}.update({name})\n    print({field})\n",
        )
    )
    return _say(m, (form.replace("@", str(n)) for n in count(m.rng.choice((1, 2, 10, 40)))), 9 * len(form))


def _code_lines(m: Material) -> Loop:
    name = m.word().lower()
    return _copies(
        m,
        m.rng.choice(
            (
                f"        {name} = {name}.next()\n",
                f"#include <{name}.h>\n",
                f"  {name}: {name},\n",
                f"}} else if ({name}) {{\n",
            )
        ),
    )


def _clock(seconds: float, form: str) -> str:
    whole = int(seconds)
    return form.format(h=whole // 3_600, m=whole // 60 % 60, s=whole % 60, f=int(seconds % 1 * 1_000))


def _times(m: Material) -> Iterator[tuple[float, float]]:
    now = m.rng.uniform(0, 900)
    while True:
        end = now + m.rng.uniform(0.8, 6)
        yield now, end
        now = end + m.rng.choice((0, 0.01, m.rng.random()))


def _subtitles(m: Material) -> Loop:
    line, number = m.sentence(10, 60), count(1)
    stamp = m.rng.choice(
        ("{h:02}:{m:02}:{s:02},{f:03}", "{h:02}:{m:02}:{s:02}.{f:03}", "{m:02}:{s:02}.{f:03}")
    )
    form = m.rng.choice(("{n}\n{a} --> {b}\n{t}\n\n", "{a} --> {b}\n{t}\n\n"))
    units = (
        form.format(n=next(number), a=_clock(a, stamp), b=_clock(b, stamp), t=line) for a, b in _times(m)
    )
    return _say(m, units, 90)


def _transcript(m: Material) -> Loop:
    line = m.sentence(12, 80)
    stamp = m.rng.choice(("[{m:02}:{s:02}]", "[{h:02}:{m:02}:{s:02}]", "({m}:{s:02})"))
    return _say(m, (f"{_clock(a, stamp)} {line}\n" for a, _ in _times(m)), 90)


def _header(m: Material, columns: int) -> str:
    names = [m.word() for _ in range(columns)]
    return f"{_lead(m).strip()}\n\n| {' | '.join(names)} |\n"


def _table(m: Material, head: str, units: Iterator[str], period: int, *accept: str) -> Loop:
    return Loop(head + _until(units, _length(m, period)), len(head), list(accept), near=True)


def _ruling(m: Material) -> Loop:
    columns = m.rng.randint(2, 6)
    unit = m.rng.choice(("-", "- ", "---|", " :-: |", "------ | "))
    return _table(m, _header(m, columns) + "|", iter(lambda: unit, None), len(unit), "table_hyphens")


def _body(m: Material, columns: int) -> str:
    return _header(m, columns) + "|" + "---|" * columns + "\n"


def _equal_rows(m: Material) -> Loop:
    row = (
        "| "
        + " | ".join(
            m.rng.choice((m.word(), m.sentence(15, 50), str(m.rng.randint(0, 99)))) for _ in range(4)
        )
        + " |\n"
    )
    return _table(m, _body(m, 4), iter(lambda: row, None), len(row), "table_tokens")


def _counted_rows(m: Material) -> Loop:
    cells = " | ".join(m.rng.choice((m.word(), m.sentence(15, 50))) for _ in range(2))
    form = m.rng.choice(
        ("| {n} | {c} |\n", "| {c} | {n} |\n", "| Item {n} | {c} | {k} |\n", "| 2{n:03}-{k:03} | {c} |\n")
    )
    rows = (form.format(n=n, k=n + 1, c=cells) for n in count(m.rng.randint(1, 200)))
    return _table(m, _body(m, 3), rows, len(cells) + 12, "table_tokens")


def _wide_cells(m: Material) -> Loop:
    unit = f"| {m.word()} |{m.rng.choice((' ', '&nbsp;', '.', '_')) * m.rng.randint(20, 150)}| {m.word()} |\n"
    return _table(m, _body(m, 3), iter(lambda: unit, None), len(unit), "table_tokens")


def _endless_cell(m: Material) -> Loop:
    unit = m.rng.choice((" ", "<br>", f"{m.word()} ", "&nbsp;", " | |", f" {m.word()} |"))
    return _table(
        m, _body(m, 3) + f"| {m.word()} | {m.word()} ", iter(lambda: unit, None), len(unit), "table_tokens"
    )


def _document(m: Material) -> tuple[str, str]:
    """Return the beginning of a structured reply, and its mime type."""
    mime = m.rng.choice(("application/json",) * 3 + _STRUCTURED[1:3])
    if mime == "application/yaml":
        return f"title: {m.sentence()}\nitems:\n", mime
    if mime == "application/xml":
        return f'<?xml version="1.0"?>\n<list name="{m.word()}">\n', mime
    return json.dumps({"title": m.sentence(), "list": []}, ensure_ascii=False)[:-2], mime


def _record(m: Material, mime: str) -> str:
    one, two = m.word(), m.rng.choice((m.word(), m.sentence(20, 90).replace('"', "").replace("<", "")))
    if mime == "application/yaml":
        return m.rng.choice((f"  - {two}\n", f"  - {one}: {two}\n", f"  - {one}: {two}\n    id: @\n"))
    if mime == "application/xml":
        return m.rng.choice(
            (f"  <{one}>{two}</{one}>\n", f'  <item id="@">\n    <{one}>{two}</{one}>\n  </item>\n')
        )
    return m.rng.choice(
        (f'"{two}", ', f'{{"{one}": "{two}"}},\n', f'{{"id": @, "{one}": "{two}"}}, ', "0.0, ", "[@, @], ")
    )


def _records(m: Material) -> Loop:
    head, mime = _document(m)
    unit = _record(m, mime)
    units = (unit.replace("@", str(n)) for n in count(m.rng.choice((0, 1, 100))))
    size = _length(m, 12 * len(unit)) if "@" in unit else _length(m, len(unit))
    return Loop(
        head + _until(units, max(size, 45 * len(unit) * ("@" in unit))),
        len(head),
        ["structured_text"],
        mime,
        True,
    )


def _in_a_string(m: Material) -> Loop:
    head = json.dumps({m.word(): m.sentence(), m.word(): ""}, ensure_ascii=False)[:-2]
    unit = m.rng.choice((_any_slice, _lines, _rule_and_word, _one_sign))(m)
    body = json.dumps(unit.text[unit.onset :], ensure_ascii=False)[1:-1]
    kind = ["structured_text", "newlines"] if not unit.text[unit.onset :].strip() else ["structured_text"]
    return Loop(head + body, len(head), kind, "application/json")


def _enum(m: Material) -> Loop:
    value = m.word().upper() + m.rng.choice(("", " ", "_", "\n"))
    return Loop(value * (_length(m, len(value)) // len(value)), 0, ["structured_text"], "text/x.enum")


def _segments(m: Material) -> Loop:
    head = json.dumps({"language": "en", "segments": []})[:-2]
    line = m.sentence(12, 60).replace('"', "")
    units = (f'{{"start": {a:.2f}, "end": {b:.2f}, "text": "{line}"}}, ' for a, b in _times(m))
    return Loop(
        head + _until(units, _length(m, 900)), len(head), ["structured_text"], "application/json", True
    )


def _brackets(m: Material) -> Loop:
    head, _ = json.dumps({m.word(): m.sentence()})[:-1] + ", ", 0
    unit = m.rng.choice(('{"node": ', "[", '{"next": {', "[{}, ", "9", "01"))
    return Loop(
        head + '"value": ' + unit * (_length(m, len(unit)) // len(unit)),
        len(head) + 9,
        ["structured_text"],
        "application/json",
    )


def _blanks(m: Material) -> Loop:
    head, mime = _document(m)
    unit = m.rng.choice(
        (" ", "\n", "\t", "\n\n", "  \n", "\n" + " " * m.rng.randint(1, 40), "\r\n", "\u00a0")
    )
    return Loop(head + unit * (_length(m, len(unit)) // len(unit)), len(head), ["newlines"], mime)


def _escaped_blanks(m: Material) -> Loop:
    head = json.dumps({m.word(): m.sentence()}, ensure_ascii=False)[:-2]
    unit = m.rng.choice(("\\n", "\\t", "\\n \\n", "\\r\\n", "\\u00a0", "\\n\\t", " \\n", "&nbsp;"))
    return Loop(
        head + unit * (_length(m, len(unit)) // len(unit)), len(head), ["newlines"], "application/json"
    )


PATTERNS: dict[str, dict[str, Callable[[Material], Loop]]] = {
    "text": {
        "any_slice": _any_slice, "lines": _lines, "section": _section, "one_sign": _one_sign, "tokens": _tokens,
        "rule_and_word": _rule_and_word, "word_model": _word_model, "changed_words": _changed_words,
        "open_places": _open_places, "any_order": _any_order, "numbered": _numbered, "days": _days,
        "checked_values": _checked_values, "code_blocks": _code_blocks, "code_lines": _code_lines,
        "subtitles": _subtitles, "transcript": _transcript,
    },
    "table_hyphens": {"ruling": _ruling},
    "table_tokens": {
        "equal_rows": _equal_rows, "counted_rows": _counted_rows, "wide_cells": _wide_cells, "endless_cell": _endless_cell,
    },
    "structured_text": {
        "records": _records, "in_a_string": _in_a_string, "enum": _enum, "segments": _segments, "brackets": _brackets,
    },
    "newlines": {"blanks": _blanks, "escaped_blanks": _escaped_blanks},
}  # fmt: skip


def make(kind: str, pattern: str, rng: random.Random, prose: list[str], words: list[str]) -> Loop:
    """Return one looping output of the named kind and pattern."""
    return PATTERNS[kind][pattern](Material(rng, prose, words))
