"""The project's documents, and the blocks of code in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from support import ROOT

README = ROOT / "README.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md"))]
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


class Snippet(NamedTuple):
    """A block of code in a document, the line above its first one, and the file that it is to be saved as, if any."""

    document: Path
    line: int
    language: str
    title: str | None
    code: str

    @property
    def id(self) -> str:
        return f"{self.document.name}:{self.line}"


def snippets(*languages: str) -> Iterator[Snippet]:
    """The blocks of these languages in all documents; of all languages without any."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in _FENCE.finditer(text):
            language, _, more = block["info"].partition(" ")
            title = re.fullmatch(r'title="([\w.]+)"', more)
            if not languages or language in languages:
                line = text[: block.start("code")].count("\n")
                yield Snippet(document, line, language, title and title[1], textwrap.dedent(block["code"]))
