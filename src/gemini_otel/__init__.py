"""OpenTelemetry for the google-genai SDK: what happened to a Gemini call, and what to do about it.

The public names of this package. Importing it costs next to nothing; each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gemini_otel._facts.version import __version__

if TYPE_CHECKING:
    from gemini_otel import simulator
    from gemini_otel._commands.check import check
    from gemini_otel._commands.explain import explain
    from gemini_otel._instrumentor import GeminiInstrumentor, instrument, uninstrument
    from gemini_otel._telemetry.sayings import conversation, prompt
    from gemini_otel.advice import Advice, advise
    from gemini_otel.hints import Hint, default_hints
    from gemini_otel.processor import HintSpanProcessor
    from gemini_otel.repetition import Repetition, RepetitionDetector

__all__ = [
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

_HOMES = {
    "Advice": "advice",
    "GeminiInstrumentor": "_instrumentor",
    "Hint": "hints",
    "HintSpanProcessor": "processor",
    "Repetition": "repetition",
    "RepetitionDetector": "repetition",
    "advise": "advice",
    "check": "_commands.check",
    "conversation": "_telemetry.sayings",
    "default_hints": "hints",
    "explain": "_commands.explain",
    "instrument": "_instrumentor",
    "prompt": "_telemetry.sayings",
    "uninstrument": "_instrumentor",
}


def __getattr__(name: str) -> Any:
    if name == "simulator":
        return importlib.import_module("gemini_otel.simulator")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"gemini_otel.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
