"""The instrumentor: reads settings, finds providers, installs the patches and the hint processor."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # no __all__
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from gemini_otel._facts.guard import guarded, logger
from gemini_otel._sdk import installed, patching
from gemini_otel._settings import in_force
from gemini_otel._telemetry import dropped, exporter_log
from gemini_otel._telemetry.instrumentation import Instrumentation, Providers

if TYPE_CHECKING:
    from gemini_otel._settings.table import Settings
    from gemini_otel._telemetry.content.capture import Content
    from gemini_otel._telemetry.instrumentation import HintProcessor
    from gemini_otel._telemetry.log_events import ExceptionLog

_PROVIDERS = ("tracer_provider", "meter_provider", "logger_provider")
_SDK = "google-genai"
_INSTRUMENTS = (f"{_SDK} >= 1.32",)
_instrumentation: Instrumentation | None = None  # what is instrumented now
_changing = threading.RLock()
_PATIENCE = 10.0  # seconds; what holds it may wait for an import that this thread is in
listeners: list[Callable[[Any], object]] = []  # told of each tracer provider that spans of ours go to


def instrument(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: Any = None,
    **settings: Any,
) -> None:
    """Trace every Gemini call of this process, on clients made before or after.

    Without providers the global ones are used, also when they are set later. Raises ValueError for an unknown setting or
    value, naming the choices. Calling it again changes nothing.
    """
    if settings:
        in_force.load(
            settings, environ={}
        )  # raises here, where the mistake is; the instrumentor itself never does
    GeminiInstrumentor().instrument(
        tracer_provider=tracer_provider,
        meter_provider=meter_provider,
        logger_provider=logger_provider,
        **settings,
    )


def uninstrument() -> None:
    """Undo `instrument()`: restore the SDK, or switch our layer off where somebody wrapped it later."""
    GeminiInstrumentor().uninstrument()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Threads that instrument and uninstrument wait for each other."""
    acquired = _changing.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if acquired:
            _changing.release()


def _reset_after_fork() -> None:
    """A forked child is without the thread that may have held it."""
    global _changing
    _changing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


class _Configuration:
    """Gives the dataclass that declarative configuration (OTEL_CONFIG_FILE) reads the options of `gemini` into."""

    def __get__(self, instance: object, owner: object) -> type:
        return in_force.configuration()


class GeminiInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # an untyped base
    """The OpenTelemetry instrumentor of the google-genai SDK, entry point `gemini`."""

    configuration = _Configuration()

    def instrumentation_dependencies(self) -> Collection[str]:
        return _INSTRUMENTS

    def instrument(self, **kwargs: Any) -> Any:
        """Trace every Gemini call of this process; without google-genai there is nothing to do, and the log says so.

        Its version is looked at when the application imports it. OpenTelemetry's own check reads the package's metadata, which
        takes most of the time of a start-up; who asks for its exception gets that check.
        """
        if not (kwargs.get("skip_dep_check") or kwargs.get("raise_exception_on_conflict")):
            if not installed.is_installed():
                logger.warning(
                    "%s is not installed, so there is nothing to trace. Install it with: pip install %s",
                    _SDK,
                    _SDK,
                )
                return None
            kwargs["skip_dep_check"] = True
        with _one_at_a_time():
            return super().instrument(**kwargs)

    def uninstrument(self, **kwargs: Any) -> Any:
        """Undo it."""
        with _one_at_a_time():
            return super().uninstrument(**kwargs)

    @guarded  # an exception here would stop every other instrumentor of the process
    def _instrument(self, **kwargs: Any) -> None:
        keywords = in_force.valid({name: kwargs[name] for name in kwargs if name not in _PROVIDERS})
        settings = in_force.load(keywords)
        in_force.warn_of_unknown_variables()
        logger_provider = kwargs.get("logger_provider")
        instrumentation = Instrumentation(
            Providers(
                kwargs.get("tracer_provider"),
                kwargs.get("meter_provider"),
                settings.semconv,
                functools.partial(_prepare, settings, logger_provider),
                patching.wake,
            ),
            settings,
            keywords,
            _content(settings, logger_provider),
            _exceptions(settings, logger_provider),
            patching.repair,
        )
        if settings.quiet_exporters:
            exporter_log.quieten()
        global _instrumentation
        _instrumentation = instrumentation
        # The hint processor starts now where there is a provider, not with the first Gemini call.
        instrumentation.providers.tracer()
        if instrumentation.content is not None:  # which needs no provider
            patching.wake()
        patching.install(installed.MODULE, functools.partial(_rows, instrumentation))

    @guarded
    def _uninstrument(self, **_: Any) -> None:
        global _instrumentation
        ended, _instrumentation = _instrumentation, None
        dropped.flush()
        exporter_log.restore()
        patching.uninstall()
        if ended is not None and ended.providers.hint_processor is not None:
            ended.providers.hint_processor.rest()


def _rows(instrumentation: Instrumentation) -> patching.Rows:
    """What to patch. Runs when the application imports the SDK, and imports our readers only then."""
    from gemini_otel._sdk import plan

    return plan.rows(instrumentation)


def lend(**providers: Any) -> Instrumentation | None:
    """Instrument with these providers until the program calls `instrument()` itself, which then works as if this had not been.

    Adds no hints. Gives what is to be handed to `take_back`; None where something is instrumented already.
    """
    if _instrumentation is not None:
        return None
    GeminiInstrumentor()._instrument(**providers, hints=False, quiet_exporters=False)  # noqa: SLF001  # not marked as instrumented
    return _instrumentation


def take_back(lent: Instrumentation) -> None:
    """End what was lent, unless something else took its place."""
    if _instrumentation is lent:
        GeminiInstrumentor()._uninstrument()  # noqa: SLF001  # see `lend`


def _instrumented() -> bool:
    return _instrumentation is not None


def active_instrumentation() -> Instrumentation | None:
    """What is instrumented now; None while nothing is."""
    return _instrumentation


def _content(settings: Settings, logger_provider: Any) -> Content | None:
    """What captures content; imported only where something asks for it."""
    if not settings.wants_content:
        return None
    from gemini_otel._telemetry.content.capture import make_content

    return make_content(settings, logger_provider)


def _exceptions(settings: Settings, logger_provider: Any) -> ExceptionLog | None:
    """What logs exceptions; imported only where it is asked for."""
    if not settings.exception_events:
        return None
    from gemini_otel._telemetry.log_events import ExceptionLog

    return ExceptionLog(logger_provider)


@guarded
def _prepare(
    settings: Settings, logger_provider: Any, providers: Providers, provider: Any
) -> HintProcessor | None:
    """Spans of ours are about to go to this provider."""
    processor = None
    if not hasattr(provider, "add_span_processor"):
        if settings.hints:
            logger.warning(
                "%s takes no span processors, so spans get no hints. Set hints=False to silence this.",
                type(provider),
            )
    elif settings.hints:
        processor = _add_hints(settings, logger_provider, providers, provider)
    else:
        _add_flushing(provider)
    for listener in listeners:
        listener(provider)
    return processor


@guarded
def _add_hints(
    settings: Settings, logger_provider: Any, providers: Providers, provider: Any
) -> HintProcessor:
    from gemini_otel.processor import install_on

    count_hint = Instrumentation(providers, settings).count_hint
    return install_on(provider, settings, logger_provider, count_hint, _instrumented)


@guarded
def _add_flushing(provider: Any) -> None:
    """Without hints: what ends with a flush does so all the same."""
    from gemini_otel._telemetry.flushing import install_on

    install_on(provider)
