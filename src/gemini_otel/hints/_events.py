"""Makes the attributes of a `gemini.hint` event: an entry's sentences, and the evidence from the span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gemini_otel._facts import names
from gemini_otel._facts.sendable import text
from gemini_otel.hints._advice import fitted, varies
from gemini_otel.hints._evidence import Sentence, filled, parsed

if TYPE_CHECKING:
    from gemini_otel.hints._hint import Attributes, Hint


_LONGEST_EVIDENCE = 4096  # characters


@dataclass(frozen=True, slots=True)
class _Constant:
    """The constant part; the entry itself is kept because it is looked up by its id()."""

    hint: Hint
    attributes: dict[str, str]
    with_evidence: dict[str, str]  # the same, with a place for it
    on_span: dict[str, str]
    evidence: tuple[Sentence, ...]
    varies: bool


class Events:
    """Makes the attributes of events; those named in `on_span` are for the span as well."""

    def __init__(self, on_span: tuple[str, ...] = ()) -> None:
        self._on_span = on_span
        self._constants: dict[int, _Constant] = {}

    def make(self, hint: Hint, attributes: Attributes) -> tuple[dict[str, str], dict[str, str]]:
        """The attributes of the event for an entry that was found on a span, and those for the span itself."""
        constant = self._constants.get(id(hint)) or self._constant(hint)
        if constant.varies:
            hint = fitted(hint, attributes)
            constant = self._constants.get(id(hint)) or self._constant(hint)
        if said := filled(constant.evidence, attributes):
            event = constant.with_evidence.copy()
            event[names.HINT_EVIDENCE] = text(
                said, _LONGEST_EVIDENCE
            )  # the span may come from any instrumentation
            return event, constant.on_span
        return constant.attributes.copy(), constant.on_span

    def _constant(self, hint: Hint) -> _Constant:
        # OpenTelemetry drops the oldest attributes of an event that has too many, so the most important ones come last.
        attributes = {
            names.HINT_ADVICE: "\n".join((hint.summary, *hint.remedy)),
            names.HINT_REFERENCE: hint.reference,
            names.HINT_RETRY: hint.retry,
            names.HINT_CAUSE: hint.cause,
            names.HINT_SEVERITY: hint.severity,
            names.HINT_SUMMARY: hint.summary,
            names.HINT_REMEDY: "\n".join(hint.remedy),
            names.HINT_ID: hint.id,
        }
        constant = self._constants[id(hint)] = _Constant(
            hint,
            attributes,
            with_evidence={names.HINT_ADVICE: "", names.HINT_EVIDENCE: "", **attributes},
            on_span={name: attributes[name] for name in self._on_span},
            evidence=parsed(hint.evidence),
            varies=varies(hint),
        )
        return constant
