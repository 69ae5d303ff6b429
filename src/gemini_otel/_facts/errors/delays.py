"""Reads the wait that a message asks for: `Please retry in 12.3s.`, `try again in 2 minutes`, in Go's notation or in words."""

from __future__ import annotations

import re

_NUMBER = r"(\d{1,6}(?:\.\d{1,9})?)"
_DELAY = re.compile(
    r"\b(?:retry|try again) (?:in|after) (?=\d)"
    rf"(?:{_NUMBER} ?h(?:ours?)?(?![a-z]) ?)?"
    rf"(?:{_NUMBER} ?m(?:in(?:ute)?s?)?(?![a-z]) ?)?"
    rf"(?:{_NUMBER} ?(?:(ms)|s(?:ec(?:ond)?s?)?)(?![a-z]))?",
    re.IGNORECASE,
)
_WORDS = ("retry ", "try again ")
_LONGEST = 8_000
_TOO_MANY_REQUESTS, _INTERNAL = 429, 500


def delay_in(message: str | None, code: int | None) -> float | None:
    """The seconds after which the *message* of an HTTP *code* asks to send the request again; None if it names no time.

    Only codes that may be repeated ask for it; other messages may quote the prompt.
    """
    if code != _TOO_MANY_REQUESTS and (code is None or code < _INTERNAL):
        return None
    text = (message or "")[:_LONGEST].lower()
    found = _DELAY.finditer(text) if any(words in text for words in _WORDS) else ()
    match = next((each for each in found if any(each.groups())), None)
    if match is None:
        return None
    hours, minutes, seconds = (float(number or 0) for number in match.group(1, 2, 3))
    return hours * 3600 + minutes * 60 + (seconds / 1000 if match[4] else seconds)
