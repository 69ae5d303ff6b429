"""The conversation that calls belong to: said by the program, carried by the OpenTelemetry context, never invented."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gemini_otel._telemetry.lifecycle import detach_quietly

_KEY = otel_context.create_key("gemini_otel.conversation")

# What this task is in, from the outside in: several tasks may enter one object.
_entered: ContextVar[tuple[tuple[object, Context | None, object], ...]] = ContextVar(
    "gemini_otel.conversations", default=()
)


def conversation_id() -> str | None:
    """The id of the conversation that this context is in."""
    found = otel_context.get_value(_KEY)
    return found if isinstance(found, str) else None


class conversation:  # noqa: N801  # reads as a statement, like contextlib.suppress
    """`with conversation("id"):` sets `gen_ai.conversation.id` on every span and log event of the Gemini calls inside.

    Works as `async with`, too. The inner of two wins. It holds for the tasks and `asyncio.to_thread` calls that are started
    inside, and for streams that are opened inside, wherever they are read. A thread of your own starts with an empty context:
    run its target with `contextvars.copy_context().run`.
    """

    def __init__(self, id: str) -> None:  # noqa: A002  # the word of the conventions
        if not isinstance(id, str) or not id:
            raise ValueError(f"conversation({id!r}) is not valid; give the id as a string that is not empty")
        self.id = id

    def __enter__(self) -> None:
        context = otel_context.set_value(_KEY, self.id)
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
