"""What others say, made sendable: whole numbers in 64 bits, text that UTF-8 can encode, lengths and counts with a bound.

One number beyond 64 bits makes every later export of a cumulative metric fail, and half a surrogate pair a whole batch of
spans, those of other instrumentations included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

OTHER = "_OTHER"
MAX_NUMBER = 2**53 - 1  # what every back end and every JSON reader keeps exactly
MAX_TEXT = 1024  # characters of one attribute
MAX_ITEMS = 64  # of a list
MAX_ATTRIBUTES = 96  # below the 128 of OpenTelemetry's default, with room for what was there at the start
_MAX_DIGITS = 19
_USUAL_SIZE = 4096  # characters of all values: below it there is nothing to cut
_MAX_CODE = 64
_MOST_NAMES = 500  # that are remembered
_MAX_TOOL = 128
_MARKS = str.maketrans("_.:/-", "00000")  # of a tool's name, besides letters and digits
_MODALITIES = frozenset({"text", "image", "audio", "video", "document"})


def whole_number(value: object) -> int | None:
    """A number as a whole one that can be sent; text of decimal digits is one, too. None for anything else."""
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
    """A number of seconds or the like; None for what is none, and for the infinite."""
    try:
        number = float(value)  # type: ignore[arg-type]  # what float refuses is refused here
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


class _Names(dict[str, str]):
    """Gives a name as it is, and `_OTHER` for what has not the form of one, such as prose.

    Those that have it are remembered, a bounded number: the same few come with every call.
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
    """Letters, digits and underscores; without a regular expression, since this is read at start-up."""
    return len(value) <= _MAX_CODE and value.isascii() and value.replace("_", "0").isalnum()


# A name from a list of the service's, such as `MAX_TOKENS`; of services that write such names in lower case; and of what the
# program writes in upper or lower case: a thinking level, a tool mode, a version of the API.
code = _Names(lambda value: value == value.upper()).__getitem__
lower_code = _Names(lambda value: value == value.lower()).__getitem__
setting = _Names(lambda value: value in (value.upper(), value.lower())).__getitem__


def modality(value: str) -> str:
    """A kind of tokens, which becomes part of an attribute's name: so of a closed set, `other` included."""
    known = value[:32].lower()
    return known if known in _MODALITIES else "other"


def tool_name(value: object) -> str:
    """The name of a tool, which a model may have made up: as with models, `_OTHER` for what has not the form of one."""
    if not isinstance(value, str) or len(value) > _MAX_TOOL or not value.isascii():
        return OTHER
    return value if value.translate(_MARKS).isalnum() else OTHER


def text(value: str, limit: int = MAX_TEXT) -> str:
    """`value` as UTF-8 can have it, with at most `limit` characters."""
    if len(value) > limit:
        value = value[: limit - 1] + "…"
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def sendable(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes of a span or event, fit to be sent; as they are where nothing is unusual, which costs one look.

    Numbers are bounded where they are read, since metrics are made of them as well.
    """
    return attributes if usual_text(attributes) is not None else bounded(attributes)


def usual_text(attributes: Mapping[str, Any]) -> str | None:
    """All values as one text, where they can be sent as they are; None where they cannot."""
    try:
        said = "".join(map(str, attributes.values()))
    except ValueError:  # a number of more digits than Python turns into text
        return None
    usual = len(said) <= _USUAL_SIZE and len(attributes) <= MAX_ATTRIBUTES and said.isascii()
    return said if usual and "\\ud" not in said else None  # as half a surrogate pair stands in a list


def bounded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are kept, with values that can be sent."""
    kept = list(attributes.items())[:MAX_ATTRIBUTES]
    return {text(name, 256): _value(each) for name, each in kept}


def structure(value: Any) -> Any:
    """A value of any depth as a log event may have it; nothing of it is cut."""
    if isinstance(value, str):
        return text(value, len(value))
    if isinstance(value, Mapping):
        return {text(str(name)): structure(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [structure(each) for each in value]
    return whole_number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def replaced(attributes: Mapping[str, Any]) -> list[str]:
    """The names of the attributes that have `_OTHER` in the place of what was sent, one for each such value."""
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
