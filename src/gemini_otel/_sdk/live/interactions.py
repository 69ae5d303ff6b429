"""Live interactions, where the SDK does it: the connection stays the SDK's own, and is observed by what passes through it."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded, safely
from gemini_otel._sdk.interactions import live as reading
from gemini_otel._sdk.live.drivers import dropped
from gemini_otel._sdk.reading.measures import identifier
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.live.interaction import InteractionConnection, Reconnections
from gemini_otel._telemetry.rounds import begin

MODULE = "google.genai._interactions_websocket"

Positional = tuple[Any, ...]
Wrapped = Callable[..., Awaitable[Any]]

_connections: weakref.WeakKeyDictionary[Any, InteractionConnection] = weakref.WeakKeyDictionary()
_opening: weakref.WeakKeyDictionary[Any, InteractionConnection] = weakref.WeakKeyDictionary()


def drivers(instrumentation: Instrumentation) -> tuple[tuple[str, Driver], ...]:
    """Name in the SDK's module, and what runs in its place."""
    reconnections = Reconnections()

    @guarded
    def begin_connection(opener: Any) -> InteractionConnection | None:
        arguments = {"id": opener._interaction_id, "api_version": opener._api_version}
        connection = begin(instrumentation, reading.CONNECTION, opener, arguments, kind=InteractionConnection)
        if not isinstance(connection, InteractionConnection):
            return None
        if (interaction := identifier(arguments["id"])) is not None:
            connection.belongs_to(interaction, reconnections)
        return connection

    async def open_(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
        connection = begin_connection(instance) if instance._session is None else None
        if connection is None:
            return await wrapped(*args, **kwargs)
        _opening[instance] = connection
        with connection:
            opened = await wrapped(*args, **kwargs)
        _opened(opened, connection)
        return opened

    opener, opened = "InteractionWebSocketConnectionContext", "InteractionWebSocketConnection"
    return (
        (f"{opener}._open", open_),
        (f"{opener}._connect", _connect),
        (f"{opener}.__aexit__", _leave),
        (f"{opened}.send", _send),
        (f"{opened}.complete", _complete),
        (f"{opened}.cancel", _cancel),
        (f"{opened}.detach", _detach),
        (f"{opened}._fill_pending_events", _receive),
    )


@guarded
def _opened(opened: Any, connection: InteractionConnection) -> None:
    _connections[opened] = connection
    connection.opened(opened)
    weakref.finalize(opened, dropped, connection).atexit = False


async def _connect(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Where the handshake fails: the SDK raises another exception, which says neither why nor what the service said."""
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


async def _send(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    result = await _sending(connection, wrapped, args, kwargs)
    payload = args[0] if args else kwargs.get("input")
    if safely(reading.counts_as_input, payload):
        connection.asked()
    if safely(reading.cancels, payload):
        connection.event(reading.CANCELLED, last=True)
    return result


async def _complete(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    return await _sending(connection, wrapped, args, kwargs)


async def _cancel(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    result = await _sending(connection, wrapped, args, kwargs)
    connection.event(reading.CANCELLED, last=True)
    return result


async def _detach(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    connection.closing()
    try:
        return await wrapped(*args, **kwargs)
    finally:
        connection.leave(None)


async def _leave(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Before the SDK detaches, which knows nothing of the exception that makes the caller leave."""
    connection = _connections.get(instance._session) if instance._session is not None else None
    if connection is not None and args and args[1] is not None:
        connection.leave(args[1])
    return await wrapped(*args, **kwargs)


async def _receive(wrapped: Wrapped, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Below `receive()`, which is left and called anew as the caller likes: the events of the next frame, as it arrives."""
    connection = _connections.get(instance)
    if connection is None or instance._pending_events:
        return await wrapped(*args, **kwargs)
    try:
        found = await wrapped(*args, **kwargs)
    except BaseException as error:
        connection.failed(error, receiving=True)
        raise
    safely(_read, instance, connection)
    return found


def _read(instance: Any, connection: InteractionConnection) -> None:
    for event in instance._pending_events:
        last = reading.event_type(event) in reading.TERMINAL
        connection.event(event, last=last, over=not reading.moves(event))
        if last:
            return
