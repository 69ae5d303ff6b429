"""One thin driver for each shape of a patched function. They differ in `await` and `yield` and in nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

from gemini_otel._call import Call, begin
from gemini_otel._instruments import Session
from gemini_otel._operation import Arguments, Driver, Operation, Shape

Positional = tuple[Any, ...]


def driver(shape: Shape, session: Session, operation: Operation) -> Driver:
    """The function that runs in place of an SDK function of this shape: `driver(wrapped, instance, args, kwargs)`."""
    drive = _DRIVERS[shape]

    def run(wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments) -> Any:
        return drive(session, operation, wrapped, instance, args, kwargs)

    return run


def _call(
    session: Session,
    operation: Operation,
    wrapped: Callable[..., Any],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Any:
    call = begin(session, operation, instance, kwargs)
    if call is None:
        return wrapped(*args, **kwargs)
    with call:
        response = wrapped(*args, **kwargs)
    call.observe(response)
    call.finish()
    return response


async def _async_call(
    session: Session,
    operation: Operation,
    wrapped: Callable[..., Awaitable[Any]],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Any:
    call = begin(session, operation, instance, kwargs)
    if call is None:
        return await wrapped(*args, **kwargs)
    with call:
        response = await wrapped(*args, **kwargs)
    call.observe(response)
    call.finish()
    return response


def _stream(
    session: Session,
    operation: Operation,
    wrapped: Callable[..., Generator[Any, Any, Any]],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Generator[Any, Any, Any]:
    """Nothing happens before the first `next`, as in the SDK; then this is `yield from` with an observer."""
    chunks = wrapped(*args, **kwargs)
    call = begin(session, operation, instance, kwargs, stream=True)
    if call is None:
        return (yield from chunks)
    advance: Callable[[], Any] = chunks.__next__
    try:
        while True:
            with call:
                chunk = advance()
            call.observe(chunk)
            advance = chunks.__next__
            try:
                yield chunk
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # the SDK's generator decides what becomes of it
                advance = _thrower(chunks, error)
    except StopIteration as stop:
        call.finish()
        return stop.value
    finally:
        chunks.close()
        call.abandon()


def _thrower(chunks: Generator[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: chunks.throw(error)


def _async_stream(
    session: Session,
    operation: Operation,
    wrapped: Callable[..., AsyncIterator[Any]],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> AsyncIterator[Any]:
    return _ObservedStream(
        wrapped(*args, **kwargs), lambda: begin(session, operation, instance, kwargs, stream=True)
    )


async def _awaited_async_stream(
    session: Session,
    operation: Operation,
    wrapped: Callable[..., Awaitable[AsyncIterator[Any]]],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> AsyncIterator[Any]:
    call = begin(session, operation, instance, kwargs, stream=True)
    if call is None:
        return await wrapped(*args, **kwargs)
    with call:
        chunks = await wrapped(*args, **kwargs)
    return _ObservedStream(chunks, lambda: call)


class _ObservedStream:
    """The async iterator that the SDK's own loop consumes. No generator: it ends when the loop drops it, not some ticks later."""

    __slots__ = ("_begin", "_begun", "_call", "_chunks")

    def __init__(self, chunks: AsyncIterator[Any], begin_call: Callable[[], Call | None]) -> None:
        self._chunks = chunks
        self._begin = begin_call
        self._begun = False
        self._call: Call | None = None

    def __aiter__(self) -> _ObservedStream:
        return self

    async def __anext__(self) -> Any:
        if not self._begun:
            self._begun = True
            self._call = self._begin()
        if self._call is None:
            return await self._chunks.__anext__()
        try:
            with self._call:
                chunk = await self._chunks.__anext__()
        except StopAsyncIteration:
            self._call.finish()
            raise
        self._call.observe(chunk)
        return chunk

    async def aclose(self) -> None:
        """Close the SDK's stream, then end the call."""
        close = getattr(self._chunks, "aclose", None)
        try:
            if close is not None:
                await close()
        finally:
            self.__del__()

    def __del__(self) -> None:
        if self._call is not None:
            self._call.abandon()


_DRIVERS: dict[Shape, Callable[..., Any]] = {
    Shape.CALL: _call,
    Shape.ASYNC_CALL: _async_call,
    Shape.STREAM: _stream,
    Shape.ASYNC_STREAM: _async_stream,
    Shape.AWAITED_ASYNC_STREAM: _awaited_async_stream,
}
