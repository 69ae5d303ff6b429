"""What passes over a Live connection, one message at a time: named tuples of plain data, without an object of the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gemini_otel._facts.calls import NOTHING

# What is set of an object of the service, by its fields; what is in it is plain too.
Plain = Mapping[str, Any]


class MediaFacts(NamedTuple):
    """How much sound and video was sent or received; seconds only where the MIME type says the rate."""

    audio_bytes: int = 0
    audio_seconds: float = 0.0
    video_bytes: int = 0

    def plus(self, other: MediaFacts) -> MediaFacts:
        """Both together."""
        return MediaFacts(
            self.audio_bytes + other.audio_bytes,
            self.audio_seconds + other.audio_seconds,
            self.video_bytes + other.video_bytes,
        )


_NO_MEDIA = MediaFacts()


class ToolCall(NamedTuple):
    """A function that the model wants to be called."""

    name: str
    id: str | None
    arguments: object  # content: for those who may see it


class ToolResponse(NamedTuple):
    """What the caller answers to the call with this id."""

    id: str | None
    result: object  # content: for those who may see it
    failed: bool


class SentFacts(NamedTuple):
    """One message from the user of a Live session."""

    asks: bool = False  # hands over to the model: an answer is sure to come
    ends_input: bool = False
    media: MediaFacts = _NO_MEDIA
    tool_responses: tuple[ToolResponse, ...] = ()


class EventFacts(NamedTuple):
    """One event of a live interaction; `said` is for its answer."""

    said: Plain = NOTHING
    last: bool = False  # the connection has no more to say
    moves: bool = False  # the interaction goes on over another connection


class ReceivedFacts(NamedTuple):
    """One message from the service in a Live session.

    The first five are for the turn's answer. Parts and transcript are content: the loop detector hears them, and nobody else.
    """

    parts: tuple[Plain, ...] = ()  # of what the model says, function calls among them
    transcript: str | None = None  # of what it says aloud
    lookups: Plain = NOTHING  # what the service itself looked up for it
    usage: Plain = NOTHING  # token counts, as the service names them
    finish_reason: str | None = None
    complete: bool = False  # the turn is
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
        """Whether it shows that a turn is under way."""
        return bool(self.parts)

    @property
    def answers(self) -> bool:
        """Whether it is part of the model's answer."""
        return bool(self.parts or self.transcript)

    @property
    def has_text(self) -> bool:
        """Whether words for the user are in it."""
        return bool(self.transcript) or any(
            part.get("text") and not part.get("thought") for part in self.parts
        )
