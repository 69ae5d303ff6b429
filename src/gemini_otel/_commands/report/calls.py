"""Reads a span as a call: its hint, its usage, and what of the usage was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from opentelemetry.trace import StatusCode

from gemini_otel._facts import names
from gemini_otel._facts.names import SEVERITIES
from gemini_otel._facts.outcomes import GOOD, OUTCOME_NAMES
from gemini_otel.hints import Catalogue, Hint, default_hints
from gemini_otel.hints._foreign import is_second_span
from gemini_otel.hints._foreign.reading import translate
from gemini_otel.hints._trigger import TOOL, is_no_call

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from gemini_otel._commands.report.spans import Span

_PRICED = frozenset(
    {
        *(names.REQUEST_MODEL, names.RESPONSE_MODEL),
        names.TRAFFIC_TYPE,
        *(names.REQUEST_SERVICE_TIER, names.RESPONSE_SERVICE_TIER),
    }
)
OURS = "gemini_otel"
# Outcomes of a call that returned nothing usable.
LOST = frozenset(OUTCOME_NAMES).difference(GOOD)
_MOST_SECONDS = 30 * 86_400  # a span that claims to have taken longer is wrong
NO_HINT = Hint("(no hint)", "info", "Nothing is known to be wrong.", "", (), "no", "")


class Tokens(NamedTuple):
    """Tokens by kind; `reasoning` is a part of the output, `cached` and `tool_use` are parts of the input."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cached: int = 0
    tool_use: int = 0


_COUNTS = (
    names.USAGE_INPUT_TOKENS,
    names.USAGE_OUTPUT_TOKENS,
    names.USAGE_REASONING_OUTPUT_TOKENS,
    names.USAGE_CACHE_READ_INPUT_TOKENS,
    names.USAGE_TOOL_USE_TOKENS,
)


class Read(NamedTuple):
    """A span as the report counts it; `attributes` are those that a price needs."""

    trace: str
    id: str
    parent: str
    service: str
    model: str
    operation: str
    outcome: str
    tier: str
    prompt: str
    agent: str
    hint: Hint
    is_call: bool
    is_tool: bool
    is_ours: bool
    is_second: bool
    hint_is_told: bool
    lost: bool
    start: float
    seconds: float
    wait: float
    retries: int
    tokens: Tokens
    attributes: dict[str, Any]


class Reader:
    """Reads spans. A hint on the span is kept; if there is none, the catalogue is searched."""

    def __init__(self, level: str = "warning") -> None:
        hints = default_hints()
        self._hints = {hint.id: hint for hint in hints}
        self._find = Catalogue(hints).at(level).find

    def read(self, span: Span) -> Read | None:
        """The span as the report counts it; None if it is not relevant, such as a call of another provider's model."""
        attributes = dict(span.attributes)
        if names.OUTCOME not in attributes and not translate(cast("ReadableSpan", span), attributes):
            return None
        given_hint = self._hint_on(span, attributes)
        hint = given_hint or next(iter(self._find(attributes)), NO_HINT)
        operation = str(attributes.get(names.OPERATION_NAME, ""))[:100]
        is_call = not is_no_call(attributes) and not attributes.get(names.AFC_ROUNDS)
        outcome = _outcome(span, attributes)
        seconds = min(max(span.end - span.start, 0.0), _MOST_SECONDS)
        lost = outcome in LOST or _is_unusable(attributes)
        return Read(
            trace=span.trace,
            id=span.id,
            parent=span.parent,
            service=span.service,
            model=_model(attributes),
            operation=operation,
            outcome=outcome,
            tier=str(attributes.get(names.RESPONSE_SERVICE_TIER, "")).lower()[:50],
            prompt=_joined(attributes, names.PROMPT_NAME, names.PROMPT_VERSION),
            agent=_joined(attributes, names.AGENT_NAME) or _joined(attributes, names.AGENT_ID),
            hint=hint,
            is_call=is_call,
            is_tool=operation == TOOL,
            is_ours=span.instrumentation_scope.name == OURS,
            is_second=is_second_span(cast("ReadableSpan", span)),
            hint_is_told=given_hint is not None,
            lost=lost,
            start=span.start,
            seconds=seconds,
            wait=0.0 if lost else min(_wait(span), seconds),
            retries=_count(attributes, names.HTTP_RESEND_COUNT),
            tokens=Tokens(*(_count(attributes, name) for name in _COUNTS)) if is_call else Tokens(),
            attributes=_priced(attributes) if is_call else {},
        )

    def _hint_on(self, span: Span, attributes: Mapping[str, Any]) -> Hint | None:
        """The most specific hint that is on the span, as an attribute or an event."""
        if isinstance(hint_id := attributes.get(names.HINT_ID), str):
            return self._known(hint_id, attributes)
        for event in span.events:
            if event.name == names.EVENT_HINT and isinstance(
                hint_id := event.attributes.get(names.HINT_ID), str
            ):
                return self._known(hint_id, event.attributes)
        return None

    def _known(self, hint_id: str, attributes: Mapping[str, Any]) -> Hint:
        """The catalogue's entry; for a hint of the user or of a newer release, one made from the span."""
        if (hint := self._hints.get(hint_id)) is not None:
            return hint
        severity = attributes.get(names.HINT_SEVERITY)
        hint = Hint(
            id=hint_id[:100],
            severity=severity if severity in SEVERITIES else "warning",
            summary=str(attributes.get(names.HINT_SUMMARY, ""))[:300],
            cause="",
            remedy=tuple(str(attributes.get(names.HINT_REMEDY, ""))[:1000].splitlines()),
            retry="no",
            reference="",
        )
        if len(self._hints) < 2000:
            self._hints[hint_id] = hint
        return hint


def _outcome(span: Span, attributes: Mapping[str, Any]) -> str:
    outcome = attributes.get(names.OUTCOME)
    if isinstance(outcome, str):
        return outcome[:50]
    failed = names.ERROR_TYPE in attributes or span.status.status_code is StatusCode.ERROR
    return "error" if failed else "blocked" if names.BLOCK_REASON in attributes else "unknown"


def _is_unusable(attributes: Mapping[str, Any]) -> bool:
    """Whether a reply that arrived is unusable: it loops, or does not have the requested form."""
    return attributes.get(names.REPETITION_DETECTED) is True or attributes.get(names.PARSED) is False


def _model(attributes: Mapping[str, Any]) -> str:
    name = attributes.get(names.RESPONSE_MODEL) or attributes.get(names.REQUEST_MODEL)
    return name.rpartition("/")[2][:100] if isinstance(name, str) and name else "(no model)"


def _joined(attributes: Mapping[str, Any], *parts: str) -> str:
    """The program's own names, such as name and version of a prompt; "" if the first one is missing."""
    if not attributes.get(parts[0]):
        return ""
    return " ".join(str(attributes[part])[:100] for part in parts if part in attributes)


def _count(attributes: Mapping[str, Any], name: str) -> int:
    value = attributes.get(name)
    return value if type(value) is int and value > 0 else 0


def _wait(span: Span) -> float:
    """How long failed attempts delayed the one that succeeded."""
    last = None
    for event in span.events:
        if event.name == names.EVENT_ATTEMPT:
            last = event
    if last is None:
        return 0.0
    wait = last.attributes.get(names.ATTEMPT_WAIT)
    return max(last.time - span.start, 0.0) + (max(wait, 0.0) if isinstance(wait, (int, float)) else 0.0)


def _priced(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that a price needs."""
    return {name: value for name, value in attributes.items() if name.endswith("_tokens") or name in _PRICED}
