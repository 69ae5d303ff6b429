"""Round: the life of one request, begun, observed and ended once. It knows OpenTelemetry, not the SDK."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Link

from gemini_otel._facts import names
from gemini_otel._facts.calls import (
    UNKNOWN_START,
    ErrorFacts,
    Measured,
    RequestFacts,
    ResponseFacts,
    StartFacts,
    Value,
)
from gemini_otel._facts.errors.echo import mask_bytes, mask_echo, mask_unusual
from gemini_otel._facts.guard import call_back, guarded, report, safely
from gemini_otel._facts.operation import Arguments, Operation, PastCall
from gemini_otel._facts.outcomes import UNFINISHED, answer_outcome, worst_finish_reason
from gemini_otel._facts.sendable import OTHER, bounded, sendable, usual_text
from gemini_otel._facts.tiers import FLEX, tier_name
from gemini_otel._telemetry import dropped
from gemini_otel._telemetry.attempts import AttemptLog, LastError
from gemini_otel._telemetry.attributes import (
    Attributes,
    repetition_attributes,
    replacements,
    request_attributes,
    response_attributes,
    usage_attributes,
    write,
)
from gemini_otel._telemetry.background import BEGUN_HERE, link_to_beginning
from gemini_otel._telemetry.draft import Draft
from gemini_otel._telemetry.instrumentation import Instrumentation, call_hook
from gemini_otel._telemetry.lifecycle import (
    Observation,
    RoundParent,
    current_round,
    loop_in,
    outcome_of,
    round_context,
    set_error,
    set_error_by_outcome,
)
from gemini_otel._telemetry.metrics.rounds import RoundEnd, count_failed_attempt, record_round
from gemini_otel._telemetry.repetition_watch import RepetitionWatch
from gemini_otel._telemetry.spans import SpanChoice, start_span

if TYPE_CHECKING:
    from gemini_otel._telemetry.content.capture import CallContent
    from gemini_otel.repetition import Repetition

__all__ = ["Round", "RoundEnd", "RoundSetup", "Traits", "begin", "current_round"]

# Arguments that refer to things the service already has, and those that contain what is asked.
_ELSEWHERE = frozenset({"previous_interaction_id"})
_ASKED = frozenset({"contents", "input", "prompt", "request", "source"})
_REPORTS = frozenset(
    {names.ERROR_MESSAGE, names.FAILURE_MESSAGE, names.IMAGES_FILTERED_REASONS, names.VIDEOS_FILTERED_REASONS}
)
_UNKNOWN_REQUEST = RequestFacts()


class Traits(NamedTuple):
    """How a round differs from a plain request with its answer."""

    parent: RoundParent | None = None  # its parent, if that is not the loop around it
    started: float | None = None  # its start on the clock of durations; None is now
    # Whether a message of the service can only quote the arguments. What was sent over a websocket is not kept.
    says_all: bool = True
    more: Callable[[], Attributes] | None = None  # attributes besides those that all rounds have
    # Seconds to the first part of the answer. If it is not set, the first response of a stream decides.
    first_chunk: Callable[[], float | None] | None = None
    # Reads an exception, instead of `Round.read`.
    failure: Callable[[BaseException], ErrorFacts] | None = None
    # Called before the end is recorded.
    ending: Callable[[BaseException | None], object] | None = None
    closed: Callable[[], object] | None = None  # called after its end


PLAIN = Traits()


class RoundSetup(NamedTuple):
    """The objects with which a round begins."""

    instrumentation: Instrumentation
    operation: Operation
    start: StartFacts
    request: RequestFacts
    chosen: SpanChoice
    stream: bool = False
    traits: Traits = PLAIN


def begin(
    instrumentation: Instrumentation,
    operation: Operation,
    instance: Any,
    arguments: Arguments,
    *,
    stream: bool = False,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    traits: Traits = PLAIN,
) -> Round | None:
    """Start observing a round; None if nobody listens or instrumentation is suppressed.

    Its span is a child of the current span, or of the one in `parent`. It never raises.
    """
    chosen: SpanChoice | None = None
    call: Round | None = None
    try:
        if dropped.pending:
            dropped.end_dropped()
        content, providers = instrumentation.content, instrumentation.providers
        listening = content is not None or providers.found or providers.listening()
        if not listening or not is_instrumentation_enabled():
            return None
        try:
            start = operation.read_start(instance, arguments)
        except Exception:
            report("Operation.read_start")
            start = UNKNOWN_START
        chosen = start_span(instrumentation, operation.name, start, stream, parent, links)
        recording = chosen.recording
        capturing = content is not None and content.wanted(recording)
        request = _UNKNOWN_REQUEST
        if recording or capturing:
            try:
                request = operation.read_request(instance, arguments)
            except Exception:
                report("Operation.read_request")
        setup = RoundSetup(instrumentation, operation, start, request, chosen, stream, traits)
        call = Round(setup)
        call.begun(arguments, recording=recording, capturing=capturing)
    except Exception:
        report("begin")
        if call is None and chosen is not None:
            chosen.span.end()
    except BaseException as error:  # after Ctrl-C, too, because nobody will hold it
        _end_what_began(call, chosen, error)
        raise
    return call


def _end_what_began(call: Round | None, chosen: SpanChoice | None, error: BaseException) -> None:
    if call is not None:
        call.finish(error)
    elif chosen is not None:
        chosen.span.end()


class Round(Observation):
    """One round: its span, from the request to the answer's end.

    `observe` takes each response or chunk; `attempts` and the `attempt_` methods take what happens below.
    """

    # Class attributes until something happens, which it does in few rounds.
    _first_chunk: float | None = None
    _tier: str | None = None
    _flagged = False
    _within_host = False
    _watch: RepetitionWatch | None = None
    _last_error: LastError | None = None
    content: CallContent | None = None
    arguments: Arguments = MappingProxyType({})

    def __init__(self, setup: RoundSetup) -> None:
        instrumentation, operation, traits = setup.instrumentation, setup.operation, setup.traits
        self._started = time.perf_counter() if traits.started is None else traits.started
        parent = traits.parent
        if parent is None and operation.generates:
            parent = loop_in(setup.chosen.context)
        self._setup, self._span = setup, setup.chosen.span
        self._metrics = instrumentation.providers.metrics()
        own = instrumentation.settings.metric_attributes
        self._dimensions = () if own is None else own.values()
        self._recording = setup.chosen.recording
        self._answer = operation.answer(setup.request)
        settings = instrumentation.settings
        self._shown = (
            self._recording and settings.response_hook is not None
        )  # to the hook or to content capture
        if self._recording and settings.repetition and operation.generates:
            self._watch = RepetitionWatch(
                bool(setup.request.structured_output), settings.repetition_thresholds
            )
        self.attempts = AttemptLog(self._span)
        # Set last, because an unfinished object has no end.
        super().__init__(round_context(self, setup.chosen.context), parent)

    def begun(self, arguments: Arguments, *, recording: bool, capturing: bool) -> None:
        """Announce that it has begun, with the arguments of the call."""
        instrumentation, operation, _, _, chosen, stream, traits = self._setup
        if self._around is not None:
            safely(self._around.round_started, self)
        elif stream and operation.generates and traits is PLAIN:
            instrumentation.bypassed()
        if isinstance(chosen.span, Draft):
            chosen.span.attend(self)
        if capturing and instrumentation.content is not None and operation.read_content is not None:
            self.content = instrumentation.content.begin(operation, arguments, chosen.attributes)
            self._shown = self._shown or self.content is not None
        if recording or capturing:
            self.arguments = arguments
        if recording:
            if instrumentation.settings.request_hook is not None:
                call_hook(instrumentation.settings, "request_hook", chosen.span, MappingProxyType(arguments))
            if self._watch is not None and (history := operation.read_history(arguments)):
                self.recall(history)

    @property
    def operation(self) -> str:
        """The name of its operation."""
        return self._setup.operation.name

    @property
    def start(self) -> StartFacts:
        """The facts from its start: model, provider and server."""
        return self._setup.start

    @property
    def context(self) -> Context:
        """The context in which its request is sent, with its span."""
        return self._context

    @property
    def tool_mode(self) -> str | None:
        """Whether the model may, must or must not call functions, if the request says so."""
        return self._setup.request.tool_mode

    @property
    def request(self) -> RequestFacts:
        """The settings of the request."""
        return self._setup.request

    def add_event(self, name: str, attributes: Mapping[str, Value] | None = None) -> None:
        """Add an event to the span at the current time."""
        self._span.add_event(name, attributes)

    def note(self, measured: Measured) -> None:
        """Add an attribute to the span that comes from neither request nor answer."""
        write(self._span, sendable(self._mask_reports(measured)))

    def recall(self, history: Iterable[PastCall]) -> None:
        """Pass on the function calls that the request answers, with their results, because a loop of tool calls spans
        several requests.
        """
        for call in history:
            if self._watch is not None:
                self._watch.recall(call.name, call.args, call.result)

    def served_by(self, tier: str) -> None:
        """Note the service tier in the JSON of the answer, which not every SDK release passes on."""
        self._tier = tier_name(tier)

    def observe(self, response: Any, message: object = None) -> None:
        """Read a response, or the next chunk of a stream; `message` is what the SDK returned, if that is another object."""
        if self._first_chunk is None:
            self._first_chunk = time.perf_counter()
        watch = self._watch
        try:
            self._answer.feed(response, watch)
            if watch is not None and watch.verdict is not None and not self._flagged:
                self._flag(watch.verdict)
        except Exception:
            report("Answer.feed")
        if self._shown:
            self._show(response, message)

    def _show(self, response: Any, message: object) -> None:
        """Pass a response to content capture and to the user's hook."""
        if self.content is not None:
            self.content.observe(response)
        if self._recording:
            settings = self._setup.instrumentation.settings
            call_hook(settings, "response_hook", self._span, response if message is None else message)

    def _flag(self, verdict: Repetition) -> None:
        """Report a loop as soon as it is found."""
        self._flagged = True
        self._span.add_event(names.EVENT_REPETITION, repetition_attributes(verdict))
        on_repetition = self._setup.instrumentation.settings.on_repetition
        if on_repetition is not None:
            call_back("on_repetition", on_repetition, verdict)

    @guarded
    def attempt_answered(self, status_code: int) -> None:
        """Note the HTTP status of an attempt whose answer is not read yet."""
        self.attempts.answered(status_code)

    @guarded
    def attempt_failed(self, error: BaseException, ago: float = 0.0) -> None:
        """Note an HTTP attempt that failed `ago` seconds ago; a cancelled attempt has not failed."""
        if not isinstance(error, Exception):
            return
        facts = self.read(error)
        self.attempts.failed(facts, ago)
        if self._metrics is not None:
            count_failed_attempt(self._metrics, self._dimensions, self._setup.start.model, facts.code)

    def read(self, error: BaseException) -> ErrorFacts:
        """The facts of an exception. The one that ends the call is usually that of the last attempt, and is not read again."""
        if self._last_error is None:
            self._last_error = LastError(vertex=self._setup.start.provider == "gcp.vertex_ai")
        return self._last_error.read(error)

    def owner_ended(self) -> None:
        """End because the host's span is ending; its owner may end it as soon as it has read the finish reason."""
        facts = safely(self._answer.facts)
        self._within_host = True
        self.end(None if facts is not None and facts.finish_reasons else GeneratorExit())

    def _record(self, error: BaseException | None, now: float) -> None:
        if self._setup.traits.ending is not None:
            safely(self._setup.traits.ending, error)
        ended = self._how_it_ended(error, now)
        if self._recording or self.content is not None:
            try:
                self._write_span(ended)
            except Exception:
                report("Round._write_span")
                safely(self._write_outcome, ended)
            if ended.outcome == "error" and self._recording:
                self._report_error(ended)
        if self._metrics is not None and self._within_host:
            dropped.later(
                functools.partial(
                    record_round, self._metrics, self._dimensions, self._setup, ended, self._context
                )
            )
        elif self._metrics is not None:
            try:
                record_round(self._metrics, self._dimensions, self._setup, ended, self._context)
            except Exception:
                report("record_round")
        if self._around is not None:
            self._around.round_ended(self, ended)

    def _how_it_ended(self, error: BaseException | None, now: float) -> RoundEnd:
        try:
            response = self._answer.facts()
        except Exception:
            report("Answer.facts")
            response = ResponseFacts()
        reasons = response.finish_reasons
        finish_reason = reasons[0] if len(reasons) == 1 else worst_finish_reason(reasons)
        outcome = answer_outcome(response, finish_reason) if error is None else outcome_of(error)
        watch, setup = self._watch, self._setup
        first_chunk = None
        if setup.traits.first_chunk is not None:
            first_chunk = safely(setup.traits.first_chunk)
        elif setup.stream and self._first_chunk is not None:
            first_chunk = self._first_chunk - self._started
        return RoundEnd(
            seconds=now - self._started,
            first_chunk=first_chunk,
            response=response,
            usage=usage_attributes(response.usage),
            finish_reason=finish_reason,
            outcome=outcome,
            status_code=self.attempts.status_code,
            error=error,
            failure=self._failure(error) if error is not None and outcome == "error" else None,
            repetition="not_checked"
            if watch is None
            else ("none" if watch.verdict is None else watch.verdict.kind),
            service_tier=self._tier or response.service_tier,
        )

    def _failure(self, error: BaseException) -> ErrorFacts:
        """What the service said, without the words of the request."""
        said = self._setup.traits.failure
        failure = (safely(said, error) if said is not None else None) or self.read(error)
        if failure.message is None or failure.raw_message is None:
            return failure
        masked = safely(self._masked, failure, failure.raw_message)
        return masked or failure._replace(message=None, raw_message=None)

    def _masked(self, failure: ErrorFacts, raw: str) -> ErrorFacts:
        if self.content is not None and not self._setup.instrumentation.settings.capture_bytes:
            raw = mask_bytes(raw, self.arguments)
        return failure._replace(message=self._without_echo(failure.message or ""), raw_message=raw)

    def _without_echo(self, message: str) -> str:
        """A message about this call without the words of the request; if the request is not at hand, only common words are
        kept.
        """
        start = self._setup.start
        shown = start.model or ""
        if not self._setup.traits.says_all or _ELSEWHERE & self.arguments.keys():
            return mask_unusual(message, shown=shown)
        said = {**self.arguments, "identity": tuple(start.identity())}
        return mask_echo(message, said, shown=shown)

    def _mask_reports(self, measured: Measured) -> Attributes:
        """Mask what an answer reports without an exception, as in an exception's message.

        A file or job, or an answer that is fetched, was requested by another call.
        """
        shown = dict(measured)
        asked_here = not _ASKED.isdisjoint(self.arguments)
        mask = (
            self._without_echo
            if asked_here
            else functools.partial(mask_unusual, shown=self._setup.start.model or "")
        )
        for name in _REPORTS & measured.keys():
            said = shown[name]
            shown[name] = tuple(map(mask, said)) if isinstance(said, tuple) else mask(str(said))
        return shown

    def _close(self) -> None:
        try:
            self._span.end(None if self._moment is None else self._moment.nanoseconds)
        finally:
            self.arguments, self._last_error = {}, None
            if (traits := self._setup.traits) is not PLAIN:
                self._setup = self._setup._replace(traits=PLAIN)  # they hold objects that hold this round
                if traits.closed is not None:
                    traits.closed()

    def _write_outcome(self, ended: RoundEnd) -> None:
        """Write what must be on the span even if nothing else can be read."""
        write(self._span, {names.OUTCOME: ended.outcome})
        if ended.failure is not None:
            write(self._span, {names.ERROR_TYPE: ended.failure.type})
            set_error(self._span, ended.failure)

    def _report_error(self, ended: RoundEnd) -> None:
        """Pass the exception to the exception log and the user's hook."""
        instrumentation = self._setup.instrumentation
        if instrumentation.exceptions is not None and ended.failure is not None and ended.error is not None:
            attributes = self._setup.chosen.attributes
            safely(instrumentation.exceptions.emit, self._span, ended.error, ended.failure, attributes)
        call_hook(instrumentation.settings, "error_hook", self._span, ended.error)

    def _write_span(self, ended: RoundEnd) -> None:
        span, settings = self._span, self._setup.instrumentation.settings
        attributes = self._attributes(ended)
        said = usual_text(attributes)
        if said is None:
            attributes = bounded(attributes)
        if said is None or OTHER in said:
            attributes.update(replacements(attributes))
        given = self._setup.chosen.given
        if given is None:
            write(span, attributes)
        else:
            span.set_attributes(attributes)
            given.update(attributes)
        if not BEGUN_HERE.isdisjoint(attributes):
            safely(link_to_beginning, span, attributes, ended.outcome)
        if self._setup.chosen.host is not None:
            safely(self._setup.chosen.host.pass_outwards, attributes)
        if ended.failure is not None:
            set_error(span, ended.failure)
        elif ended.outcome in settings.error_outcomes or attributes.get(names.REPETITION_DETECTED):
            set_error_by_outcome(span, attributes, settings.error_outcomes)
        if self.content is not None:
            self.content.record(
                span,
                attributes,
                error_message=None if ended.failure is None else ended.failure.raw_message,
                stop_sequences=self._setup.request.stop_sequences,
                deferred=self._within_host,
            )

    def _attributes(self, ended: RoundEnd) -> Attributes:
        operation, request, traits = self._setup.operation, self._setup.request, self._setup.traits
        response, outcome = ended.response, ended.outcome
        attributes = {} if request is _UNKNOWN_REQUEST else request_attributes(request)
        attributes.update(response_attributes(response, ended.usage, ended.finish_reason))
        if response.measured:
            attributes.update(self._mask_reports(response.measured))
        attributes.update(self.attempts.attributes(ended.failure, continued=operation.generates))
        attributes[names.OUTCOME] = outcome
        if ended.service_tier is not None:
            attributes[names.RESPONSE_SERVICE_TIER] = ended.service_tier
            if ended.service_tier == FLEX:
                attributes[names.FLEX_WAIT] = ended.seconds
        if traits.more is not None:
            attributes.update(traits.more())
        if outcome in UNFINISHED and operation.generates and not response.finish_reasons:
            missing = self._setup.instrumentation.providers.profile.missing_reason
            if missing is not None:
                attributes[names.RESPONSE_FINISH_REASONS] = (missing,)
        if ended.first_chunk is not None:
            attributes[names.RESPONSE_TIME_TO_FIRST_CHUNK] = ended.first_chunk
        if self._watch is not None and self._watch.heard:
            attributes[names.REPETITION_DETECTED] = False
            if self._watch.verdict is not None:
                attributes.update(repetition_attributes(self._watch.verdict))
        return attributes
