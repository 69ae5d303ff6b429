"""Reports what is new in the newest packages since the versions in tests/newest.txt.

Usage: python tools/drift.py            a page of text
       python tools/drift.py --update   writes the installed versions to tests/newest.txt, and what they have to tests/newest_surface.txt

`nox -s drift [-- --update]` runs it in an environment with the newest of everything.
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import surface
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gemini_otel._sdk import patching
from gemini_otel.hints import for_code, is_healthy

ROOT = Path(__file__).resolve().parent.parent
NEWEST = ROOT / "tests" / "newest.txt"
KNOWN = ROOT / "tests" / "newest_surface.txt"
CHECK = surface.SOURCE / "_commands" / "check" / "__init__.py"
CORE = ("google-genai", "opentelemetry-sdk", "wrapt")
_HEAD = """\
# The newest versions that this release was tested with. Written by: nox -s drift -- --update
"""


def main(arguments: list[str]) -> int:
    if "--update" in arguments:
        update()
        return 0
    tested = versions(NEWEST.read_text(encoding="utf-8"))
    print("\n".join(_moved(tested)))
    print("\n".join(report(KNOWN.read_text(encoding="utf-8").splitlines(), surface.lines())))
    return 0


def update() -> None:
    newest = {name: _newest(name) for name in (*CORE, *neighbours())}
    rows = (f"{name}=={version}\n" for name, version in newest.items() if version)
    NEWEST.write_text(_HEAD + "".join(rows), encoding="utf-8")
    check = CHECK.read_text(encoding="utf-8")
    CHECK.write_text(
        re.sub(r'^NEWEST_SDK = "[^"]*"', f'NEWEST_SDK = "{newest[CORE[0]]}"', check, flags=re.MULTILINE),
        encoding="utf-8",
    )
    KNOWN.write_text("\n".join(surface.lines()) + "\n", encoding="utf-8")


def versions(text: str) -> dict[str, str]:
    """The packages and versions in a file of requirements, without extras."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = (Requirement(line) for line in lines if line)
    return {
        canonicalize_name(package.name): specifier.version
        for package in found
        for specifier in package.specifier
        if specifier.operator == "=="
    }


def neighbours() -> list[str]:
    """The packages of tests/coexistence, without those of the core."""
    found = (versions(file.read_text()) for file in sorted((ROOT / "tests" / "coexistence").glob("*.txt")))
    return sorted({name for packages in found for name in packages} - {*CORE})


def report(before: Collection[str], now: Collection[str]) -> Iterator[str]:
    """What was added to a surface, changed or removed, each with its consequence for this package."""
    old, new = _by_name(before), _by_name(now)
    added = [name for name in new if name not in old]
    changed = [name for name in new if name in old and old[name] != new[name]]
    gone = [name for name in old if name not in new]
    for heading, lines in (
        ("New methods that may reach the service", [_method(name) for name in added if _is(name, "method")]),
        ("New fields of answers and usage", [_field(name) for name in added if _is(name, "field")]),
        ("New values of enums", [_value(name) for name in added if _is(name, "value")]),
        ("New exceptions", [name.removeprefix("error ") for name in added if _is(name, "error")]),
        ("New names", [name for name in added if _is(name, "patch", "name")]),
        (
            "Changed parameters",
            [f"{name}{old[name]} -> {new[name]}" for name in changed],
        ),
        ("Gone", gone),
    ):
        if lines:
            yield ""
            yield f"{heading} ({len(lines)})"
            yield from (f"  {line}" for line in lines)
    if not (added or changed or gone):
        yield "Nothing is new."


def _by_name(lines: Collection[str]) -> dict[str, str]:
    """The parameters of each name, which is listed without them."""
    found = (re.fullmatch(r"([^(]*)(\(.*\))?", line) for line in lines)
    return {match[1]: match[2] or "" for match in found if match}


def _is(name: str, *kinds: str) -> bool:
    return name.partition(" ")[0] in kinds


def _method(name: str) -> str:
    module, _, path = name.removeprefix("method ").partition(":")
    return f"{module}:{path}" + ("" if patching.is_patched(module, path) else "  not traced itself")


def _field(name: str) -> str:
    field = name.rpartition(".")[2]
    source = "".join(path.read_text(encoding="utf-8") for path in (surface.SOURCE / "_sdk").rglob("*.py"))
    read = re.search(rf"\b{re.escape(field)}\b", source)
    return name.removeprefix("field ") + ("" if read else "  not read")


def _value(name: str) -> str:
    value = name.partition(".")[2]
    return name.removeprefix("value ") + (
        "" if for_code(value) or is_healthy(value) else "  without an entry"
    )


def _moved(tested: dict[str, str]) -> Iterator[str]:
    yield "Versions: tested with, newest"
    for name, version in tested.items():
        newest = _newest(name)
        moved = newest is not None and Version(newest) > Version(version)
        yield f"  {name} {version}{f' -> {newest}' if moved else ''}"


def _newest(name: str) -> str | None:
    """The installed version of a core package, else the newest one that pip can install."""
    if name in CORE:
        return importlib.metadata.version(name)
    betas = ["--pre"] if name.startswith("opentelemetry-") else []  # the instrumentations have only a version
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", *betas, name]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"\S+ \(([^)]+)\)", told.stdout)
    return found[1] if found else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
