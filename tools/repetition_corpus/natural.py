"""Ordinary texts: slices of the files found under some directory trees."""

from __future__ import annotations

import gzip
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

__all__ = ["DEFAULT_TREES", "Texts", "is_ambiguous"]

DEFAULT_TREES = ("/usr/share", "/usr/include", "/usr/lib", "/etc")
_SUFFIXES = frozenset(
    {
        ".adoc", ".bash", ".c", ".cfg", ".cmake", ".conf", ".cpp", ".css", ".csv", ".desktop", ".dtd", ".el",
        ".go", ".h", ".hpp", ".html", ".ini", ".java", ".js", ".json", ".log", ".m4", ".map", ".md",
        ".mjs", ".php", ".pl", ".pm", ".po", ".pod", ".properties", ".py", ".pyi", ".rb", ".rs", ".rst",
        ".scss", ".sh", ".sql", ".svg", ".tcl", ".tex", ".toml", ".ts", ".tsv", ".txt", ".vim", ".xml",
        ".yaml", ".yml",
    }
)  # fmt: skip
_NAMES = (
    "copyright",
    "license",
    "licence",
    "metadata",
    "changelog",
    "readme",
    "news",
    "copying",
    "record",
    "makefile",
)
_MOST_PER_DIRECTORY = 3
_LARGEST_FILE = 4_000_000


class Texts:
    """The readable files under `trees`."""

    def __init__(self, trees: list[str], rng: random.Random) -> None:
        self._rng = rng
        self._files: dict[str, list[Path]] = defaultdict(list)
        for tree in trees:
            for path in _files(tree, rng):
                self._files[_kind(path)].append(path)
        for paths in self._files.values():
            rng.shuffle(paths)

    def ordinary(self, wanted: int) -> Iterator[tuple[str, str]]:
        """Yield (kind of file, text), taking the kinds in turn so that no kind drowns the others."""
        rounds = [iter(paths) for _, paths in sorted(self._files.items())]
        kinds = sorted(self._files)
        given = 0
        while rounds and given < wanted:
            for kind, paths in list(zip(kinds, rounds, strict=True)):
                path = next(paths, None)
                if path is None:
                    at = kinds.index(kind)
                    del kinds[at], rounds[at]
                    continue
                text = self._slice(_read(path))
                if text and given < wanted:
                    given += 1
                    yield kind, text

    def prose(self, wanted: int) -> list[str]:
        """Return paragraphs of running text, to begin loops with and to take repeated units from."""
        found: list[str] = []
        for kind in ("rst", "txt", "md", "man", "pod", "copyright", "py", "po", "html"):
            for path in self._files[kind][-60:]:
                for part in _read(path)[:40_000].split("\n\n"):
                    line = " ".join(part.split())
                    if 60 <= len(line) <= 2_000 and sum(c.isalpha() or c == " " for c in line) > 0.85 * len(
                        line
                    ):
                        found.append(line)
        self._rng.shuffle(found)
        return found[:wanted]

    def _slice(self, text: str) -> str:
        if len(text) < 120:
            return ""
        size = self._rng.choice((1_500, 3_000, 6_000, 12_000, 24_000, 60_000))
        start = self._rng.randrange(max(1, len(text) - size)) if self._rng.random() < 0.7 else 0
        return text[start : start + size]


def _files(tree: str, rng: random.Random) -> Iterator[Path]:
    for folder, below, names in os.walk(tree, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith(".git"))
        good = [name for name in sorted(names) if _kind(Path(folder, name))]
        for name in rng.sample(good, min(len(good), _MOST_PER_DIRECTORY)):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_FILE:
                yield path


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    if "/man/" in str(path) and name[-2:-1] == ".":
        return "man"
    if ".min." in name:
        return "minified"
    suffix = Path(name).suffix
    if suffix in _SUFFIXES:
        return suffix[1:]
    return next((known for known in _NAMES if name.startswith(known)), "")


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        return data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        return ""


def is_ambiguous(text: str) -> bool:
    """True when the text really holds an exact run of at least 1500 characters and 20 repeats."""
    data = text.encode("utf-8", "surrogatepass")
    size = len(data)
    number = int.from_bytes(data, "big")
    for period in range(1, min(size // 20, 2_000)):
        run = max(1_500, 20 * period) - period
        equal = (number ^ (number >> (8 * period))).to_bytes(size, "big")
        if bytes(run) in equal[period:]:
            return True
    return False
