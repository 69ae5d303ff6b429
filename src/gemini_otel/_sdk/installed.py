"""Whether google-genai is installed and new enough. Reading its metadata would take longer than the rest of start-up."""

from __future__ import annotations

import importlib
import importlib.util
import sys

from gemini_otel._facts.guard import logger

MODULE = "google.genai"
OLDEST = (1, 32)

_told: set[str] = set()


def is_installed(module: str = MODULE) -> bool:
    """Whether `module` could be imported; neither the module nor its package is imported."""
    if module in sys.modules:
        return True
    package = module.rpartition(".")[0]
    try:
        around = getattr(sys.modules.get(package), "__path__", None) or _places(package)
        return around is not None and any(
            finder.find_spec(module, around) is not None for finder in sys.meta_path
        )
    except (ImportError, ValueError):
        return False


def _places(package: str) -> list[str] | None:
    spec = importlib.util.find_spec(package)
    return None if spec is None else spec.submodule_search_locations


def is_supported() -> bool:
    """Whether the SDK is new enough, as far as its version is known; an old SDK is logged once."""
    try:
        version = str(getattr(importlib.import_module(f"{MODULE}.version"), "__version__", ""))
    except ImportError:
        return True
    numbers = version.split(".")[:2]
    if not all(number.isdecimal() for number in numbers) or tuple(map(int, numbers)) >= OLDEST:
        return True
    if version not in _told:
        _told.add(version)
        oldest = ".".join(map(str, OLDEST))
        logger.warning(
            "google-genai %s is too old to be traced. Upgrade it with: pip install 'google-genai>=%s'",
            version,
            oldest,
        )
    return False
