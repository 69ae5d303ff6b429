"""What a tool of the program may do while it is called by the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context

from support import MODEL

if TYPE_CHECKING:
    from chaos.run import Run


def function(run: Run) -> Callable[..., Any]:
    """The tool that the plan asks for; it is called get_weather, and takes a city."""
    act = _ACTS[run.plan.function or "plain"]

    def get_weather(city: str = "Paris") -> str:
        """Say how the weather is."""
        run.note(f"tool {city}")
        return str(act(run))

    async def get_weather_later(city: str = "Paris") -> str:
        """Say how the weather is."""
        await asyncio.sleep(0)
        run.note(f"tool {city}")
        return "sunny"

    get_weather_later.__name__ = "get_weather"
    chosen = get_weather_later if run.plan.function == "asynchronous" else get_weather
    chosen.__annotations__ = {"city": str, "return": str}  # older SDKs do not resolve them
    return chosen


def _plainly(run: Run) -> str:
    return "sunny"


def _raises(run: Run) -> str:
    raise LookupError("no weather here")


def _interrupts(run: Run) -> str:
    raise KeyboardInterrupt


def _calls(run: Run) -> str:
    """A call inside of the tool."""
    answer = run.client.models.generate_content(model=MODEL, contents="nested")
    return answer.text or ""


def _streams(run: Run) -> str:
    """A stream that the tool leaves after the first chunk."""
    stream = run.client.models.generate_content_stream(model=MODEL, contents="nested")
    return next(iter(stream)).text or ""


def _attaches(run: Run) -> str:
    otel_context.attach(otel_context.set_value("left by the tool", run.plan.number))
    return "sunny"


def _cancels(run: Run) -> str:
    raise asyncio.CancelledError


def _toggles(run: Run) -> str:
    run.toggle()
    return "sunny"


def _odd(run: Run) -> str:
    return "\ud800" + "9" * 400


_ACTS: dict[str, Callable[[Run], str]] = {
    "plain": _plainly,
    "asynchronous": _plainly,
    "raises": _raises,
    "interrupts": _interrupts,
    "calls": _calls,
    "streams": _streams,
    "attaches": _attaches,
    "cancels": _cancels,
    "toggles": _toggles,
    "odd": _odd,
}
