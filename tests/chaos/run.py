"""What an operation is run with, and what its caller sees."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google import genai
from opentelemetry import context as otel_context
from opentelemetry import trace

from chaos.plans import Plan
from support import MODEL


class Mine(Exception):
    """The caller's own exception."""


@dataclass
class Run:
    """One operation, bare or with us. `seen` is what must be the same in both."""

    plan: Plan
    prompt: str
    client: genai.Client
    live_client: genai.Client
    toggle: Callable[[], None]
    open: Callable[[], set[int]]  # spans that have not ended
    listen: Callable[[], asyncio.Event]  # set when the service falls silent, and then silent for long
    seen: list[Any] = field(default_factory=list)
    held: list[weakref.ref[Any]] = field(default_factory=list)  # what nobody may hold afterwards

    def note(self, thing: Any) -> None:
        """The caller sees this."""
        self.seen.append(_plain(thing))

    def here(self) -> None:
        """The caller's own code runs: whose span is current?"""
        self.seen.append(f"in {trace.get_current_span().get_span_context().span_id:x}")

    def hold(self, thing: Any) -> Any:
        """The thing, which is gone when the operation is over."""
        with contextlib.suppress(TypeError):
            self.held.append(weakref.ref(thing))
        return thing

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """What leaves the block is what the caller sees."""
        try:
            yield
        except BaseException as error:  # KeyboardInterrupt, too: we raise them ourselves
            self.note(error)
            error.__traceback__ = None

    @property
    def config(self) -> Any:
        if self.plan.function is None:
            return None
        from chaos.functions import function

        return {"tools": [function(self)]}

    @property
    def arguments(self) -> dict[str, Any]:
        return {"model": MODEL, "contents": self.prompt, "config": self.config}


def _plain(thing: Any) -> Any:
    if isinstance(thing, BaseException):
        cause = type(thing.__cause__).__name__
        return f"{type(thing).__name__} {str(thing)[:300]} {cause}"
    if hasattr(thing, "model_dump"):
        # The answer's identity is of the moment, and so are its headers.
        left_out = {"sdk_http_response", "response_id", "create_time", "id", "created", "updated"}
        if hasattr(thing, "automatic_function_calling_history"):
            left_out.add("automatic_function_calling_history")
            return [_dumped(thing, left_out), len(thing.automatic_function_calling_history or ())]
        return _dumped(thing, left_out)
    return thing if isinstance(thing, str) else repr(thing)[:300]


def _dumped(thing: Any, left_out: set[str]) -> str:
    return repr(thing.model_dump(exclude=left_out, exclude_none=True, warnings=False))[:2000]


def context() -> dict[str, Any]:
    """What is attached."""
    return dict(otel_context.get_current())
