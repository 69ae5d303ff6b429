"""InteractionConnection: one websocket of a live interaction. It ends with an event of the service, or with the connection."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.live import EventFacts
from gemini_otel._telemetry.attributes import Attributes
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.live.connection import Connection


class Reconnections:
    """How often each unfinished interaction was connected to; the oldest is forgotten first."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._connections: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def begun(self, interaction: str) -> int:
        """Note a connection, and return how many there were before it."""
        with self._lock:
            before = self._connections.pop(interaction, 0)
            self._connections[interaction] = before + 1
            while len(self._connections) > self._limit:
                self._connections.popitem(last=False)
        return before

    def ended(self, interaction: str) -> None:
        """Forget an interaction that has ended."""
        with self._lock:
            self._connections.pop(interaction, None)


class InteractionConnection(Connection):
    """A connection to an interaction that continues after it, unless an event says that the interaction has ended."""

    __slots__ = ("_inputs", "_interaction", "_reconnected", "_reconnections", "_refusal")

    def __init__(self, instrumentation: Instrumentation) -> None:
        super().__init__(instrumentation)
        self._inputs = self._reconnected = 0
        self._interaction: str | None = None
        self._reconnections: Reconnections | None = None
        self._refusal: Exception | None = None

    @guarded
    def belongs_to(self, interaction: str, reconnections: Reconnections) -> None:
        """Note the interaction, and how many connections it had before."""
        self._interaction, self._reconnections = interaction, reconnections
        self._reconnected = reconnections.begun(interaction)

    @guarded
    def refused(self, error: Exception) -> None:
        """Note why the handshake failed; the caller's exception has at most the HTTP status."""
        self._refusal = error

    def _failure(self, error: BaseException) -> ErrorFacts:
        failure = self.read_failure(error)
        if self._refusal is None or (failure.kind is not None and failure.code is None):
            return failure
        return self.round.read(self._refusal)._replace(type=failure.type)

    @guarded
    def asked(self) -> None:
        """Note an input of the caller."""
        self._inputs += 1

    @guarded
    def event(self, facts: EventFacts, event: object) -> None:
        """Take an event, and the event itself for the user's hook."""
        if self.round.ended:
            return
        self.round.observe(facts.said, event)
        if facts.last:
            if not facts.moves and self._interaction is not None and self._reconnections is not None:
                self._reconnections.ended(self._interaction)
            self.round.finish()

    def _lost(self, error: BaseException) -> None:
        """Note an unreadable event, for which the SDK closes the connection."""
        self.round.finish(error)

    def _attributes(self) -> Attributes:
        attributes = {**super()._attributes(), names.LIVE_TURNS: self._inputs}
        if self._reconnected:
            attributes[names.LIVE_RECONNECTIONS] = self._reconnected
        return attributes
