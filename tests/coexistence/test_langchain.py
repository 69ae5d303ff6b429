"""LangChain with its retries, alone and beside the two instrumentations of it, whose spans for a call are not current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from applications import Application, run, same_with_us
from langchain_core.prompts import ChatPromptTemplate
from langchain_google_genai import ChatGoogleGenerativeAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
from opentelemetry.trace import SpanKind, StatusCode

import gemini_otel
from gemini_otel._telemetry import neighbours
from neighbours import OURS, attempts, attributes, counted_hints, get_weather, hints, named, scopes
from support import MODEL, Telemetry

OPENINFERENCE = "openinference-instrumentation-langchain"
OPENLLMETRY = "opentelemetry-instrumentation-langchain"
INSTRUMENTORS: dict[str, Any] = {OPENINFERENCE: LangChainInstrumentor, OPENLLMETRY: LangchainInstrumentor}


@pytest.fixture(scope="module", params=[None, OPENINFERENCE, OPENLLMETRY])
def instrumented(request: pytest.FixtureRequest) -> Iterator[tuple[str | None, Telemetry]]:
    """Whose instrumentation of LangChain is active, and where its spans go; OpenLLMetry's cannot be activated twice."""
    telemetry = Telemetry()
    if request.param is not None:
        INSTRUMENTORS[request.param]().instrument(tracer_provider=telemetry.tracer_provider)
    yield request.param, telemetry
    if request.param is not None:
        INSTRUMENTORS[request.param]().uninstrument()


@pytest.fixture
def theirs(instrumented: tuple[str | None, Telemetry]) -> str | None:
    return instrumented[0]


@pytest.fixture
def telemetry(instrumented: tuple[str | None, Telemetry]) -> Telemetry:
    """Metrics of this test only, and spans where theirs go."""
    neighbours.warn_of_two_spans.cache_clear()
    telemetry = Telemetry()
    telemetry.tracer_provider, telemetry.exporter = instrumented[1].tracer_provider, instrumented[1].exporter
    telemetry.exporter.clear()
    return telemetry


def model(url: str, retries: int = 1) -> ChatGoogleGenerativeAI:
    return ChatGoogleGenerativeAI(model=MODEL, google_api_key="any", base_url=url, max_retries=retries)


def chain(url: str, retries: int = 1) -> Any:
    return ChatPromptTemplate.from_template("{prompt}") | model(url, retries)


def asking(prompt: str, retries: int = 1) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        answer = chain(url, retries).invoke({"prompt": prompt})
        note("answered", answer.content, answer.response_metadata, answer.usage_metadata)

    return application


def asking_async(prompt: str) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        note("answered", asyncio.run(chain(url).ainvoke({"prompt": prompt})).content)

    return application


def streaming(prompt: str) -> Application:
    def application(url: str, note: Callable[..., None]) -> None:
        for chunk in chain(url).stream({"prompt": prompt}):
            note("chunk", chunk.content)

    return application


def with_tools(url: str, note: Callable[..., None]) -> None:
    answer = model(url).bind_tools([get_weather]).invoke("simulate:tool_call")
    note("answered", answer.content, [call["name"] for call in answer.tool_calls])


def handling(url: str, note: Callable[..., None]) -> None:
    """The application falls back to another answer."""
    fallback = chain(url).with_fallbacks([ChatPromptTemplate.from_template("try later")])
    note("answered", fallback.invoke({"prompt": "simulate:daily_quota"}).to_string())


@pytest.mark.parametrize(
    ("application", "scenario", "hint"),
    [
        (asking("hello"), "ok", None),
        (asking_async("hello"), "ok", None),
        (asking("simulate:finish_safety"), "ok", "finish.safety"),
        (asking("simulate:block_safety"), "ok", "block.safety"),
        (asking("hello", retries=2), "overloaded_once", None),
        (asking("simulate:overloaded"), "ok", "http.503.overloaded"),
        (asking_async("simulate:invalid_argument"), "ok", "http.400.invalid_argument"),
        (streaming("simulate:long_stream"), "ok", None),
        (streaming("simulate:error_in_stream"), "ok", "http.503.overloaded"),
        (with_tools, "ok", None),
        (handling, "ok", "http.429.rate_day"),
    ],
)
def test_the_same(
    theirs: str | None, telemetry: Telemetry, application: Application, scenario: str, hint: str | None
) -> None:
    """An application sees the same with us; our span of the call has the hint, once, and the server's span nothing."""

    def serving(url: str, note: Callable[..., None]) -> None:
        with telemetry.tracer_provider.get_tracer("app").start_as_current_span(
            "POST /chat", kind=SpanKind.SERVER
        ):
            try:
                application(url, note)
            except Exception as error:
                note("handled", type(error).__qualname__, error)

    same_with_us(telemetry, serving, scenario)
    calls = [span for span in telemetry.spans if "gemini.response.outcome" in attributes(span)]
    assert set(scopes(calls)) == {OURS}
    assert attempts(calls) >= (2 if scenario == "overloaded_once" else 1)
    assert hints(telemetry.spans) == (
        {} if hint is None else {f"generate_content {MODEL}": [hint] * len(calls)}
    )
    assert counted_hints(telemetry) == (0 if hint is None else len(calls))
    (server,) = named(telemetry.spans, "POST")
    assert (dict(server.attributes or {}), server.events) == ({}, ())
    assert server.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("prompt", "hint"),
    [
        ("hello", None),
        ("simulate:finish_safety", "finish.safety"),
        ("simulate:finish_max_tokens", "finish.max_tokens"),
        ("simulate:overloaded", "http.503.overloaded"),
        ("simulate:daily_quota", "http.429.rate_day"),
    ],
)
def test_hints_without_us(theirs: str | None, telemetry: Telemetry, prompt: str, hint: str | None) -> None:
    """A HintSpanProcessor alone gives the span of the call its hint, and the chain around it none."""
    processor = gemini_otel.HintSpanProcessor()
    telemetry.tracer_provider.add_span_processor(processor)
    run(asking(prompt))
    processor.shutdown()
    found = hints(telemetry.spans)
    if hint is None or theirs is None:
        assert found == {}
    else:
        ((name, ids),) = found.items()
        assert (name.split(".")[0], ids) == ("ChatGoogleGenerativeAI", [hint])


def test_the_check(theirs: str | None, telemetry: Telemetry) -> None:
    """The check sees the instrumentation that is active, and says what to choose."""
    findings = [each for each in gemini_otel.check().findings if each.what.endswith("is active as well.")]
    assert [each.what.split()[0] for each in findings] == ([] if theirs is None else [theirs])
    for finding in findings:
        assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=langchain" in finding.mend
        assert "HintSpanProcessor" in finding.mend
