"""Reading SDK objects and the dicts that stand for them, without side effects.

Fields are read from the instance's `__dict__`: `getattr` costs 4 us where an older SDK lacks the field, and warns on
deprecated ones.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_CAPITAL = re.compile(r"(?<!^)([A-Z])")


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
    return int(value) if isinstance(value, int | float) else None


def decimal(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def items(value: object) -> list[Any] | tuple[Any, ...]:
    """`value` where it is a list or tuple, else nothing."""
    return value if isinstance(value, list | tuple) else ()


def with_body(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """The response; where `config.should_return_http_response` left it unparsed, the JSON of its body."""
    if response.get("candidates") is None:
        body = field(response.get("sdk_http_response"), "body")
        if isinstance(body, str):
            return fields(json.loads(body))
    return response
