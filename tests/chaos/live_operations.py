"""Live sessions, over a real websocket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from google.genai import types

from chaos.run import Mine, Run
from support.live import LIVE_MODEL


async def live(run: Run) -> None:
    """One session, left as the plan says."""
    manager = run.hold(
        run.live_client.aio.live.connect(model=LIVE_MODEL, config={"response_modalities": ["TEXT"]})  # type: ignore[arg-type]
    )
    if run.plan.action == "drop":
        session = await manager.__aenter__()
        await _say(run, session)
        await _first(run, session)
        await session.close()  # the connection, which would outlive the test; the manager is never left
    elif run.plan.action != "never_entered":
        async with manager as session:
            await _say(run, session)
            await _LEAVING[run.plan.action](run, session)
    run.here()


async def _say(run: Run, session: Any) -> None:
    text = f"simulate:{run.plan.scenario}"
    await session.send_client_content(turns={"parts": [{"text": text}]})


async def _drain(run: Run, session: Any) -> None:
    async for message in session.receive():
        run.note(message)
        run.here()
        if message.tool_call:
            response = types.FunctionResponse(
                id=message.tool_call.function_calls[0].id, name="get_weather", response={"ok": True}
            )
            await session.send_tool_response(function_responses=[response])


async def _first(run: Run, session: Any) -> None:
    async for message in session.receive():
        run.note(message)
        break


async def _raise(run: Run, session: Any) -> None:
    await _first(run, session)
    raise Mine(run.plan.number)


async def _cancel(run: Run, session: Any) -> None:
    """The task waits for a second answer that never comes."""
    await _first(run, session)
    task = asyncio.create_task(session._receive())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def _leave(run: Run, session: Any) -> None:
    """Nothing is read."""


async def _close(run: Run, session: Any) -> None:
    await _first(run, session)
    await session.close()


_LEAVING: dict[str, Callable[[Run, Any], Coroutine[Any, Any, None]]] = {
    "drain": _drain,
    "break": _first,
    "raise": _raise,
    "cancel": _cancel,
    "leave": _leave,
    "close": _close,
}
