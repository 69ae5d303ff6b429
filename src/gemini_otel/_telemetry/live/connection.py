"""Connection: one websocket of Live or Live music, from the handshake to its close."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.errors.cancellation import is_cancellation
from gemini_otel._facts.errors.exceptions import read_close
from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.live import MediaFacts, ReceivedFacts, SentFacts
from gemini_otel._facts.operation import Arguments, Operation
from gemini_otel._telemetry.attributes import Attributes, media_attributes
from gemini_otel._telemetry.dropped import hold_open, let_go
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.rounds import Round, Traits, begin

_CLEAN = (1000, 1001)  # RFC 6455: the purpose is fulfilled; the endpoint goes away


class Connection:
    """Ends once: when the caller leaves it, or as soon as an exception shows that the websocket is closed.

    Its round has the span and the metrics.
    """

    __slots__ = (
        "_ask_close_code",
        "_began",
        "_close_code",
        "_closing",
        "_explained",
        "_instrumentation",
        "_lost_with",
        "_opened",
        "_received_media",
        "_sent_media",
        "_session_id",
        "round",
    )

    round: Round  # once it has begun

    def __init__(self, instrumentation: Instrumentation) -> None:
        self._instrumentation = instrumentation
        self._began = time.perf_counter()
        self._opened: float | None = None
        self._sent_media, self._received_media = MediaFacts(), MediaFacts()
        self._session_id: str | None = None
        self._closing = False
        self._ask_close_code: Callable[[], int | None] | None = None
        self._close_code: int | None = None
        self._lost_with: BaseException | None = None
        self._explained: tuple[BaseException, BaseException] | None = None

    def begin(self, operation: Operation, instance: Any, arguments: Arguments) -> bool:
        """Begin its round; False if nobody listens."""
        traits = Traits(
            started=self._began,
            says_all=False,
            more=self._attributes,
            failure=self._failure,
            ending=self._ending,
            closed=self._closed,
        )
        call = begin(self._instrumentation, operation, instance, arguments, traits=traits)
        if call is None:
            return False
        self.round = call
        hold_open(call)
        return True

    @guarded
    def opened(
        self, close_code: Callable[[], int | None] | None = None, session_id: str | None = None
    ) -> None:
        """Note that it is set up, and its id; `close_code` returns how the service closed it, once it has."""
        self._opened = time.perf_counter()
        self._ask_close_code, self._session_id = close_code, session_id

    @guarded
    def closing(self) -> None:
        """Note that the caller closes it, so the exceptions that follow are expected."""
        self._closing = True

    @guarded
    def sent(self, facts: SentFacts, moment: float) -> None:
        """Take what the caller sent, and when."""
        if not self.round.ended:
            self._sent_media = self._sent_media.plus(facts.media)

    @guarded
    def received(self, facts: ReceivedFacts, message: object) -> None:
        """Take a message from the service, and the message itself for the user's hook.

        Some messages may still be unread when a session was closed.
        """
        if not self.round.ended:
            self._received_media = self._received_media.plus(facts.media)

    @guarded
    def explain(self, error: BaseException, readable: BaseException) -> None:
        """Note an exception with details that `error` lacks."""
        self._explained = error, readable

    @guarded
    def failed(self, error: BaseException, *, receiving: bool) -> None:
        """Take an exception of one of the session's methods.

        The connection continues after a cancelled task, after wrong arguments to a sending method, and after a second task
        that receives, to which websockets answers with a RuntimeError.
        """
        if isinstance(error, GeneratorExit) or is_cancellation(error) or self.round.ended:
            return
        closed = read_close(error)
        if closed is None:
            if receiving and not isinstance(error, RuntimeError):
                self._lost(error)
            return
        self._close_code = closed.code
        if self._closing:
            self.leave(None)
        elif closed.code in _CLEAN and receiving and not self._awaits_answer:
            self.round.finish()
        else:
            self.round.finish(error)

    @guarded
    def leave(self, error: BaseException | None) -> None:
        """End because the caller leaves the session's block, with the caller's exception, if there is one."""
        if error is None:
            self.round.finish(self._lost_with)
        elif error is self._lost_with or not isinstance(error, Exception):
            self.round.finish(error)
        else:
            self.round.abandon()  # the caller's own exception: the service has not failed

    def read_failure(self, error: BaseException) -> ErrorFacts:
        """The facts of an exception, or of the one that explains it."""
        if self._explained is not None and self._explained[0] is error:
            error = self._explained[1]
        return self.round.read(error)

    def _failure(self, error: BaseException) -> ErrorFacts:
        """The facts of the exception that ended the connection."""
        return self.read_failure(error)

    @property
    def _awaits_answer(self) -> bool:
        return False

    def _lost(self, error: BaseException) -> None:
        """Take an error that the service sent instead of a message; the connection continues."""
        self._lost_with = error

    def _ending(self, error: BaseException | None) -> None:
        closed = read_close(error) if error is not None else None
        if closed is not None:
            self._close_code = closed.code
        elif self._close_code is None:
            self._close_code = self._unnoticed_close()

    def _unnoticed_close(self) -> int | None:
        """The code with which the service closed the websocket, if nobody was receiving and so no exception reported it."""
        code = safely(self._ask_close_code) if self._ask_close_code is not None else None
        return None if code in _CLEAN else code

    def _closed(self) -> None:
        let_go(self.round)
        self._lost_with = self._explained = None

    def _attributes(self) -> Attributes:
        attributes = media_attributes(self._sent_media, self._received_media)
        if self._opened is not None:
            attributes[names.LIVE_SETUP_TIME] = self._opened - self._began
        if self._session_id is not None:
            attributes[names.LIVE_SESSION_ID] = self._session_id
        if self._close_code is not None:
            attributes[names.LIVE_CLOSE_CODE] = self._close_code
        return attributes


class MusicConnection(Connection):
    """A connection to the music service: sound, without turns and tokens."""

    __slots__ = ("_filtered_prompts", "_first_audio")

    def __init__(self, instrumentation: Instrumentation) -> None:
        super().__init__(instrumentation)
        self._filtered_prompts = 0
        self._first_audio: float | None = None

    @guarded
    def received(self, facts: ReceivedFacts, message: object) -> None:
        super().received(facts, message)
        self._filtered_prompts += facts.filtered_prompts
        if facts.media.audio_bytes and self._first_audio is None:
            self._first_audio = time.perf_counter()

    def _attributes(self) -> Attributes:
        attributes = super()._attributes()
        if self._first_audio is not None:
            attributes[names.LIVE_TIME_TO_FIRST_AUDIO] = self._first_audio - self._began
        if self._filtered_prompts:
            attributes[names.LIVE_FILTERED_PROMPTS] = self._filtered_prompts
        return attributes
