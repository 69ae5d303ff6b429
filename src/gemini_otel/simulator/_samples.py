"""Values that fit a schema: for JSON answers and for the arguments of function calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._request import field_of, object_of, objects_of
from ._scenario import Json

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG of one pixel, in base64."""

_MAX_DEPTH = 4
_MOST_ITEMS = 16
_STRINGS = {"date-time": "2026-01-01T12:00:00Z", "date": "2026-01-01", "time": "12:00:00"}


def sample(schema: Json, root: Json | None = None, depth: int = 0) -> Any:
    """A small value for a JSON schema, or for the API's own Schema with upper-case types."""
    root = schema if root is None else root
    schema = _resolved(schema, root)
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if schema.get("enum"):
        return schema["enum"][0]
    maker = _MAKERS.get(_type(schema))
    return maker(schema, root, depth + 1) if maker else None


def _resolved(schema: Json, root: Json) -> Json:
    for _ in range(_MAX_DEPTH):
        if "$ref" in schema:
            schema = _referred(schema["$ref"], root)
        elif alternatives := objects_of(field_of(schema, "anyOf") or schema.get("oneOf")):
            schema = next((each for each in alternatives if _type(each) != "null"), {})
        else:
            break
    return schema


def _referred(reference: str, root: Json) -> Json:
    found: Any = root
    for key in filter(None, reference.removeprefix("#").split("/")):
        found = object_of(found).get(key)
    return object_of(found)


def _type(schema: Json) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), None)
    if kind is None:
        kind = "object" if "properties" in schema else ""
    return str(kind).lower()


def _object(schema: Json, root: Json, depth: int) -> Json:
    properties = object_of(schema.get("properties"))
    required = schema.get("required", ())
    return {
        name: sample(object_of(each), root, depth)
        for name, each in properties.items()
        if depth < _MAX_DEPTH or (name in required and depth < 2 * _MAX_DEPTH)
    }


def _array(schema: Json, root: Json, depth: int) -> list[Any]:
    if depth > _MAX_DEPTH:
        return []
    length = max(1, min(int(field_of(schema, "minItems") or 1), _MOST_ITEMS))
    return [sample(object_of(schema.get("items")), root, depth)] * length


def _string(schema: Json, _root: Json, _depth: int) -> str:
    return _STRINGS.get(str(schema.get("format")), "text")


def _number(schema: Json, _root: Json, _depth: int) -> float:
    return schema.get("minimum", 1)  # type: ignore[no-any-return]  # a schema's minimum is a number


_MAKERS: dict[str, Callable[[Json, Json, int], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": lambda *_: True,
}
