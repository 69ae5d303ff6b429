"""Call: the life of one observed round, from the span's start to its end. Knows OpenTelemetry, not the SDK."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from gemini_otel import _semconv as names
from gemini_otel._attempt_log import AttemptLog
from gemini_otel._attributes import (
    Attributes,
    error_attributes,
    failed_attempt_attributes,
    repetition_attributes,
    request_attributes,
    response_attributes,
    start_attributes,
)
from gemini_otel._errors import is_cancellation, read_error
from gemini_otel._facts import ErrorFacts, RequestFacts, ResponseFacts, StartFacts
from gemini_otel._guard import guarded, safely
from gemini_otel._instruments import Metrics, Session
from gemini_otel._operation import Arguments, Operation
from gemini_otel._outcome import answer_outcome, worst_finish_reason
from gemini_otel._repetition_watch import RepetitionWatch
from gemini_otel._settings import Settings

_CALL_KEY = otel_context.create_key("gemini_otel.call")
_NO_CONTEXT = Context()
_UNKNOWN_START = StartFacts(model=None, provider="gcp.gen_ai", address=None, port=None)


def current_call() -> Call | None:
    """The call whose request is being sent in this context."""
    call = otel_context.get_value(_CALL_KEY)
    return call if isinstance(call, Call) and not call.ended else None


@guarded
def begin(
    session: Session, operation: Operation, instance: Any, arguments: Arguments, *, stream: bool = False
) -> Call | None:
    """Start observing a call; None where nobody listens or instrumentation is suppressed."""
    tracer, metrics = session.instruments.tracer(), session.instruments.metrics()
    if (tracer is None and metrics is None) or not is_instrumentation_enabled():
        return None
    start = safely(operation.read_start, instance, arguments) or _UNKNOWN_START
    if tracer is None:
        span: Span = trace.NonRecordingSpan(trace.get_current_span().get_span_context())
    else:
        span = tracer.start_span(
            f"{operation.name} {start.model}" if start.model else operation.name,
            kind=SpanKind.CLIENT,
            attributes=start_attributes(operation.name, start, stream),
        )
    request = safely(operation.read_request, instance, arguments) if span.is_recording() else None
    return Call(session.settings, operation, start, request or RequestFacts(), span, metrics, stream)


class Call:
    """One round. Inside `with call:` its span is current, and an exception that leaves the block ends it.

    `observe` takes each response or chunk; `finish` and `abandon` end the span, once.
    """

    __slots__ = (
        "_answer",
        "_attempts",
        "_context",
        "_end",
        "_first_chunk",
        "_flagged",
        "_metrics",
        "_operation",
        "_recording",
        "_request",
        "_settings",
        "_span",
        "_start",
        "_started",
        "_stream",
        "_token",
        "_watch",
        "ended",
    )

    def __init__(
        self,
        settings: Settings,
        operation: Operation,
        start: StartFacts,
        request: RequestFacts,
        span: Span,
        metrics: Metrics | None,
        stream: bool,
    ) -> None:
        self._started = time.perf_counter()
        self._settings, self._operation, self._start, self._request = settings, operation, start, request
        self._span, self._metrics, self._stream = span, metrics, stream
        self._recording = span.is_recording()
        self._context: Context = otel_context.set_value(_CALL_KEY, self, trace.set_span_in_context(span))
        self._end = threading.Lock()
        self._first_chunk: float | None = None
        self._flagged = False
        self._answer = operation.answer(request)
        listening = self._recording and settings.repetition
        self._watch = RepetitionWatch(bool(request.structured_output)) if listening else None
        self._attempts = AttemptLog(span)
        self.ended = False

    def __enter__(self) -> None:
        self._token = otel_context.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A coroutine that is thrown away is closed in whatever context the garbage collector runs: ours is gone then.
        if kind is not GeneratorExit or otel_context.get_current() is self._context:
            otel_context.detach(self._token)
        if error is not None and not isinstance(error, StopIteration | StopAsyncIteration):
            self.finish(error)

    @guarded
    def observe(self, response: Any) -> None:
        """Read a response, or the next chunk of a stream."""
        if self._first_chunk is None:
            self._first_chunk = time.perf_counter()
        self._answer.feed(response, self._watch)
        if self._watch is not None and self._watch.verdict is not None and not self._flagged:
            self._flagged = True
            self._span.add_event(names.EVENT_REPETITION, repetition_attributes(self._watch.verdict))

    @guarded
    def attempt_started(self) -> None:
        """Note that an HTTP attempt begins."""
        self._attempts.started()

    @guarded
    def attempt_succeeded(self) -> None:
        """Note that the attempt got its answer."""
        self._attempts.succeeded()

    @guarded
    def attempt_failed(self, error: BaseException) -> None:
        """Note an HTTP attempt that did not succeed; a cancelled one has not failed."""
        if not isinstance(error, Exception):
            return
        facts = read_error(error, vertex=self._start.provider == "gcp.vertex_ai")
        self._attempts.failed(facts)
        if self._metrics is not None:
            model = self._metrics.model_label(self._start.model) if self._start.model else None
            self._metrics.attempts_failed.add((model, facts.code))

    def abandon(self) -> None:
        """End the call because its consumer stopped reading."""
        self.finish(GeneratorExit())

    def finish(self, error: BaseException | None = None) -> None:
        """End the call, with the exception that ended it where there is one. Only the first end counts."""
        if not self._end.acquire(blocking=False):
            return
        self.ended = True
        safely(self._record, error)
        safely(self._span.end)
        self._context = _NO_CONTEXT  # it holds this call: no work for the garbage collector

    def _record(self, error: BaseException | None) -> None:
        seconds = time.perf_counter() - self._started
        response = safely(self._answer.facts) or ResponseFacts()
        finish_reason = worst_finish_reason(response.finish_reasons)
        failure: ErrorFacts | None = None
        if error is None:
            outcome = answer_outcome(response, finish_reason)
        elif isinstance(error, GeneratorExit):
            outcome = "abandoned"
        elif is_cancellation(error):
            outcome = "cancelled"
        else:
            outcome = "error"
            failure = safely(read_error, error, vertex=self._start.provider == "gcp.vertex_ai")
        if self._recording:
            safely(self._write_span, outcome, response, failure)
        if self._metrics is not None:
            safely(self._write_metrics, self._metrics, seconds, outcome, response, finish_reason, failure)

    def _write_span(self, outcome: str, response: ResponseFacts, failure: ErrorFacts | None) -> None:
        attributes = request_attributes(self._request)
        attributes.update(response_attributes(response))
        attributes.update(self._attempt_attributes(failure))
        attributes[names.OUTCOME] = outcome
        if self._stream and self._first_chunk is not None:
            attributes[names.RESPONSE_TIME_TO_FIRST_CHUNK] = self._first_chunk - self._started
        if self._watch is not None and self._watch.heard:
            attributes.update(repetition_attributes(self._watch.verdict))
        self._span.set_attributes(attributes)
        if failure is not None:
            description = f"{failure.code} {failure.status}" if failure.status else failure.type
            self._span.set_status(Status(StatusCode.ERROR, description))
        elif outcome in self._settings.error_outcomes:
            reason = attributes.get(names.FINISH_REASON) or attributes.get(names.BLOCK_REASON)
            self._span.set_status(Status(StatusCode.ERROR, f"{outcome} {reason}" if reason else outcome))

    def _attempt_attributes(self, failure: ErrorFacts | None) -> Attributes:
        log = self._attempts
        log.close()
        attributes: Attributes = {}
        status_code = log.status_code
        if status_code is None and failure is not None and log.number == 0:
            status_code = failure.code  # a replaying or patched client: no attempt was seen
        if status_code is not None:
            attributes[names.HTTP_STATUS_CODE] = status_code
        if log.resends:
            attributes[names.HTTP_RESEND_COUNT] = log.resends
        if failure is not None:
            attributes.update(error_attributes(failure))
        elif log.last_error is not None:
            attributes.update(failed_attempt_attributes(log.last_error))
        return attributes

    def _write_metrics(
        self,
        metrics: Metrics,
        seconds: float,
        outcome: str,
        response: ResponseFacts,
        finish_reason: str | None,
        failure: ErrorFacts | None,
    ) -> None:
        model = metrics.model_label(self._start.model) if self._start.model else None
        labels = start_attributes(self._operation.name, self._start, stream=False)
        if model is not None:
            labels[names.REQUEST_MODEL] = model
        if response.model is not None:
            labels[names.RESPONSE_MODEL] = metrics.model_label(response.model)
        usage = response.usage
        if usage.input_tokens is not None:
            metrics.tokens.record(usage.input_tokens, {**labels, names.TOKEN_TYPE: "input"}, self._context)
        if usage.output_tokens is not None:
            metrics.tokens.record(usage.output_tokens, {**labels, names.TOKEN_TYPE: "output"}, self._context)
        if self._stream and self._first_chunk is not None:
            metrics.first_chunk.record(self._first_chunk - self._started, labels, self._context)
        if failure is not None:
            labels[names.ERROR_TYPE] = metrics.error_label(failure.type)
        metrics.duration.record(seconds, labels, self._context)
        metrics.responses.add(
            (
                model,
                self._attempts.status_code,
                metrics.finish_reason_label(finish_reason) if finish_reason else None,
                outcome,
                self._repetition_label(),
                self._operation.name,
            )
        )
        if usage.thoughts_tokens:
            metrics.thoughts_tokens.add((model,), usage.thoughts_tokens)
        if usage.cached_tokens:
            metrics.cached_tokens.add((model,), usage.cached_tokens)

    def _repetition_label(self) -> str:
        if self._watch is None:
            return "not_checked"
        return self._watch.verdict.kind if self._watch.verdict is not None else "none"
