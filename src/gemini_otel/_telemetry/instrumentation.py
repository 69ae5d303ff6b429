"""The state of one `instrument()`: its settings with the user's hooks, and its providers."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, suppress_instrumentation
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Span, Tracer, TracerProvider

from gemini_otel._facts.guard import call_back
from gemini_otel._facts.names import DEFAULT_PROFILE
from gemini_otel._facts.version import __version__
from gemini_otel._settings.table import Settings
from gemini_otel._telemetry.dropped import end_open_streams
from gemini_otel._telemetry.sayings import CONVERSATION, PROMPT

if TYPE_CHECKING:
    from typing import Protocol

    from gemini_otel._facts.labels import Dimensions
    from gemini_otel._facts.profiles import Profile
    from gemini_otel._telemetry.content.capture import Content
    from gemini_otel._telemetry.log_events import ExceptionLog
    from gemini_otel._telemetry.metrics.instruments import Metrics

    class HintProcessor(Protocol):
        """The interface of the processor that adds hints to our spans."""

        def watch(self, span: Any) -> object:
            """Add hints to a span of another library that stands for our call."""

        def rest(self) -> object:
            """Stop adding hints."""


SCOPE = "gemini_otel"
_API_PACKAGES = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")


_once = threading.RLock()  # a process may start with calls in many threads


def _reset_after_fork() -> None:
    """A thread that the child does not have may hold the lock."""
    global _once
    _once = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)

# A provider returns an instrument of one name only once, so a second `instrument()` must find the same tables.
_metrics_of: dict[int, Metrics] = {}


class Providers:
    """Finds the providers, including those that are set after `instrument()`.

    `prepare` is called once, with this object and the tracer provider that spans will go to; `when_found` is called once there is
    a provider to listen.
    """

    found = False  # whether there was a provider at the last look-up

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        semconv: str = DEFAULT_PROFILE,
        prepare: Callable[[Providers, TracerProvider], HintProcessor | None] | None = None,
        when_found: Callable[[], object] | None = None,
    ) -> None:
        self._semconv = semconv
        self._tracer_provider = tracer_provider
        self._meter_provider = meter_provider
        self._tracer: Tracer | None = None
        self._metrics: Metrics | None = None
        # The tracer provider's resource, which distinguishes its spans from those of other providers.
        self.resource: object = None
        self.hint_processor: HintProcessor | None = None
        self._prepare = prepare
        self._when_found = when_found
        self._prepared = False

    @property
    def profile(self) -> Profile:
        """The edition of the conventions; imported with the first call."""
        from gemini_otel._facts.profiles import PROFILES

        return PROFILES[self._semconv]

    def tracer(self) -> Tracer | None:
        """The tracer; None if there is no provider yet."""
        if self._tracer is None and (provider := self.prepare()) is not None:
            # Two threads may do this at the same time: their tracers are alike.
            tracer = provider.get_tracer(SCOPE, __version__, schema_url=self.profile.schema_url)
            self._note_found()
            self._tracer = tracer
        return self._tracer

    def prepare(self) -> TracerProvider | None:
        """Prepare the tracer provider for our spans, which begin with the first call; None if there is no provider yet."""
        provider = self._tracer_provider or trace.get_tracer_provider()
        if is_placeholder(provider):
            return None
        with _once:
            if not self._prepared:
                self._prepared = True
                self._prepare_once(provider)
        return provider

    def _prepare_once(self, provider: TracerProvider) -> None:
        # Registered again, so that it runs before this provider's shutdown, which was registered when the provider was made.
        atexit.unregister(end_open_streams)
        atexit.register(end_open_streams)
        self.resource = getattr(provider, "resource", None)
        if self._prepare is not None:
            self.hint_processor = self._prepare(self, provider)

    def metrics(self) -> Metrics | None:
        """The metric instruments; None if there is no meter provider yet."""
        if self._metrics is None:
            provider = self._meter_provider or metrics.get_meter_provider()
            if not is_placeholder(provider):
                with _once:
                    found = _find_metrics(provider, self.profile)
                    self._note_found()
                    self._metrics = found
        return self._metrics

    def _note_found(self) -> None:
        """Say so first, so that no call of another thread goes ahead without it."""
        if not self.found and self._when_found is not None:
            self._when_found()
        self.found = True

    @property
    def given(self) -> tuple[TracerProvider | None, MeterProvider | None]:
        """The providers that were passed to `instrument()`."""
        return self._tracer_provider, self._meter_provider

    def listening(self) -> bool:
        """Whether anybody would get a span or a metric."""
        return self.tracer() is not None or self.metrics() is not None


class Instrumentation:
    """One `instrument()`.

    `keywords` are the settings that were passed as arguments; `repair` puts back layers that somebody removed.
    """

    def __init__(
        self,
        providers: Providers,
        settings: Settings,
        keywords: Mapping[str, Any] = MappingProxyType({}),
        content: Content | None = None,
        exceptions: ExceptionLog | None = None,
        repair: Callable[[], object] | None = None,
    ) -> None:
        self.providers, self.settings, self.keywords = providers, settings, keywords
        self.content, self.exceptions, self.repair = content, exceptions, repair

    def bypassed(self) -> None:
        """A call bypassed our wrapper, because another library has removed it: put it back."""
        if self.repair is not None and self.providers.listening() and is_instrumentation_enabled():
            self.repair()

    def span_attributes(self, context: Context, *, prompted: bool = False) -> dict[str, Any]:
        """The attributes of every span that starts in `context`: the user's own, the conversation, and the prompt."""
        own = self.settings.span_attributes
        attributes: dict[str, Any] = {} if own is None else {**own.values()}
        if prompted and PROMPT in context:
            attributes.update(_attributes_in(context, PROMPT))
        if CONVERSATION in context:
            attributes.update(_attributes_in(context, CONVERSATION))
        return attributes

    def dimensions(self) -> Dimensions:
        """The user's own dimensions of a metric that is recorded here."""
        own = self.settings.metric_attributes
        return () if own is None else own.values()

    def count_hint(self, hint_id: str, severity: str) -> None:
        """Count one hint, where metrics are on."""
        if (found := self.providers.metrics()) is not None:
            found.hints.add((found.hint_label(hint_id), severity), own=self.dimensions())


def _attributes_in(context: Context, key: str) -> dict[str, str]:
    return cast("dict[str, str]", context[key])


def call_hook(settings: Settings, name: str, span: Span, subject: object) -> None:
    """Call the user's hook of this name, if there is one. What it raises is logged; what it returns is ignored."""
    hook = getattr(settings, name)
    if hook is not None:
        with suppress_instrumentation():  # A hook that calls Gemini would be called for that call as well.
            # For a host's span, the span itself, not our view of it.
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
