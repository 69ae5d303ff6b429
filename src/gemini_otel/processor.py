"""HintSpanProcessor adds remediation hints as events to GenAI spans, whichever library makes them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from gemini_otel._facts.guard import guarded, report
from gemini_otel._facts.names import (
    EVENT_HINT,
    HINT_ID,
    HINT_IDS,
    HINT_REMEDY,
    HINT_SEVERITY,
    HINT_SUMMARY,
    OUTCOME,
    SEVERITIES,
)
from gemini_otel._settings.table import HINT_SIGNALS
from gemini_otel._telemetry.dropped import flush

try:
    from opentelemetry.sdk.trace import SpanProcessor
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "HintSpanProcessor needs opentelemetry-sdk. Install it with: pip install opentelemetry-sdk",
        name=missing.name,
    ) from None

from gemini_otel._telemetry.flushing import registered

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from gemini_otel._settings.table import Settings
    from gemini_otel._telemetry.log_events import HintLog
    from gemini_otel.hints import Hint

__all__ = ["HintSpanProcessor"]

_ON_SPAN = (HINT_ID, HINT_SUMMARY, HINT_REMEDY, HINT_SEVERITY)  # of the most specific hint
_MOST_TOLD = 1000  # how many open spans around failed calls are remembered


# Imported with the first span, because it has a table of all known instrumentations.
_scopes: ModuleType | None = None


def _import_scopes() -> ModuleType:
    global _scopes
    from gemini_otel.hints._foreign import scopes

    _scopes = scopes
    return scopes


class _Reader:
    """Reads spans. It is made at the first one, because importing the entries would slow down the start-up."""

    def __init__(
        self,
        hints: Iterable[Hint] | None,
        disabled: frozenset[str],
        hint_level: str,
        on_span: tuple[str, ...],
    ) -> None:
        from gemini_otel._telemetry.attributes import restore
        from gemini_otel.hints import Catalogue, Events, default_hints
        from gemini_otel.hints._foreign.healthy import nothing_to_find
        from gemini_otel.hints._foreign.reading import translate

        finder = Catalogue(default_hints() if hints is None else hints, disabled).at(hint_level)
        self.restore, self.translate, self.find = restore, translate, finder.find
        self.nothing_to_find = nothing_to_find(finder.needed_of_healthy)
        self.event = Events(on_span).make


class HintSpanProcessor(SpanProcessor):
    """Adds a `gemini.hint` event to each GenAI span that went wrong, and its id as `gemini.hint.id`, before the span ends.

    It reads span attributes only, so it needs no `instrument()` and works on spans of other instrumentations. It recognises
    them by their scope or by a `gen_ai.*` or `llm.*` attribute at span start; with `all_spans`, also by such an attribute at
    span end. A hint is on the span of the call, and on none of the spans around it. Calls of models that are not Google's
    get no hints. The order of processors does not matter.

    `hints` replaces the catalogue (`[*default_hints(), mine]` adds to it). Hints below `hint_level` ("info", "warning",
    "error") and `disabled_hints` (ids, or beginnings such as `cfg`) are left out. `hint_signal` says where hints go: "span",
    "logs" (log events of the same name and attributes, by `logger_provider` or the global one) or "both". With
    `hint_attributes`, summary, remedy and severity of the most specific hint are also attributes of the span, because many
    back ends fold or drop span events. Raises ValueError or TypeError for any other value.
    """

    def __init__(
        self,
        hints: Iterable[Hint] | None = None,
        hint_level: str = "warning",
        all_spans: bool = False,
        *,
        disabled_hints: Iterable[str] = (),
        hint_signal: str = "span",
        hint_attributes: bool = True,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        self._hints = None if hints is None else _checked(hints)
        self._all_spans = all_spans
        self._told: dict[
            int, frozenset[str]
        ] = {}  # for each open span, by its id: the hints of the spans inside it
        self.active = True
        self._installed: _Installed | None = None
        self.configure(
            hint_level=hint_level,
            disabled_hints=disabled_hints,
            hint_signal=hint_signal,
            hint_attributes=hint_attributes,
            logger_provider=logger_provider,
        )

    def configure(
        self,
        *,
        hint_level: str,
        disabled_hints: Iterable[str] = (),
        hint_signal: str = "span",
        hint_attributes: bool = True,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        """Use other settings from now on. They are checked as in the constructor."""
        disabled = (disabled_hints,) if isinstance(disabled_hints, str) else tuple(disabled_hints)
        _check("hint_level", hint_level, SEVERITIES)
        _check("hint_signal", hint_signal, HINT_SIGNALS)
        self._disabled = self._ids(disabled) if disabled else frozenset[str]()
        self._reader: _Reader | None = None
        self._log: HintLog | None = None
        self._logger_provider = logger_provider
        self.hint_level = hint_level
        self.hint_signal = hint_signal
        self._on_span = _ON_SPAN if hint_attributes else _ON_SPAN[:1]

    def _ids(self, disabled: tuple[str, ...]) -> frozenset[str]:
        from gemini_otel.hints import default_hints, disabled_ids

        return disabled_ids(disabled, [*default_hints(), *(self._hints or ())])

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Watch the span if it is a GenAI span."""
        try:
            scopes = _scopes or _import_scopes()
            scope = span.instrumentation_scope
            watched = scopes.SCOPES.get(scope.name) if scope else None
            if watched is None:
                watched = scopes.begins_as_genai(span)
            if (watched or self._all_spans) and self.active:
                self._watch(span)
        except (AttributeError, TypeError):  # for spans and scopes that are not the SDK's
            report("HintSpanProcessor.on_start")

    @guarded
    def watch(self, span: Span) -> None:
        """Add hints to this span when it ends, whatever it looked like when it started."""
        if self.active and "end" not in vars(span):
            self._watch(span)

    def _watch(self, span: Span) -> None:
        """Replace the span's `end`: that is the last moment at which every release of the OpenTelemetry SDK lets an event be
        added.

        `_on_ending` gets an ended span: https://github.com/open-telemetry/opentelemetry-python/issues/5614
        """
        span.end = partial(_end_after, [self._before_end], span, span.end)  # type: ignore[method-assign]

    def _before_end(self, span: Span, end_time: int | None) -> None:
        if self.active:
            reader = self._reader or self._make_reader()
            attributes: Any = span.attributes.copy()  # type: ignore[union-attr]  # copying them one by one takes half a microsecond each
            reader.restore(span, attributes)
            says_outcome = OUTCOME in attributes
            if says_outcome or (
                not reader.nothing_to_find(span, attributes) and reader.translate(span, attributes)
            ):
                found = reader.find(attributes)
                if found and span.is_recording() and (new := self._not_told(span, found, says_outcome)):
                    self._give(reader, span, new, attributes, end_time)

    def _not_told(self, span: Span, found: list[Hint], says_outcome: bool) -> list[Hint]:
        """The hints that no span inside this one has: an exception passes through many spans, and is one failure.

        If the span has no outcome, failed, and has spans with hints inside, those hints explain the failure, even if the
        exception's text has changed. A framework's second span for a call may stand beside our span, which has the hints.
        """
        if (
            self._installed is not None
            and self._installed.calls_have_spans()
            and (_scopes or _import_scopes()).is_second_span(span)
        ):
            return []
        if not self._told or (told := self._told.get(span.context.span_id)) is None:
            return found
        failed = span.status.status_code is StatusCode.ERROR
        return [] if failed and not says_outcome else [hint for hint in found if hint.id not in told]

    def _give(
        self, reader: _Reader, span: Span, found: list[Hint], attributes: dict[str, Any], end_time: int | None
    ) -> None:
        ids = given = _ids_on(attributes)  # given by another processor
        on_span: dict[str, str] = {}
        for hint in found:
            if hint.id in ids:
                continue
            event, shown = reader.event(hint, attributes)
            if not ids:
                on_span = shown
            ids += (hint.id,)
            if self.hint_signal != "logs":
                # Back ends sort events by time, and Jaeger's page folds those after the third: a hint comes first.
                span.add_event(EVENT_HINT, event, span.start_time)
            if self.hint_signal != "span":
                self._emit(span, event, end_time)
            if self._installed is not None:
                self._installed.count_hint(hint.id, hint.severity)
        if ids is not given:
            span.set_attributes(on_span if len(ids) == 1 else {**on_span, HINT_IDS: ids})
        self._tell_around(span, ids)

    @guarded
    def _emit(self, span: Span, event: dict[str, str], end_time: int | None) -> None:
        if self._log is None:
            from gemini_otel._telemetry.log_events import HintLog

            self._log = HintLog(self._logger_provider)
        self._log.emit(span, event, end_time)

    def _make_reader(self) -> _Reader:
        self._reader = _Reader(self._hints, self._disabled, self.hint_level, self._on_span)
        return self._reader

    def on_end(self, span: ReadableSpan) -> None:
        """Tell the parent span which hints its children have."""
        if self._told and (told := self._told.pop(span.context.span_id, None)) is not None:
            self._tell_around(span, told)

    def _tell_around(self, span: ReadableSpan, ids: Iterable[str]) -> None:
        parent = span.parent
        if parent is None or parent.is_remote:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[parent.span_id] = self._told.get(parent.span_id, frozenset()).union(ids)

    def shutdown(self) -> None:
        """End streams that were dropped unread, and add no more hints."""
        flush()
        self.active = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """End streams that the program has dropped unread; return whether all have ended within `timeout_millis`."""
        return flush(timeout_millis / 1000)


def _end_after(
    hooks: list[Callable[[Any, int | None], object]],
    span: Any,
    end: Callable[[int | None], None],
    end_time: int | None = None,
) -> None:
    """End a span whose `end` is replaced by this, after the one hook, which may fail. A second thread does nothing."""
    try:
        hook = hooks.pop()
    except IndexError:
        return
    try:
        hook(span, end_time)
    except Exception:
        report(hook.__qualname__)
    finally:  # after Ctrl-C, too
        end(end_time)
    try:  # `vars(span)` makes a span slower, and so does `suppress`
        del span.end
    except AttributeError:  # another processor replaced `end` first
        return


# Those that `instrument()` added, not the user.
_added: weakref.WeakSet[HintSpanProcessor] = weakref.WeakSet()


class _Installed:
    """Connects one `instrument()` with the hint processor of its provider.

    `count_hint` is called with the id and severity of each hint; `calls_have_spans` says whether calls have our spans, whatever
    is around them.
    """

    def __init__(
        self,
        processor: HintSpanProcessor,
        count_hint: Callable[[str, str], object],
        calls_have_spans: Callable[[], bool],
    ) -> None:
        self.processor, self.count_hint, self.calls_have_spans = processor, count_hint, calls_have_spans

    def watch(self, span: Any) -> None:
        """Add hints to a span of another library that stands for our call."""
        self.processor.watch(span)

    def rest(self) -> None:
        """Stop adding hints; a processor that the user added goes on."""
        if self.processor in _added:
            self.processor.active = False


def install_on(
    provider: Any,
    settings: Settings,
    logger_provider: Any,
    count_hint: Callable[[str, str], object],
    calls_have_spans: Callable[[], bool],
) -> _Installed:
    """Return the provider's hint processor: the one that it has, reactivated if we added it, or else a new one."""
    processor = next((each for each in registered(provider) if isinstance(each, HintSpanProcessor)), None)
    if processor is None:
        processor = HintSpanProcessor()
        _added.add(processor)
        provider.add_span_processor(processor)
    if processor in _added:
        processor.configure(
            hint_level=settings.hint_level,
            disabled_hints=settings.disabled_hints,
            hint_signal=settings.hint_signal,
            hint_attributes=settings.hint_attributes,
            logger_provider=logger_provider,
        )
        processor.active = True
    installed = processor._installed = _Installed(processor, count_hint, calls_have_spans)  # noqa: SLF001  # of this module
    return installed


def _ids_on(attributes: dict[str, Any]) -> tuple[str, ...]:
    """The ids of the hints that the span already has."""
    ids = attributes.get(HINT_IDS)
    if isinstance(ids, tuple):
        return ids
    return (attributes[HINT_ID],) if HINT_ID in attributes else ()


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name}={value!r} is not valid; choose from: {', '.join(choices)}")


def _checked(hints: Iterable[Hint]) -> tuple[Hint, ...]:
    from gemini_otel.hints import Hint

    given = tuple(hints)
    for hint in given:
        if not isinstance(hint, Hint):
            raise TypeError(f"hints must be Hint objects, not {hint!r}")
    return given
