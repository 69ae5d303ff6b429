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


def delay_in(message: str | None) -> float | None:
    """The seconds after which *message* asks to send the request again; None if it names no time."""
    text = (message or "")[:_LONGEST].lower()
    match = _DELAY.search(text) if any(words in text for words in _WORDS) else None
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (float(number or 0) for number in match.group(1, 2, 3))
    return hours * 3600 + minutes * 60 + (seconds / 1000 if match[4] else seconds)
