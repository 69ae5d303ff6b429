"""One thin driver for each shape of a patched function. They differ only in `await` and `yield`."""

from __future__ import annotations

import inspect
import types
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable
from functools import lru_cache, partial
from typing import Any, Protocol, TypeVar

from gemini_otel._facts.guard import safely
from gemini_otel._facts.operation import Arguments
from gemini_otel._sdk.patch import STREAMS, Driver, Patch, Positional, Shape
from gemini_otel._telemetry.dropped import hold_open
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.lifecycle import Observation

_G = TypeVar("_G", Generator[Any, Any, Any], AsyncGenerator[Any, None])


class Inside(Protocol):
    """The context in which a call runs. It gets the exception that leaves the call, or the answer, and then the end.

    `settled` does not depend on the answer or the end.
    """

    @property
    def settled(self) -> bool: ...

    def __enter__(self) -> object: ...

    def __exit__(self, *raised: object) -> None: ...

    def observe(self, response: Any) -> object: ...

    def finish(self) -> object: ...


# Begins the observation of a call of `instance`, with its arguments by name; returns None if nobody listens.
Begin = Callable[[Any, Arguments], Observation | None]
BeginInside = Callable[[Any, Arguments], Inside | None]


def driver(instrumentation: Instrumentation, patch: Patch) -> Driver:
    """The function that runs in place of a row's function."""
    begin = partial(patch.begin, instrumentation)
    if patch.operation is not None:
        begin = partial(begin, patch.operation)
    if patch.shape in STREAMS:
        begin = partial(begin, stream=True)
    if patch.shape is Shape.INSTEAD:
        return begin
    drive = partial(_DRIVERS[patch.shape], begin)
    return drive if patch.shape is Shape.CALL else partial(_as_theirs, drive)


_RUNNING = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)


def _as_theirs(drive: Driver, wrapped: Any, instance: Any, args: Positional, kwargs: Arguments) -> Any:
    """Give a coroutine or generator the SDK's name, which Python's warnings show."""
    answer: Any = drive(wrapped, instance, args, kwargs)
    if type(answer) in _RUNNING:
        answer.__name__, answer.__qualname__ = wrapped.__name__, wrapped.__qualname__
    return answer


def _named(wrapped: Any, instance: Any, args: Positional, kwargs: Arguments) -> Arguments:
    """The arguments by name, including positional ones."""
    try:
        names = _parameters(wrapped) if instance is None else _parameters_of(type(instance), wrapped.__name__)  # type: ignore[arg-type]  # mypy does not accept a class as hashable
    except TypeError:  # which this one may be
        return kwargs
    return {**dict(zip(names, args, strict=False)), **kwargs}


@lru_cache(maxsize=256)
def _parameters_of(kind: type, method: str) -> tuple[str, ...]:
    """The parameters of a method that may be passed by position; most of the SDK's may not."""
    return (
        safely(_read_parameters, (vars(each)[method] for each in kind.__mro__ if method in vars(each))) or ()
    )


@lru_cache(maxsize=64)  # few functions are patched
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    signature = safely(inspect.signature, function)
    return () if signature is None else tuple(signature.parameters)


def _read_parameters(methods: Iterable[Callable[..., Any]]) -> tuple[str, ...]:
    """The parameters of the first class that names them, because some generated clients pass everything on to their base
    class.
    """
    for function in methods:
        _, *parameters = inspect.signature(function).parameters.values()
        if all(each.kind is not each.VAR_POSITIONAL for each in parameters):
            return tuple(each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD)
    return ()


def call(
    begin: BeginInside, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    """Run a function inside the context that `begin` returns."""
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    if observed is None:
        return wrapped(*args, **kwargs)
    with observed:
        response = wrapped(*args, **kwargs)
    if not observed.settled:
        observed.observe(response)
        observed.finish()
    return response


async def async_call(
    begin: BeginInside,
    wrapped: Callable[..., Awaitable[Any]],
    instance: Any,
    args: Positional,
    kwargs: Arguments,
) -> Any:
    """Run a coroutine function inside the context that `begin` returns."""
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    if observed is None:
        return await wrapped(*args, **kwargs)
    with observed:
        response = await wrapped(*args, **kwargs)
    if not observed.settled:
        observed.observe(response)
        observed.finish()
    return response


def _stream(
    begin: Begin, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Generator[Any, Any, Any]:
    """Begins at the first `next`, because that is when the request is sent."""
    return _generate(
        lambda: begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs),
        wrapped(*args, **kwargs),
    )


def _public_stream(
    begin: Begin, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Generator[Any, Any, Any]:
    """Begins when it is called, so that a stream that is read in another thread keeps its place in the trace."""
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    chunks: Generator[Any, Any, Any] = wrapped(*args, **kwargs)
    return chunks if observed is None else _generate(lambda: observed, chunks)


def _generate(
    begin: Callable[[], Observation | None], chunks: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """`yield from chunks`, observed."""
    itself = _Itself()
    return itself.known_as(_steps(begin, chunks, itself))


class _Itself:
    """Tells a generator whether its owner closed it, or whether it is being collected.

    In every release of Python, weak references with a callback are dead inside a finalizer; those without one are not.
    """

    __slots__ = ("_reference",)

    def known_as(self, generator: _G) -> _G:
        self._reference: weakref.ref[Any] = weakref.ref(generator, _do_nothing)
        return generator

    def end(self, observed: Observation) -> None:
        """End the call if the generator ends before the answer does."""
        if self._reference() is None:
            observed.drop()
        else:
            observed.abandon()


def _do_nothing(_: object) -> None:
    """A callback that does nothing; a reference with a callback is cleared before a finalizer runs."""


def _steps(
    begin: Callable[[], Observation | None], chunks: Generator[Any, Any, Any], itself: _Itself
) -> Generator[Any, Any, Any]:
    observed = begin()
    if observed is None:
        return (yield from chunks)
    observed.is_stream = True
    advance: Callable[[], Any] = chunks.__next__
    try:
        while True:
            if observed.settled:
                chunk = advance()
            else:
                with observed:
                    chunk = advance()
                observed.observe(chunk)
            advance = chunks.__next__
            try:
                yield chunk
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # the SDK's generator decides what happens next
                advance = _thrower(chunks.throw, error)
    except StopIteration as stop:
        observed.finish()
        return stop.value
    except GeneratorExit:
        raise
    except BaseException as error:
        observed.finish(error)
        raise
    finally:
        try:
            chunks.close()
        finally:
            itself.end(observed)


def _thrower(throw: Callable[[BaseException], Any], error: BaseException) -> Callable[[], Any]:
    return lambda: throw(error)


def _async_stream(
    begin: Begin, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    chunks = wrapped(*args, **kwargs)
    arguments = _named(wrapped, instance, args, kwargs) if args else kwargs
    if inspect.isawaitable(chunks):
        return _awaited_async_stream(begin, chunks, instance, arguments)
    return _ObservedStream(chunks, lambda: begin(instance, arguments))


async def _awaited_async_stream(
    begin: Begin, answer: Awaitable[Any], instance: Any, arguments: Arguments
) -> Any:
    observed = begin(instance, arguments)
    if observed is None:
        return await answer
    with observed:
        chunks = await answer
    return _ObservedStream(chunks, lambda: observed)


async def _public_async_stream(
    begin: Begin, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    if observed is None:
        return await wrapped(*args, **kwargs)
    with observed:
        chunks = await wrapped(*args, **kwargs)
    return _async_generate(observed, chunks)


def _async_generate(observed: Observation, chunks: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, None]:
    """`yield from chunks` for an async generator that the user holds, observed."""
    itself = _Itself()
    return itself.known_as(_async_steps(observed, chunks, itself))


async def _async_steps(
    observed: Observation, chunks: AsyncGenerator[Any, Any], itself: _Itself
) -> AsyncGenerator[Any, None]:
    observed.is_stream = True
    advance: Callable[[], Awaitable[Any]] = chunks.__anext__
    try:
        while True:
            if observed.settled:
                chunk = await advance()
            else:
                with observed:
                    chunk = await advance()
                observed.observe(chunk)
            advance = chunks.__anext__
            try:
                yield chunk
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # the SDK's generator decides what happens next
                advance = _thrower(chunks.athrow, error)
    except StopAsyncIteration:
        observed.finish()
    except GeneratorExit:
        raise
    except BaseException as error:
        observed.finish(error)
        raise
    finally:
        try:
            await chunks.aclose()
        finally:
            itself.end(observed)


class _ObservedStream:
    """The async iterator that the SDK's own loop consumes. It is not a generator, so it ends at once when the loop drops it."""

    __slots__ = ("_begin", "_begun", "_chunks", "_observed")

    def __init__(self, chunks: AsyncIterator[Any], begin: Callable[[], Observation | None]) -> None:
        self._chunks = chunks
        self._begin = begin
        self._begun = False
        self._observed: Observation | None = None

    def __aiter__(self) -> _ObservedStream:
        return self

    async def __anext__(self) -> Any:
        if not self._begun:
            self._begun = True
            self._observed = self._begin()
            if self._observed is not None:
                self._observed.is_stream = True
        if self._observed is None:
            return await self._chunks.__anext__()
        try:
            with self._observed:
                chunk = await self._chunks.__anext__()
        except StopAsyncIteration:
            self._observed.finish()
            raise
        self._observed.observe(chunk)
        return chunk

    def __del__(self) -> None:
        if self._observed is not None:
            self._observed.drop()


def _call_or_stream(
    begin: Begin, wrapped: Callable[..., Any], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    if observed is None:
        return wrapped(*args, **kwargs)
    with observed:
        answer = wrapped(*args, **kwargs)
    return _handed_over(observed, answer, _observe_events)


async def _async_call_or_stream(
    begin: Begin, wrapped: Callable[..., Awaitable[Any]], instance: Any, args: Positional, kwargs: Arguments
) -> Any:
    observed = begin(instance, _named(wrapped, instance, args, kwargs) if args else kwargs)
    if observed is None:
        return await wrapped(*args, **kwargs)
    with observed:
        answer = await wrapped(*args, **kwargs)
    return _handed_over(observed, answer, _observe_async_events)


# The attribute with the events of a stream, in the generated client and in the one before it.
_SOURCES = ("generator", "_iterator")


def _handed_over(observed: Observation, answer: Any, observe_events: Callable[..., None]) -> Any:
    """The answer itself. A stream's events are observed from within, so that it stays the SDK's object."""
    source = next((name for name in _SOURCES if name in getattr(answer, "__dict__", ())), None)
    if source is None:
        observed.observe(answer)
        observed.finish()
    else:
        safely(observe_events, observed, answer, source)
    return answer


def _observe_events(observed: Observation, stream: Any, source: str) -> None:
    events = _generate(lambda: observed, getattr(stream, source))
    close = stream.close

    def close_and_end() -> None:
        observed.abandon()
        close()

    setattr(stream, source, events)
    stream.close = close_and_end
    hold_open(observed)


def _observe_async_events(observed: Observation, stream: Any, source: str) -> None:
    events = _async_generate(observed, getattr(stream, source))
    close = stream.close

    async def close_and_end() -> None:
        observed.abandon()
        await close()

    setattr(stream, source, events)
    stream.close = close_and_end
    hold_open(observed)


_DRIVERS: dict[Shape, Callable[..., Any]] = {
    Shape.CALL: call,
    Shape.ASYNC_CALL: async_call,
    Shape.STREAM: _stream,
    Shape.ASYNC_STREAM: _async_stream,
    Shape.PUBLIC_STREAM: _public_stream,
    Shape.PUBLIC_ASYNC_STREAM: _public_async_stream,
    Shape.CALL_OR_STREAM: _call_or_stream,
    Shape.ASYNC_CALL_OR_STREAM: _async_call_or_stream,
}
