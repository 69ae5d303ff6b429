"""LiveTurn: one turn of a Live session, from the first thing that the user sends to the service's `turn_complete`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gemini_otel._facts import names
from gemini_otel._facts.live import MediaFacts, ReceivedFacts, SentFacts
from gemini_otel._telemetry.attributes import Attributes, media_attributes
from gemini_otel._telemetry.rounds import Round, RoundSetup, Traits

if TYPE_CHECKING:
    from gemini_otel._telemetry.live.session import LiveConnection


# What the service reports once in a turn: the fact, and the event on the turn's span.
_EVENTS = (
    ("interrupted", names.EVENT_LIVE_INTERRUPTED),
    ("generation_complete", names.EVENT_LIVE_GENERATION_COMPLETE),
)


class Waiting:
    """What the user sent that does not belong to a turn yet."""

    __slots__ = ("asked", "input_ended", "media", "started")

    def __init__(self) -> None:
        self.started: float | None = None
        self.input_ended: float | None = None
        self.asked = False
        self.media = MediaFacts()

    def add(self, sent: SentFacts, moment: float) -> None:
        if self.started is None:
            self.started = moment
        if sent.ends_input:
            self.input_ended = moment
        self.asked = self.asked or sent.asks
        self.media = self.media.plus(sent.media)

    def speech_starts(self) -> None:
        """Forget what streamed before the service detected speech."""
        if not self.asked:
            self.started = time.perf_counter()

    def turn_ended(self) -> None:
        """Start the count for what streamed during the last turn at its end; a question that was asked meanwhile keeps its
        time.
        """
        if self.started is not None and not self.asked:
            self.started = time.perf_counter()


class LiveTurn:
    """One turn; its round has the span and the metrics.

    It may begin before its span is opened, because only the service knows when a stream of sound contains a question.
    """

    __slots__ = (
        "_answered",
        "_began",
        "_first_audio",
        "_first_text",
        "_happened",
        "_input_ended",
        "_number",
        "_received_media",
        "_sent_media",
        "_tool_calls",
        "_tool_cancellations",
        "_tool_responses",
        "round",
    )

    def __init__(self, setup: RoundSetup, connection: LiveConnection, number: int, waiting: Waiting) -> None:
        self._began = time.perf_counter() if waiting.started is None else waiting.started
        traits = Traits(
            parent=connection,
            started=self._began,
            says_all=False,
            more=self._attributes,
            first_chunk=self._time_to_answer,
            failure=connection.read_failure,
        )
        self.round = Round(setup._replace(traits=traits))
        self._answered: float | None = None
        self._number = number
        self._input_ended, self._sent_media, self._received_media = (
            waiting.input_ended,
            waiting.media,
            MediaFacts(),
        )
        self._first_audio: float | None = None
        self._first_text: float | None = None
        self._happened: set[str] = set()  # facts whose event was written
        self._tool_calls = self._tool_responses = self._tool_cancellations = 0

    @property
    def answering(self) -> bool:
        """Whether the model has begun to answer; what the user sends after that is for the next turn."""
        return self._answered is not None

    def sent(self, sent: SentFacts, moment: float) -> None:
        """Take what the user sends during the turn."""
        self._sent_media = self._sent_media.plus(sent.media)
        self._tool_responses += len(sent.tool_responses)
        if sent.ends_input:
            self._input_ended = moment

    def received(self, facts: ReceivedFacts, message: object) -> None:
        """Take a message from the service, and the message itself for the user's hook."""
        now = time.perf_counter()
        if facts.speech_ends and not self.answering:
            self._input_ended = now
        if self._answered is None and facts.answers:
            self._answered = now
        if self._first_audio is None and facts.media.audio_bytes:
            self._first_audio = now
        if self._first_text is None and facts.has_text:
            self._first_text = now
        self._received_media = self._received_media.plus(facts.media)
        self._tool_calls += len(facts.tool_calls)
        self._tool_cancellations += len(facts.cancelled_calls)
        for fact, event in _EVENTS:
            if getattr(facts, fact) and fact not in self._happened:
                self._happened.add(fact)
                self.round.add_event(event)
        self.round.observe(facts, message)

    @property
    def interrupted(self) -> bool:
        """Whether the user cut off the answer."""
        return "interrupted" in self._happened

    def _since_input(self, moment: float | None) -> float | None:
        """Seconds since the end of the user's input if that is known, else since the turn's start."""
        if moment is None:
            return None
        ended = self._input_ended
        return moment - (ended if ended is not None and ended <= moment else self._began)

    def _time_to_answer(self) -> float | None:
        return self._since_input(self._answered)

    def _attributes(self) -> Attributes:
        counts = {
            names.LIVE_TOOL_CALLS: self._tool_calls,
            names.LIVE_TOOL_RESPONSES: self._tool_responses,
            names.LIVE_TOOL_CANCELLATIONS: self._tool_cancellations,
        }
        waits = {
            names.LIVE_TIME_TO_FIRST_AUDIO: self._since_input(self._first_audio),
            names.LIVE_TIME_TO_FIRST_TEXT: self._since_input(self._first_text),
        }
        return {
            names.LIVE_TURN: self._number,
            names.LIVE_INTERRUPTED: self.interrupted,
            names.LIVE_GENERATION_COMPLETE: "generation_complete" in self._happened,
            **{name: count for name, count in counts.items() if count},
            **{name: seconds for name, seconds in waits.items() if seconds is not None},
            **media_attributes(self._sent_media, self._received_media),
        }
