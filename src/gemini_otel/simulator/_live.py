"""Plays Live scenarios over a websocket."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING

from ._errors import error_body
from ._live_interactions import LiveInteraction, is_live_interaction
from ._live_scenario import Burst, LiveScenario
from ._live_usage import LiveUsage
from ._playing import play
from ._request import MARKER, UNREADABLE, Request, field_of, object_of, objects_of, parts, texts
from ._scenario import Json, Reply, Scenario

if TYPE_CHECKING:
    from ._websocket import WebSocket

_INTERRUPTION: tuple[Json, ...] = (
    {"serverContent": {"interrupted": True}},
    {"serverContent": {"turnComplete": True}},
)
_NO_WEBSOCKETS = Reply(501, body=error_body(501, "UNIMPLEMENTED", "Live needs the package websockets."))
_INVALID = (1007, "Request contains an invalid argument.")
_LONGEST_REASON = 120  # of a close frame
_CLOSE_CODES = {400: 1007, 401: 1008, 403: 1008, 404: 1008}  # others: 1011, as the service does


def is_upgrade(request: Request) -> bool:
    return request.headers.get("upgrade", "").lower() == "websocket"


class LivePlayer:
    """Knows the scenarios; serves any number of connections."""

    def __init__(self, default: LiveScenario, scenarios: Mapping[str, LiveScenario]) -> None:
        self.default = default
        self._scenarios = scenarios

    def serve(self, connection: socket, request: Request) -> None:
        """Talk with one client until either side ends the connection."""
        rejection = self.default.rejection
        try:
            from ._websocket import WebSocket
        except ImportError:
            rejection = _NO_WEBSOCKETS
        if rejection is not None:
            play(connection, rejection, None, lambda _: None)
            return
        websocket = WebSocket(connection, request)
        try:
            if is_live_interaction(request):
                LiveInteraction(websocket, connection).run()
            _LiveSession(websocket, connection, request, self).run()
        except UNREADABLE:
            websocket.close(*_INVALID)

    def for_music(self) -> LiveScenario:
        """The scenario for the music endpoint: the default one, if it is a music scenario."""
        return self.default if "music" in self.default.name else self._scenarios["live_music"]

    def named(self, text: str) -> LiveScenario | None:
        """The scenario that a text names; an unknown name closes the connection, with the name in the reason."""
        marker = MARKER.search(text)
        if marker is None:
            return None
        name = marker[1]
        return self._scenarios.get(name) or LiveScenario(
            "unknown", "", (Burst(close=(1007, f"No Live scenario is named {name}.")),)
        )


def as_live(scenario: Scenario) -> LiveScenario | None:
    """An HTTP scenario that refuses its requests, for Live: the connection closes with the error's message."""
    reply = scenario.replies[0]
    message = field_of(object_of(field_of(object_of(reply.body), "error")), "message")
    if reply.status == 200 or not isinstance(message, str):
        return None
    close = _CLOSE_CODES.get(reply.status, 1011), message
    return LiveScenario(scenario.name, scenario.description, (Burst(close=close),), setup=Burst(close=close))


class _LiveSession:
    def __init__(
        self, websocket: WebSocket, connection: socket, request: Request, player: LivePlayer
    ) -> None:
        self._websocket, self._connection, self._player = websocket, connection, player
        self._vertex = "aiplatform" in request.path
        self._version = request.path.rpartition("GenerativeService")[0].rstrip(".").rpartition(".")[2]
        self._scenario = player.for_music() if "BidiGenerateMusic" in request.path else player.default
        self._names: dict[str, str] = {}
        self._turns = 0
        self._resumable = False
        self._speaking = False
        self._usage = LiveUsage(self._vertex)
        self._waiting: list[Json] = []

    def run(self) -> None:
        while not self._waiting:
            self._waiting = self._websocket.receive(None)
        setup = self._waiting.pop(0).get("setup")
        if not isinstance(setup, dict):
            self._websocket.close(*_INVALID)
            return
        self._set_up(setup)
        while True:
            while self._waiting:
                self._hear(self._waiting.pop(0))
            self._waiting += self._websocket.receive(None)

    def _set_up(self, setup: Json) -> None:
        self._names = {"{model}": str(setup.get("model", "")).rpartition("/")[2], "{version}": self._version}
        self._resumable = field_of(setup, "sessionResumption") is not None
        instruction = " ".join(texts(object_of(field_of(setup, "systemInstruction"))))
        self._scenario = self._player.named(instruction) or self._scenario
        self._play(self._scenario.setup)

    def _hear(self, message: Json) -> None:
        asked = self._asked(message)
        if field_of(message, "playbackControl") == "PLAY":
            self._answer("")
        elif field_of(message, "toolResponse") is not None:
            self._play(self._scenario.after_tools)
        elif asked is not None:
            self._answer(asked)

    def _asked(self, message: Json) -> str | None:
        """The client's text when it passes the turn to the model; None while it goes on."""
        content = object_of(field_of(message, "clientContent"))
        for prompt in objects_of(field_of(content, "weightedPrompts")):
            self._scenario = self._player.named(str(prompt.get("text"))) or self._scenario
        realtime = object_of(field_of(message, "realtimeInput"))
        said = " ".join(text for turn in objects_of(content.get("turns")) for text in texts(turn))
        said += str(realtime.get("text") or "")
        self._usage.heard_text(said)
        ended = field_of(realtime, "audioStreamEnd") or field_of(realtime, "activityEnd") is not None
        for blob in (realtime.get("audio"), *objects_of(field_of(realtime, "mediaChunks"))):
            ended = self._listen(object_of(blob)) or ended
        if field_of(content, "turnComplete") or realtime.get("text") or ended:
            self._speaking = False
            return said
        return None

    def _listen(self, blob: Json) -> bool:
        """Whether speech ends here: sound was followed by a chunk of silence."""
        data = base64.b64decode(str(blob.get("data") or "") + "==", altchars=b"-_")
        if not data:
            return False
        self._usage.heard_audio(str(field_of(blob, "mimeType") or ""), len(data))
        silence = not any(data)
        ended = silence and self._speaking
        self._speaking = not silence
        return ended

    def _answer(self, said: str) -> None:
        named = self._player.named(said)
        if named is not None and named is not self._scenario:
            self._scenario, self._turns = named, 0
        turns = self._scenario.turns
        burst = turns[min(self._turns, len(turns) - 1)]
        self._turns += 1
        self._play(burst)

    def _play(self, burst: Burst) -> None:
        for number, message in enumerate(burst.messages):
            if number and burst.delay and self._interrupted(burst.delay):
                for each in _INTERRUPTION:
                    self._say(each)
                return
            self._say(message)
        if burst.dies:
            self._connection.shutdown(SHUT_RDWR)
            raise ConnectionAbortedError
        if burst.close is not None:
            code, reason = burst.close
            for placeholder, name in self._names.items():
                reason = reason.replace(placeholder, name)
            self._websocket.close(code, reason[:_LONGEST_REASON])
            raise ConnectionAbortedError

    def _interrupted(self, seconds: float) -> bool:
        """Wait; return whether the client speaks or asks meanwhile, which automatic activity detection would notice."""
        heard = self._websocket.receive(seconds)
        self._waiting += heard
        return any(map(_is_said, heard))

    def _say(self, message: Json) -> None:
        content = object_of(message.get("serverContent"))
        for part in parts(object_of(content.get("modelTurn"))):
            self._usage.said(part)
        complete = content.get("turnComplete")
        if complete:
            message = message | {"usageMetadata": self._usage.of_turn()}
        if "setupComplete" in message and self._vertex:
            message = {"setupComplete": {"sessionId": "00000000-0000-4000-8000-000000000000"}}
        self._websocket.send(message)
        if complete and self._resumable:
            update = {"newHandle": f"handle-{self._turns}", "resumable": True}
            self._websocket.send({"sessionResumptionUpdate": update})


def _is_said(message: Json) -> bool:
    realtime = object_of(field_of(message, "realtimeInput"))
    blob = object_of(realtime.get("audio"))
    sound = any(base64.b64decode(str(blob.get("data") or "") + "==", altchars=b"-_"))
    return bool(field_of(message, "clientContent") or realtime.get("text") or sound)
