"""Lines that fit a terminal."""

from __future__ import annotations

import shutil
import textwrap

_OTHERWISE = (80, 24)  # if the size is not known


def columns() -> int:
    """The width of the terminal in columns; 80 if the output does not go to one."""
    return shutil.get_terminal_size(_OTHERWISE).columns


def wrapped(text: str, indent: str = "", hanging: int = 2) -> str:
    """*text* after *indent*, with further lines indented by *hanging* more. A word, such as a link or an option, is never broken."""
    return textwrap.fill(
        text,
        columns(),
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
