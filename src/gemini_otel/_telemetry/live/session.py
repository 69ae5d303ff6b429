"""LiveConnection: a connection with its turns.

The service never says where a turn begins. So a turn is opened when it is certain that the model was asked or answers, and
begins with the first thing that was sent for it. A microphone that streams silence makes no turns.
"""

from __future__ import annotations

import time

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.live import ReceivedFacts, SentFacts, ToolCall, ToolResponse
from gemini_otel._facts.operation import Operation
from gemini_otel._facts.sendable import sendable
from gemini_otel._telemetry.attributes import Attributes, UsageTotals
from gemini_otel._telemetry.dropped import Moment
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.lifecycle import current
from gemini_otel._telemetry.live.connection import Connection
from gemini_otel._telemetry.live.turn import LiveTurn, Waiting
from gemini_otel._telemetry.rounds import Round, RoundEnd, RoundSetup
from gemini_otel._telemetry.spans import start_span
from gemini_otel._telemetry.tool_runs import ToolRun, start_tool


class LiveConnection(Connection):
    """Its span is the parent of its turns' spans, and ends after them."""

    __slots__ = (
        "_interruptions",
        "_resumable",
        "_resumption",
        "_time_left",
        "_told_in_turn",
        "_tools",
        "_totals",
        "_turn",
        "_turn_operation",
        "_turns",
        "_waiting",
    )

    def __init__(
        self, instrumentation: Instrumentation, turn: Operation, resumption: tuple[bool, bool]
    ) -> None:
        """`turn` is the operation of a turn; `resumption` says whether the setup asks for a session that can be resumed, and
        whether it resumes one.
        """
        super().__init__(instrumentation)
        self._turn_operation, self._resumption = turn, resumption
        self._turn: LiveTurn | None = None
        self._turns = self._interruptions = 0
        self._waiting = Waiting()
        self._totals = UsageTotals()
        self._tools: dict[str, ToolRun] = {}
        self._resumable: bool | None = None
        self._time_left: float | None = None
        self._told_in_turn = False

    @property
    def moment(self) -> Moment | None:
        """When it was dropped, or ended before now."""
        return self.round.moment

    @guarded
    def sent(self, facts: SentFacts, moment: float) -> None:
        super().sent(facts, moment)
        if self.round.ended:
            return
        if self._turn is not None and (facts.tool_responses or not self._turn.answering):
            self._turn.sent(facts, moment)
        else:
            self._waiting.add(facts, moment)
            if self._waiting.asked and self._turn is None:
                self._open_turn()
        for response in facts.tool_responses:
            self._end_tool(response)

    @guarded
    def received(self, facts: ReceivedFacts, message: object) -> None:
        super().received(facts, message)
        if self.round.ended:
            return
        self._note_state(facts)
        if facts.speech_starts:
            self._waiting.speech_starts()
        if self._turn is None and self._begins_turn(facts):
            self._open_turn()
        for call_id in facts.cancelled_calls:
            self._cancel_tool(call_id)
        if self._turn is None:
            self._note_late_usage(facts)
            return
        self._turn.received(facts, message)
        for call in facts.tool_calls:
            self._begin_tool(call)
        if facts.complete:
            self._end_turn(None)

    def _note_late_usage(self, facts: ReceivedFacts) -> None:
        """Add token counts that arrive after their turn."""
        if facts.usage:
            answer = self._turn_operation.answer(self.round.request)
            answer.feed(facts, None)
            self._totals.add(answer.facts().usage)

    def _begins_turn(self, facts: ReceivedFacts) -> bool:
        spoken = self._waiting.started is not None
        return facts.of_turn or (spoken and (facts.hears or facts.speech_starts or facts.complete))

    def _note_state(self, facts: ReceivedFacts) -> None:
        """Note what the service says about the session itself."""
        if facts.resumable is not None:
            self._resumable = facts.resumable
        if facts.go_away:
            self._time_left = facts.time_left
            left: Attributes = {} if facts.time_left is None else {names.LIVE_TIME_LEFT: facts.time_left}
            self.round.add_event(names.EVENT_LIVE_GO_AWAY, sendable(left))

    def _open_turn(self) -> None:
        waiting, self._waiting = self._waiting, Waiting()
        ago = 0.0 if waiting.started is None else time.perf_counter() - waiting.started
        began = time.time_ns() - int(ago * 1e9)
        operation, start, request = self._turn_operation, self.round.start, self.round.request
        with current(self.round.context):  # in whichever task sends or receives
            chosen = start_span(self._instrumentation, operation.name, start, stream=True, start_time=began)
            setup = RoundSetup(self._instrumentation, operation, start, request, chosen, stream=True)
            self._turn = LiveTurn(setup, self, self._turns + 1, waiting)
            self._turn.round.begun({}, recording=False, capturing=False)

    def _end_turn(self, error: BaseException | None) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.round.end(error, self.moment)
            self._interruptions += turn.interrupted
            self._waiting.turn_ended()
            if self._waiting.asked and not self.round.ended:
                self._open_turn()

    def _begin_tool(self, call: ToolCall) -> None:
        """Begin the span of a tool that the caller runs; without an id, its end could not be recognised."""
        if call.id is not None and self._turn is not None:
            with current(self._turn.round.context):
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
        """Count a turn."""
        self._turns += 1

    def round_ended(self, call: Round, ended: RoundEnd) -> None:
        """Add the token counts of a turn."""
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

    @property
    def _awaits_answer(self) -> bool:
        return self._turn is not None

    def _ending(self, error: BaseException | None) -> None:
        self._told_in_turn = self._turn is not None or (self._told_in_turn and error is self._lost_with)
        self._end_turn(error if error is not None else GeneratorExit())
        for run in self._tools.values():
            run.end(GeneratorExit(), self.moment)
        super()._ending(error)

    def _failure(self, error: BaseException) -> ErrorFacts:
        """An error that interrupted a turn is recorded on that turn; the connection has only its type."""
        facts = self.read_failure(error)
        return ErrorFacts(type=facts.type) if self._told_in_turn else facts

    def _attributes(self) -> Attributes:
        wanted, resumed = self._resumption
        attributes: Attributes = {
            **super()._attributes(),
            **self._totals.attributes,
            names.LIVE_TURNS: self._turns,
            names.LIVE_INTERRUPTIONS: self._interruptions,
            names.LIVE_RESUMPTION: wanted,
            names.LIVE_RESUMED: resumed,
        }
        optional = {
            names.LIVE_RESUMABLE: self._resumable,
            names.LIVE_TIME_LEFT: self._time_left,
        }
        attributes.update((name, value) for name, value in optional.items() if value is not None)
        return attributes
