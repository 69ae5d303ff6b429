"""Live interactions in the SDK: the connection stays the SDK's own object, and its methods are observed."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.interactions import live as reading
from gemini_otel._sdk.live.drivers import dropped, left
from gemini_otel._sdk.live.messages import close_code
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._sdk.reading.fields import identifier
from gemini_otel._telemetry.instrumentation import Instrumentation, Providers
from gemini_otel._telemetry.live.interaction import InteractionConnection, Reconnections

Wrapped = Callable[..., Awaitable[Any]]

_connections: weakref.WeakKeyDictionary[Any, InteractionConnection] = weakref.WeakKeyDictionary()
_opening: weakref.WeakKeyDictionary[Any, InteractionConnection] = weakref.WeakKeyDictionary()
_reconnections: weakref.WeakKeyDictionary[Providers, Reconnections] = weakref.WeakKeyDictionary()


@guarded
def _begin_connection(instrumentation: Instrumentation, opener: Any) -> InteractionConnection | None:
    arguments = {"id": opener._interaction_id, "api_version": opener._api_version}
    connection = InteractionConnection(instrumentation)
    if not connection.begin(reading.CONNECTION, opener, arguments):
        return None
    if (interaction := identifier(arguments["id"])) is not None:
        reconnections = _reconnections.setdefault(instrumentation.providers, Reconnections())
        connection.belongs_to(interaction, reconnections)
    return connection


async def _open(
    instrumentation: Instrumentation, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    connection = _begin_connection(instrumentation, instance) if instance._session is None else None
    if connection is None:
        return await wrapped(*args, **kwargs)
    _opening[instance] = connection
    with connection.round:
        opened = await wrapped(*args, **kwargs)
    _opened(opened, connection)
    return opened


@guarded
def _opened(opened: Any, connection: InteractionConnection) -> None:
    _connections[opened] = connection
    connection.opened(safely(lambda: close_code(opened._websocket)))
    weakref.finalize(opened, dropped, connection).atexit = False


async def _connect(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Observe the handshake. If it fails, the SDK raises another exception that has neither the reason nor the service's
    message.
    """
    try:
        return await wrapped(*args, **kwargs)
    except Exception as error:
        if (connection := _opening.get(instance)) is not None:
            connection.refused(error)
        raise


async def _sending(
    connection: InteractionConnection, wrapped: Wrapped, args: Positional, kwargs: Arguments
) -> Any:
    try:
        return await wrapped(*args, **kwargs)
    except BaseException as error:
        connection.failed(error, receiving=False)
        raise


async def _send(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    result = await _sending(connection, wrapped, args, kwargs)
    payload = args[0] if args else kwargs.get("input")
    if safely(reading.counts_as_input, payload):
        connection.asked()
    if safely(reading.cancels, payload):
        connection.event(reading.CANCELLED, reading.CANCELLED.said)
    return result


async def _complete(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    return await _sending(connection, wrapped, args, kwargs)


async def _cancel(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    result = await _sending(connection, wrapped, args, kwargs)
    connection.event(reading.CANCELLED, reading.CANCELLED.said)
    return result


async def _detach(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    connection.closing()
    try:
        answer = await wrapped(*args, **kwargs)
    except BaseException as raised:
        left(connection, raised)
        raise
    left(connection, None)
    return answer


async def _leave(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Runs before the SDK detaches, because the SDK does not see the exception with which the caller leaves."""
    connection = _connections.get(instance._session) if instance._session is not None else None
    if connection is not None and args and args[1] is not None:
        left(connection, None, args[1])
    return await wrapped(*args, **kwargs)


async def _receive(_: object, wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Observe the function below `receive()`, because a caller may leave and call `receive()` at any time; it returns the
    next frame's events.
    """
    connection = _connections.get(instance)
    if connection is None or instance._pending_events:
        return await wrapped(*args, **kwargs)
    try:
        arrived = await wrapped(*args, **kwargs)
    except BaseException as error:
        connection.failed(error, receiving=True)
        raise
    safely(_read, instance, connection)
    return arrived


def _read(instance: Any, connection: InteractionConnection) -> None:
    for event in instance._pending_events:
        facts = reading.read_event(event)
        connection.event(facts, event)
        if facts.last:
            return


_OPENER, _CONNECTION = "InteractionWebSocketConnectionContext", "InteractionWebSocketConnection"
PATCHES = tuple(
    patch("Live interactions", "google.genai._interactions_websocket", name, Shape.INSTEAD, instead)
    for name, instead in (
        (f"{_OPENER}._open", _open),
        (f"{_OPENER}._connect", _connect),
        (f"{_OPENER}.__aexit__", _leave),
        (f"{_CONNECTION}.send", _send),
        (f"{_CONNECTION}.complete", _complete),
        (f"{_CONNECTION}.cancel", _cancel),
        (f"{_CONNECTION}.detach", _detach),
        (f"{_CONNECTION}._fill_pending_events", _receive),
    )
)
