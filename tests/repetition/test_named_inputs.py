"""Inputs with a right answer that the detector of an earlier release got wrong, but for the last of the table."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from gemini_otel import RepetitionDetector
from support.repetition import feed

SENTENCE = "The auditor could not confirm that the second invoice was paid in time."
PARAGRAPH = (
    "The council met on Monday and heard the report of the treasurer, who said that the bridge would be closed for "
    "repairs until the spring. Two members asked for the figures, and the chair promised to send them to everybody within "
    "a week. The garden committee had nothing to add, and so the meeting was closed early and the coffee was cold."
)
WORDS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey xray yankee zulu amber birch cedar ember frost grove haven iris jade karst lotus "
    "maple nadir onyx petal quill ridge slate thorn umber vale wharf xenon yield zinc arbor basin cliff drift"
)
PLACES = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "frost",
    "grove",
    "haven",
    "iris",
    "jade",
    "karst",
    "lotus",
    "maple",
    "nadir",
    "onyx",
    "petal",
    "quill",
    "ridge",
    "slate",
    "thorn",
    "umber",
    "vale",
    "wharf",
    "xenon",
    "yield",
    "zinc",
    "arbor",
    "basin",
    "cliff",
    "drift",
    "eaves",
    "fjord",
    "glade",
    "heath",
    "inlet",
    "juniper",
    "knoll",
    "lagoon",
]
VERBS = [
    "check",
    "open",
    "restart",
    "compare",
    "rebuild",
    "measure",
    "review",
    "collect",
    "adjust",
    "sort",
    "export",
    "rename",
]
THINGS = [
    "parser",
    "server",
    "invoice",
    "garden",
    "cache",
    "bridge",
    "engine",
    "report",
    "harbor",
    "customer",
    "ledger",
    "widget",
]
LINK = '<a href="p{i}.html">{i}</a>  '
SPONSOR = '<a href="https://example.com/s/{i}/site" target="_blank"><img src="https://example.com/s/{i}/avatar.svg"></a>\n'
FUNCTION = (
    'def load_report_{i}(value):\n    """Return the report."""\n    if value is None:\n        return None\n'
    "    return value.report\n\n"
)
CARD = (
    '    <div class="media text-muted pt-3">\n      <svg width="32" height="32"><rect fill="#007bff" width="100%" '
    'height="100%"/></svg>\n      <div class="media-body pb-3 mb-0 small lh-125 border-bottom border-gray">\n        '
    '<div class="d-flex justify-content-between align-items-center w-100">\n          <strong class="text-gray-dark">Full '
    'Name</strong>\n          <a href="#">Follow</a>\n        </div>\n        <span class="d-block">@username</span>\n      '
    "</div>\n    </div>\n"
)


def many(line: str, numbers: range) -> str:
    return "".join(line.replace("{i}", str(i)) for i in numbers)


def multiplication(size: int) -> str:
    head = "| × | " + " | ".join(map(str, range(1, size + 1))) + " |\n|" + "---|" * (size + 1) + "\n"
    rows = (" | ".join(str(i * j) for j in range(1, size + 1)) for i in range(1, size + 1))
    return head + "".join(f"| **{i}** | {row} |\n" for i, row in enumerate(rows, 1))


def temperatures() -> str:
    rows = "".join(f"| {c} | {c * 9 / 5 + 32:g} | {c + 273.15:g} |\n" for c in range(-20, 61))
    return "| C | F | K |\n|---|---|---|\n" + rows


def bytes_in_c() -> str:
    pattern = ("0xfe", "0xff", "0x94", "0xfc")
    return ", ".join(pattern[i % 4] if i > 60 else hex(i * 37 % 256) for i in range(250))


def months() -> str:
    return json.dumps([{"month": i, "revenue": 0, "cost": 0, "profit": 0} for i in range(1, 13)], indent=2)


def users() -> str:
    rows = [
        {"name": f"user{i}", "email": f"user{i}@example.com", "password": "changeme"} for i in range(1, 21)
    ]
    return json.dumps(rows, indent=2)


SILENT: dict[str, tuple[str, bool]] = {
    "a multiplication table": (multiplication(15), False),
    "Celsius, Fahrenheit, Kelvin": (temperatures(), False),
    "a bar of 60 links": (f"<div>{many(LINK, range(1, 61))}</div>", False),
    "30 sponsors": (many(SPONSOR, range(30)), False),
    "60 quoted names": ("NAMES = [\n" + many('    "item{i}",\n', range(70, 130)) + "]\n", False),
    "12 months of zeros": (months(), True),
    "20 test users": (users(), True),
    "bytes in C": (bytes_in_c(), False),
    "conversions of a factor near one": (
        "| m | yd |\n|---|---|\n" + "".join(f"| {n} | {n * 1.0936:.1f} |\n" for n in range(1, 90)),
        False,
    ),
    "four equal cards": ("<h6>Suggestions</h6>\n" + CARD * 4, False),
}


def years() -> str:
    rows = "".join(f"| {y}-{y + 1 + y % 3} | The report | {y} |\n" for y in range(1789, 1989, 2))
    return "| Years | Name | From |\n|---|---|---|\n" + rows


def thoughts() -> str:
    rng = random.Random(2)
    return "".join(
        f"The user wants the parser to be stable. I should {rng.choice(VERBS)} the {rng.choice(THINGS)} and then compare the "
        f"result before I answer. Let me think about the {rng.choice(THINGS)} again.\n\n"
        for _ in range(40)
    )


def four_sentences() -> str:
    rng, pairs = (
        random.Random(2),
        (("Maybe", "gate"), ("Perhaps", "door"), ("Surely", "window"), ("Of course", "shop")),
    )
    lines = [f"{one} the {two} is still open, so we look at it again before lunch. " for one, two in pairs]
    return "".join(rng.choice(lines) for _ in range(120))


def section() -> str:
    said = " ".join(f"{SENTENCE[:-1]} in case {place}." for place in PLACES)
    return "Introduction.\n\n" + (((said * 2)[:3000] + "\n\n") * 5)[:13_500]


def minutes() -> str:
    head = ('{"title": "Minutes", "summary": "' + WORDS)[:333] + '", "body": "'
    return head + ((PARAGRAPH + "\\n\\n") * 5)[:1440]


def reworded() -> str:
    rng = random.Random(4)
    words = PARAGRAPH.split()
    return "\n".join(
        " ".join(rng.choice(PLACES) if rng.random() < 1 / 14 else word for word in words) for _ in range(30)
    )


def verified() -> str:
    return "".join(
        f"Wait, let me count again. With {n} items the total would be {n * n + 3 * n}. That does not look right, so I try again.\n"
        for n in range(3, 25)
    )


def code_under_clocks() -> str:
    line = "def index(self): return Parser.RULE"
    return "".join(
        f"09:{n:02}.{n * 37 % 1000:03} --> 09:{n:02}.{n * 71 % 1000:03}\n{line}\n\n" for n in range(1, 55)
    )


EXPLAINED = (
    "Here's the code:\n\n```python\ndef add(a, b):\n    return a + b\n```\n\nAnd the explanation follows.\n\n"
)
FOUND: dict[str, tuple[str, str]] = {
    "40 numbered functions of 5 lines": (many(FUNCTION, range(1, 41)), "text"),
    "60 numbered code lines of 230 characters": (
        many(f'    registry.add(Handler({{i}}, "{"abc " * 50}"))\n', range(100, 160)),
        "text",
    ),
    "a paragraph in a JSON string": (minutes(), "structured_text"),
    "control tokens": ("Done. " + "<|im_end|> " * 100, "text"),
    "years that overlap": (years(), "table_tokens"),
    "a paragraph with three words changed": (thoughts(), "text"),
    "four sentences in random order": (four_sentences(), "text"),
    "a section of 3000 characters": (section(), "text"),
    "a paragraph with one word in fourteen replaced": (reworded(), "text"),
    "values verified in a long sentence": (verified(), "text"),
    "a line of code under time codes": (code_under_clocks(), "text"),
    "pairs of numbers that count": (
        '{"pairs": [' + "".join(f"[{n}, {n}], " for n in range(400)),
        "structured_text",
    ),
    "numbered records of a sentence": (
        "[" + "".join(f'{{"id": {n}, "note": "{SENTENCE}"}}, ' for n in range(17)),
        "structured_text",
    ),
    "zeros after a fenced block": (EXPLAINED + "0" * 1400, "text"),
    "rows with 250 blanks of padding": (
        "| a | b | c |\n|---|---|---|\n" + ("| item | " + " " * 250 + " | ok |\n") * 9,
        "table_tokens",
    ),
    "a form line with 120 underscores": (
        '{"form": "' + ("Name: " + "_" * 120 + "\\n") * 40,
        "structured_text",
    ),
    "two rules and a word": ('{"form": "' + ("=" * 180 + "\\nTOTAL\\n") * 40, "structured_text"),
}


@pytest.mark.parametrize("name", SILENT)
def test_lists_and_tables_raise_no_alarm(name: str) -> None:
    """Tables that are computed and lists that somebody asked for are no loop."""
    text, structured = SILENT[name]
    assert feed(text, structured=structured, size=40) is None


@pytest.mark.parametrize("name", FOUND)
def test_loops_are_found(name: str) -> None:
    """Each of these loops is found and given its kind."""
    text, kind = FOUND[name]
    verdict = feed(text, structured=kind == "structured_text", size=40)
    assert verdict is not None
    assert verdict.kind == kind


CALLS: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "commits": ([{"sha": f"{i * 7919**9:040x}"[-40:]} for i in range(3, 11)], False),
    "messages": (
        [{"id": f"{i:08x}-0000-4000-8000-{i:012x}", "folder": "old"} for i in range(8)],
        False,
    ),
    "hours": ([{"time": f"2026-05-04T{h:02}:00:00Z", "city": "Oslo"} for h in range(8)], False),
    "days": ([{"at": 1_770_000_000 + 86_400 * i, "symbol": "ACME"} for i in range(8)], False),
    "sessions": ([{"session_id": f"{i * 7919**9:032x}"[-32:]} for i in range(3, 11)], False),
    "a remark that counts": ([{"command": "echo noop", "description": f"noop{i}"} for i in range(14)], True),
    "attempts": ([{"url": "https://example.com/a", "attempt": i} for i in range(1, 15)], True),
    "thoughts": (
        [{"thought": "Let me plan.", "thoughtNumber": i % 10 + 1, "totalThoughts": 10} for i in range(30)],
        True,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_by_the_names_of_their_arguments(name: str) -> None:
    """What differs between two calls is progress or passing by the name of the argument."""
    calls, loops = CALLS[name]
    detector = RepetitionDetector()
    verdicts = [detector.feed_call("tool", args) for args in calls]
    assert (verdicts[-1] is not None) is loops


@pytest.mark.parametrize(
    "thresholds", [{"text_run": 2_500}, {"counter_units": 30}, {"text_run": 4_000, "counter_units": 50}]
)
def test_high_thresholds_leave_counters_on(thresholds: dict[str, int]) -> None:
    """A loop with a counter is found at any setting, only later."""
    detector = RepetitionDetector(thresholds=thresholds)
    verdict = None
    for i in range(1, 400):
        verdict = detector.feed(f"Step {i}: I read the file of the second report again.\n")
    assert verdict is not None
    assert verdict.kind == "text"
    assert verdict.period * (verdict.count + 1) > thresholds.get("text_run", 600)


def stamped(form: str, seed: int = 3) -> str:
    """Return one line under time codes that grow at no steady pace."""
    rng, at, lines = random.Random(seed), 3.0, []
    for number in range(1, 61):
        at += rng.uniform(0.7, 8)
        code = f"{int(at) // 3600:02}:{int(at) // 60 % 60:02}:{int(at) % 60:02}"
        lines.append(form.format(n=number, code=code, at=at))
    return "".join(lines)


@pytest.mark.parametrize(
    ("form", "structured"),
    [
        ("{n}\n{code},100 --> {code},900\nThank you for watching.\n\n", False),
        ("[{code}] Thank you for watching.\n", False),
        ('{{"start": {at:.2f}, "text": "Thank you for watching."}}, ', True),
    ],
)
def test_one_line_under_growing_time_codes(form: str, structured: bool) -> None:
    """Subtitles and transcripts that say one line over and over are found, as text and as JSON."""
    assert feed(stamped(form), structured=structured) is not None


COMPUTED = {
    "structured": json.dumps([{"celsius": c, "fahrenheit": round(c * 9 / 5 + 32, 1)} for c in range(120)]),
    "code": "".join(f"    assert square({i}) == {i * i}\n" for i in range(300)),
    "rows": "".join(" ".join(f"{word} {i}" for word in WORDS.split()[:45]) + "\n" for i in range(1, 60)),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_computed_values_are_no_counter(name: str) -> None:
    """Lists, code and rows of computed numbers say nothing over and over."""
    assert feed(COMPUTED[name], structured=name == "structured") is None


def test_varied_repetition_without_blanks() -> None:
    """Text in a script without blanks that says the same in changing order is found by its characters."""
    rng = random.Random(5)
    said = [
        "我需要再检查一次这个问题。",
        "因为用户想要一个稳定的结果。",
        "然后我会比较答案。",
        "再开始写代码吧。",
    ]
    verdict = feed("".join(rng.choice(said) for _ in range(250)))
    assert verdict is not None
    assert verdict.kind == "text"
