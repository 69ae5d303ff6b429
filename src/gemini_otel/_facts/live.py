"""Facts of one message on a Live connection: named tuples of plain data, without an SDK object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.calls import NOTHING

# The fields that are set on an object of the service; nested objects are plain, too.
Plain = Mapping[str, Any]


class MediaFacts(NamedTuple):
    """How much sound and video was sent or received; seconds only if the MIME type states the sample rate."""

    audio_bytes: int = 0
    audio_seconds: float = 0.0
    video_bytes: int = 0

    def plus(self, other: MediaFacts) -> MediaFacts:
        """The sum of both."""
        return MediaFacts(
            self.audio_bytes + other.audio_bytes,
            self.audio_seconds + other.audio_seconds,
            self.video_bytes + other.video_bytes,
        )


_NO_MEDIA = MediaFacts()


class ToolCall(NamedTuple):
    """A function that the model asks the program to call."""

    name: str
    id: str | None
    arguments: object  # content: only for content capture


class ToolResponse(NamedTuple):
    """The caller's answer to the function call with this id."""

    id: str | None
    result: object  # content: only for content capture
    failed: bool


class SentFacts(NamedTuple):
    """One message from the user of a Live session."""

    asks: bool = False  # passes the turn to the model: an answer is certain
    ends_input: bool = False
    media: MediaFacts = _NO_MEDIA
    tool_responses: tuple[ToolResponse, ...] = ()


class EventFacts(NamedTuple):
    """One event of a live interaction; `said` is what the interaction's answer reads."""

    said: Plain = NOTHING
    last: bool = False  # the service sends nothing more on this connection
    moves: bool = False  # the interaction goes on over another connection


class ReceivedFacts(NamedTuple):
    """One message from the service in a Live session.

    The first five fields are for the turn's answer. Parts and transcript are content: only the loop detector and content
    capture read them.
    """

    parts: tuple[Plain, ...] = ()  # parts of the model's output, function calls among them
    transcript: str | None = None  # transcript of the model's speech
    lookups: Plain = NOTHING  # what the service itself looked up
    usage: Plain = NOTHING  # token counts, as the service names them
    finish_reason: str | None = None
    complete: bool = False  # the turn is complete
    hears: bool = False  # shows that the service hears the user
    speech_starts: bool = False
    speech_ends: bool = False
    interrupted: bool = False
    generation_complete: bool = False
    media: MediaFacts = _NO_MEDIA
    tool_calls: tuple[ToolCall, ...] = ()
    cancelled_calls: tuple[str, ...] = ()
    go_away: bool = False
    time_left: float | None = None  # seconds
    resumable: bool | None = None
    filtered_prompts: int = 0

    @property
    def of_turn(self) -> bool:
        """Whether the message shows that a turn is under way."""
        return bool(self.parts)

    @property
    def answers(self) -> bool:
        """Whether the message is part of the model's answer."""
        return bool(self.parts or self.transcript)

    @property
    def has_text(self) -> bool:
        """Whether the message contains text for the user."""
        return bool(self.transcript) or any(
            part.get("text") and not part.get("thought") for part in self.parts
        )
