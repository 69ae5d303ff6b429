"""Ordinary outputs of the held-out half: other forms than `generated`, with values that differ as those of real data do."""

# ruff: noqa: PERF401 - every source takes the same arguments; the SQL is text, never run
from __future__ import annotations

import json
import math
import random
from collections.abc import Callable

__all__ = ["SOURCES", "make"]

Words = list[str]


def make(source: str, rng: random.Random, words: Words) -> tuple[str, str | None]:
    """Return one ordinary text of the named source and its mime type, None for plain text."""
    mime = {"json": "application/json", "yaml": "application/yaml", "xml": "application/xml"}.get(
        source.split("_", maxsplit=1)[0]
    )
    return SOURCES[source](rng, words), mime


def _some(rng: random.Random, words: Words, low: int = 1, high: int = 4) -> str:
    return " ".join(rng.choices(words, k=rng.randint(low, high)))


def _letter(rng: random.Random, words: Words) -> str:
    return "\n\n".join(_some(rng, words, 20, 90).capitalize() + "." for _ in range(rng.randint(3, 25)))


def _answer(rng: random.Random, words: Words) -> str:
    parts = []
    for n in range(rng.randint(3, 9)):
        parts.append(
            f"## {n + 1}. {_some(rng, words).title()}\n\n{_some(rng, words, 20, 60).capitalize()}.\n"
        )
        parts += [
            f"* **{_some(rng, words, 1, 2).title()}**: {_some(rng, words, 5, 18)}."
            for _ in range(rng.randint(2, 8))
        ]
    return "\n".join(parts)


def _comparison(rng: random.Random, words: Words) -> str:
    names = [_some(rng, words, 1, 2).title() for _ in range(rng.randint(2, 5))]
    rows = [
        [
            _some(rng, words, 1, 3),
            *[rng.choice(("Yes", "No", "Partly", f"{rng.randint(1, 500)} ms")) for _ in names],
        ]
        for _ in range(rng.randint(5, 40))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [["", *names], [":--"] * (len(names) + 1), *rows])


def _conversion(rng: random.Random, words: Words) -> str:
    factor, offset, first = rng.uniform(0.2, 40), rng.choice((0, 0, 32, 273.15)), rng.randint(-50, 50)
    step, digits = rng.choice((1, 1, 2, 5, 10)), rng.randint(1, 3)
    lines = [f"| {_some(rng, words, 1, 1)} | {_some(rng, words, 1, 1)} |", "|---:|---:|"]
    return "\n".join(
        lines
        + [
            f"| {n} | {n * factor + offset:.{digits}f} |"
            for n in range(first, first + rng.randint(20, 90) * step, step)
        ]
    )


def _function_table(rng: random.Random, words: Words) -> str:
    functions = rng.sample((math.sin, math.sqrt, math.log1p, lambda x: x * x, lambda x: x**3, math.exp), 3)
    return "x,f,g,h\n" + "\n".join(
        ",".join([str(n), *(f"{f(n / 7):.4f}" for f in functions)]) for n in range(rng.randint(30, 120))
    )


def _plan(rng: random.Random, words: Words) -> str:
    return "\n".join(
        f"Day {n}: {_some(rng, words, 4, 12)}, then {_some(rng, words, 3, 6)}."
        for n in range(1, rng.randint(10, 60))
    )


def _dialogue(rng: random.Random, words: Words) -> str:
    who = [rng.choice(words).title() for _ in range(rng.randint(2, 4))]
    return "\n".join(
        f"{rng.choice(who)}: {_some(rng, words, 1, 25)}{rng.choice('.?!')}"
        for _ in range(rng.randint(15, 120))
    )


def _song(rng: random.Random, words: Words) -> str:
    chorus, hook = [_some(rng, words, 3, 7) for _ in range(4)], _some(rng, words, 2, 5)
    verses = []
    for _ in range(rng.randint(3, 6)):
        verses += [
            *(_some(rng, words, 4, 8) for _ in range(rng.choice((4, 6)))),
            "",
            *chorus,
            *[hook] * rng.randint(1, 5),
            "",
        ]
    return "\n".join(verses)


def _subtitles(rng: random.Random, words: Words) -> str:
    now, cues = 0.0, []
    for n in range(rng.randint(20, 120)):
        end = now + rng.uniform(1, 5)
        a, b = (
            f"{int(t) // 3600:02}:{int(t) // 60 % 60:02}:{int(t) % 60:02},{int(t % 1 * 1000):03}"
            for t in (now, end)
        )
        line = rng.choice(("[Music]", "[Applause]")) if rng.random() < 0.1 else _some(rng, words, 2, 10)
        cues.append(f"{n + 1}\n{a} --> {b}\n{line}\n")
        now = end + rng.random()
    return "\n".join(cues)


def _server_log(rng: random.Random, words: Words) -> str:
    paths, now, lines = (
        [f"/{'/'.join(rng.choices(words, k=2))}" for _ in range(9)],
        rng.randint(0, 80_000),
        [],
    )
    for _ in range(rng.randint(30, 200)):
        now += rng.randint(0, 9)
        lines.append(
            f'10.0.{rng.randint(0, 9)}.{rng.randint(1, 254)} - - [12/Mar/2025:{now // 3600 % 24:02}:{now // 60 % 60:02}:{now % 60:02} +0000] "GET {rng.choice(paths)} HTTP/1.1" {rng.choice((200, 200, 304, 404))} {rng.randint(90, 90_000)}'
        )
    return "\n".join(lines)


def _tests(rng: random.Random, words: Words) -> str:
    parts = []
    for _ in range(rng.randint(6, 40)):
        name = "_".join(rng.choices(words, k=3)).lower()
        parts.append(
            f"def test_{name}(client):\n    response = client.get('/{rng.choice(words)}')\n    assert response.status_code == {rng.choice((200, 404, 403))}\n    assert response.json()['{rng.choice(words)}'] == {rng.randint(0, 99)}\n"
        )
    return "```python\n" + "\n\n".join(parts) + "```"


def _terraform(rng: random.Random, words: Words) -> str:
    return "\n".join(
        f'resource "cloud_{rng.choice(words)}" "{rng.choice(words)}" {{\n  name    = "{_some(rng, words, 1, 2)}"\n  region  = "{rng.choice(("eu", "us", "asia"))}-{rng.randint(1, 4)}"\n  enabled = {rng.choice(("true", "false"))}\n}}\n'
        for _ in range(rng.randint(5, 40))
    )


def _latex(rng: random.Random, words: Words) -> str:
    rows = [
        " & ".join(
            [
                _some(rng, words, 1, 2),
                *(f"${rng.gauss(0, 3):.2f} \\pm {rng.random():.2f}$" for _ in range(rng.randint(3, 6))),
            ]
        )
        + r" \\"
        for _ in range(rng.randint(8, 40))
    ]
    return "\\begin{tabular}{lrrr}\n\\hline\n" + "\n".join(rows) + "\n\\hline\n\\end{tabular}"


def _diff(rng: random.Random, words: Words) -> str:
    return "\n".join(
        f"@@ -{(n := rng.randint(1, 900))},{rng.randint(1, 9)} +{n},{rng.randint(1, 9)} @@\n"
        + "\n".join(
            rng.choice(("+", "-", " ", " ")) + "    " + _some(rng, words, 2, 9)
            for _ in range(rng.randint(3, 12))
        )
        for _ in range(rng.randint(3, 20))
    )


def _page(rng: random.Random, words: Words) -> str:
    cards = [
        f'<article class="card">\n  <h2>{_some(rng, words)}</h2>\n  <p>{_some(rng, words, 8, 30)}</p>\n  <a href="/{rng.choice(words)}/{rng.randint(1, 999)}">{rng.choice(words)}</a>\n</article>'
        for _ in range(rng.randint(4, 30))
    ]
    return "<!doctype html>\n<main>\n" + "\n".join(cards) + "\n</main>"


def _flow(rng: random.Random, words: Words) -> str:
    names = [rng.choice(words).title() for _ in range(rng.randint(6, 40))]
    return "flowchart LR\n" + "\n".join(
        f"    {rng.choice(names)} -->|{rng.choice(words)}| {rng.choice(names)}" for _ in range(len(names) * 2)
    )


def _json_rows(rng: random.Random, words: Words) -> str:
    return json.dumps(
        [
            {
                "id": rng.randint(1, 10**6),
                "name": _some(rng, words, 1, 3),
                "tags": rng.choices(words, k=rng.randint(0, 4)),
                "active": rng.random() < 0.7,
                "price": round(rng.uniform(1, 900), 2),
            }
            for _ in range(rng.randint(5, 90))
        ],
        indent=rng.choice((None, 2, 4)),
    )


def _json_grid(rng: random.Random, words: Words) -> str:
    return json.dumps(
        {
            "grid": [
                [rng.choices((0, 1, 2), (6, 2, 1))[0] for _ in range(rng.choice((8, 16)))]
                for _ in range(rng.choice((8, 16, 24)))
            ]
        }
    )


def _json_report(rng: random.Random, words: Words) -> str:
    return json.dumps(
        {
            rng.choice(words): {
                "summary": _some(rng, words, 20, 90),
                "score": rng.random(),
                "reasons": [_some(rng, words, 5, 20) for _ in range(5)],
            }
            for _ in range(rng.randint(3, 20))
        },
        indent=2,
    )


def _json_words(rng: random.Random, words: Words) -> str:
    now, rows = 0.0, []
    for _ in range(rng.randint(50, 250)):
        rows.append(
            {
                "start": round(now, 2),
                "end": round(now := now + rng.uniform(0.1, 0.7), 2),
                "word": rng.choice(words),
            }
        )
    return json.dumps({"words": rows})


def _yaml_services(rng: random.Random, words: Words) -> str:
    return "services:\n" + "".join(
        f"  {rng.choice(words)}:\n    image: {rng.choice(words)}:{rng.randint(1, 9)}.{rng.randint(0, 20)}\n    ports: [{rng.randint(1_000, 9_999)}]\n    restart: {rng.choice(('always', 'no'))}\n"
        for _ in range(rng.randint(4, 40))
    )


def _xml_feed(rng: random.Random, words: Words) -> str:
    return (
        "<feed>\n"
        + "".join(
            f"  <entry>\n    <id>{rng.getrandbits(40):x}</id>\n    <title>{_some(rng, words, 2, 7)}</title>\n    <size>{rng.randint(1, 9999)}</size>\n  </entry>\n"
            for _ in range(rng.randint(5, 60))
        )
        + "</feed>"
    )


def _form(rng: random.Random, words: Words) -> str:
    return "\n\n".join(
        f"{_some(rng, words, 1, 3).title()}: {'_' * rng.randint(10, 60)}" for _ in range(rng.randint(6, 25))
    )


def _quiz(rng: random.Random, words: Words) -> str:
    return "\n\n".join(
        f"{n}. {_some(rng, words, 5, 14).capitalize()}?\n"
        + "\n".join(f"   {letter}) {_some(rng, words, 1, 5)}" for letter in "ABCD")
        for n in range(1, rng.randint(6, 40))
    )


def _translations(rng: random.Random, words: Words) -> str:
    return "\n".join(
        f"{rng.choice(words)} — {_some(rng, words, 1, 3)} ({rng.choice(('n.', 'v.', 'adj.'))})"
        for _ in range(rng.randint(20, 150))
    )


def _proof(rng: random.Random, words: Words) -> str:
    steps = [
        f"For n = {n}, we have {n}^2 + {n} = {n * n + n}, so {rng.choice(words)} {_some(rng, words, 2, 8)}."
        for n in range(1, rng.randint(6, 20))
    ]
    return "\n".join([_some(rng, words, 20, 60), *steps, _some(rng, words, 20, 60)])


def _thinking(rng: random.Random, words: Words) -> str:
    begin = ("Let me", "Wait,", "I should", "Now I need to", "So", "Okay,", "The user wants")
    return "\n\n".join(f"{rng.choice(begin)} {_some(rng, words, 8, 40)}." for _ in range(rng.randint(10, 60)))


SOURCES: dict[str, Callable[[random.Random, Words], str]] = {
    "letter": _letter, "answer": _answer, "comparison": _comparison, "conversion": _conversion,
    "function_table": _function_table, "plan": _plan, "dialogue": _dialogue, "song": _song, "subtitles": _subtitles,
    "server_log": _server_log, "tests": _tests, "terraform": _terraform, "latex": _latex, "diff": _diff, "page": _page,
    "flow": _flow, "json_rows": _json_rows, "json_grid": _json_grid, "json_report": _json_report,
    "json_words": _json_words, "yaml_services": _yaml_services, "xml_feed": _xml_feed, "form": _form, "quiz": _quiz,
    "translations": _translations, "proof": _proof, "thinking": _thinking,
}  # fmt: skip
