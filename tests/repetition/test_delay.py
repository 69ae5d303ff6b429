"""How soon a loop is told, and what resembles one for as long."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest

from support.repetition import feed

WORDS = (  # noqa: SIM905 - a sentence is easier to read
    "the auditor could not confirm that a second invoice was paid in time although every member of our council "
    "had asked twice for some figures before their meeting began so nobody knew whether this bridge will be closed"
).split()


def sentence(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words)).capitalize() + "."


def in_any_order() -> str:
    rng, lines = random.Random(8), [sentence(n, 11) + "\n" for n in range(4)]
    return "".join(rng.choice(lines) for _ in range(60))


def with_an_open_place() -> str:
    before, after = sentence(1, 14)[:-1], sentence(2, 14)
    return "".join(f"{before} {WORDS[n * 7 % len(WORDS)]} {after}\n" for n in range(30))


def code_blocks() -> str:
    return "".join(f".column-{n} {{\n  display: block;\n  margin: 0 auto;\n}}\n" for n in range(90))


def short_records() -> str:
    return "[" + "".join(f'{{"id": {n}, "name": "Ann"}}, ' for n in range(200))


def a_row_of_escapes() -> str:
    return "| a | b |\n|---|---|\n" + ("| one |" + "&nbsp;" * 60 + "| two |\n") * 20


LOOPS = {
    "lines in any order": (in_any_order(), False, 1_400),
    "a sentence with an open place": (with_an_open_place(), False, 1_300),
    "blocks of four lines of code": (code_blocks(), False, 1_500),
    "short records": (short_records(), True, 1_500),
    "padded rows": (a_row_of_escapes(), False, 1_300),
    "a long line from the beginning": (sentence(5, 90) * 9, False, 1_500),
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_told_soon(name: str) -> None:
    """Loops that a list of the same kind does not resemble are told within 1,500 characters of their beginning."""
    text, structured, most = LOOPS[name]
    assert feed(text[:most], structured=structured, size=40) is not None


def cumulative() -> str:
    """A rhyme in which each line says all lines before once more."""
    parts = (f" that {verb} the {noun}" for verb, noun in zip(WORDS[::2], WORDS[1::2], strict=False))
    return "".join(
        f"This is the house{line}.\n\n" for line in accumulate(parts, lambda so_far, part: part + so_far)
    )


def declarations() -> str:
    """Functions that take the same arguments."""
    rng = random.Random(3)
    return "".join(
        f"int {a}_{b}(unsigned char *pass, int length, unsigned char *salt,\n    int size, int id, const type *kind);\n"
        for a, b in (rng.sample(WORDS, 2) for _ in range(60))
    )


ORDINARY = {
    "a cumulative rhyme": cumulative(),
    "declarations": declarations(),
    "ruled lines of a form": ("_" * 71 + "\n") * 28,
    "a dozen workers": "".join(
        f'  worker{n}:\n    image: "worker"\n    restart: "always"\n    environment:\n      - "ID={n}"\n    ports: [{n}]\n\n'
        for n in range(1, 13)
    ),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_resembles_them_raises_no_alarm(name: str) -> None:
    """Rhymes that grow, declarations that share their arguments, forms and a dozen blocks are no loop."""
    assert feed(ORDINARY[name], size=40) is None


def test_an_exact_loop_is_told_as_one() -> None:
    """A loop that repeats exactly has the period of its unit although its phrases have all been said before."""
    unit = sentence(9, 60) + " "
    verdict = feed(sentence(3, 70) + " " + unit * 20, size=40)
    assert verdict is not None
    assert verdict.period == len(unit)
