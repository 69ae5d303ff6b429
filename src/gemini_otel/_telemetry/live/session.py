"""LiveConnection: a connection with its turns.

The service never says where a turn begins. One is opened as soon as it is certain that the model was asked or answers, and
begins with the first thing that was sent for it. So a microphone that streams silence makes no turns.
"""

from __future__ import annotations

import time
from typing import Any

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
    ErrorFacts,
    ReceivedFacts,
    SentFacts,
    ToolCall,
    ToolResponse,
)
from gemini_otel._facts.sendable import sendable
from gemini_otel._guard import guarded
from gemini_otel._sdk.live.messages import LIVE, read_late_usage, read_session_id
from gemini_otel._telemetry.attributes import Attributes, UsageTotals
from gemini_otel._telemetry.lifecycle import current
from gemini_otel._telemetry.live.connection import Connection
from gemini_otel._telemetry.live.turn import LiveTurn, Waiting
from gemini_otel._telemetry.rounds import Round, RoundEnd, RoundSetup
from gemini_otel._telemetry.spans import start_span
from gemini_otel._telemetry.tool_runs import ToolRun, start_tool


class LiveConnection(Connection):
    """Its span is the parent of its turns', and ends after them."""

    __slots__ = (
        "_interruptions",
        "_resumable",
        "_resumption",
        "_session_id",
        "_time_left",
        "_told_in_turn",
        "_tools",
        "_totals",
        "_turn",
        "_turns",
        "_waiting",
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._turn: LiveTurn | None = None
        self._turns = self._interruptions = 0
        self._waiting = Waiting()
        self._totals = UsageTotals()
        self._tools: dict[str, ToolRun] = {}
        self._session_id: str | None = None
        self._resumption = (False, False)
        self._resumable: bool | None = None
        self._time_left: float | None = None
        self._told_in_turn = False

    def resumes(self, wanted: bool, resumed: bool) -> None:
        """Note whether the session is to be resumable, and whether it resumes an earlier one."""
        self._resumption = (wanted, resumed)

    @guarded
    def opened(self, live_session: Any) -> None:
        super().opened(live_session)
        self._session_id = read_session_id(live_session)

    def _note_sent(self, facts: SentFacts, moment: float) -> None:
        if self._turn is not None and (facts.tool_responses or not self._turn.answering):
            self._turn.sent(facts, moment)
        else:
            self._waiting.add(facts, moment)
            if self._waiting.asked and self._turn is None:
                self._open_turn()
        for response in facts.tool_responses:
            self._end_tool(response)

    def _note_received(self, message: Any, facts: ReceivedFacts) -> None:
        self._note_state(facts)
        if facts.speech_starts:
            self._waiting.speech_starts()
        if self._turn is None and self._begins_turn(facts):
            self._open_turn()
        for call_id in facts.cancelled_calls:
            self._cancel_tool(call_id)
        if self._turn is None:
            self._totals.add(read_late_usage(message))
            return
        self._turn.received(message, facts)
        for call in facts.tool_calls:
            self._begin_tool(call)
        if facts.complete:
            self._end_turn(None)

    def _begins_turn(self, facts: ReceivedFacts) -> bool:
        spoken = self._waiting.started is not None
        return facts.of_turn or (spoken and (facts.hears or facts.speech_starts or facts.complete))

    def _note_state(self, facts: ReceivedFacts) -> None:
        """Note what the service says of the session itself."""
        if facts.resumable is not None:
            self._resumable = facts.resumable
        if facts.go_away:
            self._time_left = facts.time_left
            left: Attributes = {} if facts.time_left is None else {names.LIVE_TIME_LEFT: facts.time_left}
            self._span.add_event(names.EVENT_LIVE_GO_AWAY, sendable(left))

    def _open_turn(self) -> None:
        waiting, self._waiting = self._waiting, Waiting()
        self._turns += 1
        ago = 0.0 if waiting.started is None else time.perf_counter() - waiting.started
        began = time.time_ns() - int(ago * 1e9)
        with current(self._context):  # whichever task it is that sends or receives
            chosen = start_span(self._instrumentation, LIVE.name, self.start, stream=True, start_time=began)
            setup = RoundSetup(
                self._instrumentation, LIVE, self.start, self._setup.request, chosen, stream=True
            )
            self._turn = LiveTurn(setup, self, self._turns, waiting)

    def _end_turn(self, error: BaseException | None) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end(error, self._moment)
            self._interruptions += turn.interrupted
            self._waiting.turn_ended()
            if self._waiting.asked and not self.ended:
                self._open_turn()

    def _begin_tool(self, call: ToolCall) -> None:
        """The caller runs the tool and answers; without an id nobody could tell when."""
        if call.id is not None and self._turn is not None:
            with current(self._turn.context):
                self._tools[call.id] = start_tool(
                    self._instrumentation, call.name, "function", call.arguments, call.id
                )

    def _end_tool(self, response: ToolResponse) -> None:
        run = self._tools.pop(response.id, None) if response.id is not None else None
        if run is not None:
            run.failure = "tool_error" if response.failed else None
            run.observe(response.result)
            run.finish()

    def _cancel_tool(self, call_id: str) -> None:
        run = self._tools.pop(call_id, None)
        if run is not None:
            run.abandon()

    def round_started(self, call: Round) -> None:
        """A turn is told to begin by the connection itself."""

    def round_ended(self, call: Round, ended: RoundEnd) -> None:
        self._totals.add(ended.response.usage)

    def _lost(self, error: BaseException) -> None:
        super()._lost(error)
        self._told_in_turn = self._turn is not None
        self._end_turn(error)

    @guarded
    def leave(self, error: BaseException | None) -> None:
        if error is None and self._told_in_turn:
            self._lost_with = None  # its turn failed, and the caller went on
        super().leave(error)

    def _under_way(self) -> bool:
        return self._turn is not None

    def _ending(self, error: BaseException | None) -> None:
        self._told_in_turn = self._turn is not None or (self._told_in_turn and error is self._lost_with)
        self._end_turn(error if error is not None else GeneratorExit())
        for run in self._tools.values():
            run.end(GeneratorExit(), self._moment)
        super()._ending(error)

    def _read_failure(self, error: BaseException) -> ErrorFacts:
        """What cut off a turn is told, and explained, there."""
        facts = super()._read_failure(error)
        return ErrorFacts(type=facts.type) if self._told_in_turn else facts

    def _more_attributes(self) -> Attributes:
        wanted, resumed = self._resumption
        attributes: Attributes = {
            **super()._more_attributes(),
            **self._totals.attributes,
            names.LIVE_TURNS: self._turns,
            names.LIVE_INTERRUPTIONS: self._interruptions,
            names.LIVE_RESUMPTION: wanted,
            names.LIVE_RESUMED: resumed,
        }
        optional = {
            names.LIVE_SESSION_ID: self._session_id,
            names.LIVE_RESUMABLE: self._resumable,
            names.LIVE_TIME_LEFT: self._time_left,
        }
        attributes.update((name, value) for name, value in optional.items() if value is not None)
        return attributes
