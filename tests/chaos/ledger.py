"""Keeps account of spans: each begins and ends once, below what was current where it began."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor


class Ledger(SpanProcessor):
    """The first processor of a provider."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()
        self.total: Counter[str] = Counter()  # of operations, over all

    def clear(self) -> None:
        """Begin a new operation."""
        self.started: dict[int, Span] = {}
        self.ended: list[ReadableSpan] = []
        self.twice: list[str] = []

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        with self._lock:
            self.started[span.get_span_context().span_id] = span

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            context = span.get_span_context()
            if context is None or any(each.get_span_context() == context for each in self.ended):
                self.twice.append(span.name)
            self.ended.append(span)
            self.total[str((span.attributes or {}).get("gen_ai.operation.name"))] += 1

    @property
    def open(self) -> dict[int, str]:
        """The spans that have begun and not ended, with their names."""
        with self._lock:
            over = {context.span_id for each in self.ended if (context := each.get_span_context())}
            return {own: span.name for own, span in self.started.items() if own not in over}

    def misplaced(self, outer: int, trace_id: int) -> list[str]:
        """Spans that are not where they belong: below what was current at the call site, a round below its loop."""
        names = {own: str(span.name).split()[0] for own, span in self.started.items()}
        found = []
        for span in self.ended:
            context, parent = span.get_span_context(), span.parent
            if context is None or context.trace_id != trace_id or parent is None:
                found.append(f"{span.name} is in another trace")
            elif parent.span_id != outer and names.get(parent.span_id) not in _AROUND.get(
                span.name.split()[0], _ANY
            ):
                found.append(f"{span.name} is below {names.get(parent.span_id)}")
        return found


_LOOP, _TOOL = "automatic_function_calling", "execute_tool"
_ANY = (_LOOP, _TOOL)
_AROUND = {
    "generate_content": (_LOOP, _TOOL),
    "list_models": ("list_models",),  # a later page is below the call that gave the pager
    "live": ("live_connection",),
    _LOOP: (_TOOL,),
    _TOOL: (_LOOP, "live"),
}
