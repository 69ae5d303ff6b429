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
_PATIENCE = 10.0  # seconds; the thread that holds the lock may wait for an import that this thread is in
listeners: list[Callable[[Any], object]] = []  # called with each tracer provider that our spans go to


def instrument(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: Any = None,
    **settings: Any,
) -> None:
    """Trace every Gemini call of this process, of clients made before or after.

    The providers are OpenTelemetry's; the global ones are used for those that are not given, even if they are set later.
    `settings` are the keywords of docs/settings.md. Raises ValueError for an unknown setting or a bad value; the message
    names the choices. A second call changes nothing.
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
    """Undo `instrument()`: restore the SDK's functions. If another library has wrapped one since, only switch our layer off."""
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
    """A forked child does not have the thread that may hold the lock."""
    global _changing
    _changing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


class _Configuration:
    """Returns the dataclass into which declarative configuration (OTEL_CONFIG_FILE) reads the options of `gemini`."""

    def __get__(self, instance: object, owner: object) -> type:
        return in_force.configuration()


class GeminiInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # an untyped base
    """The OpenTelemetry instrumentor of the google-genai SDK, with the entry point `gemini`; a singleton."""

    configuration = _Configuration()

    def instrumentation_dependencies(self) -> Collection[str]:
        return _INSTRUMENTS

    def instrument(self, **kwargs: Any) -> Any:
        """Trace every Gemini call of this process, with the arguments of `gemini_otel.instrument()`.

        A bad setting is logged and left at its default, because an exception would stop the other instrumentors of a
        launcher. Without google-genai there is nothing to do, and the log says so. The version of google-genai is checked
        when the application imports it. OpenTelemetry's own check reads the package's metadata, which takes most of the time
        of a start-up, so it runs only with `raise_exception_on_conflict`.
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
        """Undo `instrument()`."""
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
        instrumentation.providers.prepare()
        if instrumentation.content is not None:  # content is captured without a provider, too
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
    """What to patch. This runs when the application imports the SDK, and only then imports our readers."""
    from gemini_otel._sdk import plan

    return plan.rows(instrumentation)


def lend(**providers: Any) -> Instrumentation | None:
    """Instrument with these providers until the program calls `instrument()` itself, which then works as if this had not
    happened.

    Adds no hints. Returns what `take_back` needs, or None if something is already instrumented.
    """
    if _instrumentation is not None:
        return None
    GeminiInstrumentor()._instrument(**providers, hints=False, quiet_exporters=False)  # noqa: SLF001  # not marked as instrumented
    return _instrumentation


def take_back(lent: Instrumentation) -> None:
    """End what `lend` began, unless the program has called `instrument()` since."""
    if _instrumentation is lent:
        GeminiInstrumentor()._uninstrument()  # noqa: SLF001  # see `lend`


def _instrumented() -> bool:
    return _instrumentation is not None


def active_instrumentation() -> Instrumentation | None:
    """The `Instrumentation` in force; None while the SDK is not instrumented."""
    return _instrumentation


def _content(settings: Settings, logger_provider: Any) -> Content | None:
    """The object that captures content, or None; imported only if a setting asks for it."""
    if not settings.wants_content:
        return None
    from gemini_otel._telemetry.content.capture import make_content

    return make_content(settings, logger_provider)


def _exceptions(settings: Settings, logger_provider: Any) -> ExceptionLog | None:
    """The object that logs exceptions, or None; imported only if a setting asks for it."""
    if not settings.exception_events:
        return None
    from gemini_otel._telemetry.log_events import ExceptionLog

    return ExceptionLog(logger_provider)


@guarded
def _prepare(
    settings: Settings, logger_provider: Any, providers: Providers, provider: Any
) -> HintProcessor | None:
    """Runs before our first span goes to this provider: adds the hint processor and calls the listeners."""
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
    """Without hints, add a processor that ends dropped streams when the provider is flushed."""
    from gemini_otel._telemetry.flushing import install_on

    install_on(provider)
