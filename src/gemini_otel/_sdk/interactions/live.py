"""A live interaction's connection: how it is opened, and its events. Ids are read; contents, keys and world events are not."""

from __future__ import annotations

from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import RequestFacts, ResponseFacts
from gemini_otel._facts.live import EventFacts, Plain
from gemini_otel._facts.operation import Arguments, Listener, Operation
from gemini_otel._sdk.interactions.answer import OUTCOMES, InteractionAnswer
from gemini_otel._sdk.reading.client import read_start
from gemini_otel._sdk.reading.fields import enum_value, field, fields, identifier, integer

_MOVES = "reconnection_required"
_TERMINAL = frozenset({"interaction.completed", "interaction.canceled", "interaction.cancelled", _MOVES})
# The status that the caller's own cancel leads to.
CANCELLED = EventFacts({"event_type": "interaction.cancelled"}, last=True)


class LiveInteractionAnswer(InteractionAnswer):
    """Reads the events of one connection. If no event ends the interaction, the caller left a working connection."""

    def __init__(self, request: RequestFacts) -> None:
        super().__init__(request)
        self._moves = False

    def feed(self, answer: Plain, listener: Listener | None) -> None:
        get = answer.get
        event = get("event_type")
        if event in _TERMINAL:
            self._feed_end(event, get("status"))
            if (usage := get("usage")) is not None:
                self._usages.append(fields(usage))
        elif event == "interaction.created":
            self._id = identifier(get("interaction_id")) or self._id
        elif event == "error":
            super().feed(answer, listener)

    def facts(self) -> ResponseFacts:
        return super().facts()._replace(parts=())

    def _feed_end(self, event: str, status: Any) -> None:
        if event == _MOVES:
            self._moves = True
        elif event != "interaction.completed":
            self._status = "cancelled"
        elif integer(field(status, "code")):  # a google.rpc.Status
            self._status = "failed"
            self._feed_error(status)
        else:
            self._status = "completed"

    def _outcome(self, usage: Any) -> str:
        if self._status is None:
            return "pending" if self._moves else "ok"
        return OUTCOMES.get(self._status, "incomplete")


def read_event(event: object) -> EventFacts:
    """What an event of the service says. The SDK keeps it as JSON until the caller takes it."""
    said = fields(event)
    kind = enum_value(said.get("event_type"))
    return EventFacts(said, last=kind in _TERMINAL, moves=kind == _MOVES)


def _event_type(event: object) -> str | None:
    return enum_value(field(event, "event_type"))


def counts_as_input(payload: object) -> bool:
    """Whether what the caller sends is input for the model: a text, an input or an action, alone or in a list."""
    if isinstance(payload, str):
        return True
    if isinstance(payload, list | tuple):
        return any(counts_as_input(each) for each in payload)
    return _event_type(payload) in {"input", "user_action"}


def cancels(payload: object) -> bool:
    """Whether what the caller sends cancels the interaction."""
    events = payload if isinstance(payload, list | tuple) else field(payload, "events") or (payload,)
    return any(_event_type(each) == "interaction.cancel" for each in events if not isinstance(each, str))


def _read_request(opener: Any, arguments: Arguments) -> RequestFacts:
    version = arguments.get("api_version") or field(
        getattr(opener._api_client, "_http_options", None), "api_version"
    )
    interaction = identifier(arguments.get("id"))
    return RequestFacts(
        api_version=version if isinstance(version, str) else None,
        measured={names.RESPONSE_ID: interaction} if interaction else {},
    )


CONNECTION = Operation(
    name="interaction_connection",
    read_start=read_start,
    read_request=_read_request,
    answer=LiveInteractionAnswer,
    generates=False,
)
