"""Several calls at once, in threads and in tasks."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from dataclasses import replace
from typing import Any

from chaos import async_operations, sync_operations
from chaos.run import Run

_MANY = 4


def together(run: Run) -> None:
    """Each by itself sees what it would see alone."""
    runs = [_part(run, number) for number in range(_MANY)]
    if run.plan.action == "threads":
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(_in_thread, each)) for each in runs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        asyncio.run(_tasks(runs))
    for each in runs:
        run.seen.extend(each.seen)


def _part(run: Run, number: int) -> Run:
    actions = ("again", "drop", "close", "raise") if run.plan.action != "cancelled_tasks" else ("cancel",)
    plan = replace(
        run.plan,
        action=actions[number % len(actions)],
        step=run.plan.step + number,
        toggles=False,
        wire=False,
    )
    return replace(run, plan=plan, prompt=f"{run.prompt} {number}", seen=[])


def _in_thread(run: Run) -> None:
    with run.caught():
        sync_operations.stream(run)


async def _tasks(runs: list[Run]) -> None:
    async def one(run: Run) -> Any:
        with run.caught():
            await async_operations.stream(run)

    await asyncio.gather(*map(one, runs))
