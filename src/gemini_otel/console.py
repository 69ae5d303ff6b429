"""A span exporter for the terminal: each trace as a tree, with outcome, tokens, attempts and hints. Needs `rich`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from gemini_otel import _semconv as names

__all__ = ["ConsoleTraceExporter"]

_MAX_PENDING = 1000  # traces whose root has not ended
_SEVERITY_STYLE = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_HINT_LINES = (
    ("what we know", names.HINT_EVIDENCE),
    ("why", names.HINT_CAUSE),
    ("what to do", names.HINT_REMEDY),
    ("read", names.HINT_REFERENCE),
)
_OUTCOME_STYLE = {"ok": "green", "error": "bold red", "abandoned": "dim", "cancelled": "dim"}


class ConsoleTraceExporter(SpanExporter):
    """Prints a trace as a tree as soon as its root span is exported; on shutdown, what is left.

    `console` is a `rich.console.Console`; without one, the trees go to standard output.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._pending: dict[int, list[ReadableSpan]] = {}
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Print the traces that these spans complete."""
        with self._lock:
            for span in spans:
                trace_id = _context(span).trace_id
                self._pending.setdefault(trace_id, []).append(span)
                if span.parent is None or span.parent.is_remote:
                    self._print(trace_id)
                elif len(self._pending) > _MAX_PENDING:
                    self._print(next(iter(self._pending)))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Print the spans whose root has not ended."""
        with self._lock:
            for trace_id in list(self._pending):
                self._print(trace_id)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """A tree is printed once it is complete, so nothing is done early."""
        return True

    def _print(self, trace_id: int) -> None:
        for tree in trace_trees(self._pending.pop(trace_id)):
            self._console.print(tree)


def _context(span: ReadableSpan) -> SpanContext:
    return span.get_span_context() or INVALID_SPAN_CONTEXT


def trace_trees(spans: Sequence[ReadableSpan]) -> Iterator[Tree]:
    """One tree for each span whose parent is not among `spans`."""
    ids = {_context(span).span_id for span in spans}
    ordered = sorted(spans, key=lambda span: span.start_time or 0)
    for span in ordered:
        if span.parent is None or span.parent.span_id not in ids:
            tree = Tree(_title(span), guide_style="dim")
            _grow(tree, span, ordered)
            yield tree


def _grow(tree: Tree, span: ReadableSpan, spans: Sequence[ReadableSpan]) -> None:
    facts = _facts(span.attributes or {})
    if facts:
        tree.add(Text(" · ".join(facts), style="dim"))
    for event in span.events:
        _add_event(tree, event)
    for child in spans:
        if child.parent is not None and child.parent.span_id == _context(span).span_id:
            _grow(tree.add(_title(child)), child, spans)


def _title(span: ReadableSpan) -> Text:
    title = Text.assemble((span.name, "bold"))
    if span.start_time is not None and span.end_time is not None:
        title.append(f"  {(span.end_time - span.start_time) / 1e6:,.0f} ms", "dim")
    outcome = (span.attributes or {}).get(names.OUTCOME)
    if outcome is not None:
        title.append(f"  {outcome}", _OUTCOME_STYLE.get(str(outcome), "yellow"))
    if span.status.description:
        title.append(f"  {span.status.description}", "red")
    return title


def _facts(attributes: Mapping[str, Any]) -> list[str]:
    """The numbers of a span, in the order in which one asks for them."""
    get = attributes.get
    facts = [
        _labelled("finish", get(names.FINISH_REASON)),
        _labelled("prompt blocked", get(names.BLOCK_REASON)),
        _labelled("categories", ", ".join(get(names.BLOCKED_CATEGORIES, ()))),
        _labelled("HTTP", get(names.HTTP_STATUS_CODE)),
        _labelled("error", get(names.ERROR_TYPE) if get(names.HTTP_STATUS_CODE) is None else None),
        _labelled("resends", get(names.HTTP_RESEND_COUNT)),
        _labelled("quota", get(names.QUOTA_ID)),
        _rounds(attributes),
        _tokens(attributes),
        _labelled("parts", ", ".join(get(names.PARTS, ()))),
    ]
    first_chunk = get(names.RESPONSE_TIME_TO_FIRST_CHUNK)
    if first_chunk is not None:
        facts.append(f"first chunk {first_chunk * 1000:,.0f} ms")
    return [fact for fact in facts if fact]


def _rounds(attributes: Mapping[str, Any]) -> str:
    """How far a function calling loop got."""
    if names.AFC_ROUNDS not in attributes:
        return ""
    rounds, most = attributes[names.AFC_ROUNDS], attributes.get(names.AFC_MAX_ROUNDS)
    return f"{rounds} of {most} rounds, {attributes.get(names.AFC_TOOLS, 0)} tool runs"


def _labelled(label: str, value: Any) -> str:
    return f"{label} {value}" if value not in (None, "") else ""


def _tokens(attributes: Mapping[str, Any]) -> str:
    counts = (
        ("in", names.USAGE_INPUT_TOKENS, names.LOOP_INPUT_TOKENS),
        ("cached", names.USAGE_CACHE_READ_INPUT_TOKENS, names.LOOP_CACHED_TOKENS),
        ("out", names.USAGE_OUTPUT_TOKENS, names.LOOP_OUTPUT_TOKENS),
        ("thoughts", names.USAGE_REASONING_OUTPUT_TOKENS, names.LOOP_REASONING_TOKENS),
    )
    found = ((label, attributes.get(own, attributes.get(of_loop))) for label, own, of_loop in counts)
    known = [f"{label} {tokens:,}" for label, tokens in found if tokens is not None]
    return f"tokens {', '.join(known)}" if known else ""


def _add_event(tree: Tree, event: Event) -> None:
    attributes: Mapping[str, Any] = event.attributes or {}
    if event.name == names.EVENT_ATTEMPT:
        tree.add(Text(_attempt(attributes), style="magenta"))
    elif event.name == names.EVENT_REPETITION:
        tree.add(Text(_repetition(attributes), style="magenta"))
    elif event.name == names.EVENT_HINT:
        _add_hint(tree, attributes)


def _attempt(attributes: Mapping[str, Any]) -> str:
    what = attributes.get(names.ERROR_STATUS) or attributes.get(names.ERROR_TYPE)
    code = attributes.get(names.HTTP_STATUS_CODE)
    text = (
        f"attempt {attributes.get(names.ATTEMPT_NUMBER)} failed: {what if code is None else f'{code} {what}'}"
    )
    if (delay := attributes.get(names.RETRY_DELAY)) is not None:
        text += f", asked to wait {delay:g} s"
    if (wait := attributes.get(names.ATTEMPT_WAIT)) is not None:
        text += f", sent again after {wait:.2f} s"
    return text


def _repetition(attributes: Mapping[str, Any]) -> str:
    kind, count = attributes.get(names.REPETITION_KIND), attributes.get(names.REPETITION_COUNT)
    start, share = attributes.get(names.REPETITION_START), attributes.get(names.REPETITION_SHARE, 0)
    return f"repetition: {kind}, {count} times from character {start} on, {share * 100:.0f} % of the output so far"


def _add_hint(tree: Tree, attributes: Mapping[str, Any]) -> None:
    severity = str(attributes.get(names.HINT_SEVERITY))
    title = Text.assemble(
        (f"{severity}: ", _SEVERITY_STYLE.get(severity, "bold")), str(attributes.get(names.HINT_SUMMARY))
    )
    branch = tree.add(title.append(f"  {attributes.get(names.HINT_ID)}", "dim"))
    for label, name in _HINT_LINES:
        if attributes.get(name):
            branch.add(Text.assemble((f"{label}: ", "dim"), str(attributes[name])))
