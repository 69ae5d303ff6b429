"""Plays a live interaction over a websocket: the scenario that a text of the client names, else a short answer."""

from __future__ import annotations

from collections.abc import Mapping
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING

from ._live_scenario import Burst
from ._request import MARKER, Request, field_of, objects_of
from ._scenario import Json

if TYPE_CHECKING:
    from ._websocket import WebSocket

_USAGE: Json = {"total_input_tokens": 12, "total_output_tokens": 5, "total_tokens": 17}
_COMPLETED: Json = {"event_type": "interaction.completed", "usage": _USAGE}
_FAILURE: Json = {"code": 8, "message": "Resource has been exhausted (e.g. check quota)."}
_ANSWER: tuple[Json, ...] = (
    {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
    {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "The minutes are short."}},
    {"event_type": "step.stop", "index": 0},
)
_ENDINGS: Mapping[str, Burst] = {
    "completed": Burst((*_ANSWER, _COMPLETED)),
    "failed": Burst(({"event_type": "interaction.completed", "status": _FAILURE, "usage": _USAGE},)),
    "cancelled": Burst(({"event_type": "interaction.cancelled", "usage": _USAGE},)),
    "reconnect": Burst(({"event_type": "reconnection_required"},)),
    "world": Burst(
        (
            {"event_type": "world.frame", "environment_key": "secret-6", "prompt": "a board of directors"},
            *_ANSWER,
            _COMPLETED,
        )
    ),
    "closes": Burst(close=(1011, "Internal error encountered.")),
    "refused": Burst(close=(1008, "Operation is not implemented, or supported, or enabled.")),
    "leaves": Burst(close=(1000, "")),
    "dies": Burst(dies=True),
    "garbage": Burst(({"raw": "no json"},)),
}
_OTHERWISE = Burst(_ANSWER)
_PREFIX = "live_interaction_"


def is_live_interaction(request: Request) -> bool:
    return request.path.partition("?")[0].endswith("/interactions/live")


class LiveInteraction:
    """One connection to an interaction that exists."""

    def __init__(self, websocket: WebSocket, connection: socket) -> None:
        self._websocket, self._connection = websocket, connection

    def run(self) -> None:
        """Talk until either side ends the connection."""
        while True:
            for message in self._websocket.receive(None):
                for event in objects_of(message.get("events")) or [message]:
                    self._hear(event)

    def _hear(self, event: Json) -> None:
        kind = event.get("event_type")
        if kind == "interaction.connect":
            self._websocket.send({"event_type": "interaction.connected"})
        elif kind == "interaction.complete":
            self._websocket.send({"events": [_COMPLETED]})
        elif kind == "input":
            self._play(_named(event))

    def _play(self, burst: Burst) -> None:
        for message in burst.messages:
            self._websocket.send(message)
        if burst.dies:
            self._connection.shutdown(SHUT_RDWR)
            raise ConnectionAbortedError
        if burst.close is not None:
            self._websocket.close(*burst.close)
            raise ConnectionAbortedError


def _named(event: Json) -> Burst:
    said = " ".join(str(field_of(each, "text")) for each in objects_of(event.get("content")))
    marker = MARKER.search(said)
    return _ENDINGS.get(marker[1].removeprefix(_PREFIX), _OTHERWISE) if marker else _OTHERWISE
