"""Parses JSON from other sources in bounded time and depth, without an exception."""

from __future__ import annotations

import json
import re
from typing import Any

from gemini_otel._facts.sendable import whole_number

MAX_LENGTH = 256 * 1024  # characters, for a text with any number of values
MAX_VALUES = 10_000  # values of a longer text, such as an answer with an image in it
LONGEST = 32 * 1024 * 1024  # characters
MAX_DEPTH = 64
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def parse_json(text: str | bytes | bytearray) -> Any:
    """The value of a JSON text; None if it is not JSON, longer than the bound, or nested deeper.

    Numbers are bounded as everywhere; what JSON does not allow, such as NaN, becomes None.
    """
    if len(text) > LONGEST:
        return None
    if not isinstance(text, str):
        text = text.decode("utf-8", "replace")
    if len(text) > MAX_LENGTH and text.count(",") + text.count(":") > MAX_VALUES:
        return None
    if _is_deep(text):
        return None
    try:
        return json.loads(text, parse_int=_whole, parse_constant=_nothing)
    except (ValueError, RecursionError):  # the program's own stack may be deep
        return None


def _is_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in "]}":
            depth -= 1
    return False


def _whole(digits: str) -> int:
    number = whole_number(digits.removeprefix("-")) or 0
    return -number if digits.startswith("-") else number


def _nothing(_: str) -> None:
    return None
