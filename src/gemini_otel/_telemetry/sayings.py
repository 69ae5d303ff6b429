"""What the program says about the calls inside a `with` statement: their conversation and their prompt. Nothing is invented.

The OpenTelemetry context carries it.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar, Token
from types import TracebackType

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gemini_otel._facts import names

# The context key of the attributes for spans that begin there.
CONVERSATION = otel_context.create_key("gemini_otel.conversation")
PROMPT = otel_context.create_key("gemini_otel.prompt")
_LONGEST = 256

# The blocks that this task is in, outermost first; several tasks may enter one object.
_entered: ContextVar[tuple[tuple[object, Context | None, object], ...]] = ContextVar(
    "gemini_otel.sayings", default=()
)


class Saying:
    """A context manager, also an async one, that puts attributes into the context of its block."""

    def __init__(self, key: str, attributes: dict[str, str]) -> None:
        self._key, self._value = key, attributes

    def __enter__(self) -> None:
        context = otel_context.set_value(self._key, self._value)
        _entered.set((*_entered.get(), (self, context, otel_context.attach(context))))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        *outer, (entered, context, token) = _entered.get() or ((None, None, None),)
        # A dropped generator is closed in whatever context the garbage collector runs, which is not ours.
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

    `async with` works, too. If two are nested, the inner id wins. It applies to the tasks and `asyncio.to_thread` calls that
    are started inside, and to streams that are opened inside, wherever they are read. A thread that you start has an empty
    context: run its target with `contextvars.copy_context().run`. Raises ValueError if the id is not a string or is empty.
    """

    def __init__(self, id: str) -> None:  # noqa: A002  # the word of the conventions
        if not isinstance(id, str) or not id:
            raise ValueError(f"conversation({id!r}) is not valid; give the id as a string that is not empty")
        super().__init__(CONVERSATION, {names.CONVERSATION_ID: id})
        self.id = id


class prompt(Saying):  # noqa: N801  # reads as a statement, like `conversation`
    """`with prompt("summary", version="3"):` sets `gen_ai.prompt.name` and `.version` on the Gemini calls inside.

    They are set on spans and log events of requests to a model or an agent. It applies wherever a `conversation` does, and
    the inner of two nested prompts wins. Raises ValueError if name or version is not a string or is empty.
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
    """Restore the context from before. If this is another context than the one in which it was attached, change nothing."""
    if isinstance(token, Token):
        with contextlib.suppress(ValueError, RuntimeError):
            token.var.reset(token)
