"""Content capture: prompts and replies on the span, in a log event, and for the completion hook of opentelemetry-util-genai.

It is off unless asked for; then `Instrumentation.content` is None, and calls do nothing else.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import Span

from gemini_otel._facts import names
from gemini_otel._facts.content import RequestContent
from gemini_otel._facts.guard import guarded, safely
from gemini_otel._facts.operation import Arguments, Operation
from gemini_otel._facts.profiles import PROFILES
from gemini_otel._settings.table import Settings
from gemini_otel._telemetry.content.completion_hook import CompletionHook, find_hook
from gemini_otel._telemetry.content.rendering import Rendering, Rules
from gemini_otel._telemetry.content.transcript import Transcript
from gemini_otel._telemetry.dropped import later
from gemini_otel._telemetry.log_events import EventLog, takes_structures

_UNREADABLE = [{"type": "omitted", "content": "[left out: it could not be read]"}]
_UNREADABLE_MESSAGES = {
    names.INPUT_MESSAGES: [{"role": "user", "parts": _UNREADABLE}],
    names.OUTPUT_MESSAGES: [{"role": "assistant", "parts": _UNREADABLE, "finish_reason": "error"}],
}


@guarded
def make_content(settings: Settings, logger_provider: LoggerProvider | None) -> Content | None:
    """The object that captures content by these settings; None if no setting asks for it."""
    hook = find_hook(settings.completion_hook)
    if settings.capture_content == "no_content" and hook is None:
        return None
    return Content(settings, hook, logger_provider)


class Content:
    """Content capture of one `instrument()`."""

    def __init__(
        self, settings: Settings, hook: CompletionHook | None, logger_provider: LoggerProvider | None
    ) -> None:
        mode = settings.capture_content
        self.on_spans = mode in {"span_only", "span_and_event"}
        self.on_events = mode in {"event_only", "span_and_event"}
        self.hook = hook
        self.newest = PROFILES[settings.semconv].newest_content
        self.rules = Rules(settings.content_limit, settings.redact, settings.capture_bytes)
        self._logger_provider = logger_provider
        self._log: EventLog | None = None

    def wanted(self, recording: bool) -> bool:
        """Whether the content of a call is captured. Events do not depend on the trace, so they do not depend on sampling."""
        return self.on_events or (recording and (self.on_spans or self.hook is not None))

    @guarded
    def begin(self, operation: Operation, arguments: Arguments, attributes: Mapping[str, Any]) -> CallContent:
        """Note the content of the request before anybody can change it; `attributes` are those that the span starts with."""
        return CallContent(self, operation, arguments, attributes)

    @guarded
    def tool_value(self, span: Span, name: str, value: object) -> None:
        """Write arguments or result of a tool run on its span."""
        if self.on_spans and span.is_recording():
            captured = Captured(self.rules)
            captured.add(name, lambda rendering: rendering.value(value))
            known = (getattr(span, "attributes", None) or {}).get(names.CONTENT_TRUNCATED, ())
            span.set_attributes(captured.on_span((*known, *captured.truncated)))

    def emit(self, span: Span, attributes: dict[str, Any]) -> None:
        """Emit the event of the conventions, with all that is known about the call."""
        if self._log is None:
            self._log = EventLog(self._logger_provider)
        self._log.emit(names.EVENT_DETAILS, span, SeverityNumber.DEBUG, attributes)


class Captured:
    """Attributes with content, each within its own limit."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.values: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}  # what is recorded instead of some of them
        self.truncated: tuple[str, ...] = ()

    def add(self, name: str, render: Callable[[Rendering], Any]) -> None:
        """Render one attribute. An empty value is skipped; a value that cannot be read becomes a note."""
        rendering = Rendering(self._rules)
        # A redact function that calls Gemini would be called for that call as well.
        with suppress_instrumentation():
            found = safely(lambda: (render(rendering),))
        if found is None:
            self.add_unreadable(name)
            return
        if found[0] not in (None, [], "", ()):
            self.values[name] = found[0]
        if rendering.truncated:
            self.truncated = (*self.truncated, name)

    def add_unreadable(self, name: str) -> None:
        """Add a note instead of an attribute that could not be made."""
        self.values[name] = _UNREADABLE_MESSAGES.get(name, _UNREADABLE)
        self.truncated = (*self.truncated, name)

    def leave_out_finish_reasons(self) -> None:
        """Remove finish reasons from the messages, because they are in `gen_ai.response.finish_reasons`. The completion hook
        still gets them.
        """
        messages = self.values.get(names.OUTPUT_MESSAGES, ())
        self._shown = (
            {
                names.OUTPUT_MESSAGES: [
                    {name: value for name, value in message.items() if name != "finish_reason"}
                    for message in messages
                ]
            }
            if messages
            else {}
        )

    def on_span(self, truncated: tuple[str, ...]) -> dict[str, Any]:
        """The attributes for a span: structures as JSON text."""
        shown = {
            name: value if isinstance(value, str | tuple) and name not in _JSON else _json(value)
            for name, value in (self.values | self._shown).items()
        }
        return {**shown, names.CONTENT_TRUNCATED: truncated} if truncated else shown

    def on_event(self) -> dict[str, Any]:
        """The attributes for a log event: structures unchanged, if the installed release accepts them."""
        if not takes_structures():
            return self.on_span(self.truncated)
        values = self.values | self._shown
        return {**values, names.CONTENT_TRUNCATED: self.truncated} if self.truncated else values


class CallContent:
    """The content of one request and its answer."""

    def __init__(
        self, content: Content, operation: Operation, arguments: Arguments, attributes: Mapping[str, Any]
    ) -> None:
        self._content, self._attributes = content, attributes
        self._captured = Captured(content.rules)
        self._transcript = Transcript(content.rules)
        self._read_candidates = operation.read_candidates
        if operation.read_content is not None:
            request = safely(operation.read_content, arguments)
            self._add_request(request)

    def _add_request(self, request: RequestContent | None) -> None:
        add = self._captured.add
        if request is None:
            self._captured.add_unreadable(names.INPUT_MESSAGES)
            return
        system = [part for part in request.system if part.type == "text" or not self._content.newest]
        add(names.SYSTEM_INSTRUCTIONS, lambda rendering: rendering.parts(system))
        add(names.INPUT_MESSAGES, lambda rendering: rendering.messages(request.messages))
        add(names.TOOL_DEFINITIONS, lambda rendering: [rendering.value(tool) for tool in request.tools])

    @guarded
    def observe(self, response: Any) -> None:
        """Note the content of a response, or of the next chunk of a stream."""
        if self._read_candidates is not None:
            self._transcript.feed(self._read_candidates(response))

    @guarded
    def record(
        self,
        span: Span,
        attributes: Mapping[str, Any],
        *,
        error_message: str | None,
        stop_sequences: tuple[str, ...],
        deferred: bool = False,
    ) -> None:
        """Write the content before the span ends; `attributes` are those that the call has set since its start.

        If `deferred`, which is set while a host's span is ending, hook and event run a moment later.
        """
        content, captured = self._content, self._captured
        captured.add(names.OUTPUT_MESSAGES, self._transcript.render)
        for name, text in (
            (names.FINISH_MESSAGE, self._transcript.finish_message),
            (names.ERROR_MESSAGE, error_message),
        ):
            if text:
                captured.add(name, lambda rendering, text=text: rendering.text(text))  # type: ignore[misc]
        if content.newest:
            captured.leave_out_finish_reasons()
        captured.add(names.REQUEST_STOP_SEQUENCES, lambda rendering: rendering.texts(stop_sequences))
        if content.on_spans:
            span.set_attributes(captured.on_span(captured.truncated))
        if self._read_candidates is None:
            return  # event and hook are only for requests to a model
        event = {**self._attributes, **attributes, **captured.on_event()} if content.on_events else None
        tell = functools.partial(self._tell, span, event)
        later(tell) if deferred else tell()

    @guarded
    def _tell(self, span: Span, event: dict[str, Any] | None) -> None:
        content = self._content
        if content.hook is not None:
            event = content.hook.call(self._captured.values, span, event)
        if event is not None:
            content.emit(span, event)


_JSON = frozenset({names.TOOL_CALL_ARGUMENTS, names.TOOL_CALL_RESULT})  # a bare string is JSON there as well


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
