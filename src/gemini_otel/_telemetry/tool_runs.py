"""One tool that the SDK runs for the model: an `execute_tool` span and its duration."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, Status, StatusCode

from gemini_otel._facts import names
from gemini_otel._facts.errors.exceptions import class_name
from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.sendable import text, tool_name
from gemini_otel._telemetry.attributes import Attributes, keep, write
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.lifecycle import Observation, loop_context, outcome_of
from gemini_otel._telemetry.spans import without_owner
from gemini_otel._telemetry.user_calls import UserCall, current_user_call

_OPERATION = "execute_tool"


@guarded
def begin_tool(
    instrumentation: Instrumentation,
    name: str,
    tool_type: str,
    arguments: object,
    *,
    server: str | None = None,
    description: object = None,
    owned: bool = False,
    read_failure: Callable[[Any], str | None] | None = None,
) -> ToolRun | None:
    """Start observing a tool run; None if nobody listens, or if the tool is `owned`, because then it begins its own span.

    `read_failure` returns why the tool failed, from what the tool returned.
    """
    if not instrumentation.providers.listening() or not is_instrumentation_enabled():
        return None
    turn = current_user_call()
    call_id = turn.tool_started(name) if turn is not None else None
    if owned:
        return None
    run = start_tool(instrumentation, name, tool_type, arguments, call_id, server, description)
    run.turn, run.read_failure = turn, read_failure
    return run


def start_tool(
    instrumentation: Instrumentation,
    name: str,
    tool_type: str,
    arguments: object,
    call_id: str | None,
    server: str | None = None,
    description: object = None,
) -> ToolRun:
    """A tool run that begins now, below the current span; a model may have invented the tool's name."""
    name = tool_name(name)
    attributes: Attributes = {
        **instrumentation.span_attributes(otel_context.get_current()),
        names.OPERATION_NAME: _OPERATION,
        names.TOOL_NAME: name,
        names.TOOL_TYPE: tool_type,
    }
    if call_id is not None:
        attributes[names.TOOL_CALL_ID] = text(call_id, 256)
    if server is not None:
        attributes[names.TOOL_SERVER] = text(server, 256)
    tracer = instrumentation.providers.tracer()
    span: Span = (
        NonRecordingSpan(trace.get_current_span().get_span_context())
        if tracer is None
        else tracer.start_span(f"{_OPERATION} {name}", kind=SpanKind.INTERNAL, attributes=attributes)
    )
    run = ToolRun(instrumentation, name, span)  # it ends the span, whatever happens in between
    if span.is_recording():
        keep(span, attributes)
    if instrumentation.content is not None:
        instrumentation.content.tool_value(span, names.TOOL_CALL_ARGUMENTS, arguments)
        if isinstance(description, str):
            instrumentation.content.tool_value(span, names.TOOL_DESCRIPTION, description)
    return run


class ToolRun(Observation):
    """One run. A Gemini call that the tool makes is a separate user call, and its span is a child of the run's."""

    __slots__ = (
        "_content",
        "_dimensions",
        "_metrics",
        "_name",
        "_span",
        "_started",
        "failure",
        "read_failure",
        "turn",
    )

    def __init__(self, instrumentation: Instrumentation, name: str, span: Span) -> None:
        outside = without_owner(otel_context.get_current())
        self._name, self._span = name, span
        super().__init__(loop_context(None, trace.set_span_in_context(span, outside)))
        self._metrics = instrumentation.providers.metrics()
        self._content = instrumentation.content
        self._dimensions = instrumentation.dimensions()
        self._started = time.perf_counter()
        self.failure: str | None = None
        self.read_failure: Callable[[Any], str | None] | None = None
        self.turn: UserCall | None = None  # the user call, which is informed of a failure

    def observe(self, response: object) -> None:
        """Note what the tool returned."""
        if self.read_failure is not None:
            self.failure = safely(self.read_failure, response)
        if self._content is not None:
            self._content.tool_value(self._span, names.TOOL_CALL_RESULT, response)

    def _record(self, error: BaseException | None, now: float) -> None:
        seconds = now - self._started
        error_type = self.failure
        raised = error is not None and outcome_of(error) == "error"
        if error is not None and raised:
            error_type = class_name(_own(error))
        if error_type is not None:
            error_type = text(error_type, 256)
            if self.turn is not None:
                self.turn.tool_failed()
            how = "exception" if raised else "reported"
            write(self._span, {names.ERROR_TYPE: error_type, names.TOOL_FAILURE: how})
            self._span.set_status(Status(StatusCode.ERROR, error_type))
        if self._metrics is not None:
            labels: Attributes = {
                **dict(self._dimensions),
                names.OPERATION_NAME: _OPERATION,
                names.TOOL_NAME: self._metrics.tool_label(self._name),
            }
            if error_type is not None:
                labels[names.ERROR_TYPE] = self._metrics.error_label(error_type)
            self._metrics.tool_duration.record(seconds, labels, self._context)

    def _close(self) -> None:
        self._end_span(self._span)


def _own(error: BaseException) -> BaseException:
    """The tool's own exception, which the SDK hides in one whose text contains the arguments."""
    hidden = type(error).__name__ == "FunctionInvocationError"
    return error.__context__ if hidden and error.__context__ is not None else error
