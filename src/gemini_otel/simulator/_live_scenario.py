"""The description of a simulated Live session: plain, frozen data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ._scenario import Json, Reply

SETUP_COMPLETE: Json = {"setupComplete": {}}


@dataclass(frozen=True)
class Burst:
    """What the server sends at once: messages in wire form, and how the connection ends, if it does.

    Token counts are added to the message that completes a turn. ``delay`` is the number of seconds between two messages.
    """

    messages: tuple[Json, ...] = ()
    delay: float = 0.0
    """Seconds between two messages; a client that speaks or asks meanwhile interrupts the turn."""
    close: tuple[int, str] | None = None
    """Code and reason of a close frame after the messages."""
    dies: bool = False
    """The connection breaks after the messages, without a close frame."""


@dataclass(frozen=True)
class LiveScenario:
    """A named Live session. Its turns are played in order whenever the client asks; the last turn is repeated after that."""

    name: str
    description: str
    turns: tuple[Burst, ...]
    after_tools: Burst = field(default_factory=Burst)
    """Played where the client sends function responses."""
    setup: Burst = field(default_factory=lambda: Burst((SETUP_COMPLETE,)))
    rejection: Reply | None = None
    """The HTTP answer that refuses the connection."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            raise ValueError(
                f"{self.name!r} is not a scenario name. Use lower-case letters, digits and underscores."
            )
        if not self.turns:
            raise ValueError(f"The Live scenario {self.name!r} has no turns. Give it at least one.")
