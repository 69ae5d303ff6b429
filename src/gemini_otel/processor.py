"""HintSpanProcessor: remediation hints as span events, on anybody's GenAI spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import SpanProcessor

from gemini_otel import _semconv as names
from gemini_otel._guard import guarded
from gemini_otel._settings import HINT_LEVELS

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from gemini_otel.hints import Catalogue, Hint

__all__ = ["HintSpanProcessor"]

_GENAI_SCOPES = frozenset(
    {
        "gemini_otel",
        "opentelemetry.instrumentation.google_genai",
        "opentelemetry.instrumentation.google_generativeai",
        "opentelemetry.instrumentation.vertexai",
        "openinference.instrumentation.google_genai",
        "openinference.instrumentation.vertexai",
        "gcp.vertex.agent",
        "opentelemetry.util.genai",
    }
)
_GENAI_PREFIXES = ("gen_ai.", "llm.")


class HintSpanProcessor(SpanProcessor):
    """Adds a `gemini.hint` event to each GenAI span that went wrong, and its id as `gemini.hint.id`, before the span ends.

    It reads span attributes only, so it needs no `instrument()` and serves spans of other instrumentations, recognised by
    their scope or by a `gen_ai.*` or `llm.*` attribute at span start; with `all_spans` every span is looked at when it ends.
    `hints` replaces the catalogue (`[*default_hints(), mine]` adds to it); hints below `hint_level` ("info", "warning",
    "error") are left out. Raises ValueError or TypeError for anything else. The order of processors does not matter.
    """

    def __init__(
        self, hints: Iterable[Hint] | None = None, hint_level: str = "warning", all_spans: bool = False
    ) -> None:
        self._hints = None if hints is None else _catalogue(hints)
        if hint_level not in HINT_LEVELS:
            raise ValueError(f"hint_level={hint_level!r} is not valid; choose from: {', '.join(HINT_LEVELS)}")
        self.hint_level = hint_level
        self._all_spans = all_spans
        self.active = True
        self.on_hint: Callable[[str, str], None] | None = None

    @guarded
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if self.active and (self._all_spans or _is_genai(span)):
            self._watch(span)

    def _watch(self, span: Span) -> None:
        """Shadow the span's `end`: the last moment at which every SDK release lets an event be added.

        https://github.com/open-telemetry/opentelemetry-python/issues/5614: `_on_ending` sees an ended span.
        """
        end = span.end

        def end_with_hints(*args: Any, **kwargs: Any) -> None:
            span.__dict__.pop("end", None)
            if self.active and span.is_recording():
                self._add_hints(span, args[0] if args else kwargs.get("end_time"))
            end(*args, **kwargs)

        span.end = end_with_hints  # type: ignore[method-assign]

    @guarded
    def _add_hints(self, span: Span, end_time: int | None) -> None:
        from gemini_otel._foreign import as_ours
        from gemini_otel.hints import evidence, find

        attributes = as_ours(span)
        given = tuple(attributes.get(names.HINT_IDS) or ())
        found = [h for h in find(attributes, self._hints, self.hint_level) if h.id not in given]
        if not found:
            return
        for hint in found:
            span.add_event(names.EVENT_HINT, _event(hint, evidence(hint, attributes)), end_time)
            if self.on_hint is not None:
                self.on_hint(hint.id, hint.severity)
        ids = (*given, *(hint.id for hint in found))
        span.set_attributes({names.HINT_ID: ids[0], names.HINT_IDS: ids})

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing is left to do."""

    def shutdown(self) -> None:
        """Give no more hints."""
        self.active = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is ever pending."""
        return True


def _is_genai(span: Span) -> bool:
    scope = span.instrumentation_scope
    if scope is not None and scope.name in _GENAI_SCOPES:
        return True
    return any(key.startswith(_GENAI_PREFIXES) for key in span.attributes or ())


def _event(hint: Hint, evidence: str | None) -> dict[str, str]:
    event = {
        names.HINT_ID: hint.id,
        names.HINT_SEVERITY: hint.severity,
        names.HINT_SUMMARY: hint.summary,
        names.HINT_CAUSE: hint.cause,
        names.HINT_REMEDY: " ".join(hint.remedy),
        names.HINT_RETRY: hint.retry,
        names.HINT_REFERENCE: hint.reference,
    }
    if evidence:
        event[names.HINT_EVIDENCE] = evidence
    return event


def _catalogue(hints: Iterable[Hint]) -> Catalogue:
    from gemini_otel.hints import Catalogue, Hint

    given = tuple(hints)
    for hint in given:
        if not isinstance(hint, Hint):
            raise TypeError(f"hints must be Hint objects, not {hint!r}")
    return Catalogue(given)
