"""What the Gemini API says of a request's usage and the SDK does not pass on: the tier that served it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gemini_otel._facts.operation import Arguments
from gemini_otel._guard import guarded
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.rounds import current_round


def _read(_: object, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_GenerateContentResponse_from_mldev(from_object, ...)`: the JSON of an answer, or of a chunk, for the SDK's own type."""
    _note_tier(args[0] if args else kwargs.get("from_object"))
    return wrapped(*args, **kwargs)


@guarded
def _note_tier(answer: Any) -> None:
    usage = answer.get("usageMetadata") if isinstance(answer, dict) else None
    tier = usage.get("serviceTier") if isinstance(usage, dict) else None
    if isinstance(tier, str) and (call := current_round()) is not None:
        call.served_by(tier)


PATCHES = (
    patch(
        "service tiers", "google.genai.models", "_GenerateContentResponse_from_mldev", Shape.INSTEAD, _read
    ),
)
