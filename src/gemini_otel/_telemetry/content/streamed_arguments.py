"""Puts the arguments of a streamed function call together: `$.city` with "Par" and "is" is {"city": "Paris"}."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]{1,200})|\[(\d{1,4})\]|\['([^'\]]{1,200})'\]")
_PATH = re.compile(rf"\$(?:{_STEP.pattern}){{1,32}}")
_VALUES = ("number_value", "bool_value", "null_value")


def assembled(pieces: list[Any]) -> Any:
    """The object that the pieces make up; the pieces themselves if a path is not understood."""
    values: dict[str, list[Any]] = {}
    for piece in pieces:
        if not isinstance(piece, Mapping) or not isinstance(path := piece.get("json_path"), str):
            return pieces
        values.setdefault(path, []).append(_value_of(piece))
    whole: dict[str, Any] = {}
    for path, parts in values.items():
        steps = _steps(path)
        if not steps or not _put(whole, steps, _joined(parts)):
            return pieces
    return whole


def _value_of(piece: Mapping[str, Any]) -> Any:
    if isinstance(text := piece.get("string_value"), str):
        return text
    name = next((name for name in _VALUES if name in piece), "null_value")
    return None if name == "null_value" else piece[name]


def _joined(parts: list[Any]) -> Any:
    return "".join(parts) if all(isinstance(part, str) for part in parts) else parts[-1]


def _steps(path: str) -> list[str | int]:
    """Names of fields and numbers of items; empty if the path has another form."""
    if _PATH.fullmatch(path) is None:
        return []
    return [int(match[2]) if match[2] else match[1] or match[3] for match in _STEP.finditer(path)]


def _put(whole: dict[str, Any], steps: list[str | int], value: Any) -> bool:
    """Add the value at its place; False if that fails, because items must come in their order."""
    place: Any = whole
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        inside = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not isinstance(place, list) or step > len(place):
                return False
            if step == len(place):
                place.append(inside)
        elif not isinstance(place, dict):
            return False
        else:
            place.setdefault(step, inside)
        place = place[step]
    return True
