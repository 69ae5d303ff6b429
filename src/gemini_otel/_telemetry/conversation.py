"""The conversation that calls belong to: said by the program, carried by the OpenTelemetry context, never invented."""

from __future__ import annotations

from gemini_otel._telemetry.conversation_id import KEY
from gemini_otel._telemetry.saying import Saying


class conversation(Saying):  # noqa: N801  # reads as a statement, like contextlib.suppress
    """`with conversation("id"):` sets `gen_ai.conversation.id` on every span and log event of the Gemini calls inside.

    Works as `async with`, too. The inner of two wins. It holds for the tasks and `asyncio.to_thread` calls that are started
    inside, and for streams that are opened inside, wherever they are read. A thread of your own starts with an empty context:
    run its target with `contextvars.copy_context().run`.
    """

    def __init__(self, id: str) -> None:  # noqa: A002  # the word of the conventions
        if not isinstance(id, str) or not id:
            raise ValueError(f"conversation({id!r}) is not valid; give the id as a string that is not empty")
        super().__init__(KEY, id)
        self.id = id
