"""A hook of mkdocs: a search for a code or an id finds its hint before the pages that only mention it."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

FIRST = "hints.md"
_BOOST = 4


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give the page of the hints more weight in the search; its text is unchanged."""
    if page.file.src_uri == FIRST:
        page.meta["search"] = {"boost": _BOOST}
    return markdown
