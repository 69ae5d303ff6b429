import ast
import importlib.metadata
import inspect
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wrapt
from google import genai
from google.genai import models
from opentelemetry.instrumentation import dependencies
from opentelemetry.sdk.trace import TracerProvider

import gemini_otel
from gemini_otel import GeminiInstrumentor, HintSpanProcessor, _instrumentor
from gemini_otel._sdk import installed, patching
from gemini_otel._sdk.generate_content import patches as generate_content
from gemini_otel._telemetry.flushing import registered
from support import MODEL, SHAPES, Telemetry, make_client, send


def run(code: str, *command: str, **environ: str) -> str:
    """What a fresh interpreter prints; fails with its stderr."""
    import os

    done = subprocess.run(
        [*(command or (sys.executable,)), "-c", code],
        capture_output=True,
        text=True,
        timeout=90,
        env={**os.environ, **environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("client_first", [True, False])
def test_clients_made_before_and_after_are_traced(url: str, shape: str, client_first: bool) -> None:
    """A client gives one CLIENT span for each call, whether it was made before or after instrument()."""
    early = make_client(url)
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        send(early if client_first else make_client(url), shape, "simulate:ok")
    finally:
        gemini_otel.uninstrument()
    assert (telemetry.span.name, telemetry.span.kind.name) == ("generate_content gemini-2.5-flash", "CLIENT")


def test_instrumenting_twice_is_harmless(url: str, telemetry: Telemetry) -> None:
    """A second instrument() changes nothing: one span per call, hints once."""
    gemini_otel.instrument(**telemetry.providers)
    send(make_client(url), "call", "simulate:finish_safety")
    assert len(telemetry.events("gemini.hint")) == 1


@pytest.mark.parametrize("fresh_handle", [True, False])
def test_uninstrument_restores_and_instrument_works_again(
    url: str, client: genai.Client, fresh_handle: bool
) -> None:
    """After uninstrument() the SDK's own functions are back; instrumenting again gives one span per call."""
    names = [(cls, name) for cls in (models.Models, models.AsyncModels) for name in vars(cls)]
    before = {key: vars(key[0])[key[1]] for key in names}
    telemetry = Telemetry()
    for _ in range(3):
        gemini_otel.instrument(**telemetry.providers)
        (GeminiInstrumentor() if fresh_handle else gemini_otel).uninstrument()
    assert {key: vars(key[0])[key[1]] for key in names} == before
    send(client, "call", "simulate:ok")
    assert telemetry.spans == []
    gemini_otel.instrument(**telemetry.providers)
    send(client, "call", "simulate:finish_safety")
    gemini_otel.uninstrument()
    assert len(telemetry.events("gemini.hint")) == 1
    assert [point.value for point in telemetry.points("gemini.client.responses")] == [1]


def test_counters_go_on_after_instrumenting_again(client: genai.Client) -> None:
    """A provider that is instrumented a second time keeps its counters and adds to them."""
    telemetry = Telemetry()
    for _ in range(2):
        gemini_otel.instrument(**telemetry.providers)
        send(client, "call", "simulate:ok")
        values = [point.value for point in telemetry.points("gemini.client.responses")]
        gemini_otel.uninstrument()
    assert values == [2]


def test_a_foreign_wrapper_survives(client: genai.Client) -> None:
    """uninstrument() below somebody else's wrapper keeps it working, and instrumenting again gives one span."""
    calls = []

    def foreign(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        calls.append(kwargs["model"])
        return wrapped(*args, **kwargs)

    target = next(patch.target for patch in generate_content.PATCHES if patch.area == "generate_content")
    name = next(name for path in target.names if hasattr(models.Models, name := path.partition(".")[2]))
    telemetry = Telemetry()
    original = vars(models.Models)[name]
    gemini_otel.instrument(**telemetry.providers)
    try:
        wrapper = wrapt.FunctionWrapper(vars(models.Models)[name], foreign)
        setattr(models.Models, name, wrapper)
        gemini_otel.uninstrument()
        assert vars(models.Models)[name] is wrapper
        send(client, "call", "simulate:ok")
        assert telemetry.spans == []
        gemini_otel.instrument(**telemetry.providers)
        send(client, "call", "simulate:ok")
        assert len(telemetry.spans) == 1
        assert len(calls) == 2
    finally:
        gemini_otel.uninstrument()
        setattr(models.Models, name, original)


def test_the_hint_processor_is_there_before_the_first_call(telemetry: Telemetry) -> None:
    """Somebody else's GenAI span gets its hint although no Gemini call was made through the SDK."""
    tracer = telemetry.tracer_provider.get_tracer("theirs")
    with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}) as span:
        span.set_attribute("gen_ai.response.finish_reasons", ["safety"])
    assert telemetry.attributes["gemini.hint.id"] == "finish.safety"


def test_a_processor_of_the_user_is_kept(client: genai.Client) -> None:
    """Where the provider has a HintSpanProcessor already, instrument() adds none, and its hints are counted."""
    telemetry = Telemetry()
    mine = HintSpanProcessor(hint_level="error")
    telemetry.tracer_provider.add_span_processor(mine)
    gemini_otel.instrument(**telemetry.providers, hint_level="info")
    try:
        send(client, "call", "simulate:finish_safety")
        assert [p for p in registered(telemetry.tracer_provider) if isinstance(p, HintSpanProcessor)] == [
            mine
        ]
        assert mine.hint_level == "error"
        (point,) = telemetry.points("gemini.client.hints")
        assert (point.value, dict(point.attributes)) == (
            1,
            {"gemini.hint.id": "finish.safety", "gemini.hint.severity": "error"},
        )
    finally:
        gemini_otel.uninstrument()
    assert mine.active


def test_hints_can_be_switched_off(client: genai.Client) -> None:
    """hints=False registers no processor."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, hints=False)
    send(client, "call", "simulate:finish_safety")
    gemini_otel.uninstrument()
    assert telemetry.span.events == ()


def test_a_provider_without_processors_is_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """A provider that takes no span processors still traces; one line says that there will be no hints."""
    inner = TracerProvider()

    class Provider:
        get_tracer = inner.get_tracer

    with caplog.at_level(logging.WARNING):
        gemini_otel.instrument(tracer_provider=Provider())  # type: ignore[arg-type]
    gemini_otel.uninstrument()
    assert caplog.text.count("takes no span processors") == 1


def test_the_instrumentor_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong setting inside _instrument is logged and ignored, so that other instrumentors still run."""
    instrumentor = GeminiInstrumentor()
    with caplog.at_level(logging.WARNING):
        instrumentor.instrument(colour="red", hint_level="loud", hints=False)
    instrumentor.uninstrument()
    assert "unknown setting 'colour'" in caplog.text
    assert "hint_level='loud' is not valid" in caplog.text


def test_a_failing_set_up_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen exception of ours in _instrument is logged, not raised."""
    monkeypatch.setattr(_instrumentor.patching, "install", None)
    with caplog.at_level(logging.WARNING):
        GeminiInstrumentor().instrument()
    GeminiInstrumentor().uninstrument()
    assert "gemini-otel failed in GeminiInstrumentor._instrument" in caplog.text


def test_the_entry_point() -> None:
    """The entry point `gemini` of opentelemetry_instrumentor is the instrumentor."""
    (entry,) = importlib.metadata.entry_points(group="opentelemetry_instrumentor", name="gemini")
    assert entry.load() is GeminiInstrumentor


def test_dependencies_equal_the_extra() -> None:
    """instrumentation_dependencies() and the extra `instruments` say the same."""
    requires = importlib.metadata.requires("gemini-otel") or []
    extra = [
        line.partition(";")[0].strip()
        for line in requires
        if 'extra == "instruments"' in line.replace("'", '"')
    ]
    normal = [line.replace(" ", "") for line in GeminiInstrumentor().instrumentation_dependencies()]
    assert [line.replace(" ", "") for line in extra] == normal


def test_each_function_is_one_row() -> None:
    """Every row names its own functions, and the functions of a row are in one module."""
    from gemini_otel._sdk.plan import PATCHES

    functions = [(row.target.module, name) for row in PATCHES for name in row.target.names]
    assert sorted(functions) == sorted(set(functions))


def test_what_begins_takes_what_its_row_gives() -> None:
    """Also of the functions that only other releases of the SDK have, what begins there can be called as a driver calls it."""
    from gemini_otel._sdk.patch import STREAMS, Shape
    from gemini_otel._sdk.plan import PATCHES

    for row in PATCHES:
        given = ["instrumentation"] if row.operation is None else ["instrumentation", row.operation]
        given += ["wrapped", "instance", (), {}] if row.shape is Shape.INSTEAD else ["instance", {}]
        inspect.signature(row.begin).bind(*given, **({"stream": True} if row.shape in STREAMS else {}))


def test_nothing_of_the_sdk_is_imported_at_start_up() -> None:
    """instrument() with an SDK provider imports no module of google.genai, none of our readers, and no asyncio."""
    code = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import opentelemetry.instrumentation.instrumentor
trace.set_tracer_provider(TracerProvider())
before = set(sys.modules)
import gemini_otel
gemini_otel.instrument()
new = set(sys.modules) - before
print(sorted(m for m in new if m.startswith("google") or "operations" in m or m.startswith("gemini_otel._telemetry.rounds")))
import google.genai
print("gemini_otel._telemetry.rounds" in sys.modules)
"""
    assert run(code).splitlines() == ["[]", "True"]


def test_start_up_stays_small() -> None:
    """instrument() with providers compiles no regular expression, reads no metadata, imports few modules of ours, and takes few function calls."""
    code = """
import sys
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
import opentelemetry.instrumentation.instrumentor
trace.set_tracer_provider(TracerProvider())
metrics.set_meter_provider(MeterProvider())
import importlib.metadata, inspect, logging, re
calls, slow = 0, []
def count(frame, event, _):
    global calls
    if event == "call":
        calls += 1
        module, caller = (each.f_globals.get("__name__") for each in (frame, frame.f_back))
        if module.startswith(("importlib.metadata", "email.")) or (module == "re" and caller.startswith("gemini_otel")):
            slow.append(f"{module}.{frame.f_code.co_name} of {caller}")
sys.setprofile(count)
import gemini_otel
gemini_otel.instrument()
sys.setprofile(None)
print(calls)
print(slow)
print(sorted(name for name in sys.modules if name.startswith("gemini_otel")))
"""
    calls, slow, modules = run(code).splitlines()
    assert slow == "[]"
    # The figure of the day; 38 with what can wait for the first span or call.
    assert len(ast.literal_eval(modules)) <= 21, modules
    assert (
        int(calls) < 4_200
    )  # 3,100 in CPython 3.11; 4,400 with compiled annotations, 40,000 with regular expressions and metadata


def test_a_provider_set_later_works(url: str) -> None:
    """instrument() before set_tracer_provider() and set_meter_provider() gives spans, hints and metrics all the same."""
    code = f"""
import gemini_otel
gemini_otel.instrument()
from google import genai
client = genai.Client(api_key="k", http_options={{"base_url": {url!r}}})
client.models.generate_content(model="m", contents="simulate:ok")
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
client.models.generate_content(model="m", contents="simulate:finish_safety")
(span,) = exporter.get_finished_spans()
print(span.attributes["gemini.hint.id"])
print(span.attributes["http.response.status_code"])
found = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
print(sorted(metric.name for metric in found))
"""
    hint, status_code, names = run(code).splitlines()
    assert hint == "finish.safety"
    assert status_code == "200"  # attempts are seen, which sleep until there is a provider
    assert names == str(
        [
            "gemini.client.hints",
            "gemini.client.responses",
            "gen_ai.client.operation.duration",
            "gen_ai.client.token.usage",
        ]
    )


def test_opentelemetry_instrument(url: str) -> None:
    """`opentelemetry-instrument` with environment variables only traces an unchanged program."""
    code = f"""
from google import genai
client = genai.Client(api_key="k", http_options={{"base_url": {url!r}}})
client.models.generate_content(model="m", contents="simulate:finish_safety")
"""
    printed = run(
        code,
        str(Path(sys.executable).with_name("opentelemetry-instrument")),
        sys.executable,
        OTEL_TRACES_EXPORTER="console",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
        GEMINI_OTEL_ERROR_OUTCOMES="blocked",
    )
    assert '"gemini.hint.id": "finish.safety"' in printed
    assert '"status_code": "ERROR"' in printed
    assert printed.count('"name": "generate_content m"') == 1


def test_a_missing_sdk_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without google-genai, instrument() logs one line that says what to install and does nothing else."""
    monkeypatch.setattr(installed.is_installed, "__defaults__", ("google.no_such_sdk",))
    with caplog.at_level(logging.WARNING):
        gemini_otel.instrument()
    (record,) = caplog.records
    assert record.getMessage() == (
        "google-genai is not installed, so there is nothing to trace. Install it with: pip install google-genai"
    )
    assert not GeminiInstrumentor().is_instrumented_by_opentelemetry


@pytest.mark.parametrize(
    ("module", "found"),
    [("google.genai", True), ("google.no_such_sdk", False), ("no_such_package.genai", False)],
)
def test_what_is_installed_is_found_without_importing_it(module: str, found: bool) -> None:
    """Neither the SDK nor the package around it is imported to see whether it is there."""
    code = f"""
import sys
from gemini_otel._sdk.installed import is_installed
print(is_installed({module!r}), [name for name in sys.modules if name.startswith("google")])
"""
    assert run(code).strip() == f"{found} []"


def test_an_sdk_that_is_too_old_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it is patched, and the log says once which version is needed."""
    monkeypatch.setattr("google.genai.version.__version__", "1.9.0")
    monkeypatch.setattr(installed, "_told", set())
    with caplog.at_level(logging.WARNING):
        gemini_otel.instrument()
    try:
        assert [record.getMessage() for record in caplog.records] == [
            "google-genai 1.9.0 is too old to be traced. Upgrade it with: pip install 'google-genai>=1.32'"
        ]
        assert not patching.is_patched("google.genai.models", "Models.embed_content")
    finally:
        gemini_otel.uninstrument()


@pytest.mark.skipif(
    not hasattr(dependencies, "DependencyConflictError"), reason="this OpenTelemetry logs conflicts only"
)
def test_opentelemetrys_own_check_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for an exception gets OpenTelemetry's, which reads the metadata."""
    monkeypatch.setattr(_instrumentor, "_INSTRUMENTS", ("google-genai >= 999",))
    with pytest.raises(dependencies.DependencyConflictError):
        GeminiInstrumentor().instrument(raise_exception_on_conflict=True)
    assert not GeminiInstrumentor().is_instrumented_by_opentelemetry


@pytest.mark.parametrize("shape", SHAPES)
def test_suppressed_instrumentation_is_honoured(
    client: genai.Client, telemetry: Telemetry, shape: str
) -> None:
    """Inside suppress_instrumentation() a call gives no span and no metric."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    with suppress_instrumentation():
        send(client, shape, "simulate:ok")
    assert telemetry.spans == []
    assert telemetry.points("gemini.client.responses") == []


def test_a_method_that_somebody_restored_is_traced_from_the_second_call(client: genai.Client) -> None:
    """Another library may put back what it found before us; the first call below notices it."""

    def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    telemetry, original = Telemetry(), models.Models.generate_content
    gemini_otel.instrument(**telemetry.providers)
    try:
        models.Models.generate_content = original  # type: ignore[method-assign]
        for _ in range(2):
            client.models.generate_content(
                model=MODEL, contents="simulate:tool_call", config={"tools": [weather]}
            )
            seen = [span.name.split()[0] for span in telemetry.exporter.get_finished_spans()]
            telemetry.exporter.clear()
    finally:
        gemini_otel.uninstrument()
        models.Models.generate_content = original  # type: ignore[method-assign]
    assert "automatic_function_calling" in seen
