"""Connection: one websocket of Live or of Live music, from the handshake to its close."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts, RequestFacts, StartFacts
from gemini_otel._facts.errors.cancellation import is_cancellation
from gemini_otel._facts.errors.exceptions import read_close
from gemini_otel._facts.live import MediaFacts, ReceivedFacts, SentFacts
from gemini_otel._facts.operation import Operation
from gemini_otel._guard import guarded, safely
from gemini_otel._telemetry.attributes import Attributes, media_attributes
from gemini_otel._telemetry.dropped import hold_open, let_go
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.rounds import Round
from gemini_otel._telemetry.span_choice import SpanChoice

_CLEAN = (1000, 1001)  # RFC 6455: all is done; the endpoint goes away


class Connection(Round):
    """Ends once: when the caller leaves it, or as soon as an exception tells that the websocket is closed."""

    __slots__ = (
        "_ask_close_code",
        "_close_code",
        "_closing",
        "_explained",
        "_failure",
        "_heard",
        "_instrumentation",
        "_opened",
        "_said",
    )

    def __init__(
        self,
        instrumentation: Instrumentation,
        operation: Operation,
        start: StartFacts,
        request: RequestFacts,
        chosen: SpanChoice,
        stream: bool,
    ) -> None:
        super().__init__(instrumentation, operation, start, request, chosen, stream)
        self._instrumentation = instrumentation
        self._heard, self._said = MediaFacts(), MediaFacts()
        self._opened: float | None = None
        self._failure: BaseException | None = None
        self._close_code: int | None = None
        self._closing = False
        self._explained: tuple[BaseException, BaseException] | None = None
        self._ask_close_code: Callable[[], int | None] | None = None
        hold_open(self)

    @property
    def _says_all(self) -> bool:
        """What was sent over the websocket is not kept."""
        return False

    def join_loop(self) -> None:
        """A connection belongs to no loop, wherever it is opened."""
        self._loop = None

    @guarded
    def opened(self, close_code: Callable[[], int | None] | None) -> None:
        """Note that the connection is set up; `close_code` tells how the service closed it, once it has."""
        self._opened = time.perf_counter()
        self._ask_close_code = close_code

    @guarded
    def closing(self) -> None:
        """Note that the caller closes the session himself: the exceptions that follow are his own doing."""
        self._closing = True

    @guarded
    def sent(self, facts: SentFacts, moment: float) -> None:
        """Take what the caller sent, and when."""
        if not self.ended:
            self._heard = self._heard.plus(facts.media)
            self._note_sent(facts, moment)

    def _note_sent(self, facts: SentFacts, moment: float) -> None:
        """Only how much was sent is told of a connection without turns."""

    @guarded
    def received(self, facts: ReceivedFacts, message: object) -> None:
        """Take what the service says, and the message itself for the user's hook.

        Some may still be unread when a session was closed.
        """
        if not self.ended:
            self._said = self._said.plus(facts.media)
            self._note_received(facts, message)

    def _note_received(self, facts: ReceivedFacts, message: object) -> None:
        """As for what is sent."""

    @guarded
    def explain(self, error: BaseException, readable: BaseException) -> None:
        """Note an exception that says what `error` does not say itself."""
        self._explained = error, readable

    @guarded
    def failed(self, error: BaseException, *, receiving: bool) -> None:
        """Take an exception of one of the session's methods.

        A cancelled task leaves the connection as it is, and so do wrong arguments to what sends, and a second task that
        receives, which websockets answers with a RuntimeError.
        """
        if isinstance(error, GeneratorExit) or is_cancellation(error) or self.ended:
            return
        closed = read_close(error)
        if closed is None:
            if receiving and not isinstance(error, RuntimeError):
                self._lost(error)
            return
        self._close_code = closed.code
        if self._closing:
            self.leave(None)
        elif closed.code in _CLEAN and receiving and not self._under_way():
            self.finish()
        else:
            self.finish(error)

    def _read_failure(self, error: BaseException) -> ErrorFacts:
        return super()._read_failure(readable(error, self._explained))

    def _lost(self, error: BaseException) -> None:
        """Take what the service said instead of a message that can be read; the connection stays."""
        self._failure = error

    def _under_way(self) -> bool:
        """Whether an answer is awaited."""
        return False

    @guarded
    def leave(self, error: BaseException | None) -> None:
        """End because the caller leaves the session's block, with the exception that makes him leave."""
        if error is None:
            self.finish(self._failure)
        elif error is self._failure or not isinstance(error, Exception):
            self.finish(error)
        else:
            self.abandon()  # his own exception: the service has not failed

    def _record(self, error: BaseException | None) -> None:
        closed = read_close(error) if error is not None else None
        if closed is not None:
            self._close_code = closed.code
        elif self._close_code is None:
            self._close_code = self._unnoticed_close()
        super()._record(error)

    def _unnoticed_close(self) -> int | None:
        """The code with which the service closed the websocket, where nobody received any more and so no exception told it."""
        code = safely(self._ask_close_code) if self._ask_close_code is not None else None
        return None if code in _CLEAN else code

    def _close(self) -> None:
        let_go(self)
        super()._close()

    def _more_attributes(self) -> Attributes:
        attributes = media_attributes(self._heard, self._said)
        if self._opened is not None:
            attributes[names.LIVE_SETUP_TIME] = self._opened - self._started
        if self._close_code is not None:
            attributes[names.LIVE_CLOSE_CODE] = self._close_code
        return attributes


def readable(error: BaseException, explained: tuple[BaseException, BaseException] | None) -> BaseException:
    """The exception that says what `error` is about: itself, where no other was noted for it."""
    return explained[1] if explained is not None and explained[0] is error else error


class MusicConnection(Connection):
    """A connection to the music service: sound without turns and without tokens."""

    __slots__ = ("_filtered_prompts", "_first_audio")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._filtered_prompts = 0
        self._first_audio: float | None = None

    def _note_received(self, facts: ReceivedFacts, message: object) -> None:
        self._filtered_prompts += facts.filtered_prompts
        if facts.media.audio_bytes and self._first_audio is None:
            self._first_audio = time.perf_counter()

    def _more_attributes(self) -> Attributes:
        attributes = super()._more_attributes()
        if self._first_audio is not None:
            attributes[names.LIVE_TIME_TO_FIRST_AUDIO] = self._first_audio - self._started
        if self._filtered_prompts:
            attributes[names.LIVE_FILTERED_PROMPTS] = self._filtered_prompts
        return attributes
