"""The instrumentor: reads settings, finds providers, installs the patches and the hint processor."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # no __all__
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from gemini_otel._guard import guarded, logger
from gemini_otel._sdk import installed, patching
from gemini_otel._settings import in_force
from gemini_otel._telemetry import dropped, exporter_log
from gemini_otel._telemetry.instrumentation import Instrumentation, Providers

if TYPE_CHECKING:
    from gemini_otel._facts.operation import Target
    from gemini_otel._settings.table import Settings
    from gemini_otel._telemetry.content.capture import Content
    from gemini_otel._telemetry.exception_log import ExceptionLog
    from gemini_otel.processor import HintSpanProcessor

_PROVIDERS = ("tracer_provider", "meter_provider", "logger_provider")
_SDK = "google-genai"
_INSTRUMENTS = (f"{_SDK} >= 1.32",)
# Where the targets of operations/ and api_client are; those are imported with the SDK, not at start-up.
_MODULES = (
    "google.genai._api_client",
    "google.genai._adapters",
    "google.genai._extra_utils",
    "google.genai.models",
    "google.genai.pagers",
    "google.genai.caches",
    "google.genai.files",
    "google.genai.file_search_stores",
    "google.genai.documents",
    "google.genai.tunings",
    "google.genai.tokens",
    "google.genai.batches",
    "google.genai.operations",
    "google.genai._gaos.google_genai",
    "google.genai._gaos.auth_tokens",
    "google.genai._interactions_websocket",
    "google.genai._gaos.utils.retries",
    "google.genai._interactions.resources.webhooks",
    "google.genai.chats",
    "google.genai.live",
    "google.genai.live_music",
    "google.genai._interactions._base_client",
    "google.genai._interactions.resources.interactions",
)

_instrumentation: Instrumentation | None = None  # what is instrumented now
listeners: list[Callable[[Any], object]] = []  # told of each tracer provider that spans of ours go to
_processors: weakref.WeakSet[HintSpanProcessor] = weakref.WeakSet()  # those that we added


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
        return super().instrument(**kwargs)

    @guarded  # an exception here would stop every other instrumentor of the process
    def _instrument(self, **kwargs: Any) -> None:
        keywords = _valid({name: value for name, value in kwargs.items() if name not in _PROVIDERS})
        settings = in_force.load(keywords)
        in_force.warn_of_unknown_variables()
        providers = Providers(kwargs.get("tracer_provider"), kwargs.get("meter_provider"), settings.semconv)
        content = _content(settings, kwargs.get("logger_provider"))
        providers.on_bypass = patching.repair
        exceptions = _exceptions(settings, kwargs.get("logger_provider"))
        instrumentation = Instrumentation(providers, settings, keywords, content, exceptions)
        providers.on_tracer_provider = functools.partial(
            _spans_go_to, instrumentation, kwargs.get("logger_provider")
        )
        if settings.quiet_exporters:
            exporter_log.quieten()
        global _instrumentation
        _instrumentation = instrumentation
        providers.tracer()  # the hint processor starts now where there is a provider, not with the first Gemini call
        patching.install(_MODULES, functools.partial(_patches, instrumentation))

    @guarded
    def _uninstrument(self, **_: Any) -> None:
        global _instrumentation
        _instrumentation = None
        dropped.flush()
        exporter_log.restore()
        patching.uninstall()
        for processor in _processors:
            processor.active = False


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


def plan(instrumentation: Instrumentation) -> Iterator[tuple[str, patching.Patch]]:
    """Every patch of every SDK module, whether or not the installed SDK has it."""
    for module in _MODULES:
        for patch in _patches(instrumentation, module):
            yield module, patch


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
    from gemini_otel._telemetry.exception_log import ExceptionLog

    return ExceptionLog(logger_provider)


def _valid(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Those keywords that are valid; the others are logged."""
    valid = {}
    for name, value in keywords.items():
        try:
            in_force.load({name: value}, environ={})
            valid[name] = value
        except ValueError as error:
            logger.warning("%s; ignored", error)
    return valid


def _patches(instrumentation: Instrumentation, module: str) -> Iterator[patching.Patch]:
    """What to patch in one SDK module. Runs when the application imports it, and imports our readers only then."""
    if not installed.is_supported():
        return
    from gemini_otel._sdk import function_calling
    from gemini_otel._sdk.attempts import api_client, generated_clients, older_client, raw_usage, uploads
    from gemini_otel._sdk.live import drivers as _live
    from gemini_otel._sdk.live import interactions as live_interactions
    from gemini_otel._sdk.methods import batch_jobs
    from gemini_otel._sdk.methods import pages as _pages
    from gemini_otel._sdk.operations import CHOICES, OPERATIONS, TURNS, operations
    from gemini_otel._telemetry.rounds import begin, begin_chosen
    from gemini_otel._telemetry.user_calls import begin_turn

    functions = {
        api_client.MODULE: ("HTTP attempts", api_client.DRIVERS + uploads.DRIVERS),
        generated_clients.MODULE: ("HTTP attempts of generated clients", generated_clients.DRIVERS),
        raw_usage.MODULE: ("service tiers", raw_usage.DRIVERS),
        batch_jobs.MODULE: ("batches methods", batch_jobs.DRIVERS),
        _pages.MODULE: ("pages of listings", _pages.drivers(instrumentation)),
        older_client.MODULE: ("HTTP attempts of interactions", older_client.DRIVERS),
        function_calling.MODULE: ("automatic function calling", function_calling.drivers(instrumentation)),
        function_calling.MCP_MODULE: ("MCP tools", function_calling.mcp_drivers(instrumentation)),
        _live.MODULE: ("Live", _live.drivers(instrumentation)),
        _live.MUSIC_MODULE: ("Live music", _live.music_drivers(instrumentation)),
        live_interactions.MODULE: ("Live interactions", live_interactions.drivers(instrumentation)),
    }
    if module in functions:
        area, drivers = functions[module]
        for name, driver in drivers:
            yield patching.Patch(area, ((name, driver),))
    for operation in OPERATIONS:
        yield from _targets(
            module, operation.name, operation.targets, functools.partial(begin, instrumentation, operation)
        )
    for method in operations(module):
        area = f"{module.rpartition('.')[2]} methods"
        yield from _targets(module, area, method.targets, functools.partial(begin, instrumentation, method))
    for choice in CHOICES:
        yield from _targets(
            module, choice.area, choice.targets, functools.partial(begin_chosen, instrumentation, choice)
        )
    for turn in TURNS:
        yield from _targets(
            module, turn.area, turn.targets, functools.partial(begin_turn, instrumentation, turn)
        )


def _targets(
    module: str, area: str, targets: tuple[Target, ...], begin: Callable[..., Any]
) -> Iterator[patching.Patch]:
    from gemini_otel._sdk.drivers import STREAMS, driver

    for target in targets:
        if target.module == module:
            names = tuple(
                (name, driver(shape, functools.partial(begin, stream=shape in STREAMS)))
                for name, shape in target.candidates
            )
            yield patching.Patch(area, names)


def _spans_go_to(instrumentation: Instrumentation, logger_provider: Any, provider: Any) -> None:
    """A tracer of this provider is about to be used."""
    if instrumentation.settings.hints:
        _add_hint_processor(instrumentation, logger_provider, provider)
    else:
        _add_flush_processor(provider)
    for listener in listeners:
        listener(provider)


@guarded
def _add_hint_processor(instrumentation: Instrumentation, logger_provider: Any, provider: Any) -> None:
    """Register one hint processor with the provider, or wake up the one that it has."""
    if not hasattr(provider, "add_span_processor"):
        logger.warning(
            "%s takes no span processors, so spans get no hints. Set hints=False to silence this.",
            type(provider),
        )
        return
    from gemini_otel.processor import HintSpanProcessor

    processor = next((p for p in _registered(provider) if isinstance(p, HintSpanProcessor)), None)
    if processor is None:
        processor = HintSpanProcessor()
        _processors.add(processor)
        provider.add_span_processor(processor)
    if processor in _processors:
        processor.configure(
            hint_level=instrumentation.settings.hint_level,
            disabled_hints=instrumentation.settings.disabled_hints,
            hint_signal=instrumentation.settings.hint_signal,
            hint_attributes=instrumentation.settings.hint_attributes,
            logger_provider=logger_provider,
        )
        processor.active = True
    processor.on_hint = instrumentation.count_hint
    processor.calls_have_spans = _instrumented
    instrumentation.providers.on_shared_span = processor.watch


@guarded
def _add_flush_processor(provider: Any) -> None:
    """Without hints: what ends with a flush does so all the same."""
    if hasattr(provider, "add_span_processor"):
        from gemini_otel._telemetry.flushing import FlushProcessor

        if not any(isinstance(processor, FlushProcessor) for processor in _registered(provider)):
            provider.add_span_processor(FlushProcessor())


def _registered(provider: Any) -> Iterator[Any]:
    """The provider's span processors. The SDK has no public way to ask; where this finds none, hints are added once all the same."""
    pending = [getattr(provider, "_active_span_processor", None)]
    while pending:
        processor = pending.pop()
        yield processor
        pending.extend(getattr(processor, "_span_processors", ()))
