"""Round: the life of one request, from the span's start to its end. Knows OpenTelemetry, not the SDK."""

from __future__ import annotations

import functools
import time
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from gemini_otel._facts import names
from gemini_otel._facts.calls import ErrorFacts, Measured, RequestFacts, ResponseFacts, StartFacts
from gemini_otel._facts.errors.bounded import bounded
from gemini_otel._facts.errors.echo import mask_bytes, mask_echo, mask_unusual
from gemini_otel._facts.errors.exceptions import read_error, unread_error
from gemini_otel._facts.operation import Arguments, Operation, PastCall
from gemini_otel._facts.outcomes import UNFINISHED, answer_outcome, worst_finish_reason
from gemini_otel._facts.sendable import sendable
from gemini_otel._facts.tiers import FLEX, tier_name
from gemini_otel._guard import call_back, guarded, safely
from gemini_otel._telemetry import dropped
from gemini_otel._telemetry.attempts import AttemptLog
from gemini_otel._telemetry.attributes import (
    Attributes,
    repetition_attributes,
    request_attributes,
    response_attributes,
)
from gemini_otel._telemetry.background import link_to_beginning
from gemini_otel._telemetry.hooks import call_hook
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.lifecycle import Observation, outcome_of, set_error, set_error_by_outcome
from gemini_otel._telemetry.metrics.rounds import RoundEnd, round_metrics
from gemini_otel._telemetry.repetition_watch import RepetitionWatch
from gemini_otel._telemetry.replaced import replacements
from gemini_otel._telemetry.span_choice import SpanChoice
from gemini_otel._telemetry.uncut import write

if TYPE_CHECKING:
    from gemini_otel._telemetry.content.capture import CallContent

# Arguments that refer to what the service has already, and those that say what is asked for.
_ELSEWHERE = frozenset({"previous_interaction_id"})
_ASKED = frozenset({"contents", "input", "prompt", "request", "source"})
_REPORTS = frozenset(
    {names.ERROR_MESSAGE, names.FAILURE_MESSAGE, names.IMAGES_FILTERED_REASONS, names.VIDEOS_FILTERED_REASONS}
)

_ROUND_KEY = otel_context.create_key("gemini_otel.call")
_LOOP_KEY = otel_context.create_key("gemini_otel.loop")


class RoundParent(Protocol):
    """What rounds belong to; told of each that starts and ends."""

    @property
    def moment(self) -> dropped.Moment | None: ...

    def round_started(self, call: Round) -> None: ...

    def round_ended(self, call: Round, response: ResponseFacts, outcome: str) -> None: ...


def current_round() -> Round | None:
    """The call whose request is being sent in this context."""
    call = _referent(_ROUND_KEY)
    return call if isinstance(call, Round) and not call.ended else None


def current_loop() -> Any:
    """What rounds that start in this context belong to; None outside of any."""
    return _referent(_LOOP_KEY)


def loop_context(loop: RoundParent | None, base: Context) -> Context:
    """`base`, with `loop` as what rounds belong to."""
    return otel_context.set_value(_LOOP_KEY, None if loop is None else weakref.ref(loop), base)


def _referent(key: str) -> object:
    """The object that a context holds weakly, so that dropping a stream ends it at once."""
    reference = otel_context.get_value(key)
    return reference() if isinstance(reference, weakref.ref) else None


class Round(Observation):
    """One round: its span, from the request to the answer's end.

    `observe` takes each response or chunk; the `attempt_` methods what happens below.
    """

    __slots__ = (
        "_answer",
        "_attempts",
        "_exceptions",
        "_failed",
        "_first_chunk",
        "_flagged",
        "_host",
        "_loop",
        "_metrics",
        "_missing_reason",
        "_operation",
        "_recording",
        "_request",
        "_settings",
        "_span",
        "_start",
        "_started",
        "_started_with",
        "_stream",
        "_tier",
        "_watch",
        "_within_host",
        "arguments",
        "content",
    )

    def __init__(
        self,
        instrumentation: Instrumentation,
        operation: Operation,
        start: StartFacts,
        request: RequestFacts,
        chosen: SpanChoice,
        stream: bool,
    ) -> None:
        self._started = time.perf_counter()
        super().__init__(otel_context.set_value(_ROUND_KEY, weakref.ref(self), chosen.context))
        span, self._host, self._settings = chosen.span, chosen.host, instrumentation.settings
        self._metrics = round_metrics(instrumentation, operation, start, chosen.measured)
        self._exceptions = instrumentation.exceptions
        self._missing_reason = (
            instrumentation.providers.profile.missing_reason if operation.generates else None
        )
        self._operation, self._start, self._request = operation, start, request
        self._started_with = chosen.attributes
        self._span, self._stream = span, stream
        self._recording = span.is_recording()
        self._first_chunk: float | None = None
        self._tier: str | None = None
        self._flagged = self._within_host = False
        self._answer = operation.answer(request)
        listening = self._recording and instrumentation.settings.repetition and operation.generates
        self._watch = (
            RepetitionWatch(bool(request.structured_output), instrumentation.settings.repetition_thresholds)
            if listening
            else None
        )
        self._attempts = AttemptLog(span)
        self._failed: tuple[BaseException, ErrorFacts] | None = None
        self.content: CallContent | None = None
        self.arguments: Arguments = {}
        self._loop: RoundParent | None = current_loop() if operation.generates else None

    @property
    def operation(self) -> str:
        """The name of its operation."""
        return self._operation.name

    @property
    def start(self) -> StartFacts:
        """Model, provider and server."""
        return self._start

    @property
    def context(self) -> Context:
        """The context that its request is sent in, with its span."""
        return self._context

    def note(self, measured: Measured) -> None:
        """Say something on the span that neither request nor answer says."""
        write(self._span, sendable(self._mask_reports(measured)))

    @property
    def tool_mode(self) -> str | None:
        """Whether the model may, must or must not call functions, where the request says."""
        return self._request.tool_mode

    def _dropped_around(self) -> dropped.Moment | None:
        return None if self._loop is None else self._loop.moment

    def join_loop(self) -> None:
        """Tell what this round belongs to that it has begun."""
        if self._loop is not None:
            self._loop.round_started(self)

    def recall(self, history: Iterable[PastCall]) -> None:
        """Tell the function calls that the request answers, with their results: a loop of tool calls spans many requests."""
        for call in history:
            if self._watch is not None:
                self._watch.recall(call.name, call.args, call.result)

    def served_by(self, tier: str) -> None:
        """Note the service tier that the JSON of the answer names, which not every SDK passes on."""
        self._tier = tier_name(tier)

    def observe(self, response: Any) -> None:
        """Read a response, or the next chunk of a stream."""
        if self._first_chunk is None:
            self._first_chunk = time.perf_counter()
        self.read(response)
        if self.content is not None:
            self.content.observe(response)
        self.show(response)

    def show(self, response: object) -> None:
        """Give the user's hook what the SDK hands over."""
        if self._recording and self._settings.response_hook is not None:
            call_hook(self._settings, "response_hook", self._span, response)

    @guarded
    def read(self, response: Any) -> None:
        """Take what an answer says into account."""
        self._answer.feed(response, self._watch)
        if self._watch is not None and self._watch.verdict is not None and not self._flagged:
            self._flagged = True
            self._span.add_event(names.EVENT_REPETITION, repetition_attributes(self._watch.verdict))
            if self._settings.on_repetition is not None:
                call_back("on_repetition", self._settings.on_repetition, self._watch.verdict)

    @guarded
    def attempt_started(self) -> None:
        """Note that an HTTP attempt begins."""
        self._attempts.started()

    @guarded
    def attempt_succeeded(self) -> None:
        """Note that the attempt got its answer."""
        self._attempts.succeeded()

    @guarded
    def attempt_answered(self, status_code: int) -> None:
        """Note the HTTP status of an attempt whose answer is not read yet."""
        self._attempts.answered(status_code)

    @guarded
    def attempt_failed(self, error: BaseException, ago: float = 0.0) -> None:
        """Note an HTTP attempt that did not succeed, `ago` seconds ago; a cancelled one has not failed."""
        if not isinstance(error, Exception):
            return
        facts = safely(self._read_failure, error) or bounded(unread_error(error))
        self._attempts.failed(facts, ago)
        if self._metrics is not None:
            self._metrics.attempt_failed(facts.code)

    def owner_ended(self) -> None:
        """End because the host of the span has ended it, which it may do once it has seen why the answer ends."""
        facts = safely(self._answer.facts)
        self._within_host = True
        self.end(None if facts is not None and facts.finish_reasons else GeneratorExit())

    def _record(self, error: BaseException | None) -> None:
        seconds = self._seconds - self._started
        response = safely(self._answer.facts) or ResponseFacts()
        self._tier = self._tier or response.service_tier
        finish_reason = worst_finish_reason(response.finish_reasons)
        outcome = answer_outcome(response, finish_reason) if error is None else outcome_of(error)
        failure = None
        if error is not None and outcome == "error":
            failure = safely(self._read_error, error) or bounded(unread_error(error))
        if self._recording:
            safely(self._write_outcome, outcome, failure)
        if self._recording or self.content is not None:
            safely(self._write_span, outcome, response, failure)
            if outcome == "error" and self._recording:
                if self._exceptions is not None and failure is not None and error is not None:
                    safely(self._exceptions.emit, self._span, error, failure, self._started_with)
                call_hook(self._settings, "error_hook", self._span, error)
        if self._metrics is not None:
            ended = RoundEnd(
                seconds,
                self._time_to_first_chunk(),
                response,
                finish_reason,
                outcome,
                self._attempts.status_code,
                failure.type if failure is not None else None,
                self._repetition_label(),
                self._tier,
                self._request.service_tier,
            )
            measure = functools.partial(self._metrics.record, ended, self._context)
            dropped.later(measure) if self._within_host else safely(measure)
        if self._loop is not None:
            self._loop.round_ended(self, response, outcome)

    def _read_error(self, error: BaseException) -> ErrorFacts:
        """What the service said, without the words of the request in it."""
        failure = self._read_failure(error)
        if failure.message is None or failure.raw_message is None:
            return failure
        raw = failure.raw_message
        if self.content is not None and not self._settings.capture_bytes:
            raw = mask_bytes(raw, self.arguments)
        return failure._replace(message=self._without_echo(failure.message), raw_message=raw)

    def _without_echo(self, message: str) -> str:
        """A message about this call without the words of the request, or with usual words only where the request is not at hand."""
        shown = self._start.model or ""
        if not self._says_all:
            return mask_unusual(message, shown=shown)
        said = {**self.arguments, "identity": tuple(self._start.identity())}
        return mask_echo(message, said, shown=shown)

    @property
    def _says_all(self) -> bool:
        """Whether the arguments are all that a message of the service may quote."""
        return not (_ELSEWHERE & self.arguments.keys())

    def _mask_reports(self, measured: Measured) -> Attributes:
        """What an answer reports without an exception, masked like what an exception says.

        A file or job, or an answer that is fetched, was asked for by another call.
        """
        shown = dict(measured)
        asked_here = not _ASKED.isdisjoint(self.arguments)
        mask = (
            self._without_echo
            if asked_here
            else functools.partial(mask_unusual, shown=self._start.model or "")
        )
        for name in _REPORTS & measured.keys():
            said = shown[name]
            shown[name] = tuple(map(mask, said)) if isinstance(said, tuple) else mask(str(said))
        return shown

    def _read_failure(self, error: BaseException) -> ErrorFacts:
        """What an exception says; the last one is mostly that of the last attempt, and is not read again."""
        if self._failed is None or self._failed[0] is not error:
            self._failed = error, bounded(read_error(error, vertex=self._start.provider == "gcp.vertex_ai"))
        return self._failed[1]

    def _more_attributes(self) -> Attributes:
        """What a kind of call has to say besides what all have."""
        return {}

    def _time_to_first_chunk(self) -> float | None:
        return self._first_chunk - self._started if self._stream and self._first_chunk is not None else None

    def _close(self) -> None:
        self._span.end(self._end_time)
        self.arguments, self._failed = {}, None

    def _write_outcome(self, outcome: str, failure: ErrorFacts | None) -> None:
        """What must be on the span whatever else cannot be read."""
        write(self._span, {names.OUTCOME: outcome})
        if failure is not None:
            write(self._span, {names.ERROR_TYPE: failure.type})
            set_error(self._span, failure)

    def _write_span(self, outcome: str, response: ResponseFacts, failure: ErrorFacts | None) -> None:
        attributes = request_attributes(self._request)
        attributes.update(response_attributes(response))
        if response.measured:
            attributes.update(self._mask_reports(response.measured))
        attributes.update(self._attempts.attributes(failure))
        if self._operation.generates and self._attempts.answers > 1:
            attributes[names.CONTINUATION_COUNT] = self._attempts.answers - 1
        attributes[names.OUTCOME] = outcome
        if self._tier is not None:
            self._tell_tier(attributes, self._tier)
        attributes.update(self._more_attributes())
        if self._missing_reason is not None and not response.finish_reasons and outcome in UNFINISHED:
            attributes[names.RESPONSE_FINISH_REASONS] = (self._missing_reason,)
        if (waited := self._time_to_first_chunk()) is not None:
            attributes[names.RESPONSE_TIME_TO_FIRST_CHUNK] = waited
        if self._watch is not None and self._watch.heard:
            attributes.update(repetition_attributes(self._watch.verdict))
        attributes = dict(sendable(attributes))
        attributes.update(replacements(attributes))
        write(self._span, attributes)
        safely(link_to_beginning, self._span, attributes, outcome)
        if self._host is not None:
            safely(self._host.pass_outwards, attributes)
        if failure is None:
            set_error_by_outcome(self._span, attributes, self._settings.error_outcomes)
        if self.content is not None:
            self.content.record(
                self._span,
                attributes,
                error_message=failure.raw_message if failure is not None else None,
                stop_sequences=self._request.stop_sequences,
                deferred=self._within_host,
            )

    def _tell_tier(self, attributes: Attributes, tier: str) -> None:
        attributes[names.RESPONSE_SERVICE_TIER] = tier
        if tier == FLEX:
            attributes[names.FLEX_WAIT] = self._seconds - self._started

    def _repetition_label(self) -> str:
        if self._watch is None:
            return "not_checked"
        return self._watch.verdict.kind if self._watch.verdict is not None else "none"
