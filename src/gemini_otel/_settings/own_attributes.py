"""The user's own attributes for spans and metrics: checked when they are configured, bounded when they are used."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from gemini_otel._facts import names
from gemini_otel._facts.guard import call_back
from gemini_otel._facts.labels import Dimensions
from gemini_otel._facts.sendable import OTHER

MAX_SPAN_ATTRIBUTES = 32
MAX_METRIC_ATTRIBUTES = 8
MAX_COMBINATIONS = 200

Scalar = str | bool | int | float

_SPAN, _METRIC = "span_attributes", "metric_attributes"
_RESERVED_PREFIXES = ("gemini.", "gen_ai.usage.")


class SpanAttributes:
    """Attributes for every span: constants, and callables without arguments that are called for each span."""

    def __init__(self, given: Mapping[str, Any] | Callable[[], Any]) -> None:
        self._all = given if callable(given) else None
        named = {} if callable(given) else dict(given)
        self._constants, self._callables = _split(named, MAX_SPAN_ATTRIBUTES, _span_value)

    def __str__(self) -> str:
        return getattr(self._all, "__qualname__", "") or ", ".join([*self._constants, *self._callables])

    def values(self) -> dict[str, Any]:
        """The attributes for one span; invalid ones are left out and logged once."""
        if self._all is not None:
            return _checked(call_back(_SPAN, self._all))
        if not self._callables:
            return self._constants
        return {**self._constants, **_checked(_called(self._callables, _SPAN))}


class MetricAttributes:
    """Dimensions for every metric; their combinations are bounded, so that a mistake cannot multiply time series."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._constants, self._callables = _split(given, MAX_METRIC_ATTRIBUTES, _metric_value)
        self._seen: set[Dimensions] = set()

    def __str__(self) -> str:
        return ", ".join([*self._constants, *self._callables])

    def values(self) -> Dimensions:
        """The dimensions for one call. After the first 200 combinations, those from callables are `_OTHER`."""
        called = _called(self._callables, _METRIC) if self._callables else {}
        valid = {name: value if _is_dimension(value) else OTHER for name, value in called.items()}
        found = tuple((self._constants | valid).items())
        if found not in self._seen:
            if len(self._seen) >= MAX_COMBINATIONS:
                return tuple((self._constants | dict.fromkeys(self._callables, OTHER)).items())
            self._seen.add(found)
        return found


def as_mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError("each entry is name=value")
        return {unquote(name.strip()): unquote(text.strip()) for name, _, text in pairs}
    if not isinstance(value, Mapping):
        raise ValueError("a mapping is needed")  # noqa: TRY004  # one kind of error for a bad value
    return value


def _split(
    given: Mapping[str, Any], limit: int, check: Callable[[Any], Any]
) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """Constants and callables, by name."""
    if len(given) > limit:
        raise ValueError(f"{len(given)} attributes are more than {limit}")
    for name in given:
        _check_name(name)
    constants = {name: check(value) for name, value in given.items() if not callable(value)}
    return constants, {name: value for name, value in given.items() if callable(value)}


@functools.cache
def _names_of_ours() -> frozenset[str]:
    return frozenset(
        value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)
    )


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise ValueError(f"{name!r} is not a name")
    if name in _names_of_ours() or name.startswith(_RESERVED_PREFIXES):
        raise ValueError(f"{name} is set by this package")


def _span_value(value: Any) -> Any:
    if isinstance(value, Scalar):
        return value
    if isinstance(value, list | tuple):
        for kind in (str, bool, int, float):
            if all(type(item) is kind for item in value):
                return tuple(value)
    raise ValueError(f"attribute values cannot be of type {type(value).__name__}")


def _metric_value(value: Any) -> Any:
    if not _is_dimension(value):
        raise ValueError(f"dimensions cannot be of type {type(value).__name__}; take str, bool or int")
    return value


def _is_dimension(value: Any) -> bool:
    return isinstance(value, str | bool | int)


def _called(callables: Mapping[str, Callable[[], Any]], setting: str) -> dict[str, Any]:
    found = {name: call_back(f"{setting}[{name!r}]", function) for name, function in callables.items()}
    return {name: value for name, value in found.items() if value is not None}


def _checked(given: Any) -> dict[str, Any]:
    """Those of `given` that are valid on a span."""
    pairs = () if given is None else call_back(_SPAN, lambda: list(given.items())) or ()
    valid = {
        name: checked
        for name, value in pairs
        if value is not None and (checked := call_back(_SPAN, _entry, name, value)) is not None
    }
    return dict(list(valid.items())[:MAX_SPAN_ATTRIBUTES])


def _entry(name: Any, value: Any) -> Any:
    _check_name(name)
    return _span_value(value)
