"""Work that goes on at the service after the call that began it: later looks at it are linked to that call.

Nothing stays open: the call that begins a video, a batch job, an agent's work or the processing of a file ends as `pending`, and
every look is a span of its own, linked to it. A look by another process has no link.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from opentelemetry.trace import Span, SpanContext

from gemini_otel._facts import names
from gemini_otel._telemetry.attributes import Attributes

# Attributes without which a span is of no such work.
BEGUN_HERE = frozenset({names.RESOURCE_NAME, names.INTERACTION_STATUS})
_MOST = 1000  # beginnings that are remembered
_begun: OrderedDict[str, SpanContext] = OrderedDict()
_lock = threading.Lock()


def link_to_beginning(span: Span, attributes: Attributes, outcome: str) -> None:
    """Link a look at something to the span that began it; remember the span if this is the beginning."""
    name = attributes.get(names.RESOURCE_NAME)
    if name is None and names.INTERACTION_STATUS in attributes:
        name = attributes.get(names.RESPONSE_ID)
    if not isinstance(name, str):
        return
    with _lock:
        beginning = _begun.get(name)
        if beginning is None and outcome == "pending":
            _begun[name] = span.get_span_context()
            if len(_begun) > _MOST:
                _begun.popitem(last=False)
    if beginning is not None:
        span.add_link(beginning)
