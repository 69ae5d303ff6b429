"""Reading SDK objects and the dicts that stand for them, without side effects.

Fields are read from the instance's `__dict__`: `getattr` costs 4 us where an older SDK lacks the field, and warns on
deprecated ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def field(source: object, name: str) -> Any:
    """The field `name` of an SDK model or of a dict (snake_case or camelCase keys); None where it is absent."""
    if isinstance(source, Mapping):
        value = source.get(name)
        return source.get(camel_case(name)) if value is None else value
    fields = getattr(source, "__dict__", None)
    return None if fields is None else fields.get(name)


def camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


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
