"""LlamaIndex, alone and beside OpenInference's instrumentation of it, whose span for a call is not current."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from applications import Application, run, same_with_us
from llama_index.core.llms import ChatMessage
from llama_index.llms.google_genai import GoogleGenAI
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

import gemini_otel
from neighbours import OURS, counted_hints, hints, named, scopes
from support import MODEL, Telemetry

NAME = "openinference-instrumentation-llama-index"


@pytest.fixture(scope="module", params=[False, True], ids=["alone", "instrumented"])
def instrumented(request: pytest.FixtureRequest) -> Iterator[tuple[bool, Telemetry]]:
    """Whether OpenInference's instrumentation is active, and where its spans go: activated again, it keeps the first provider."""
    telemetry = Telemetry()
    if request.param:
        LlamaIndexInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
    yield request.param, telemetry
    if request.param:
        LlamaIndexInstrumentor().uninstrument()


@pytest.fixture
def theirs(instrumented: tuple[bool, Telemetry]) -> bool:
    return instrumented[0]


@pytest.fixture
def telemetry(instrumented: tuple[bool, Telemetry]) -> Telemetry:
    """Metrics of this test only, and spans where theirs go."""
    telemetry = Telemetry()
    telemetry.tracer_provider, telemetry.exporter = instrumented[1].tracer_provider, instrumented[1].exporter
    telemetry.exporter.clear()
    return telemetry


def model(url: str) -> GoogleGenAI:
    return GoogleGenAI(model=MODEL, api_key="any", http_options={"base_url": url}, max_retries=0)


def asking(prompt: str) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        answer = model(url).chat([ChatMessage(role="user", content=prompt)])
        note("answered", answer.message.content)

    return application


def streaming(prompt: str) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        for chunk in model(url).stream_chat([ChatMessage(role="user", content=prompt)]):
            note("chunk", chunk.delta)

    return application


@pytest.mark.parametrize(
    ("application", "hint"),
    [
        (asking("hello"), None),
        (asking("simulate:finish_safety"), "finish.safety"),
        (asking("simulate:block_safety"), "block.safety"),
        (asking("simulate:overloaded"), "http.503.overloaded"),
        (streaming("simulate:long_stream"), None),
        (streaming("simulate:error_in_stream"), "http.503.overloaded"),
    ],
)
def test_the_same(theirs: bool, telemetry: Telemetry, application: Application, hint: str | None) -> None:
    """An application sees the same with us; our span of the call has the hint, once."""
    same_with_us(telemetry, application)
    assert scopes(named(telemetry.spans, "generate_content")) == [OURS]
    assert hints(telemetry.spans) == ({} if hint is None else {f"generate_content {MODEL}": [hint]})
    assert counted_hints(telemetry) == (hint is not None)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("hello", []),
        ("simulate:finish_safety", ["finish.safety"]),
        ("simulate:block_safety", []),  # nothing that it leaves tells
        ("simulate:daily_quota", ["http.429.rate_day"]),
    ],
)
def test_hints_without_us(theirs: bool, telemetry: Telemetry, prompt: str, found: list[str]) -> None:
    """A HintSpanProcessor alone gives the span of the call its hint."""
    processor = gemini_otel.HintSpanProcessor()
    telemetry.tracer_provider.add_span_processor(processor)
    run(asking(prompt))
    processor.shutdown()
    assert [hint for ids in hints(telemetry.spans).values() for hint in ids] == (found if theirs else [])


def test_the_check(theirs: bool) -> None:
    """The check sees the instrumentation that is active, and says what to choose."""
    findings = [each for each in gemini_otel.check().findings if each.what == f"{NAME} is active as well."]
    assert len(findings) == theirs
    assert all("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=llama_index" in finding.mend for finding in findings)
