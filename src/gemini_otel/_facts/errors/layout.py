"""Removes from a text what a terminal or Node.js adds when it shows an error: colours, frames, split strings, names without
quotes.

Each step is linear, and runs only if the text has the character that it looks for.
"""

from __future__ import annotations

import re

_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
# The sides of a frame around a text whose lines were broken to fit.
_SIDES = "│┃║"
# Node.js shows a long string in pieces: `'{\n' +\n  '  "error": {\n' +`.
_SEAM = re.compile(r"(['\"])\s{0,4}\+\s{1,200}\1")
# Node.js and others show an object with names that have no quotation marks: `{ error: { code: 429, message: '...' } }`.
_BARE_NAMES = re.compile(
    r"([{,\n]\s{0,80})(error|code|status|message|reason|quotaId|quotaMetric|quotaValue|retryDelay)(?= ?: )"
)
_OBJECT = re.compile(r"\{\s{0,80}(?:error|code|status|message) ?: ")


def plain(text: str) -> str:
    """The text without these additions."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if any(side in text for side in _SIDES):
        text = "\n".join(line.strip(f"{_SIDES} \t\r") for line in text.split("\n"))
    if "' +" in text or '" +' in text:
        text = _SEAM.sub("", text)
    if "{" in text and _OBJECT.search(text) is not None:
        text = _BARE_NAMES.sub(r'\1"\2"', text)
    return text
