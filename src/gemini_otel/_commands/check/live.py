"""What is active in this process: providers, exporters, patched SDK functions."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from opentelemetry import _logs, metrics, trace

from gemini_otel import _instrumentor
from gemini_otel._commands.check.endpoints import SIGNALS, masked, problems
from gemini_otel._commands.check.report import NO_SERVICE_NAME, Finding, Signal, Target
from gemini_otel._sdk import installed, patching
from gemini_otel._sdk.plan import PATCHES
from gemini_otel._telemetry.instrumentation import Instrumentation, is_placeholder

# The attributes in which the SDK's releases hold processors, readers and exporters; there is no public way to ask.
_HOLDERS = (
    "_active_span_processor",
    "_span_processors",
    "_multi_log_record_processor",
    "_log_record_processors",
    "_metric_readers",
    "_sdk_config",
    "metric_readers",
)
_ENDS = ("span_exporter", "_exporter", "_batch_processor")
_SAMPLED_OUT = ("ALWAYS_OFF", "AlwaysOffSampler", "TraceIdRatioBased{0.0}", "TraceIdRatioBased{0}")


def instrumentation() -> Instrumentation | None:
    """The active `Instrumentation`; None while nothing is instrumented."""
    return _instrumentor.active_instrumentation()


def launched() -> bool:
    """Whether `opentelemetry-instrument` started this process."""
    return "opentelemetry.instrumentation.auto_instrumentation" in sys.modules


def providers() -> dict[str, Any]:
    """The provider of each signal: that of `instrument()`, else the global one; None if there is none."""
    given = active.providers.given if (active := instrumentation()) is not None else (None, None)
    found = (
        given[0] or trace.get_tracer_provider(),
        given[1] or metrics.get_meter_provider(),
        _logs.get_logger_provider(),
    )
    return {
        name: None if is_placeholder(provider) else provider
        for name, provider in zip(SIGNALS, found, strict=True)
    }


def signals(found: dict[str, Any]) -> tuple[Signal, ...]:
    return tuple(
        Signal(
            name,
            type(provider).__name__ if provider is not None else None,
            tuple(map(_shown, ends(provider))),
        )
        for name, provider in found.items()
    )


def ends(holder: Any) -> list[Any]:
    """The exporters, readers and processors at the end of a provider, without hint processors, which send nothing."""
    if isinstance(holder, (tuple, list, set)):
        return [end for each in holder for end in ends(each)]
    for name in _ENDS:
        if (held := getattr(holder, name, None)) is not None:
            return ends(held) if name == "_batch_processor" else [held]
    for name in _HOLDERS:
        if hasattr(holder, name):
            return ends(getattr(holder, name))
    return [] if holder is None or type(holder).__module__.startswith("gemini_otel.processor") else [holder]


def _shown(end: Any) -> str:
    url = _endpoint(end)
    return f"{type(end).__name__} {masked(url)}" if url else type(end).__name__


def _endpoint(end: Any) -> str:
    url = getattr(end, "_endpoint", None)
    return url if isinstance(url, str) else ""


def destinations(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Protocol and URL of each OTLP exporter."""
    for provider in found.values():
        for end in ends(provider):
            if (protocol := _otlp_protocol(end)) is not None:
                yield protocol, _endpoint(end)


def provider_problems(found: dict[str, Any]) -> Iterator[Finding]:
    """Mistakes in what this process has set up."""
    tracers = found["traces"]
    if tracers is None:
        yield Finding(
            "error",
            "There is no tracer provider yet, so there are no spans.",
            "Call trace.set_tracer_provider(...) at any time, also after instrument(), or start the program with "
            "opentelemetry-instrument.",
        )
    elif not ends(tracers):
        yield Finding(
            "error",
            "The tracer provider has no exporter, so spans are made and dropped.",
            "Add one: provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))",
        )
    elif not hasattr(tracers, "add_span_processor"):
        yield Finding(
            "warning",
            f"{type(tracers).__name__} takes no span processors, so spans get no hints.",
            "Use the TracerProvider of opentelemetry-sdk, or switch the hints off with hints=False.",
        )
    if tracers is not None and _service(tracers).startswith("unknown_service"):
        yield NO_SERVICE_NAME
    if found["metrics"] is None:
        yield Finding(
            "info",
            "There is no meter provider, so there are no metrics.",
            "Call metrics.set_meter_provider(...).",
        )
    if _sampler(tracers).endswith(_SAMPLED_OUT):
        yield Finding(
            "error", f"The sampler is {_sampler(tracers)}: no call gives a span.", "Choose another sampler."
        )
    for signal, provider in found.items():
        for end in ends(provider):
            yield from _exporter_problems(signal, end)


def _service(provider: Any) -> str:
    attributes = getattr(getattr(provider, "resource", None), "attributes", {})
    return str(attributes.get("service.name", ""))


def two_providers() -> Iterator[Finding]:
    """A mistake if `instrument()` got one provider and the rest of the program uses another."""
    active, current = instrumentation(), trace.get_tracer_provider()
    given = active.providers.given[0] if active is not None else None
    if given is not None and given is not current and not is_placeholder(current):
        yield Finding(
            "warning",
            "instrument() was given a tracer provider that is not the global one, so traces fall apart.",
            "Call instrument() without tracer_provider, or trace.set_tracer_provider() with the same.",
        )


def _exporter_problems(signal: str, end: Any) -> Iterator[Finding]:
    protocol, url = _otlp_protocol(end), _endpoint(end)
    if protocol is None:
        return
    if protocol == "grpc" and "://" not in url:
        url = f"http://{url}"  # the exporter has removed the scheme
    yield from problems(signal, protocol, url, f"{type(end).__name__} with the endpoint {masked(url)}")


def _otlp_protocol(end: Any) -> str | None:
    module = type(end).__module__
    if not _endpoint(end) or not module.startswith("opentelemetry.exporter.otlp.proto."):
        return None
    return module.split(".")[4]


def _sampler(provider: Any) -> str:
    sampler = getattr(provider, "sampler", None)
    root = getattr(sampler, "_root", sampler)
    describe = getattr(root, "get_description", None)
    return str(describe()) if describe is not None else ""


def targets(*, import_sdk: bool) -> tuple[Target, ...]:
    """The SDK functions that are traced; `import_sdk` imports modules that are not imported yet, to see whether the SDK has
    them.
    """
    return tuple(
        Target(patch.area, *_state(*patch.target))
        for patch in (PATCHES if installed.is_supported() else ())
        if not import_sdk or _import(patch.target.module)
    )


@functools.cache
def _import(module: str) -> bool:
    """Whether the SDK has this module, because releases differ in where their functions are."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def _state(module: str, names: tuple[str, ...]) -> tuple[str, str]:
    if module not in sys.modules:
        return f"{module}.{names[0]}", "waiting"
    for name in names:
        if patching.is_patched(module, name):
            return f"{module}.{name}", "patched"
    for name in names:
        if patching.exists(sys.modules[module], name):
            return f"{module}.{name}", "ready" if instrumentation() is None else "unpatched"
    return f"{module}.{names[-1]}", "missing"
