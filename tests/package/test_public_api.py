"""The public names: what is exported is what there is, and each says what it does."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import gemini_otel
from support import ROOT

MODULES = ("advice", "console", "cli", "cost", "hints", "pytest", "repetition", "simulator")


@pytest.fixture(params=["gemini_otel", *(f"gemini_otel.{name}" for name in MODULES)])
def module(request: pytest.FixtureRequest) -> ModuleType:
    """Each public module."""
    return importlib.import_module(request.param)


def test_the_names() -> None:
    """The package exports the names of its documented API and nothing else."""
    assert gemini_otel.__all__ == [
        "Advice",
        "GeminiInstrumentor",
        "Hint",
        "HintSpanProcessor",
        "Repetition",
        "RepetitionDetector",
        "__version__",
        "advise",
        "check",
        "conversation",
        "default_hints",
        "explain",
        "instrument",
        "prompt",
        "simulator",
        "uninstrument",
    ]


def test_the_public_modules() -> None:
    """Each module or folder of the package without an underscore is public."""
    home = ROOT / "src" / "gemini_otel"
    names = {path.stem for path in home.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {name for name in names if not name.startswith("_")} == set(MODULES)


def test_the_rooms_are_few() -> None:
    """Who opens the package's folder sees at most 16 rooms and files, besides the mark of typed packages (PEP 561)."""
    entries = {path.name for path in (ROOT / "src" / "gemini_otel").iterdir()} - {"__pycache__", "py.typed"}
    assert len(entries) <= 16, sorted(entries)


def test_exported_names_exist(module: ModuleType) -> None:
    """Each name of `__all__` can be imported, and the list is sorted without doubles."""
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def test_nothing_public_is_left_out(module: ModuleType) -> None:
    """Each public class or function that a module defines is in its `__all__`."""
    if module is gemini_otel:
        return
    defined = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    # Of an entry point, and of the instrumentor.
    assert defined - set(module.__all__) - {"trace_trees", "install_on"} == set()


def test_everything_is_documented(module: ModuleType) -> None:
    """Each public module, class and function has a docstring, and so has each public method that a class defines."""
    assert module.__doc__
    undocumented = []
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            if not value.__doc__:
                undocumented.append(name)
            if inspect.isclass(value):
                undocumented += [f"{name}.{each}" for each in undocumented_methods(value)]
    assert undocumented == []


def undocumented_methods(value: type) -> list[str]:
    # Those that the OpenTelemetry interface gives have its documentation.
    return [
        name
        for name, method in vars(value).items()
        if not name.startswith("_")
        and inspect.isfunction(method)
        and not inspect.getdoc(getattr(value, name))
    ]


def test_dir() -> None:
    """dir() lists every public name, before any of them was used."""
    code = "import gemini_otel; print(sorted(set(gemini_otel.__all__) - set(dir(gemini_otel))))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_unknown_name() -> None:
    """A name that does not exist is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="module 'gemini_otel' has no attribute 'instrumnet'"):
        gemini_otel.instrumnet  # type: ignore[attr-defined]


def test_names_are_the_same_each_time(module: ModuleType) -> None:
    """A name gives the same object whenever it is asked for."""
    assert [name for name in module.__all__ if getattr(module, name) is not getattr(module, name)] == []
