"""Text for the terminal whose second and later lines are indented, so that none looks like a new entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_GAP = "  "


class Hanging:
    """Parts of an entry, two spaces apart. A line breaks between parts, and inside a part only if it is too long for a line."""

    def __init__(self, parts: Sequence[Text], indent: int = 4) -> None:
        self.parts = parts
        self.indent = indent

    def __str__(self) -> str:
        return _GAP.join(part.plain for part in self.parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The entry's lines, which fit the available width."""
        indent = self.indent if options.max_width > 2 * self.indent else 0
        for number, line in enumerate(self._lines(console, options.max_width, indent)):
            yield Text.assemble(" " * indent if number else "", line)

    def _lines(self, console: Console, width: int, indent: int) -> list[Text]:
        lines: list[Text] = []
        for part in self.parts:
            if lines and lines[-1].cell_len + len(_GAP) + part.cell_len <= width - indent:
                lines[-1] = Text.assemble(lines[-1], _GAP, part)
            elif part.cell_len <= width - indent or (not lines and part.cell_len <= width):
                lines.append(part)
            else:
                lines += part.wrap(console, width - indent)
        return lines
