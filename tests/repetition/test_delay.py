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
    "lines in any order": (in_any_order(), False, 2_400),
    "a sentence with an open place": (with_an_open_place(), False, 2_100),
    "blocks of four lines of code": (code_blocks(), False, 1_500),
    "short records": (short_records(), True, 2_200),
    "padded rows": (a_row_of_escapes(), False, 1_300),
    "a long line from the beginning": (sentence(5, 90) * 9, False, 1_500),
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_told_soon(name: str) -> None:
    """A loop is told within 1,500 characters, and later where a list or verse that somebody asked for looks the same so far."""
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


def scenarios() -> str:
    """The feature of a login, with the steps that its scenarios share."""
    cases = {
        "Correct password": ("enters a correct email and password", "sees the dashboard"),
        "Wrong password": (
            "enters a correct email and a wrong password",
            'sees the message "The password is wrong."',
        ),
        "Unknown email": (
            "enters an email that has no account",
            'sees the message "There is no such account."',
        ),
        "Empty form": ("clicks the login button without any input", 'sees the message "Enter your email."'),
        "Locked account": (
            "enters a wrong password for the fifth time",
            'sees the message "Your account is locked."',
        ),
        "Forgotten password": ('clicks the link "I forgot my password"', "sees the page for a new password"),
        "Stay signed in": (
            'ticks the box "Stay signed in" and enters a correct password',
            "is still signed in the next day",
        ),
    }
    return "Feature: Login\n\n" + "".join(
        f"  Scenario: {name}\n    Given the user is on the login page\n    And the user is not signed in\n    When the user {does}\n"
        f"    Then the user {result}\n    And the login is written to the audit log\n\n"
        for name, (does, result) in cases.items()
    )


def criteria() -> str:
    """Acceptance criteria, each for another role and thing."""
    return "".join(
        f"{n}. Given I am a {WORDS[n]} on the {WORDS[n + 9]} page, when I click the {WORDS[n + 5]} button and confirm the dialog, "
        f"then the {WORDS[n + 9]} is saved and I see a confirmation message.\n"
        for n in range(1, 12)
    )


def song() -> str:
    """Four verses, each before the same chorus."""
    line = "Carry me over the water, carry me over the sea,\nCarry me home to the harbor where somebody waits for me.\n"
    verses = (
        f"The {a} and the {b} are calling by name,\nAnd nothing {c} will be the same.\n"
        for a, b, c in zip(*[iter(WORDS[:12])] * 3, strict=True)
    )
    return "".join(f"{verse}\n{line}{line}\n" for verse in verses)


def litany() -> str:
    return "".join(
        f"For the {a} and for the {b}, we give thanks to you, O Lord, and we praise your holy name.\n"
        for a, b in zip(WORDS[:16], WORDS[16:32], strict=True)
    )


ORDINARY = {
    "scenarios of a login": scenarios(),
    "acceptance criteria": criteria(),
    "a song with a chorus": song(),
    "a litany": litany(),
    "a task for each of 50 days": "".join(f"- [ ] Day {n}: write 500 words\n" for n in range(1, 51)),
    "a seat for each of 52 guests": "["
    + ", ".join(f'{{"id": {n}, "name": "Seat {n}"}}' for n in range(1, 53))
    + "]",
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
    """Rhymes that grow, songs, scenarios, declarations that share their arguments, forms and lists are not loops."""
    text = ORDINARY[name]
    assert feed(text, structured=text.startswith("["), size=40) is None


def test_an_exact_loop_is_told_as_one() -> None:
    """A loop that repeats exactly has the period of its unit although its phrases have all been said before."""
    unit = sentence(9, 60) + " "
    verdict = feed(sentence(3, 70) + " " + unit * 20, size=40)
    assert verdict is not None
    assert verdict.period == len(unit)
