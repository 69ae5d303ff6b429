"""Connection: one websocket of Live or of Live music, from the handshake to its close."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
    ErrorFacts,
    MediaFacts,
    ReceivedFacts,
    SentFacts,
)
from gemini_otel._facts.errors.cancellation import is_cancellation
from gemini_otel._facts.errors.exceptions import read_close
from gemini_otel._guard import guarded, safely
from gemini_otel._sdk.live.messages import close_code, readable_error
from gemini_otel._telemetry.attributes import Attributes, media_attributes
from gemini_otel._telemetry.dropped import hold_open, let_go
from gemini_otel._telemetry.rounds import Round, RoundSetup, Traits


def _nothing() -> None:
    """Before there is a websocket."""


_CLEAN = (1000, 1001)  # RFC 6455: all is done; the endpoint goes away


class Connection(Round):
    """Ends once: when the caller leaves it, or as soon as an exception tells that the websocket is closed."""

    __slots__ = (
        "_close_code",
        "_closing",
        "_heard",
        "_instrumentation",
        "_lost_with",
        "_opened",
        "_said",
        "_websocket",
    )

    def __init__(self, setup: RoundSetup) -> None:
        traits = Traits(
            says_all=False,
            more=self._more_attributes,
            failure=self._read_failure,
            ending=self._ending,
            closed=self._closed,
        )
        super().__init__(setup._replace(traits=traits))
        self._instrumentation = setup.instrumentation
        self._heard, self._said = MediaFacts(), MediaFacts()
        self._opened: float | None = None
        self._lost_with: BaseException | None = None
        self._close_code: int | None = None
        self._closing = False
        self._websocket: Callable[[], Any] = _nothing
        hold_open(self)

    @guarded
    def opened(self, live_session: Any) -> None:
        """Note that the session is set up."""
        self._opened = time.perf_counter()
        self._websocket = safely(weakref.ref, live_session._ws) or _nothing  # noqa: SLF001

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
    def received(self, message: Any, facts: ReceivedFacts) -> None:
        """Take a message of the service; some may still be unread when a session was closed."""
        if not self.ended:
            self._said = self._said.plus(facts.media)
            self._note_received(message, facts)

    def _note_received(self, message: Any, facts: ReceivedFacts) -> None:
        """As for what is sent."""

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
        return self.read(safely(readable_error, error) or error)

    def _lost(self, error: BaseException) -> None:
        """Take what the service said instead of a message that can be read; the connection stays."""
        self._lost_with = error

    def _under_way(self) -> bool:
        """Whether an answer is awaited."""
        return False

    @guarded
    def leave(self, error: BaseException | None) -> None:
        """End because the caller leaves the session's block, with the exception that makes him leave."""
        if error is None:
            self.finish(self._lost_with)
        elif error is self._lost_with or not isinstance(error, Exception):
            self.finish(error)
        else:
            self.abandon()  # his own exception: the service has not failed

    def _ending(self, error: BaseException | None) -> None:
        closed = read_close(error) if error is not None else None
        if closed is not None:
            self._close_code = closed.code
        elif self._close_code is None:
            self._close_code = self._unnoticed_close()

    def _unnoticed_close(self) -> int | None:
        """The code with which the service closed the websocket, where nobody received any more and so no exception told it."""
        code = safely(close_code, self._websocket())
        return None if code in _CLEAN else code

    def _closed(self) -> None:
        let_go(self)

    def _more_attributes(self) -> Attributes:
        attributes = media_attributes(self._heard, self._said)
        if self._opened is not None:
            attributes[names.LIVE_SETUP_TIME] = self._opened - self._started
        if self._close_code is not None:
            attributes[names.LIVE_CLOSE_CODE] = self._close_code
        return attributes


class MusicConnection(Connection):
    """A connection to the music service: sound without turns and without tokens."""

    __slots__ = ("_filtered_prompts", "_first_audio")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._filtered_prompts = 0
        self._first_audio: float | None = None

    def _note_received(self, message: Any, facts: ReceivedFacts) -> None:
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
