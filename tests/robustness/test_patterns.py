"""Every regular expression of the package takes time that grows no faster than the text, whatever the text is."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

import gemini_otel

parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
SIZES = (24, 60, 100, 140, 180, 1_000, 10_000)  # and 100,000 of the text that took longest
_LEFT_OUT = ("gemini_otel.simulator",)  # a tool of tests, whose input is the test's own
# Modules whose tables have patterns as text, which are compiled when they are needed.
_COMPILED_LATER = ("gemini_otel._facts.errors.kinds", "gemini_otel.hints._evidence")


def compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """All patterns that modules of the package hold, in whatever they hold them."""
    for module in pkgutil.walk_packages(gemini_otel.__path__, "gemini_otel."):
        if module.name.startswith(_LEFT_OUT) or module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            texts = module.name in _COMPILED_LATER
            for number, pattern in enumerate(_within(value, 0, texts)):
                yield f"{module.name}:{name}:{number}", pattern


def _within(value: Any, depth: int, texts: bool) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, str) and texts and depth:
        with contextlib.suppress(re.error):
            yield re.compile(value, re.DOTALL | re.IGNORECASE)
    elif depth < 5 and isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _within(each, depth + 1, texts)
    elif depth < 5 and isinstance(value, dict):
        yield from _within(list(value.values()), depth + 1, texts)


def pieces(pattern: re.Pattern[Any]) -> list[str]:
    """Texts that the pattern's own repetitions and literals match: what a hostile text for it is made of."""
    found: set[str] = set()
    _collect(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG), found)
    return sorted(found, key=len)[:8]


def _collect(tree: Any, found: set[str]) -> None:
    for operation, argument in tree:
        if str(operation) in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            found.add(_example(argument[2]))
        for each in argument if isinstance(argument, tuple | list) else (argument,):
            if isinstance(each, parser.SubPattern):
                found.add(_example(each))
                _collect(each, found)
            elif isinstance(each, list):
                for branch in each:
                    if isinstance(branch, parser.SubPattern):
                        found.add(_example(branch))
                        _collect(branch, found)
    found.add(_example(tree))
    found.discard("")


def _example(tree: Any) -> str:
    """A short text that a part of a pattern matches, roughly."""
    text = ""
    for operation, argument in tree:
        name = str(operation)
        if name == "LITERAL":
            text += chr(argument)
        elif name == "NOT_LITERAL":
            text += "~" if argument != ord("~") else "a"
        elif name == "ANY":
            text += "a"
        elif name == "IN":
            text += _one_of(argument)
        elif name == "BRANCH":
            text += _example(argument[1][0])
        elif name == "SUBPATTERN":
            text += _example(argument[3])
        elif name.endswith("REPEAT"):
            text += _example(argument[2]) * min(max(argument[0], 1), 30)
    return text


def _one_of(choices: Any) -> str:
    (name, argument), *_ = [each for each in choices if str(each[0]) != "NEGATE"] or [("LITERAL", 97)]
    if any(str(each[0]) == "NEGATE" for each in choices):
        return "a"
    if str(name) == "RANGE":
        return chr(argument[0])
    if str(name) == "CATEGORY":
        return {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " "}.get(str(argument), "a")
    return chr(argument)


def hostile(pattern: re.Pattern[Any], size: int) -> Iterator[Any]:
    """Texts of `size` characters that begin as the pattern likes it, and end otherwise."""
    mine = pieces(pattern)
    repeated = [
        *mine,
        *(first + second for first in mine[:3] for second in mine[:3] if first != second),
        " ",
        "a",
        '"',
        "[",
        "\\",
    ]
    for piece in dict.fromkeys(repeated):
        text = (piece * (size // len(piece) + 1))[: size - 1] + "\0"
        yield text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


def seconds(pattern: re.Pattern[Any], text: Any) -> float:
    """CPU time of all matches; where it may decide, the lesser of two."""
    best = float("inf")
    for _ in range(2):
        began = time.thread_time()
        pattern.fullmatch(text)
        for _ in pattern.finditer(text):
            pass
        best = min(best, time.thread_time() - began)
        if best < 0.004:
            break
    return best


def grows(before: float, after: float) -> bool:
    """Whether ten times the text took far more than ten times as long; what takes no time to speak of does not count."""
    return after > 0.02 and after > 35 * before


def fault(pattern: re.Pattern[Any]) -> str | None:
    """The text and the size at which the pattern takes too long, the smallest first: an exponential one never comes back from a long text."""
    times: list[float] = []
    for size in SIZES:
        before, times = times, []
        for place, text in enumerate(hostile(pattern, size)):
            now = seconds(pattern, text)
            if now > 0.03 if size < SIZES[-1] else grows(before[place], now):
                return f"{size} characters: {text[:60]!r}"
            times.append(now)
    worst = max(range(len(times)), key=times.__getitem__)
    (longest,) = itertools.islice(hostile(pattern, 100_000), worst, worst + 1)
    return f"{len(longest)} characters" if grows(times[worst], seconds(pattern, longest)) else None


PATTERNS = dict(compiled())
MODULES = sorted({name.partition(":")[0] for name in PATTERNS})


def test_all_are_found() -> None:
    """The walk finds patterns in modules, tables and tuples."""
    assert len(PATTERNS) > 50


@pytest.mark.parametrize("hostile_pattern", [r"(a+)+$", r"(?:upload/|\w+/)*$", r"[^\n]*x", r"a.*b"])
def test_bad_patterns_are_told(hostile_pattern: str) -> None:
    """Patterns that are exponential or quadratic fail the test below."""
    assert fault(re.compile(hostile_pattern)) is not None


@pytest.mark.parametrize("module", MODULES)
def test_linear_growth(module: str) -> None:
    """Ten times the text takes about ten times as long: a quadratic pattern takes a hundred times, an exponential one for ever."""
    faults = {name: fault(pattern) for name, pattern in PATTERNS.items() if name.partition(":")[0] == module}
    assert {name: told for name, told in faults.items() if told is not None} == {}
