"""What is patched for `generate_content`: each round, and the user's own call, which may take several.

A round is one request and its answer, with the continuation hops that the SDK adds to it from 2.30 on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, TurnOperation
from gemini_otel._sdk.generate_content.operation import GENERATE_CONTENT
from gemini_otel._sdk.patch import Patch, Positional, Shape, Target, patch
from gemini_otel._sdk.reading.client import model_name
from gemini_otel._sdk.reading.fields import field
from gemini_otel._telemetry.rounds import begin, current_round
from gemini_otel._telemetry.user_calls import begin_turn


def _read_model(models: Any, arguments: Arguments) -> str | None:
    return model_name(arguments.get("model"))


def _read_chat_model(chat: Any, arguments: Arguments) -> str | None:
    return model_name(vars(chat).get("_model"))


def _has_tools(models: Any, arguments: Arguments) -> bool:
    config = arguments.get("config")
    return config is not None and bool(field(config, "tools"))


def _may_have_tools(chat: Any, arguments: Arguments) -> bool:
    return True  # the arguments may be the chat's own, or in a positional config


def _read_round(models: Any, arguments: Arguments) -> tuple[Any, Arguments]:
    return models, arguments


def _read_chat_round(chat: Any, arguments: Arguments) -> tuple[Any, Arguments]:
    own = vars(chat)
    return own["_modules"], {
        "model": own["_model"],
        "contents": arguments.get("message"),
        "config": arguments.get("config") or own["_config"],
    }


def _read(_: object, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """`_GenerateContentResponse_from_mldev(from_object, ...)` converts the JSON of an answer or chunk to the SDK's type.

    The type lacks the tier that served the request, so it is read from the JSON.
    """
    answer = args[0] if args else kwargs.get("from_object")
    usage = answer.get("usageMetadata") if type(answer) is dict else None
    if type(usage) is dict and "serviceTier" in usage:
        _note_tier(usage["serviceTier"])
    return wrapped(*args, **kwargs)


def _note_tier(tier: object) -> None:
    if isinstance(tier, str) and (call := current_round()) is not None:
        call.served_by(tier)


_MODELS = TurnOperation(_read_model, _has_tools, GENERATE_CONTENT, _read_round)
_CHAT = TurnOperation(_read_chat_model, _may_have_tools, GENERATE_CONTENT, _read_chat_round)


def _round(name: str, shape: Shape) -> Patch:
    names = (f"{name}_with_continuation", name)  # the first one from google-genai 2.30 on
    return Patch("generate_content", Target("google.genai.models", names), shape, begin, GENERATE_CONTENT)


def _user_call(area: str, module: str, name: str, shape: Shape, operation: TurnOperation) -> Patch:
    return Patch(area, Target(f"google.genai.{module}", (name,)), shape, begin_turn, operation)


PATCHES = (
    _round("Models._generate_content", Shape.CALL),
    _round("Models._generate_content_stream", Shape.STREAM),
    _round("AsyncModels._generate_content", Shape.ASYNC_CALL),
    _round("AsyncModels._generate_content_stream", Shape.ASYNC_STREAM),
    *(
        _user_call(area, module, f"{prefix}{name}{suffix}", shape, operation)
        for area, module, name, operation in (
            ("generate_content", "models", "Models.generate_content", _MODELS),
            ("chats", "chats", "Chat.send_message", _CHAT),
        )
        for prefix, suffix, shape in (
            ("", "", Shape.CALL),
            ("", "_stream", Shape.PUBLIC_STREAM),
            ("Async", "", Shape.ASYNC_CALL),
            ("Async", "_stream", Shape.PUBLIC_ASYNC_STREAM),
        )
    ),
    patch(
        "service tiers",
        "google.genai.models",
        "_GenerateContentResponse_from_mldev",
        Shape.INSTEAD,
        _read,
        inside=True,
    ),
)
