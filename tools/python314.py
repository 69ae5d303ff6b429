"""Prints the path of a CPython 3.14, which it unpacks below .pythons/ from a Go module that carries one, for Linux on x86-64.

Usage: python tools/python314.py

It has no ensurepip: make an environment with `-m venv --without-pip`, and install into it with `pip --python`.
The exit status is 3 where this machine has no Go toolchain, or is another machine than that CPython is built for.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MODULE = "github.com/kluctl/go-embed-python"
VERSION = "v0.0.0-3.14.6-20260610-1"
SUM = "h1:oGUS7++Wm3LgxUfD6AmJgKbKQD2wdQFO9PzyJv6T+E4="
PLATFORM = "linux-amd64"
PYTHONS = Path(__file__).resolve().parent.parent / ".pythons"
NOT_HERE = 3


def main() -> int:
    try:
        print(python())
    except NotHereError as reason:
        sys.stderr.write(f"{reason}\n")
        return NOT_HERE
    return 0


class NotHereError(Exception):
    """This machine cannot have that CPython; the text says why."""


def python() -> Path:
    """The interpreter, unpacked unless it exists already."""
    home = PYTHONS / VERSION
    interpreter = home / "bin" / "python3.14"
    if not interpreter.exists():
        data = _module() / "python" / "internal" / "data" / PLATFORM
        PYTHONS.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=PYTHONS) as beside:
            unpack(data, Path(beside, "python"))
            if not home.exists():
                Path(beside, "python").rename(home)
    return interpreter


def go() -> str | None:
    """The Go toolchain's command, if this machine has one."""
    return shutil.which("go", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/go/bin")))


def _module() -> Path:
    """The folder into which Go has unpacked the module, after comparing its checksum."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NotHereError(f"the CPython of {MODULE} is for {PLATFORM}, which this machine is not")
    if (command := go()) is None:
        raise NotHereError("no Go toolchain on this machine to download CPython 3.14 with")
    told = subprocess.run(  # noqa: S603
        [command, "mod", "download", "-json", f"{MODULE}@{VERSION}"],
        check=True,
        stdout=subprocess.PIPE,
        cwd=tempfile.gettempdir(),  # outside any Go module
    )
    downloaded: dict[str, str] = json.loads(told.stdout)
    if downloaded["Sum"] != SUM:
        raise SystemExit(f"{MODULE} {VERSION} has the checksum {downloaded['Sum']}, not {SUM}")
    return Path(downloaded["Dir"])


def unpack(data: Path, folder: Path) -> None:
    """Unpack a tree as the module keeps it: large files are gzipped, links and modes are in a list."""
    entries: list[dict[str, Any]] = json.loads((data / "files.json").read_text(encoding="utf-8"))["files"]
    for entry in sorted(entries, key=_depth):
        target = folder / entry["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if "symlink" in entry:
            target.symlink_to(entry["symlink"])
        elif not entry["perm"] & _DIRECTORY:
            _write(data / entry["name"], target)
            target.chmod(stat.S_IMODE(entry["perm"] & 0o777))


_DIRECTORY = 1 << 31  # Go's file modes


def _depth(entry: dict[str, Any]) -> int:
    return str(entry["name"]).count("/")


def _write(source: Path, target: Path) -> None:
    packed = source.with_name(f"{source.name}.gz")
    if source.exists():
        shutil.copyfile(source, target)
    else:
        with gzip.open(packed) as text, target.open("wb") as file:
            shutil.copyfileobj(text, file)


if __name__ == "__main__":
    sys.exit(main())
