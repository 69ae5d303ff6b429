"""What the program says of the calls inside a `with` statement; carried by the OpenTelemetry context."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gemini_otel._telemetry.lifecycle import detach_quietly

# What this task is in, from the outside in: several tasks may enter one object.
_entered: ContextVar[tuple[tuple[object, Context | None, object], ...]] = ContextVar(
    "gemini_otel.sayings", default=()
)


class Saying:
    """A context manager, also an async one, that keeps a value in the context of what is inside."""

    def __init__(self, key: str, value: object) -> None:
        self._key, self._value = key, value

    def __enter__(self) -> None:
        context = otel_context.set_value(self._key, self._value)
        _entered.set((*_entered.get(), (self, context, otel_context.attach(context))))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        *outer, (entered, context, token) = _entered.get() or ((None, None, None),)
        # A generator that is thrown away is closed in whatever context the garbage collector runs: ours is gone then.
        if entered is self and otel_context.get_current() is context:
            _entered.set(tuple(outer))
            detach_quietly(token)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)
