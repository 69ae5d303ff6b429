"""A hook of mkdocs: names in tables may be broken after dots and underscores, so that a wide table keeps its columns on the screen."""

from __future__ import annotations

import re

_CELL = re.compile(r"<td.*?</td>", re.DOTALL)
_CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
_SEPARATOR = re.compile(r"[._/](?=[A-Za-z])")


def on_page_content(html: str, **_: object) -> str:
    return _CELL.sub(lambda cell: _CODE.sub(lambda code: _breakable(code[0]), cell[0]), html)


def _breakable(name: str) -> str:
    return _SEPARATOR.sub(r"\g<0><wbr>", name)
