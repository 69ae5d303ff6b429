"""Where rounds begin: whether anybody listens, and what a call is given to start with."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Link

from gemini_otel._facts.calls import RequestFacts, StartFacts
from gemini_otel._facts.operation import Arguments, Operation
from gemini_otel._guard import guarded, safely
from gemini_otel._telemetry.draft import Draft
from gemini_otel._telemetry.dropped import end_dropped
from gemini_otel._telemetry.hooks import call_hook
from gemini_otel._telemetry.instrumentation import Instrumentation
from gemini_otel._telemetry.rounds import Round, current_loop
from gemini_otel._telemetry.span_choice import start_span

_UNKNOWN_START = StartFacts(model=None, provider="gcp.gen_ai", address=None, port=None)


@guarded
def begin(
    instrumentation: Instrumentation,
    operation: Operation,
    instance: Any,
    arguments: Arguments,
    *,
    stream: bool = False,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    kind: type[Round] | None = None,
) -> Round | None:
    """Start observing a round; None where nobody listens or instrumentation is suppressed.

    Its span is a child of the current one, or of that in `parent`. `kind` is the sort of call that it is.
    """
    end_dropped()
    content = instrumentation.content
    if not (instrumentation.providers.listening() or content) or not is_instrumentation_enabled():
        return None
    start = safely(operation.read_start, instance, arguments) or _UNKNOWN_START
    chosen = start_span(instrumentation, operation.name, start, stream, parent, links)
    span = chosen.span
    recording = span.is_recording()
    capturing = content is not None and content.wanted(recording)
    request = (
        safely(operation.read_request, instance, arguments) if recording or capturing else None
    ) or RequestFacts()
    call = safely(kind or Round, instrumentation, operation, start, request, chosen, stream)
    if call is None:
        span.end()
        return None
    safely(call.join_loop)
    if stream and operation.generates and current_loop() is None:
        instrumentation.bypassed()
    if isinstance(span, Draft):
        span.attend(call)
    if content is not None and capturing and operation.read_content is not None:
        call.content = content.begin(operation, arguments, chosen.attributes)
    if recording or capturing:
        call.arguments = arguments
    if recording:
        safely(call_hook, instrumentation.settings, "request_hook", span, MappingProxyType(arguments))
        if instrumentation.settings.repetition and operation.generates:
            safely(call.recall, safely(operation.read_history, arguments) or ())
    return call
