"""Other instrumentations of google-genai, or of frameworks on top of it, in this process: which are active, and what to do."""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from gemini_otel._facts.guard import guarded, logger
from gemini_otel.hints._foreign.sources import PACKAGES, Package


class Neighbour(NamedTuple):
    """Another instrumentation of the SDK, or of a framework that calls the SDK."""

    name: str  # name of its distribution; the name of its module for an unknown one
    module: str
    shares: bool | None  # whether we add to its spans, so that a call has one span; None if unknown
    advice: str


_ONE_SPAN = "Each call has one span, which both write to. To have ours alone: {off}"
_TWO_SPANS = "Each call has two spans, because {because}. To have one, disable it: {off}"
_CHOOSE = (
    "Each call that {framework} makes has two spans, its own and ours, and back ends that add up the tokens of spans count them "
    "twice. To keep only ours: {off}. To keep only its own, with our hints: leave out gemini_otel.instrument(), or set "
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=gemini, and add gemini_otel.HintSpanProcessor() to the tracer provider"
)
_BY_ENTRY_POINT = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={}, or leave out its instrument() call"
_NOT_KNOWN = "If calls have two spans, disable one of the two."


def _neighbour(package: Package) -> Neighbour:
    off = package.switch if package.entry_point is None else _BY_ENTRY_POINT.format(package.entry_point)
    form = _ONE_SPAN if package.shares else _TWO_SPANS if package.framework is None else _CHOOSE
    advice = form.format(off=off + package.also, because=package.apart_because, framework=package.framework)
    return Neighbour(package.name, package.module, package.shares, advice)


KNOWN = tuple(_neighbour(package) for package in PACKAGES if package.framework is None)
FRAMEWORKS = tuple(_neighbour(package) for package in PACKAGES if package.framework is not None)


def installed() -> list[tuple[Neighbour, str]]:
    """The known ones that are installed, with their versions."""
    versions = ((neighbour, _version(neighbour.name)) for neighbour in (*KNOWN, *FRAMEWORKS))
    return [(neighbour, version) for neighbour, version in versions if version is not None]


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def active() -> list[Neighbour]:
    """Those whose wrappers are around `generate_content`, outermost first, then those of frameworks. This imports nothing."""
    models = sys.modules.get("google.genai.models")
    found = {module: _by_module(module) for module in _wrappers(getattr(models, "Models", None))}
    frameworks = (neighbour for neighbour in FRAMEWORKS if _instruments(sys.modules.get(neighbour.module)))
    return list(dict.fromkeys([*found.values(), *frameworks]))


def _instruments(module: object) -> bool:
    """Whether an instrumentor of this module is active. There is no public way to ask without creating one."""
    instrumentors = [getattr(each, "_instance", None) for each in vars(module or object).values()]
    return any(getattr(each, "is_instrumented_by_opentelemetry", False) is True for each in instrumentors)


def _wrappers(owner: object) -> Iterator[str]:
    """The modules of the layers around the SDK's own function, without ours."""
    layer: Any = getattr(owner, "generate_content", None)
    for _ in range(100):
        if not hasattr(layer, "__wrapped__"):
            return
        wrapper = getattr(layer, "_self_wrapper", layer)  # for wrapt; a plain decorator is in its own module
        module = getattr(wrapper, "__globals__", {}).get("__name__") or type(wrapper).__module__
        if not module.startswith("gemini_otel."):
            yield module
        layer = layer.__wrapped__


def _by_module(module: str) -> Neighbour:
    for neighbour in KNOWN:
        if module == neighbour.module or module.startswith(f"{neighbour.module}."):
            return neighbour
    return Neighbour(module, module, shares=None, advice=_NOT_KNOWN)


@functools.cache
@guarded
def warn_of_two_spans() -> None:
    """Log one line for each instrumentation whose spans we cannot add to, once in the process."""
    for neighbour in active():
        if neighbour.shares is False:
            logger.warning("%s is active as well. %s", neighbour.name, neighbour.advice)
