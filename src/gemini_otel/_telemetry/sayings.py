"""What the program says of the calls inside a `with` statement: their conversation and their prompt. Never invented.

It is carried by the OpenTelemetry context.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar, Token
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gemini_otel._facts import names

# Where the context keeps attributes for what begins there.
CONVERSATION = otel_context.create_key("gemini_otel.conversation")
PROMPT = otel_context.create_key("gemini_otel.prompt")
_LONGEST = 256

# What this task is in, from the outside in: several tasks may enter one object.
_entered: ContextVar[tuple[tuple[object, Context | None, object], ...]] = ContextVar(
    "gemini_otel.sayings", default=()
)


class Saying:
    """A context manager, also an async one, that keeps attributes in the context of what is inside."""

    def __init__(self, key: str, attributes: dict[str, str]) -> None:
        self._key, self._value = key, attributes

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


class conversation(Saying):  # noqa: N801  # reads as a statement, like contextlib.suppress
    """`with conversation("id"):` sets `gen_ai.conversation.id` on every span and log event of the Gemini calls inside.

    Works as `async with`, too. The inner of two wins. It holds for the tasks and `asyncio.to_thread` calls that are started
    inside, and for streams that are opened inside, wherever they are read. A thread of your own starts with an empty context:
    run its target with `contextvars.copy_context().run`.
    """

    def __init__(self, id: str) -> None:  # noqa: A002  # the word of the conventions
        if not isinstance(id, str) or not id:
            raise ValueError(f"conversation({id!r}) is not valid; give the id as a string that is not empty")
        super().__init__(CONVERSATION, {names.CONVERSATION_ID: id})
        self.id = id


class prompt(Saying):  # noqa: N801  # reads as a statement, like `conversation`
    """`with prompt("summary", version="3"):` sets `gen_ai.prompt.name` and `.version` on the Gemini calls inside.

    They are set on spans and log events of requests to a model or an agent. Where it holds, and that the inner of two wins, is
    as with `conversation`.
    """

    def __init__(self, name: str, version: str | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"prompt({name!r}) is not valid; give the name as a string that is not empty")
        if version is not None and (not isinstance(version, str) or not version):
            raise ValueError(
                f"prompt(version={version!r}) is not valid; give the version as a string that is not empty, or leave it out"
            )
        from gemini_otel._facts.sendable import text  # not at start-up

        attributes = {names.PROMPT_NAME: text(name, _LONGEST)}
        if version is not None:
            attributes[names.PROMPT_VERSION] = text(version, _LONGEST)
        super().__init__(PROMPT, attributes)
        self.name, self.version = name, version


def detach_quietly(token: object) -> None:
    """Restore what was current before; where that was in a context that is not this one, leave this as it is."""
    if isinstance(token, Token):
        with contextlib.suppress(ValueError, RuntimeError):
            token.var.reset(token)
