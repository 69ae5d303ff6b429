"""What one `instrument()` set up: its settings with the user's hooks, and its providers."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, suppress_instrumentation
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Span, Tracer, TracerProvider

from gemini_otel._facts.guard import call_back
from gemini_otel._facts.names import DEFAULT_PROFILE, PROFILES, Profile
from gemini_otel._facts.version import __version__
from gemini_otel._settings.table import Settings
from gemini_otel._telemetry.dropped import end_open_streams
from gemini_otel._telemetry.sayings import CONVERSATION, PROMPT

if TYPE_CHECKING:
    from gemini_otel._facts.labels import Dimensions
    from gemini_otel._telemetry.content.capture import Content
    from gemini_otel._telemetry.log_events import ExceptionLog
    from gemini_otel._telemetry.metrics.instruments import Metrics

SCOPE = "gemini_otel"
_API_PACKAGES = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")


_once = threading.RLock()  # a process may begin with calls in many threads


def _reset_after_fork() -> None:
    """A thread that the child lacks may hold it."""
    global _once
    _once = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)

# A provider hands out an instrument of one name only once: instrumenting it again must find the same tables.
# By its id, because not every provider can be hashed: Logfire's cannot.
_metrics_of: dict[int, Metrics] = {}


class HintProcessor(Protocol):
    """What gives hints on spans of ours."""

    def watch(self, span: Any) -> object:
        """Give hints on a span of somebody else, too: a call shares it."""

    def rest(self) -> object:
        """Give no more hints."""


class Providers:
    """Finds the providers, also those that are set after `instrument()`.

    `prepare` is called once, with this and the tracer provider that spans are about to go to; `when_found` once there is any
    provider.
    """

    found = False  # whether there is one, which stays so

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        semconv: str = DEFAULT_PROFILE,
        prepare: Callable[[Providers, TracerProvider], HintProcessor | None] | None = None,
        when_found: Callable[[], object] | None = None,
    ) -> None:
        self.profile = PROFILES[semconv]
        self._tracer_provider = tracer_provider
        self._meter_provider = meter_provider
        self._tracer: Tracer | None = None
        self._metrics: Metrics | None = None
        self.resource: object = None  # of the tracer provider, by which its spans are told from others
        self.hint_processor: HintProcessor | None = None
        self._prepare = prepare
        self._when_found = when_found

    def tracer(self) -> Tracer | None:
        """The tracer; None as long as there is no provider."""
        if self._tracer is None:
            provider = self._tracer_provider or trace.get_tracer_provider()
            if not is_placeholder(provider):
                with _once:
                    self._start_tracing(provider)
        return self._tracer

    def _start_tracing(self, provider: TracerProvider) -> None:
        if self._tracer is not None:
            return  # another thread was first
        # Anew, so that it runs before the shutdown of this provider, which registered itself when it was made.
        atexit.unregister(end_open_streams)
        atexit.register(end_open_streams)
        self.resource = getattr(provider, "resource", None)
        if self._prepare is not None:
            self.hint_processor = self._prepare(self, provider)
        self._tracer = provider.get_tracer(SCOPE, __version__, schema_url=self.profile.schema_url)
        self._note_found()

    def metrics(self) -> Metrics | None:
        """The metric instruments; None as long as there is no meter provider."""
        if self._metrics is None:
            provider = self._meter_provider or metrics.get_meter_provider()
            if not is_placeholder(provider):
                with _once:
                    self._metrics = _find_metrics(provider, self.profile)
                    self._note_found()
        return self._metrics

    def _note_found(self) -> None:
        if not self.found and self._when_found is not None:
            self._when_found()
        self.found = True

    @property
    def given(self) -> tuple[TracerProvider | None, MeterProvider | None]:
        """The providers that `instrument()` was called with."""
        return self._tracer_provider, self._meter_provider

    def listening(self) -> bool:
        """Whether anybody would see a span or a metric."""
        return self.tracer() is not None or self.metrics() is not None


class Instrumentation(NamedTuple):
    """One `instrument()`.

    `keywords` are those of its settings that were given as arguments; `repair` puts back layers that somebody took out.
    """

    providers: Providers
    settings: Settings
    keywords: Mapping[str, Any] = MappingProxyType({})
    content: Content | None = None
    exceptions: ExceptionLog | None = None
    repair: Callable[[], object] | None = None

    def bypassed(self) -> None:
        """A call bypassed our wrapper, because another library has removed it: put it back."""
        if self.repair is not None and self.providers.listening() and is_instrumentation_enabled():
            self.repair()

    def span_attributes(self, context: Context, *, prompted: bool = False) -> dict[str, Any]:
        """What every span gets that starts in `context`: attributes of the user's own, the conversation, and the prompt that is meant."""
        own = self.settings.span_attributes
        attributes: dict[str, Any] = {} if own is None else {**own.values()}
        if prompted and PROMPT in context:
            attributes.update(_attributes_in(context, PROMPT))
        if CONVERSATION in context:
            attributes.update(_attributes_in(context, CONVERSATION))
        return attributes

    def dimensions(self) -> Dimensions:
        """The user's own dimensions for what is measured here."""
        own = self.settings.metric_attributes
        return () if own is None else own.values()

    def count_hint(self, hint_id: str, severity: str) -> None:
        """Count one hint, where metrics are on."""
        if (found := self.providers.metrics()) is not None:
            found.hints.add((found.hint_label(hint_id), severity), own=self.dimensions())


def _attributes_in(context: Context, key: str) -> dict[str, str]:
    return cast("dict[str, str]", context[key])


def call_hook(settings: Settings, name: str, span: Span, subject: object) -> None:
    """Call the user's hook of this name, where there is one. What it raises is logged; what it returns is not looked at."""
    hook = getattr(settings, name)
    if hook is not None:
        with suppress_instrumentation():  # a hook that calls Gemini would be called for that as well
            # An owner's span itself, not our view of it.
            call_back(name, hook, getattr(span, "__wrapped__", span), subject)


def _find_metrics(provider: MeterProvider, profile: Profile) -> Metrics:
    meter = provider.get_meter(SCOPE, __version__, schema_url=profile.schema_url)
    found = _metrics_of.get(id(provider))
    if found is None:
        from gemini_otel._telemetry.metrics.instruments import Metrics  # not at start-up

        found = _metrics_of[id(provider)] = Metrics(meter)
        weakref.finalize(provider, _metrics_of.pop, id(provider), None).atexit = False
    found.follow(profile, meter)
    return found


def is_placeholder(provider: object) -> bool:
    """Whether `provider` is of the API package itself (proxy or no-op), which records nothing."""
    return type(provider).__module__.startswith(_API_PACKAGES)
