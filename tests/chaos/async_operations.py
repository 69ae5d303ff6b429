"""Calls and streams in an event loop, cancelled and dropped at whichever await."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from opentelemetry import context as otel_context

from chaos.run import Mine, Run
from support import MODEL


class _Counted(Coroutine[Any, Any, Any]):
    """A coroutine whose task is cancelled at one of its awaits."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int) -> None:
        self._coroutine, self._left = coroutine, at
        self.task: asyncio.Task[Any] | None = None

    def send(self, value: Any) -> Any:
        if self._left == 0 and self.task is not None:
            asyncio.get_running_loop().call_soon(self.task.cancel)
        self._left -= 1
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


async def _cancelled(coroutine: Coroutine[Any, Any, Any], at: int) -> Any:
    """What becomes of the coroutine where it is cancelled at this await."""
    counted = _Counted(coroutine, at)
    task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(counted)
    counted.task = task
    try:
        return await task
    finally:
        counted.task = None


async def _timed_out(run: Run, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What becomes of the coroutine where the time is up as soon as the service is silent."""
    silence = asyncio.ensure_future(run.listen().wait())
    task = asyncio.ensure_future(coroutine)
    await asyncio.wait((silence, task), return_when=asyncio.FIRST_COMPLETED)
    silence.cancel()
    return await asyncio.wait_for(task, 0)


async def call(run: Run) -> None:
    """One answer."""
    if run.plan.action == "never_awaited":
        _ask(run)  # type: ignore[unused-coroutine]
    elif run.plan.action == "cancel":
        run.note(await _cancelled(_ask(run), run.plan.step))
    elif run.plan.action == "time_out":
        run.note(await _timed_out(run, _ask(run)))
    elif run.plan.action == "give_up":
        _give_up(run, _ask(run))
    elif run.plan.action == "other_thread":
        await asyncio.to_thread(lambda: run.note(asyncio.run(_ask(run))))
    else:
        run.note(await _ask(run))
    run.here()


def _ask(run: Run) -> Coroutine[Any, Any, Any]:
    if run.plan.via == "models":
        return run.client.aio.models.generate_content(**run.arguments)
    return run.client.aio.chats.create(model=MODEL, config=run.config).send_message(run.prompt)


def _give_up(run: Run, coroutine: Coroutine[Any, Any, Any]) -> None:
    """Begin, and close it after some steps, as a loop does that is torn down."""
    try:
        for _ in range(run.plan.step):
            waited_for = coroutine.send(None)
            if waited_for is not None:
                waited_for._asyncio_future_blocking = False
                waited_for.cancel()
                break
    except StopIteration as stop:
        run.note(stop.value)
    finally:
        coroutine.close()


async def stream(run: Run) -> None:
    """Many chunks, of which the caller takes some."""
    if run.plan.action == "cancel":
        await _cancelled(_read(run), run.plan.step)
    elif run.plan.action == "time_out":
        await _timed_out(run, _read(run))
    else:
        await leave(run, run.hold(await _open(run)))


def _open(run: Run) -> Awaitable[Any]:
    if run.plan.via == "models":
        return run.client.aio.models.generate_content_stream(**run.arguments)
    return run.client.aio.chats.create(model=MODEL, config=run.config).send_message_stream(run.prompt)


async def _read(run: Run) -> None:
    async for chunk in run.hold(await _open(run)):
        run.note(chunk)
        run.here()


async def interaction(run: Run) -> None:
    """The same of the other API."""
    api = run.client.aio.interactions
    if run.plan.action == "plain":
        run.note(await api.create(model=MODEL, input=run.prompt))
    elif run.plan.action == "cancel":
        await _cancelled(_events(run), run.plan.step)
    elif run.plan.action == "time_out":
        await _timed_out(run, _events(run))
    else:
        await leave(run, await api.create(model=MODEL, input=run.prompt, stream=True))


async def _events(run: Run) -> None:
    async for event in await run.client.aio.interactions.create(model=MODEL, input=run.prompt, stream=True):
        run.note(event)
        run.here()


async def leave(run: Run, chunks: Any) -> None:
    """Read some chunks, and then do what the plan says."""
    if run.plan.action == "unread":
        return
    reader = aiter(chunks)
    if await _take(run, reader):
        await _LEAVING.get(run.plan.action, _drop)(run, reader)


async def _take(run: Run, chunks: Any) -> bool:
    """Read until the step of the plan, or to the end; whether there may be more."""
    number = 0
    async for chunk in chunks:
        run.note(chunk)
        run.here()
        if run.plan.toggles and number == 0:
            run.toggle()
        if number >= run.plan.step and run.plan.action != "drain":
            return True
        number += 1
    run.note(number)
    return False


async def _drop(run: Run, chunks: Any) -> None:
    """Nobody holds it any more."""


async def _rest(run: Run, chunks: Any) -> None:
    async for chunk in chunks:
        run.note(chunk)
        run.here()
    run.note(await anext(chunks, "exhausted"))


async def _close(run: Run, chunks: Any) -> None:
    await _closing(chunks)
    run.here()
    run.note(await anext(chunks, "exhausted"))


def _closing(chunks: Any) -> Any:
    return chunks.aclose() if hasattr(chunks, "aclose") else chunks.close()


async def _raise(run: Run, chunks: Any) -> None:
    raise Mine(run.plan.number)


async def _throw(run: Run, chunks: Any) -> None:
    await chunks.athrow(Mine(run.plan.number))


async def _interrupt(run: Run, chunks: Any) -> None:
    await chunks.athrow(asyncio.CancelledError())


async def _cycle(run: Run, chunks: Any) -> None:
    holder = [chunks]
    holder.append(holder)


async def _nest(run: Run, chunks: Any) -> None:
    run.note(await run.client.aio.models.generate_content(model=MODEL, contents="nested"))
    await _rest(run, chunks)


async def _other_task(run: Run, chunks: Any) -> None:
    await asyncio.create_task(_rest(run, chunks))


async def _other_loop(run: Run, chunks: Any) -> None:
    def elsewhere() -> None:
        with run.caught():
            asyncio.run(_rest(run, chunks))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()


async def _attach(run: Run, chunks: Any) -> None:
    """The caller attaches something of his own between two chunks, and leaves it a while."""
    token = otel_context.attach(otel_context.set_value("mine", run.plan.number))
    try:
        run.note(await anext(chunks, "exhausted"))
        run.note(otel_context.get_value("mine"))
    finally:
        otel_context.detach(token)
    await _rest(run, chunks)


_LEAVING: dict[str, Callable[[Run, Any], Coroutine[Any, Any, None]]] = {
    "drop": _drop,
    "again": _rest,
    "close": _close,
    "raise": _raise,
    "throw": _throw,
    "interrupt": _interrupt,
    "cycle": _cycle,
    "nest": _nest,
    "other_task": _other_task,
    "other_loop": _other_loop,
    "attach": _attach,
}
