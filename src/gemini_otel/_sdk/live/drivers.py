"""Live, where the SDK does it: the session stays the SDK's own, and is observed by what passes through its methods."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from gemini_otel._facts.calls import ReceivedFacts
from gemini_otel._facts.operation import Arguments, Driver
from gemini_otel._guard import guarded, safely
from gemini_otel._sdk.live import messages as reading
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.live.connection import Connection, MusicConnection
from gemini_otel._telemetry.live.session import LiveConnection
from gemini_otel._telemetry.rounds import begin

Positional = tuple[Any, ...]
Manager = contextlib._AsyncGeneratorContextManager  # what the SDK's `connect` returns

MODULE = "google.genai.live"
MUSIC_MODULE = "google.genai.live_music"

_connections: weakref.WeakKeyDictionary[Any, Connection] = weakref.WeakKeyDictionary()


class _ObservedManager(Manager[Any, Any]):
    """The SDK's own context manager, observed.

    It takes the generator's first step itself, as the class above does: with a frame more in between, the SDK's warnings
    would point to this file instead of the caller's.
    """

    begin_connection: Callable[[], Connection | None]
    connection: Connection | None = None

    async def __aenter__(self) -> Any:
        del self.args, self.kwds, self.func  # as the class above does: it can be entered only once
        begin_connection, self.begin_connection = self.begin_connection, _begin_nothing  # it holds the client
        connection = self.connection = begin_connection()
        if connection is None:
            return await anext(self.gen)
        with connection:
            live_session = await anext(self.gen)
        _opened(live_session, connection)
        return live_session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        try:
            return await super().__aexit__(kind, error, traceback)
        finally:
            if self.connection is not None:
                self.connection.leave(error)

    def _recreate_cm(self) -> _ObservedManager:
        """For every call of what this decorates."""
        manager: _ObservedManager = super()._recreate_cm()
        manager.begin_connection = self.begin_connection
        return manager

    def __del__(self) -> None:
        if self.connection is not None:
            dropped(self.connection)


def dropped(connection: Connection) -> None:
    """Note a connection whose object is gone: the only thing that a finalizer does."""
    connection.drop()


_ObservedManager.__name__ = _ObservedManager.__qualname__ = Manager.__name__  # Python's own messages name it


def _begin_nothing() -> None:
    """In the place of what was begun."""


@guarded
def _opened(live_session: Any, connection: Connection) -> None:
    _connections[live_session] = connection
    connection.opened(live_session)


def drivers(instrumentation: Instrumentation) -> tuple[tuple[str, Driver], ...]:
    """Name in the SDK's `live`, and what runs in its place."""

    def begin_live(live: Any, arguments: Arguments) -> Connection | None:
        connection = begin(instrumentation, reading.LIVE_CONNECTION, live, arguments, kind=LiveConnection)
        if not isinstance(connection, LiveConnection):
            return None
        connection.resumes(*(safely(reading.read_resumption, arguments) or (False, False)))
        return connection

    sends = ("send_client_content", "send_realtime_input", "send_tool_response", "send_context_update")
    return (
        ("AsyncLive.connect", _connect(begin_live)),
        *((f"AsyncSession.{name}", _send(name)) for name in sends),
        ("AsyncSession._parse_client_message", _parse_client_message),
        ("AsyncSession._receive", _receive(reading.read_received)),
        ("AsyncSession.close", _close),
    )


def music_drivers(instrumentation: Instrumentation) -> tuple[tuple[str, Driver], ...]:
    """Name in the SDK's `live_music`, and what runs in its place."""

    def begin_music(music: Any, arguments: Arguments) -> Connection | None:
        connection = begin(instrumentation, reading.LIVE_MUSIC, music, arguments, kind=MusicConnection)
        return connection if isinstance(connection, MusicConnection) else None

    sends = ("set_weighted_prompts", "set_music_generation_config", "_send_control_signal")
    return (
        ("AsyncLiveMusic.connect", _connect(begin_music)),
        *((f"AsyncMusicSession.{name}", _send(name)) for name in sends),
        ("AsyncMusicSession._receive", _receive(reading.read_music_received)),
        ("AsyncMusicSession.close", _close),
    )


def _connect(begin: Callable[[Any, Arguments], Connection | None]) -> Driver:
    guarded_begin = guarded(begin)

    def connect(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
        """Nothing begins before the caller enters what this returns."""
        manager = observed = wrapped(*args, **kwargs)
        if type(manager) is Manager:
            observed.__class__ = _ObservedManager
            observed.begin_connection = lambda: guarded_begin(instance, kwargs)
        return manager

    return connect


def _send(method: str) -> Driver:
    async def send(
        wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        connection = _connections.get(instance)
        if connection is None:
            return await wrapped(*args, **kwargs)
        moment = time.perf_counter()
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            connection.failed(error, receiving=False)
            raise
        facts = safely(reading.read_sent, method, kwargs)
        if facts is not None:
            connection.sent(facts, moment)
        return result

    return send


def _parse_client_message(
    wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """What the deprecated `send` sends: it warns about its caller, so it is not wrapped itself."""
    message = wrapped(*args, **kwargs)
    connection = _connections.get(instance)
    facts = None if connection is None else safely(reading.read_message_sent, message)
    if connection is not None and facts is not None:
        connection.sent(facts, time.perf_counter())
    return message


def _receive(read: Callable[[Any], ReceivedFacts]) -> Driver:
    async def receive(
        wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        """Below `receive()`, which is left and called anew as the caller likes."""
        connection = _connections.get(instance)
        if connection is None:
            return await wrapped(*args, **kwargs)
        try:
            message = await wrapped(*args, **kwargs)
        except BaseException as error:
            connection.failed(error, receiving=True)
            raise
        facts = safely(read, message)
        if facts is not None:
            connection.received(message, facts)
        return message

    return receive


async def _close(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    connection.closing()
    result = await wrapped(*args, **kwargs)
    connection.leave(None)
    return result
