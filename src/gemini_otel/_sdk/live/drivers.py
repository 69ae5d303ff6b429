"""Live sessions in the SDK: the session stays the SDK's own object, and its methods are observed."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.live import ReceivedFacts
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.live import messages as reading
from gemini_otel._sdk.patch import Positional, Shape, patch
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.live.connection import Connection, MusicConnection
from gemini_otel._telemetry.live.session import LiveConnection

Instead = Callable[..., Any]  # runs in place of an SDK function
Manager = contextlib._AsyncGeneratorContextManager  # what the SDK's `connect` returns

_connections: weakref.WeakKeyDictionary[Any, Connection] = weakref.WeakKeyDictionary()


class _ObservedManager(Manager[Any, Any]):
    """The SDK's own context manager, observed.

    It takes the generator's first step itself, as its base class does. With one more frame in between, the SDK's warnings
    would point to this file instead of the caller's.
    """

    begin_connection: Callable[[], Connection | None]
    connection: Connection | None = None

    async def __aenter__(self) -> Any:
        del self.args, self.kwds, self.func  # as in the base class: it can be entered only once
        begin_connection, self.begin_connection = self.begin_connection, _begin_nothing  # it holds the client
        connection = self.connection = begin_connection()
        if connection is None:
            return await anext(self.gen)
        with connection.round:
            try:
                live_session = await anext(self.gen)
            except Exception as error:
                explain(connection, error)
                raise
        _opened(live_session, connection)
        return live_session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        try:
            answer = await super().__aexit__(kind, error, traceback)
        except BaseException as raised:
            left(self.connection, raised, error)
            raise
        left(self.connection, None, error)
        return answer

    def _recreate_cm(self) -> _ObservedManager:
        """The base class calls this for every call of a function that the context manager decorates."""
        manager: _ObservedManager = super()._recreate_cm()
        manager.begin_connection = self.begin_connection
        return manager

    def __del__(self) -> None:
        if self.connection is not None:
            dropped(self.connection)


def dropped(connection: Connection) -> None:
    """Note a connection whose object is gone; a finalizer must not do more."""
    connection.round.drop()


def left(
    connection: Connection | None, raised: BaseException | None, error: BaseException | None = None
) -> None:
    """End a connection that the caller leaves with `error`. If the garbage collector closes the caller's coroutine, only
    note it.
    """
    if connection is None:
        return
    if isinstance(raised, GeneratorExit) or isinstance(error, GeneratorExit):
        dropped(connection)
    else:
        connection.leave(error)


# Python's own messages show this name.
_ObservedManager.__name__ = _ObservedManager.__qualname__ = Manager.__name__


def _begin_nothing() -> None:
    """Takes the place of the connection's `begin` after it has begun."""


@guarded
def _opened(live_session: Any, connection: Connection) -> None:
    _connections[live_session] = connection
    close_code = safely(lambda: reading.close_code(live_session._ws))
    connection.opened(close_code, safely(reading.read_session_id, live_session))


def explain(connection: Connection, error: BaseException) -> None:
    """Add to a connection what an exception hides: the service's own error message."""
    readable = safely(reading.readable_error, error)
    if readable is not None and readable is not error:
        connection.explain(error, readable)


def _begin_live(instrumentation: Instrumentation, live: Any, arguments: Arguments) -> Connection | None:
    resumption = safely(reading.read_resumption, arguments) or (False, False)
    connection = LiveConnection(instrumentation, reading.LIVE, resumption)
    return connection if connection.begin(reading.LIVE_CONNECTION, live, arguments) else None


def _begin_music(instrumentation: Instrumentation, music: Any, arguments: Arguments) -> Connection | None:
    connection = MusicConnection(instrumentation)
    return connection if connection.begin(reading.LIVE_MUSIC, music, arguments) else None


def _connect(begin: Callable[[Instrumentation, Any, Arguments], Connection | None]) -> Instead:
    guarded_begin = guarded(begin)

    def connect(
        instrumentation: Instrumentation,
        wrapped: Callable[..., Any],
        instance: Any,
        args: Positional,
        kwargs: Arguments,
    ) -> Any:
        """Return a context manager; nothing begins before the caller enters it."""
        manager = observed = wrapped(*args, **kwargs)
        if type(manager) is Manager:
            observed.__class__ = _ObservedManager
            observed.begin_connection = lambda: guarded_begin(instrumentation, instance, kwargs)
        return manager

    return connect


def _send(method: str) -> Instead:
    async def send(
        _: object, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        connection = _connections.get(instance)
        if connection is None:
            return await wrapped(*args, **kwargs)
        moment = time.perf_counter()
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            explain(connection, error)
            connection.failed(error, receiving=False)
            raise
        facts = safely(reading.read_sent, method, kwargs)
        if facts is not None:
            connection.sent(facts, moment)
        return result

    return send


def _parse_client_message(
    _: object, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """Observe what the deprecated `send` sends. `send` warns about its caller, so it is not wrapped itself."""
    message = wrapped(*args, **kwargs)
    connection = _connections.get(instance)
    facts = None if connection is None else safely(reading.read_message_sent, message)
    if connection is not None and facts is not None:
        connection.sent(facts, time.perf_counter())
    return message


def _receive(read: Callable[[Any], ReceivedFacts]) -> Instead:
    async def receive(
        _: object, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
    ) -> Any:
        """Observe the function below `receive()`, because a caller may leave and call `receive()` at any time."""
        connection = _connections.get(instance)
        if connection is None:
            return await wrapped(*args, **kwargs)
        try:
            message = await wrapped(*args, **kwargs)
        except BaseException as error:
            explain(connection, error)
            connection.failed(error, receiving=True)
            raise
        facts = safely(read, message)
        if facts is not None:
            connection.received(facts, message)
        return message

    return receive


async def _close(
    _: object, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    connection = _connections.get(instance)
    if connection is None:
        return await wrapped(*args, **kwargs)
    connection.closing()
    result = await wrapped(*args, **kwargs)
    connection.leave(None)
    return result


_LIVE: tuple[tuple[str, Instead], ...] = (
    ("AsyncLive.connect", _connect(_begin_live)),
    *(
        (f"AsyncSession.{name}", _send(name))
        for name in (
            "send_client_content",
            "send_realtime_input",
            "send_tool_response",
            "send_context_update",
        )
    ),
    ("AsyncSession._parse_client_message", _parse_client_message),
    ("AsyncSession._receive", _receive(reading.read_received)),
    ("AsyncSession.close", _close),
)
_MUSIC: tuple[tuple[str, Instead], ...] = (
    ("AsyncLiveMusic.connect", _connect(_begin_music)),
    *(
        (f"AsyncMusicSession.{name}", _send(name))
        for name in ("set_weighted_prompts", "set_music_generation_config", "_send_control_signal")
    ),
    ("AsyncMusicSession._receive", _receive(reading.read_music_received)),
    ("AsyncMusicSession.close", _close),
)
PATCHES = tuple(
    patch(area, module, name, Shape.INSTEAD, instead)
    for area, module, rows in (
        ("Live", "google.genai.live", _LIVE),
        ("Live music", "google.genai.live_music", _MUSIC),
    )
    for name, instead in rows
)
