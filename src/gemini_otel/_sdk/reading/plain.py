"""Turns an SDK object into plain data, for rooms that may not know the SDK."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

_PLAIN = frozenset({str, bool, int, float, bytes, dict})


def plain(source: object) -> Mapping[str, Any]:
    """The fields that are set on a model of the SDK, with nested models converted, too; empty for anything else.

    A dict is the program's own or the model's JSON, and stays unchanged.
    """
    fields = getattr(source, "__dict__", {})
    return {
        name: value if type(value) in _PLAIN else _value(value)
        for name, value in fields.items()
        if value is not None
    }


def _value(value: object) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return plain(value) if hasattr(value, "__dict__") else value
