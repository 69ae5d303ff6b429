"""Other instrumentations in this process, of google-genai or of frameworks on top of it: which are active, what to do about them."""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from gemini_otel._guard import guarded, logger


class Neighbour(NamedTuple):
    """Another instrumentation of the same SDK, or of a framework that calls it."""

    name: str  # of its distribution; of its module where it is not one that we know
    module: str
    shares: bool | None  # whether we add to its spans, so that a call has one; None where nobody knows
    advice: str


def _disabled_by(entry_point: str) -> str:
    return f"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={entry_point}, or leave out its instrument() call"


_ONE_SPAN = "Each call has one span, which both write to. To have ours alone: "
_TWO_SPANS = "Each call has two spans, because it does not make its own current. To have one, disable it: "
_CHOOSE = (
    "Each call that {framework} makes has two spans, its own and ours, and back ends that add up the tokens of spans count them "
    "twice. Choose. Ours: {ours}. Its own, with our hints: leave out gemini_otel.instrument(), or set "
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=gemini, and add gemini_otel.HintSpanProcessor() to the tracer provider"
)
_NOT_KNOWN = "If calls have two spans, disable one of the two."

KNOWN = (
    Neighbour(
        "opentelemetry-instrumentation-google-genai",
        "opentelemetry.instrumentation.google_genai",
        shares=True,
        advice=_ONE_SPAN + _disabled_by("google-genai"),
    ),
    Neighbour(
        "openinference-instrumentation-google-genai",
        "openinference.instrumentation.google_genai",
        shares=True,
        advice=_ONE_SPAN + _disabled_by("google_genai"),
    ),
    Neighbour(
        "opentelemetry-instrumentation-google-generativeai",
        "opentelemetry.instrumentation.google_generativeai",
        shares=False,
        advice=_TWO_SPANS
        + _disabled_by("google_generativeai")
        + "; Traceloop.init(block_instruments={Instruments.GOOGLE_GENERATIVEAI}) if it is traceloop-sdk that calls it",
    ),
    Neighbour(
        "openlit",
        "openlit.instrumentation.google_ai_studio",
        shares=False,
        advice="Each call has two spans, because its own says too late what it is. To have one, disable it: "
        'openlit.init(disabled_instrumentors=["google-ai-studio"])',
    ),
)


FRAMEWORKS = tuple(
    Neighbour(
        name,
        module,
        shares=False,
        advice=_CHOOSE.format(framework=framework, ours=_disabled_by(entry_point) + blocked),
    )
    for name, module, framework, entry_point, blocked in (
        (
            "openinference-instrumentation-langchain",
            "openinference.instrumentation.langchain",
            "LangChain",
            "langchain",
            "",
        ),
        (
            "opentelemetry-instrumentation-langchain",
            "opentelemetry.instrumentation.langchain",
            "LangChain",
            "langchain",
            ", or Traceloop.init(block_instruments={Instruments.LANGCHAIN})",
        ),
        (
            "openinference-instrumentation-llama-index",
            "openinference.instrumentation.llama_index",
            "LlamaIndex",
            "llama_index",
            "",
        ),
        (
            "opentelemetry-instrumentation-llamaindex",
            "opentelemetry.instrumentation.llamaindex",
            "LlamaIndex",
            "llama-index",
            ", or Traceloop.init(block_instruments={Instruments.LLAMA_INDEX})",
        ),
    )
)


def installed() -> list[tuple[Neighbour, str]]:
    """Those that we know and that are installed, with their versions."""
    versions = ((neighbour, _version(neighbour.name)) for neighbour in (*KNOWN, *FRAMEWORKS))
    return [(neighbour, version) for neighbour, version in versions if version is not None]


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def active() -> list[Neighbour]:
    """Those whose wrappers are around `generate_content`, outermost first, then those of frameworks. Imports nothing."""
    models = sys.modules.get("google.genai.models")
    found = {module: _by_module(module) for module in _wrappers(getattr(models, "Models", None))}
    frameworks = (neighbour for neighbour in FRAMEWORKS if _instruments(sys.modules.get(neighbour.module)))
    return list(dict.fromkeys([*found.values(), *frameworks]))


def _instruments(module: object) -> bool:
    """Whether an instrumentor of this module is active; there is no public way to ask that does not make one."""
    instrumentors = [getattr(each, "_instance", None) for each in vars(module or object).values()]
    return any(getattr(each, "is_instrumented_by_opentelemetry", False) is True for each in instrumentors)


def _wrappers(owner: object) -> Iterator[str]:
    """The modules of the layers around the SDK's own function, ours left out."""
    layer: Any = getattr(owner, "generate_content", None)
    for _ in range(100):
        if not hasattr(layer, "__wrapped__"):
            return
        wrapper = getattr(layer, "_self_wrapper", layer)  # of wrapt; a plain decorator is its own
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
    """Log one line for each whose spans we cannot add to: once, however often it is called."""
    for neighbour in active():
        if neighbour.shares is False:
            logger.warning("%s is active as well. %s", neighbour.name, neighbour.advice)
