"""Writes docs/api.md, the reference of the public names, from their docstrings: `python tools/api_page.py`; `--check` only says whether
it is stale.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "api.md"

_HEAD = """# API reference

<!-- Written by tools/api_page.py from the docstrings; edit them there. -->

This page lists every public name, module by module. Any other name is private and may change with any release. All public names are typed.
"""
_MODULES = (
    "gemini_otel",
    *(
        f"gemini_otel.{name}"
        for name in (
            "advice",
            "console",
            "cost",
            "hints",
            "repetition",
            "pytest",
            "simulator",
            "cli",
        )
    ),
)
_HOOKS = "pytest_"  # pytest calls them


class _Annotation:
    """Shows an annotation as it is written in the source."""

    def __init__(self, annotation: object) -> None:
        self._text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
        forward = re.fullmatch(r"ForwardRef\('(.*?)'.*\)", self._text)
        self._text = forward[1] if forward else self._text

    def __repr__(self) -> str:
        return self._text


class _Default:
    """Shows a default; an object is shown without its address."""

    def __init__(self, default: object) -> None:
        self._default = default

    def __repr__(self) -> str:
        return "..." if " at 0x" in repr(self._default) else repr(self._default)


def main(arguments: list[str]) -> int:
    page = render()
    if arguments == ["--check"]:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        print(f"{PAGE.name} is {'up to date' if fresh else 'stale: run python tools/api_page.py'}")
        return 0 if fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for module in _MODULES for line in _module(module))])


def _module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    yield f"## {name}\n"
    yield f"{inspect.getdoc(module)}\n"
    for each in sorted(module.__all__, key=str.lower):
        if not each.startswith((_HOOKS, "__")) and not _is_elsewhere(name, each):
            yield from _entry(each, getattr(module, each))


def _is_elsewhere(module: str, name: str) -> bool:
    """Whether a name is documented at the package and not at the module that defines it."""
    return module != "gemini_otel" and name in importlib.import_module("gemini_otel").__all__


def _entry(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}\n"
    if inspect.ismodule(value):
        yield f"The module [{value.__name__}](#{value.__name__.replace('.', '').lower()}).\n"
        return
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        yield f"{_constant(value)}\n"
        return
    yield f"`{name}{_signature(value)}`\n"
    yield f"{inspect.getdoc(value)}\n"
    if inspect.isclass(value):
        yield from _members(value)


def _members(value: type) -> Iterator[str]:
    """The methods and properties that the class itself defines, if they have a docstring of their own."""
    lines = []
    for name, member in vars(value).items():
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not getattr(function, "__doc__", None) or not inspect.isfunction(function):
            continue
        shown = name if isinstance(member, property) else f"{name}{_signature(function, method=True)}"
        lines.append(f"- `{shown}`: {' '.join(str(inspect.getdoc(function)).split())}")
    if lines:
        yield "\n".join(lines) + "\n"


def _signature(value: Any, *, method: bool = False) -> str:
    try:
        signature = inspect.signature(value)
    except ValueError:  # of a built-in class
        return ""
    parameters = [
        parameter.replace(
            annotation=_shown(parameter.annotation),
            default=parameter.default
            if parameter.default is parameter.empty
            else _Default(parameter.default),
        )
        for parameter in list(signature.parameters.values())[int(method) :]
    ]
    returns = signature.empty if inspect.isclass(value) else _shown(signature.return_annotation)
    return str(signature.replace(parameters=parameters, return_annotation=returns))


def _shown(annotation: object) -> object:
    return annotation if annotation is inspect.Parameter.empty else _Annotation(annotation)


def _constant(value: object) -> str:
    if isinstance(value, dict):
        return f"A dict of {len(value)}: {', '.join(f'`{key}`' for key in sorted(value))}."
    text = str(value).removeprefix("typing.")
    return f"`{text}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
