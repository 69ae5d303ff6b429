"""What the Gemini API says of a request's usage and the SDK does not pass on: the tier that served it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded
from gemini_otel._telemetry.rounds import current_round

MODULE = "google.genai.models"


def _read(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: Arguments) -> Any:
    """`_GenerateContentResponse_from_mldev(from_object, ...)`: the JSON of an answer, or of a chunk, for the SDK's own type."""
    _note_tier(args[0] if args else kwargs.get("from_object"))
    return wrapped(*args, **kwargs)


@guarded
def _note_tier(answer: Any) -> None:
    usage = answer.get("usageMetadata") if isinstance(answer, dict) else None
    tier = usage.get("serviceTier") if isinstance(usage, dict) else None
    if isinstance(tier, str) and (call := current_round()) is not None:
        call.served_by(tier)


DRIVERS: tuple[tuple[str, Driver], ...] = (("_GenerateContentResponse_from_mldev", _read),)
