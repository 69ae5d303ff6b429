"""Makes values from outside safe to export: whole numbers in 64 bits, text that UTF-8 can encode, bounded lengths and
counts.

One number beyond 64 bits makes every later export of a cumulative metric fail. Half a surrogate pair makes a whole batch of
spans fail, those of other instrumentations included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

OTHER = "_OTHER"
MAX_NUMBER = 2**53 - 1  # what every back end and every JSON reader keeps exactly
MAX_TEXT = 1024  # characters of one attribute
MAX_ITEMS = 64  # of a list
# Below OpenTelemetry's default of 128, with room for the attributes from the span's start.
MAX_ATTRIBUTES = 96
_MAX_DIGITS = 19
_USUAL_SIZE = 4096  # characters of all values; below this nothing needs to be cut
_MAX_CODE = 64
_MOST_NAMES = 500  # names that are remembered
_MAX_TOOL = 128
_MARKS = str.maketrans("_.:/-", "00000")  # allowed in a tool's name, besides letters and digits
_MODALITIES = frozenset({"text", "image", "audio", "video", "document"})


def whole_number(value: object) -> int | None:
    """A whole number within bounds, from a number or a text of decimal digits. None for anything else."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal()):
            return None
        digits = value.lstrip("0")
        return min(int(digits or "0"), MAX_NUMBER) if len(digits) <= _MAX_DIGITS else MAX_NUMBER
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and math.isnan(value))
    ):
        return None
    return int(max(-MAX_NUMBER, min(value, MAX_NUMBER)))


def finite(value: object) -> float | None:
    """A finite float, such as a number of seconds; None for anything else."""
    try:
        number = float(value)  # type: ignore[arg-type]  # what float() refuses is refused here
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


class _Names(dict[str, str]):
    """Returns a name unchanged, and `_OTHER` for a value that does not look like a name, such as prose.

    A bounded number of names is remembered, because the same few come with every call.
    """

    def __init__(self, has_case: Callable[[str], bool]) -> None:
        super().__init__()
        self._has_case = has_case

    def __missing__(self, value: str) -> str:
        if not (_is_word(value) and self._has_case(value)):
            return OTHER
        if len(self) < _MOST_NAMES:
            self[value] = value
        return value


def _is_word(value: str) -> bool:
    """Letters, digits and underscores. This uses no regular expression, because it runs at start-up."""
    return len(value) <= _MAX_CODE and value.isascii() and value.replace("_", "0").isalnum()


# Names from a list of the service, such as `MAX_TOKENS`; those of services that write them in lower case; and those that the
# program writes in either case: a thinking level, a tool mode, a version of the API.
code = _Names(lambda value: value == value.upper()).__getitem__
lower_code = _Names(lambda value: value == value.lower()).__getitem__
setting = _Names(lambda value: value in (value.upper(), value.lower())).__getitem__


def modality(value: str) -> str:
    """A modality of tokens. It becomes part of an attribute's name, so only known ones are kept; any other is `other`."""
    known = value[:32].lower()
    return known if known in _MODALITIES else "other"


def tool_name(value: object) -> str:
    """The name of a tool, which a model may have invented; `_OTHER` if it does not look like a name."""
    if not isinstance(value, str) or len(value) > _MAX_TOOL or not value.isascii():
        return OTHER
    return value if value.translate(_MARKS).isalnum() else OTHER


def text(value: str, limit: int = MAX_TEXT) -> str:
    """`value` with only what UTF-8 can encode, and at most `limit` characters."""
    if len(value) > limit:
        value = value[: limit - 1] + "…"
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def sendable(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes of a span or event, safe to export. Ordinary attributes are returned unchanged after one check.

    Numbers are bounded where they are read, because metrics use them, too.
    """
    return attributes if usual_text(attributes) is not None else bounded(attributes)


def usual_text(attributes: Mapping[str, Any]) -> str | None:
    """All values as one text, where they can be sent as they are; None where they cannot."""
    try:
        said = "".join(map(str, attributes.values()))
    except ValueError:  # a number with more digits than Python converts to text
        return None
    usual = len(said) <= _USUAL_SIZE and len(attributes) <= MAX_ATTRIBUTES and said.isascii()
    return said if usual and "\\ud" not in said else None  # the repr of half a surrogate pair in a list


def bounded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that are kept, with values that can be exported."""
    kept = list(attributes.items())[:MAX_ATTRIBUTES]
    return {text(name, 256): _value(each) for name, each in kept}


def structure(value: Any) -> Any:
    """A nested value that is safe in a log event; nothing is cut."""
    if isinstance(value, str):
        return text(value, len(value))
    if isinstance(value, Mapping):
        return {text(str(name)): structure(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [structure(each) for each in value]
    return whole_number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def replaced(attributes: Mapping[str, Any]) -> list[str]:
    """The names of the attributes with the value `_OTHER`, one for each such value."""
    found = []
    for name, value in attributes.items():
        if isinstance(value, tuple | list):
            found += [name] * value.count(OTHER)
        elif value == OTHER:
            found.append(name)
    return found


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return whole_number(value)
    if isinstance(value, list | tuple):
        return tuple(_value(each) for each in value[:MAX_ITEMS])
    return value
