"""Keeps what a call records inside another library's span until it is known to which span it belongs."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span, SpanContext, Status, StatusCode

from gemini_otel._facts import names
from gemini_otel._facts.guard import guarded, safely
from gemini_otel._telemetry.attributes import write

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes, AttributeValue

    from gemini_otel._telemetry.lifecycle import Observation


class Draft(Span):
    """Has the interface of a span. What it gets goes onto the host's span when that ends, or onto our own span below it.

    The host's span gets the attributes that it lacks, as long as it records, and never a status or an end, which its owner
    sets. Our own span, which `begin` starts at a given time, is made in two cases: another request follows inside the host's
    span, or the request failed and the host's span reports no error. In both, the host's span stands for more than this
    request.
    """

    def __init__(self, host: Span, begin: Callable[[int], Span]) -> None:
        self._host, self._begin = host, begin
        self._started = time.time_ns()
        self._span: Span | None = None  # the span that is written to, once that is known
        # There is no lock: anything that is added after that is written directly.
        self._waiting: deque[Callable[[Span], object]] = deque()
        self._attributes: dict[str, AttributeValue] = {}
        self._writer: weakref.ref[Observation] | None = None
        self.has_rounds = False  # the requests inside have their own spans
        self.ended = False
        safely(self._wait_for_owner)

    @property
    def __wrapped__(self) -> Span:
        """The span that a user's hook gets."""
        return self._host if self._span is None or isinstance(self._span, _HostsSpan) else self._span

    def attend(self, writer: Observation) -> None:
        """Note the writer, which ends with the host's span, because a stream may be dropped from the outside in."""
        self._writer = weakref.ref(writer)

    def move(self) -> None:
        """Move everything to our own span, because the host's span covers more than this request."""
        if self._span is None:
            self._go_onto(self._begin(self._started))

    def _wait_for_owner(self) -> None:
        """Replace the `end` of the host's span. If that is not possible, everything is written at once."""
        host = self._host
        end = host.end

        def end_after_us(end_time: int | None = None) -> None:
            with contextlib.suppress(AttributeError):
                del host.end
            self._owner_ends()
            end(end_time)

        try:
            host.end = end_after_us  # type: ignore[method-assign]
        except AttributeError:
            self._go_onto(_HostsSpan(host))

    @guarded
    def _owner_ends(self) -> None:
        writer = self._writer() if self._writer is not None else None
        if writer is not None:
            writer.owner_ended()
        if self._span is None and self._attributes.get(names.OUTCOME) == "error" and _is_fine(self._host):
            self.move()
        elif self._span is None:
            self._go_onto(_HostsSpan(self._host))

    def _go_onto(self, span: Span) -> None:
        self._span = span
        self._write()

    def _do(self, write: Callable[[Span], object]) -> None:
        self._waiting.append(write)
        self._write()

    def _write(self) -> None:
        while self._span is not None and self._waiting:
            with contextlib.suppress(IndexError):  # another thread was faster
                self._waiting.popleft()(self._span)

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        self._attributes.update(attributes)
        self._do(lambda span: write(span, attributes))

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self.set_attributes({key: value})

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        at = time.time_ns() if timestamp is None else timestamp
        self._do(lambda span: span.add_event(name, attributes, at))

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        self._do(lambda span: span.add_link(context, attributes))

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self._do(lambda span: span.set_status(status, description))

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        at = time.time_ns() if timestamp is None else timestamp
        self._do(lambda span: span.record_exception(exception, attributes, at, escaped))

    def update_name(self, name: str) -> None:
        """Do nothing; both the host's span and ours keep their names."""

    def end(self, end_time: int | None = None) -> None:
        at = time.time_ns() if end_time is None else end_time
        self.ended = True
        self._do(lambda span: span.end(at))

    def is_recording(self) -> bool:
        return (self._span or self._host).is_recording()

    def get_span_context(self) -> SpanContext:
        return self.__wrapped__.get_span_context()


class _HostsSpan(Span):
    """The host's span, limited to what we may write to it."""

    def __init__(self, host: Span) -> None:
        self._host = host

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        if self.is_recording():
            theirs = getattr(self._host, "attributes", None) or {}
            ours = {n: value for n, value in attributes.items() if n.startswith("gemini.") or n not in theirs}
            write(self._host, ours)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self.set_attributes({key: value})

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        if self.is_recording():
            self._host.add_event(name, attributes, timestamp)

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        if self.is_recording():
            self._host.add_link(context, attributes)

    def record_exception(self, *args: Any, **kwargs: Any) -> None:
        if self.is_recording():
            self._host.record_exception(*args, **kwargs)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Do nothing; the host decides whether it failed."""

    def update_name(self, name: str) -> None:
        """Do nothing; the host named it."""

    def end(self, end_time: int | None = None) -> None:
        """Do nothing; the host ends it."""

    def is_recording(self) -> bool:
        return self._host.is_recording()

    def get_span_context(self) -> SpanContext:
        return self._host.get_span_context()


def _is_fine(host: Any) -> bool:
    """Whether the host's span, which is about to end, reports no error. A span that cannot be read might report one."""
    status = getattr(host, "status", None)
    return status is not None and status.status_code is not StatusCode.ERROR
