"""InteractionConnection: one websocket of a live interaction. It ends with the event that ends it, or with the connection."""

from __future__ import annotations

import time
import weakref
from collections import OrderedDict
from threading import Lock
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._guard import guarded, safely
from gemini_otel._telemetry.attributes import Attributes
from gemini_otel._telemetry.live.connection import Connection


class Reconnections:
    """How often each of the interactions that have not ended was connected to; the oldest is forgotten first."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._connections: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def begun(self, interaction: str) -> int:
        """Note a connection; how many there were before it."""
        with self._lock:
            before = self._connections.pop(interaction, 0)
            self._connections[interaction] = before + 1
            while len(self._connections) > self._limit:
                self._connections.popitem(last=False)
        return before

    def ended(self, interaction: str) -> None:
        """Forget an interaction that is over."""
        with self._lock:
            self._connections.pop(interaction, None)


class InteractionConnection(Connection):
    """The interaction outlives it, unless an event says that it has ended."""

    __slots__ = ("_inputs", "_interaction", "_reconnected", "_reconnections", "_refusal")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._inputs = self._reconnected = 0
        self._interaction: str | None = None
        self._reconnections: Reconnections | None = None
        self._refusal: Exception | None = None

    @guarded
    def belongs_to(self, interaction: str, reconnections: Reconnections) -> None:
        """Note whose connection it is, and how many it had before."""
        self._interaction, self._reconnections = interaction, reconnections
        self._reconnected = reconnections.begun(interaction)

    @guarded
    def refused(self, error: Exception) -> None:
        """Note why the handshake failed, of which the caller's exception has the HTTP status at most."""
        self._refusal = error

    def _read_failure(self, error: BaseException) -> ErrorFacts:
        told = super()._read_failure(error)
        if self._refusal is None or (told.kind is not None and told.code is None):
            return told
        why = self.read(self._refusal)
        return why._replace(type=told.type)

    @guarded
    def opened(self, live_session: Any) -> None:
        self._opened = time.perf_counter()
        self._websocket = safely(weakref.ref, live_session._websocket) or self._websocket  # noqa: SLF001

    @guarded
    def asked(self) -> None:
        """Note an input of the caller."""
        self._inputs += 1

    @guarded
    def event(self, event: Any, *, last: bool, over: bool = True) -> None:
        """Take an event of the service; after the last one the interaction is over, or goes on over another connection."""
        if not self.ended:
            self.observe(event)
            if last:
                if over and self._interaction is not None and self._reconnections is not None:
                    self._reconnections.ended(self._interaction)
                self.finish()

    def _lost(self, error: BaseException) -> None:
        """The SDK closes the connection over what it cannot read."""
        self.finish(error)

    def _more_attributes(self) -> Attributes:
        attributes = {**super()._more_attributes(), names.LIVE_TURNS: self._inputs}
        if self._reconnected:
            attributes[names.LIVE_RECONNECTIONS] = self._reconnected
        return attributes
