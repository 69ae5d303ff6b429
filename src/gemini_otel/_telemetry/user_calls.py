"""UserCall: one user call, with the context of its call site, its open rounds, and the span of a function calling loop.

A call that can run no tools is its one round. It is only watched for an exception of the SDK before that round begins.
"""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts, Value
from gemini_otel._facts.guard import guarded, report, safely
from gemini_otel._facts.operation import Arguments, TurnOperation
from gemini_otel._facts.sendable import sendable
from gemini_otel._telemetry.attempts import LastError
from gemini_otel._telemetry.attributes import Attributes, UsageTotals, keep, write
from gemini_otel._telemetry.dropped import hold_open, let_go
from gemini_otel._telemetry.instrumentation import SCOPE, Instrumentation, call_hook
from gemini_otel._telemetry.lifecycle import (
    LOOP_KEY,
    Observation,
    current,
    loop_context,
    outcome_of,
    set_error,
    set_error_by_outcome,
)
from gemini_otel._telemetry.rounds import Round, RoundEnd, begin
from gemini_otel._telemetry.spans import INFERENCE, current_host, share

_WORKFLOW = "automatic_function_calling"


def current_user_call() -> UserCall | None:
    """The user call that runs in this context."""
    reference: Any = otel_context.get_value(LOOP_KEY)
    turn: UserCall | None = None if reference is None else reference()
    return None if turn is None or turn.ended else turn


def begin_turn(
    instrumentation: Instrumentation,
    operation: TurnOperation,
    instance: Any,
    arguments: Arguments,
    *,
    stream: bool = False,
) -> UserCall | RefusalWatch | None:
    """Start a user call; None if nobody listens, or if the SDK itself uses another public method. It never raises.

    A plain call that can run no tools is its round. A stream may be read elsewhere, so it keeps the context of its call
    site.
    """
    try:
        providers = instrumentation.providers
        if not (providers.found or providers.listening()):
            return None
        if not stream and not operation.may_loop(instance, arguments):
            return RefusalWatch(instrumentation, operation, instance, arguments)
        return _begin_user_call(instrumentation, operation, instance, arguments, stream)
    except Exception:
        report("begin_turn")
        return None


def _begin_user_call(
    instrumentation: Instrumentation,
    operation: TurnOperation,
    instance: Any,
    arguments: Arguments,
    stream: bool,
) -> UserCall | None:
    if not is_instrumentation_enabled() or current_user_call() is not None:
        return None
    turn = UserCall(instrumentation, safely(operation.read_model, instance, arguments))
    turn.refused = functools.partial(
        tell_refusal, instrumentation, operation, instance, arguments, stream=stream
    )
    if stream:
        hold_open(turn)
    return turn


class RefusalWatch:
    """Watches a call for an exception before its round begins, and for nothing else."""

    settled = True
    __slots__ = ("_arguments", "_instance", "_instrumentation", "_operation")

    def __init__(
        self, instrumentation: Instrumentation, operation: TurnOperation, instance: Any, arguments: Arguments
    ) -> None:
        self._instrumentation, self._operation = instrumentation, operation
        self._instance, self._arguments = instance, arguments

    def __enter__(self) -> None:
        """Leave the caller's context unchanged."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and not _came_through_a_round(traceback):
            tell_refusal(self._instrumentation, self._operation, self._instance, self._arguments, error)

    def observe(self, response: object) -> None:
        """Do nothing; its round reads the answer."""

    def finish(self) -> None:
        """Do nothing; its round ends by itself."""


@guarded
def tell_refusal(
    instrumentation: Instrumentation,
    operation: TurnOperation,
    instance: Any,
    arguments: Arguments,
    error: BaseException,
    *,
    stream: bool = False,
) -> None:
    """Record a call that failed before a round began: with a span and metrics, as for a round."""
    if outcome_of(error) != "error":
        return
    models, of_round = operation.read_round(instance, arguments)
    call = begin(instrumentation, operation.round, models, of_round, stream=stream)
    if call is not None:
        call.finish(error)


def _came_through_a_round(traceback: TracebackType | None) -> bool:
    """Whether the exception passed a driver of ours below the one that caught it, whose frame is the first."""
    if traceback is None:
        return False
    drivers = traceback.tb_frame.f_globals
    while (traceback := traceback.tb_next) is not None:
        if traceback.tb_frame.f_globals is drivers:
            return True
    return False


class UserCall(Observation):
    """One call of the user. It has a span only if the SDK begins a loop that may run tools."""

    __slots__ = (
        "_began",
        "_exhausted",
        "_instrumentation",
        "_last_error",
        "_max_rounds",
        "_model",
        "_open",
        "_outcome",
        "_parts",
        "_pending_calls",
        "_rounds",
        "_span",
        "_tool_mode",
        "_tools",
        "_tools_failed",
        "_totals",
        "_undeclared",
        "has_mcp_tools",
        "refused",
        "settled",
    )

    def __init__(self, instrumentation: Instrumentation, model: str | None) -> None:
        self._span: Span | None = None
        super().__init__(loop_context(self, otel_context.get_current()))
        self._instrumentation, self._model = instrumentation, model
        self._max_rounds = self._rounds = self._tools = self._tools_failed = 0
        self._open: dict[Round, None] = {}
        self._outcome = "incomplete"
        self._tool_mode: str | None = None
        self._parts: tuple[str, ...] = ()
        self._exhausted = False
        self._began: float | None = None  # the loop
        self._undeclared: Value | None = None
        self._last_error = LastError()
        self._totals = UsageTotals()
        self._pending_calls: deque[tuple[str, str | None]] = deque()
        self.has_mcp_tools = self.settled = False
        # Records a call that never got to a round.
        self.refused: Callable[[BaseException], object] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        # Without a loop there is one round, which reads everything: later chunks are passed on directly.
        self.settled = self._rounds > 0 and self._began is None

    def __del__(self) -> None:
        if self._span is not None:  # the round of a call without a loop records everything
            super().__del__()

    @guarded
    def open_loop(self, max_rounds: int) -> None:
        """Begin the loop's span, and make it current at once, because the first round follows.

        If another instrumentation has a span for the whole call, that is the loop's span.
        """
        tracer = self._instrumentation.providers.tracer()
        if self._began is None:
            self._began = time.perf_counter()
        if self._span is not None or tracer is None:
            return
        self._max_rounds = max_rounds
        attributes: Attributes = {
            **self._instrumentation.span_attributes(otel_context.get_current()),
            names.OPERATION_NAME: "invoke_workflow",
            names.WORKFLOW_NAME: _WORKFLOW,
            names.AFC_MAX_ROUNDS: max_rounds,
        }
        if self._model is not None:
            attributes[names.REQUEST_MODEL] = self._model
        name = f"{_WORKFLOW} {self._model}" if self._model else _WORKFLOW
        if self._share(
            functools.partial(tracer.start_span, name, kind=SpanKind.INTERNAL, attributes=attributes)
        ):
            return
        self._span = tracer.start_span(name, self._context, SpanKind.INTERNAL, attributes)
        if self._span.is_recording():
            keep(self._span, attributes)
        self._context = trace.set_span_in_context(self._span, self._context)
        otel_context.attach(self._context)  # the step that is running restores what was current before

    def _share(self, begin: Callable[..., Span]) -> bool:
        """Whether another instrumentation's span is the loop's span."""
        resource = self._instrumentation.providers.resource
        owner = current_host(INFERENCE, SCOPE, resource, self._model)
        if owner is None:
            return False
        inside = trace.set_span_in_context(owner.span)
        draft = share(
            self._instrumentation, owner, lambda start_time: begin(context=inside, start_time=start_time)
        )
        if draft is None:
            return False
        draft.has_rounds = True
        draft.set_attributes({names.AFC_MAX_ROUNDS: self._max_rounds})
        draft.attend(self)
        self._span = draft
        return True

    def round_started(self, call: Round) -> None:
        self._rounds += 1
        self.refused = None
        self._open[call] = None
        self._tool_mode = call.tool_mode

    def round_ended(self, call: Round, ended: RoundEnd) -> None:
        response = ended.response
        self._open.pop(call, None)
        self._outcome = ended.outcome
        if ended.error is not None and ended.failure is not None:
            self._last_error.keep(ended.error, ended.failure)
        self._totals.add(response.usage)
        self._parts = response.parts
        self._undeclared = response.measured.get(names.UNDECLARED_CALLS)
        # At the limit the SDK hands the last function call to the caller instead of running it.
        self._exhausted = self._rounds == self._max_rounds and "function_call" in response.parts

    def expect_calls(self, calls: Iterable[tuple[str, str | None]]) -> None:
        """Note name and id of the function calls that the SDK is about to run."""
        self._pending_calls = deque(calls)

    def tool_started(self, name: str) -> str | None:
        """Count a tool run, and return the id of the function call that asked for it, if the service gave one."""
        self._tools += 1
        for call in list(self._pending_calls):
            if call[0] == name:
                self._pending_calls.remove(call)
                return call[1]
        return None

    def tool_failed(self) -> None:
        """Count a tool run that failed. The model gets the failure, the caller does not."""
        self._tools_failed += 1

    def _record(self, error: BaseException | None, now: float) -> None:
        if error is not None and not self._rounds and self.refused is not None:
            with current(self._context):
                self.refused(error)
        for call in list(self._open):
            call.end(error if error is not None else GeneratorExit(), self._moment)
        failure = None
        if error is not None and outcome_of(error) == "error":
            failure = self._last_error.read(error)
        self._measure(failure, now)
        if self._span is not None:
            self._write_span(self._span, error, failure)
            if failure is not None and self._outcome != "error":
                # If a round failed, its span has the error already.
                call_hook(self._instrumentation.settings, "error_hook", self._span, error)

    def _measure(self, failure: ErrorFacts | None, now: float) -> None:
        """Record the duration of the loop, in the profiles that have a metric for it."""
        metrics = self._instrumentation.providers.metrics()
        if self._began is None or metrics is None or not metrics.standard.workflow_duration:
            return
        labels: Attributes = {**dict(self._instrumentation.dimensions()), names.WORKFLOW_NAME: _WORKFLOW}
        if failure is not None:
            labels[names.ERROR_TYPE] = metrics.error_label(failure.type)
        for histogram in metrics.standard.workflow_duration:
            histogram.record(now - self._began, labels, self._context)

    def _close(self) -> None:
        let_go(self)
        self._last_error.forget()
        if self._span is not None:
            self._end_span(self._span)

    def _write_span(self, span: Span, error: BaseException | None, failure: ErrorFacts | None) -> None:
        outcome = self._outcome if error is None else outcome_of(error)
        attributes: Attributes = {
            names.AFC_ROUNDS: self._rounds,
            names.AFC_TOOLS: self._tools,
            names.OUTCOME: outcome,
            **self._totals.attributes,
        }
        if self._parts:
            attributes[names.PARTS] = self._parts
        if self._tool_mode is not None:
            attributes[names.TOOL_MODE] = self._tool_mode
        if self._tools_failed:
            attributes[names.AFC_TOOLS_FAILED] = self._tools_failed
        if isinstance(error, KeyError) and self._undeclared is not None:  # the SDK looked the function up
            attributes[names.UNDECLARED_CALLS] = self._undeclared
        if error is None and self._exhausted:
            attributes[names.AFC_EXHAUSTED] = True
        if failure is not None:
            attributes[names.ERROR_TYPE] = failure.type
            set_error(span, failure)
        else:
            set_error_by_outcome(span, attributes, self._instrumentation.settings.error_outcomes)
        write(span, sendable(attributes))
