"""Reads SDK objects and the dicts that stand for them, without side effects.

Fields are read from the instance's `__dict__`: `getattr` costs 4 us if an older SDK lacks the field, and warns about
deprecated ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gemini_otel._facts.parsing import parse_json
from gemini_otel._facts.sendable import MAX_NUMBER, code, finite, setting, whole_number

_CAPITAL = re.compile(r"(?<!^)([A-Z])")
_WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)
_IDENTIFIER = re.compile(r"[\w.:/=+-]{1,256}", re.ASCII)

_NONE: Mapping[str, Any] = MappingProxyType({})


def fields(source: object) -> Mapping[str, Any]:
    """The fields of an SDK model, or of a dict that stands for one (snake_case or camelCase keys); empty for anything else."""
    try:
        found: Mapping[str, Any] = source.__dict__
    except AttributeError:  # None, or a dict
        found = {snake_case(str(k)): v for k, v in source.items()} if isinstance(source, dict) else _NONE
    return found


def field(source: object, name: str) -> Any:
    """One field of `fields(source)`; None where it is absent."""
    return fields(source).get(name)


@functools.lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()


def enum_value(value: object) -> str | None:
    """The raw wire value of an SDK enum or of the string that stands for it."""
    if value is None:
        return None
    raw = getattr(value, "value", value)
    return raw if isinstance(raw, str) else str(raw)


def integer(value: object) -> int | None:
    """A number as a whole one that can be sent."""
    if not isinstance(value, int | float):
        return None
    return int(value) if -MAX_NUMBER < value < MAX_NUMBER else whole_number(value)


def quantity(value: object) -> int | None:
    """A count; None for a value that cannot be one, such as a negative number, which no metric accepts."""
    if type(value) is int and 0 <= value < MAX_NUMBER:
        return value
    number = integer(value)
    return number if number is None or number >= 0 else None


def decimal(value: object) -> float | None:
    return finite(value) if isinstance(value, int | float) else None


def enum_code(value: object) -> str | None:
    """As `enum_value`; `_OTHER` for a value that does not look like an enum, such as prose."""
    return None if value is None else code(str(getattr(value, "value", value)))


def enum_setting(value: object) -> str | None:
    """As `enum_code`, for what the program writes, which may be in lower case."""
    return None if value is None else setting(str(getattr(value, "value", value)))


def items(value: object) -> list[Any] | tuple[Any, ...]:
    """`value` if it is a list or tuple, else empty."""
    return value if isinstance(value, list | tuple) else ()


def with_body(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """The response; if `config.should_return_http_response` left it unparsed, the JSON of its body."""
    if response.get("candidates") is None:
        body = field(response.get("sdk_http_response"), "body")
        if isinstance(body, str):
            return fields(parse_json(body))
    return response


def word(value: object) -> str | None:
    """The value of an enum as one word, whatever it contains."""
    raw = enum_value(value)
    return raw if raw is not None and _WORD.fullmatch(raw) else None


def identifier(value: object) -> str | None:
    """An id; None for a text instead of one."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def count(value: object) -> int:
    """The length of a list; 1 for anything else."""
    return len(items(value)) if isinstance(value, list | tuple) else 1
