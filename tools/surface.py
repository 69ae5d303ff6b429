"""The parts of the installed packages that this package builds on, one fact a line: methods, fields, values, and names that
it uses.

Usage: python tools/surface.py

The lines are sorted, and each begins with its kind:
  method  a public method of google-genai that may reach the service, with its parameters
  field   a field of an answer or of usage
  value   a value of an enum
  error   an exception, with its parameters
  patch   a function that the instrumentation patches and that exists, with its parameters
  name    a name of opentelemetry or wrapt that the package imports, with its parameters
"""

from __future__ import annotations

import ast
import enum
import importlib
import importlib.util
import inspect
import pkgutil
import re
import typing
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google.genai
from google.genai import types

SOURCE = Path(__file__).resolve().parent.parent / "src" / "gemini_otel"
GENERATED = "google.genai._gaos.google_genai"
STAINLESS = "google.genai._interactions.resources"

NO_SERVICE = (
    "tests",
    "types",
    "errors",
    "local_tokenizer",
)  # the last needs optional packages, and makes no request
# The exceptions of interactions have moved with google-genai 3.5.
_ERRORS = (
    "google.genai.errors",
    "google.genai._interactions_errors",
    f"{GENERATED.rpartition('.')[0]}.lib.compat_errors",
)
_WEBSOCKET = "google.genai._interactions_websocket"
_MODELS = f"{GENERATED.rpartition('.')[0]}.types"
_ANSWERS = re.compile(
    r"(Response|Usage|UsageMetadata|Metadata|Candidate|Interaction|Status|ServerMessage|ServerContent|Event|Environment|AuthToken)$"
)
_NAMED = re.compile(r"(Reason|State|Status|Stage|Tier|Outcome|Mode)$")


def main() -> None:
    print("\n".join(lines()))


def lines() -> list[str]:
    """The surface of the installed packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK warns about its deprecated names
        found = {
            *_methods(),
            *_fields(),
            *_values(),
            *_errors(),
            *_connections(),
            *_patches(),
            *_used_names(),
        }
    return sorted(found)


def modules() -> Iterator[Any]:
    """The SDK's public modules, and the modules of the generated clients behind the client's properties."""
    for found in pkgutil.iter_modules(google.genai.__path__):
        if not found.name.startswith("_") and found.name not in NO_SERVICE:
            yield importlib.import_module(f"google.genai.{found.name}")
    if importlib.util.find_spec("google.genai._gaos") is not None:
        yield importlib.import_module(GENERATED)
    elif importlib.util.find_spec("google.genai._interactions") is not None:
        resources = importlib.import_module(STAINLESS)
        for found in pkgutil.iter_modules(resources.__path__):
            yield importlib.import_module(f"{STAINLESS}.{found.name}")


def services() -> Iterator[tuple[Any, str, type]]:
    """The classes that offer methods of the service."""
    for module in modules():
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and _offers_service(kind):
                yield module, name, kind


def _offers_service(kind: type) -> bool:
    """Whether its instances hold a client, or something that holds one."""
    bases = {base.__name__ for base in kind.__mro__}
    if bases & {"BaseModel", "TypedDict", "Enum", "Exception", "tuple", "dict"}:
        return False
    if kind.__name__.startswith("_") or "With" in kind.__name__:  # with_raw_response calls the traced methods
        return False
    known = bases & {"BaseModule", "BaseSDK", "AsyncBaseSDK", "SyncAPIResource", "AsyncAPIResource"}
    named = kind.__name__ in (
        "Client",
        "AsyncClient",
        "Chats",
        "AsyncChats",
        "AsyncSession",
        "AsyncMusicSession",
    )
    return bool(known) or named or kind.__name__ in ("Chat", "AsyncChat")


def public_methods(kind: type) -> Iterator[str]:
    for name in dir(kind):
        found = inspect.getattr_static(kind, name)
        if (
            not name.startswith("_")
            and callable(getattr(found, "__wrapped__", found))
            and not isinstance(found, property)
        ):
            yield name


def _models() -> Iterator[Any]:
    """The modules with the types of the generated clients, if the SDK has those."""
    try:
        package = importlib.import_module(_MODELS)
    except ImportError:
        return
    for each in pkgutil.walk_packages(package.__path__, f"{_MODELS}."):
        yield importlib.import_module(each.name)


def enums() -> dict[str, list[str]]:
    """The enums of the SDK's types, and their values."""
    return {
        name: [str(member.value) for member in kind]
        for name, kind in vars(types).items()
        if inspect.isclass(kind) and issubclass(kind, enum.Enum) and kind.__members__
    }


def literals() -> dict[str, list[str]]:
    """The sets of words that the types of the generated clients define as enums."""
    found: dict[str, list[str]] = {}
    for module in _models():
        for name, kind in vars(module).items():
            if _NAMED.search(name) and not inspect.isclass(kind) and (words := _words(kind)):
                found[name] = words
    return found


def _words(kind: Any) -> list[str]:
    if typing.get_origin(kind) is typing.Literal:
        return [str(word) for word in typing.get_args(kind)]
    return [word for part in typing.get_args(kind) for word in _words(part)]


def _methods() -> Iterator[str]:
    for module, name, kind in services():
        for method in public_methods(kind):
            parameters = _parameters(getattr(kind, method))
            yield f"method {module.__name__}:{name}.{method}{parameters}"


def _fields() -> Iterator[str]:
    for name, kind in vars(types).items():
        if inspect.isclass(kind) and _ANSWERS.search(name):
            yield from (f"field {name}.{field}" for field in getattr(kind, "model_fields", ()))
    for module in _models():
        area = module.__name__.removeprefix(f"{_MODELS}.").partition(".")[0]
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and _ANSWERS.search(name):
                yield from (f"field {area}.{name}.{field}" for field in getattr(kind, "model_fields", ()))


def _values() -> Iterator[str]:
    for found in (literals(), enums()):
        for name, members in found.items():
            yield from (f"value {name}.{value}" for value in members)


def _errors() -> Iterator[str]:
    for module in _ERRORS:
        for name, kind in vars(_module(module)).items():
            if (
                inspect.isclass(kind)
                and issubclass(kind, Exception)
                and kind.__module__.startswith("google.")
            ):
                yield f"error {name}{_parameters(kind)}"


def _connections() -> Iterator[str]:
    """Objects with a websocket, whose methods no property of the client leads to."""
    for name, kind in vars(_module(_WEBSOCKET)).items():
        if inspect.isclass(kind) and kind.__module__ == _WEBSOCKET and name.endswith("Connection"):
            for method in public_methods(kind):
                yield f"method {_WEBSOCKET}:{name}.{method}{_parameters(getattr(kind, method))}"


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return object


def _patches() -> Iterator[str]:
    from gemini_otel._sdk.plan import PATCHES

    for module, names in (patch.target for patch in PATCHES):
        for name in names:
            if (function := _found(module, name)) is not None:
                yield f"patch {module}:{name}{_parameters(function)}"


def _found(module: str, path: str) -> Any:
    try:
        found: Any = importlib.import_module(module)
    except ImportError:
        return None
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _used_names() -> Iterator[str]:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) and node.level == 0 else None
            if (
                module
                and module.partition(".")[0] in ("opentelemetry", "wrapt")
                and ".exporter." not in module
            ):
                for alias in node.names:
                    if (found := _found(module, alias.name)) is not None:
                        yield f"name {module}.{alias.name}{_parameters(found)}"


def _parameters(function: Any) -> str:
    """Names and order of the parameters; annotations and defaults may differ between versions of Python."""
    if not callable(function):
        return ""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return ""
    return f"({', '.join(_PREFIX.get(each.kind, '') + each.name for each in parameters)})"


_PREFIX = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "*, ",
    inspect.Parameter.VAR_KEYWORD: "**",
}


if __name__ == "__main__":
    main()
