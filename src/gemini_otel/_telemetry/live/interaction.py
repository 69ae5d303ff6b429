"""InteractionConnection: one websocket of a live interaction. It ends with the event that ends it, or with the connection."""

from __future__ import annotations

import time
import weakref
from typing import Any

from gemini_otel._facts import names
from gemini_otel._guard import guarded, safely
from gemini_otel._telemetry.attributes import Attributes
from gemini_otel._telemetry.live.connection import Connection


class InteractionConnection(Connection):
    """The interaction outlives it, unless an event says that it has ended."""

    __slots__ = ("_inputs",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._inputs = 0

    @guarded
    def opened(self, live_session: Any) -> None:
        self._opened = time.perf_counter()
        self._websocket = safely(weakref.ref, live_session._websocket) or self._websocket  # noqa: SLF001

    @guarded
    def asked(self) -> None:
        """Note an input of the caller."""
        self._inputs += 1

    @guarded
    def event(self, event: Any, *, last: bool) -> None:
        """Take an event of the service."""
        if not self.ended:
            self.observe(event)
            if last:
                self.finish()

    def _lost(self, error: BaseException) -> None:
        """The SDK closes the connection over what it cannot read."""
        self.finish(error)

    def _more_attributes(self) -> Attributes:
        return {**super()._more_attributes(), names.LIVE_TURNS: self._inputs}
