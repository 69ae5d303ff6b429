"""Lines that fit a terminal."""

from __future__ import annotations

import shutil
import textwrap

_OTHERWISE = (80, 24)  # where nothing knows the size


def columns() -> int:
    """How wide the terminal is; 80 where none reads what is printed."""
    return shutil.get_terminal_size(_OTHERWISE).columns


def wrapped(text: str, indent: str = "", hanging: int = 2) -> str:
    """*text* behind *indent*, its further lines *hanging* deeper. A word, such as a link or an option, is never broken."""
    return textwrap.fill(
        text,
        columns(),
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
