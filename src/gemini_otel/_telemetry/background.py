"""Links polls of work that continues at the service to the call that began the work.

No span stays open: the call that begins a video, a batch job, an agent's work or the processing of a file ends as `pending`,
and every poll is a separate span that is linked to it. A poll by another process has no link.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from opentelemetry.trace import Span, SpanContext

from gemini_otel._facts import names
from gemini_otel._telemetry.attributes import Attributes

# A span without these attributes is not about such work.
BEGUN_HERE = frozenset({names.RESOURCE_NAME, names.INTERACTION_STATUS})
_MOST = 1000  # how many beginnings are remembered
_begun: OrderedDict[str, SpanContext] = OrderedDict()
_lock = threading.Lock()


def link_to_beginning(span: Span, attributes: Attributes, outcome: str) -> None:
    """Link a poll to the span that began the work; if this span begins it, remember the span."""
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
