"""Every regular expression of the package takes time that grows no faster than the text, whatever the text is."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

import gemini_otel

parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
SIZES = (1_000, 10_000, 100_000)
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
    """CPU time of all matches; where it may decide, the least of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        pattern.fullmatch(text)
        for _ in pattern.finditer(text):
            pass
        best = min(best, time.process_time() - began)
        if best < 0.01:
            break
    return best


PATTERNS = dict(compiled())


def test_all_are_found() -> None:
    """The walk finds patterns in modules, tables and tuples."""
    assert len(PATTERNS) > 50


@pytest.mark.parametrize("name", PATTERNS)
def test_linear_growth(name: str) -> None:
    """Ten times the text takes about ten times as long: a quadratic pattern takes a hundred times, an exponential one for ever.

    What takes no time to speak of at 100,000 characters is good, however it grows. The smallest size goes first, so that a failure is told, not waited for.
    """
    pattern = PATTERNS[name]
    for short, middle, long in zip(*(hostile(pattern, size) for size in SIZES), strict=True):
        assert seconds(pattern, short) < 0.03, short[:60]
        before = seconds(pattern, middle)
        assert before < 0.05, middle[:60]
        assert seconds(pattern, long) < max(35 * before, 0.05), long[:60]
