"""A hook of mkdocs: files outside of docs/ that a page links to become pages of the site, so that no link leads out of it.

README.md is the site's first page. A Markdown file is a page as it stands, any other file one that shows it, a folder one that
lists it.
"""

from __future__ import annotations

import os.path
import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
INDEX = "index.md"
# The place of the repository's files inside the site.
_MOVED = {"README.md": INDEX}
_CODE_OR_LINK = re.compile(
    r"^(?P<fence> *```+)[^\n]*\n.*?^(?P=fence)$|(?P<begin>\]\()(?P<target>[^)\s#]+)(?P<end>(?:#[^)\s]*)?\))",
    re.MULTILINE | re.DOTALL,
)
_NOT_SEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "sh", ".toml": "toml"}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add README.md, and every file that a page links to, including pages that were added."""
    waiting = ["README.md"]
    added: set[str] = set()
    for page in files.documentation_pages():
        waiting += _outside(f"docs/{page.src_uri}", page.content_string)
    while waiting:
        path = waiting.pop()
        if path in added or files.get_file_from_path(place(path)) is not None:
            continue
        added.add(path)
        text = _source(path)
        file = File.generated(config, place(path), content=text, inclusion=InclusionLevel.NOT_IN_NAV)
        files.append(file)
        waiting += _outside(f"{path}/" if (ROOT / path).is_dir() else path, text)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point each link of a page to its target's place in the site."""
    here = origin(page.file.src_uri)

    def rewritten(target: str) -> str:
        path = _repository_path(here, target)
        if path is None:
            return target
        return posixpath.relpath(place(path), posixpath.dirname(page.file.src_uri) or ".")

    return replaced(markdown, rewritten)


def replaced(markdown: str, change: Callable[[str], str]) -> str:
    """The text with new link targets; code is unchanged."""

    def one(found: re.Match[str]) -> str:
        return found[0] if found["fence"] else f"{found['begin']}{change(found['target'])}{found['end']}"

    return _CODE_OR_LINK.sub(one, markdown)


def place(path: str) -> str:
    """The place of a repository file in the site, as the path of a source file."""
    if path in _MOVED:
        return _MOVED[path]
    if (ROOT / path).is_dir():
        return f"{path.removeprefix('docs/')}/index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path if path.endswith(".md") else f"{path}.md"


def origin(src_uri: str) -> str:
    """The path in the repository of the file at a place in the site."""
    if src_uri == INDEX:
        return "README.md"
    return f"docs/{src_uri}" if (ROOT / "docs" / src_uri).exists() else src_uri


def _outside(path: str, text: str) -> list[str]:
    """The files that a text links to and that are not pages yet."""
    found: list[str] = []
    replaced(text, lambda target: found.append(_repository_path(path, target) or "") or target)
    return [each for each in found if each and (not each.startswith("docs/") or (ROOT / each).is_dir())]


def _repository_path(here: str, target: str) -> str | None:
    """The target of a relative link in the file `here`; None if it is not one, or leads nowhere."""
    if ":" in target:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
    inside = not path.startswith("..") and os.path.exists(ROOT / path)  # noqa: PTH110  # for a text with slashes
    return path if inside else None


def _source(path: str) -> str:
    file = ROOT / path
    if file.is_dir():
        entries = sorted(each.name for each in file.iterdir() if each.is_file())
        return f"{_NOT_SEARCHED}# {path}\n\n" + "".join(f"- [{name}]({name})\n" for name in entries)
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return text
    return f"{_NOT_SEARCHED}# {path}\n\n````{_LANGUAGES.get(file.suffix, 'text')}\n{text}````\n"
