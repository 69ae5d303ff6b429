"""The user's own calls: what he calls may take several rounds, with tools between them."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts.operation import Arguments, Shape, Target, TurnOperation
from gemini_otel._sdk.generate_content.operation import GENERATE_CONTENT
from gemini_otel._sdk.reading.client import model_name
from gemini_otel._sdk.reading.fields import field


def _read_model(models: Any, arguments: Arguments) -> str | None:
    return model_name(arguments.get("model"))


def _read_chat_model(chat: Any, arguments: Arguments) -> str | None:
    return model_name(vars(chat).get("_model"))


def _has_tools(models: Any, arguments: Arguments) -> bool:
    return bool(field(arguments.get("config"), "tools"))


def _may_have_tools(chat: Any, arguments: Arguments) -> bool:
    return True  # they may be the chat's own, or in a positional config


def _read_round(models: Any, arguments: Arguments) -> tuple[Any, Arguments]:
    return models, arguments


def _read_chat_round(chat: Any, arguments: Arguments) -> tuple[Any, Arguments]:
    own = vars(chat)
    return own["_modules"], {
        "model": own["_model"],
        "contents": arguments.get("message"),
        "config": arguments.get("config") or own["_config"],
    }


def _targets(module: str, sync: str, asynchronous: str, call: str) -> tuple[Target, ...]:
    return (
        Target(module, ((f"{sync}.{call}", Shape.CALL),)),
        Target(module, ((f"{sync}.{call}_stream", Shape.PUBLIC_STREAM),)),
        Target(module, ((f"{asynchronous}.{call}", Shape.ASYNC_CALL),)),
        Target(module, ((f"{asynchronous}.{call}_stream", Shape.PUBLIC_ASYNC_STREAM),)),
    )


TURNS = (
    TurnOperation(
        "generate_content",
        _targets("google.genai.models", "Models", "AsyncModels", "generate_content"),
        _read_model,
        _has_tools,
        GENERATE_CONTENT,
        _read_round,
    ),
    TurnOperation(
        "chats",
        _targets("google.genai.chats", "Chat", "AsyncChat", "send_message"),
        _read_chat_model,
        _may_have_tools,
        GENERATE_CONTENT,
        _read_chat_round,
    ),
)
