"""The Gemini calls of one test, read from their spans: what they used, and which hints they earned."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.trace import StatusCode

from gemini_otel._facts import names
from gemini_otel._facts.guard import guarded
from gemini_otel._facts.names import SEVERITIES
from gemini_otel._telemetry.dropped import flush
from gemini_otel.hints import Catalogue, Hint, default_hints, disabled_ids, evidence
from gemini_otel.hints._advice import fitted
from gemini_otel.hints._foreign import SCOPES, begins_as_genai, is_second_span
from gemini_otel.hints._foreign.reading import translate
from gemini_otel.hints._trigger import is_no_call, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

_NANOSECONDS = 1e9


class CallHint(NamedTuple):
    """A `hint` that a call earned, its `evidence` as one line (None if there is none), and the `span` of the call."""

    hint: Hint
    evidence: str | None
    span: ReadableSpan

    @property
    def id(self) -> str:
        """The id of the hint."""
        return self.hint.id


class Call(NamedTuple):
    """One GenAI span; `counts` is True if it is a call, and not a tool or a loop around calls."""

    span: ReadableSpan
    counts: bool
    input_tokens: int
    output_tokens: int
    seconds: float
    hints: tuple[CallHint, ...]


class GeminiCalls:
    """The Gemini calls of one test that have ended so far; the fixture `gemini_calls` returns it."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __len__(self) -> int:
        """How many calls there were."""
        return sum(1 for _ in self._counted())

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans of calls, tools and function calling loops, in the order in which they ended."""
        return [call.span for call in self._record.calls()]

    @property
    def input_tokens(self) -> int:
        """Input tokens of all calls."""
        return sum(call.input_tokens for call in self._counted())

    @property
    def output_tokens(self) -> int:
        """Output tokens of all calls, thoughts included."""
        return sum(call.output_tokens for call in self._counted())

    @property
    def tokens(self) -> int:
        """Input and output tokens of all calls."""
        return self.input_tokens + self.output_tokens

    @property
    def seconds(self) -> float:
        """The durations of all calls, added up, in seconds."""
        return sum(call.seconds for call in self._counted())

    @property
    def hints(self) -> list[CallHint]:
        """Every hint of every call, of all severities."""
        return self._record.hints()

    def _counted(self) -> Iterator[Call]:
        return (call for call in self._record.calls() if call.counts)


class Record:
    """The spans of one test, read when somebody asks for them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ended: list[tuple[ReadableSpan, tuple[str, ...]]] = []
        self._read: list[Call] = []
        # By the id of a span around calls: the hints of the spans inside.
        self._hints_inside: dict[int, frozenset[str]] = {}

    def add(self, span: ReadableSpan, disabled: tuple[str, ...]) -> None:
        """Add a span that has ended; `disabled` are the hints that were switched off at that time."""
        self._ended.append((span, disabled))

    def calls(self) -> list[Call]:
        """What each GenAI span so far says, in the order in which they ended."""
        flush()
        while self._ended:
            if (call := self._call(*self._ended.pop(0))) is not None:
                self._read.append(call)
        return self._read

    def hints(self) -> list[CallHint]:
        """Every hint of every call."""
        return [hint for call in self.calls() for hint in call.hints]

    @guarded
    def _call(self, span: ReadableSpan, disabled: tuple[str, ...]) -> Call | None:
        attributes: dict[str, Any] = dict(span.attributes or {})
        if names.OUTCOME not in attributes and not (_is_genai(span) and translate(span, attributes)):
            return None
        hints = tuple(self._hints(span, attributes, _catalogue(disabled)))
        self._pass_to_parent(span, frozenset(hint.id for hint in hints))
        return Call(
            span,
            not is_no_call(attributes) and names.AFC_ROUNDS not in attributes,
            int(number(attributes, names.USAGE_INPUT_TOKENS) or 0),
            int(number(attributes, names.USAGE_OUTPUT_TOKENS) or 0),
            ((span.end_time or 0) - (span.start_time or 0)) / _NANOSECONDS,
            hints,
        )

    def _hints(
        self, span: ReadableSpan, attributes: dict[str, Any], catalogue: Catalogue
    ) -> Iterator[CallHint]:
        """The hints of the catalogue, and those that the program put on the span, unless a span inside has them."""
        inside = self._hints_inside.get(_id(span), frozenset())
        failed = span.status.status_code is StatusCode.ERROR and names.OUTCOME not in (span.attributes or ())
        if inside and (failed or is_second_span(span)):
            return  # the hints of the spans inside explain the failure
        found = {
            hint.id: hint
            for severity in reversed(SEVERITIES)
            for hint in catalogue.find(attributes, severity)
        }
        for hint in found.values():
            if hint.id not in inside:
                suited = fitted(hint, attributes)
                yield CallHint(suited, evidence(suited, attributes), span)
        for event in span.events:
            event_attributes = dict(event.attributes or {}) if event.name == names.EVENT_HINT else {}
            if event_attributes and event_attributes[names.HINT_ID] not in {*found, *inside}:
                yield _of_event(event_attributes, span)

    def _pass_to_parent(self, span: ReadableSpan, ids: frozenset[str]) -> None:
        inside = ids | self._hints_inside.pop(_id(span), frozenset())
        if inside and span.parent is not None:
            around = span.parent.span_id
            self._hints_inside[around] = self._hints_inside.get(around, frozenset()) | inside


@functools.lru_cache(maxsize=16)
def _catalogue(disabled: tuple[str, ...]) -> Catalogue:
    return Catalogue(default_hints(), disabled_ids(disabled, default_hints()))


def _id(span: ReadableSpan) -> int:
    return 0 if span.context is None else span.context.span_id


def _is_genai(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return (scope is not None and scope.name in SCOPES) or begins_as_genai(span)


def _of_event(event_attributes: dict[str, Any], span: ReadableSpan) -> CallHint:
    """A hint of the program, as its event describes it."""
    hint = Hint(
        id=event_attributes[names.HINT_ID],
        severity=event_attributes[names.HINT_SEVERITY],
        summary=event_attributes[names.HINT_SUMMARY],
        cause=event_attributes[names.HINT_CAUSE],
        remedy=tuple(event_attributes[names.HINT_REMEDY].split("\n")),
        retry=event_attributes[names.HINT_RETRY],
        reference=event_attributes[names.HINT_REFERENCE],
    )
    return CallHint(hint, event_attributes.get(names.HINT_EVIDENCE), span)
