"""The user's own functions and attributes."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Span

import gemini_otel
from gemini_otel._facts import guard as _guard
from gemini_otel._settings.in_force import load
from support import MODEL, Telemetry, send
from support.function_calling import ask, get_weather

Calls = list[tuple[str, Any]]


@pytest.fixture(autouse=True)
def afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_guard, "_reported", set())
    yield
    gemini_otel.uninstrument()


def hooks(calls: Calls) -> dict[str, Any]:
    """Each hook notes what it is given, and marks the span."""

    def hook(name: str) -> Any:
        def note(span: Span, subject: Any) -> None:
            calls.append((name, subject))
            span.set_attribute(f"mine.{name}", len(calls))

        return note

    return {f"{name}_hook": hook(name) for name in ("request", "response", "error")}


def test_request_and_response(client: genai.Client, shape: str) -> None:
    """The request hook sees the SDK's keyword arguments, the response hook each object that the caller gets, both the open span."""
    telemetry, calls = Telemetry(), Calls()
    gemini_otel.instrument(**telemetry.providers, **hooks(calls))
    sent = send(client, shape, "simulate:ok", temperature=0.5)
    (first, request), *responses = calls
    assert first == "request"
    assert (request["model"], request["contents"], request["config"].temperature) == (
        MODEL,
        "simulate:ok",
        0.5,
    )
    with pytest.raises(TypeError):
        request["model"] = "other"
    assert [name for name, _ in responses] == ["response"] * len(sent.responses)
    assert [response for _, response in responses] == sent.responses
    assert telemetry.attributes["mine.request"] == 1
    assert telemetry.attributes["mine.response"] == len(calls)


def test_error(client: genai.Client, shape: str) -> None:
    """The error hook sees the exception that the caller gets, once, while the span is open."""
    telemetry, calls = Telemetry(), Calls()
    gemini_otel.instrument(**telemetry.providers, **hooks(calls))
    sent = send(client, shape, "simulate:rate_limited")
    assert [name for name, _ in calls] == ["request", "error"]
    assert calls[-1][1] is sent.error
    assert telemetry.attributes["mine.error"] == 2


@pytest.mark.parametrize("via", ["models", "chats"])
def test_each_round_of_a_loop_has_its_hooks(client: genai.Client, via: str, shape: str) -> None:
    """In a function calling loop, the hooks are called for each request with that request's span."""
    telemetry, calls = Telemetry(), Calls()
    gemini_otel.instrument(**telemetry.providers, **hooks(calls))
    ask(client, via, shape, "simulate:tool_call", tools=[get_weather])
    assert [name for name, _ in calls].count("request") == 2
    marked = [span.name for span in telemetry.spans if "mine.request" in (span.attributes or {})]
    assert marked == [f"generate_content {MODEL}"] * 2


def test_an_error_between_rounds(client: genai.Client, shape: str) -> None:
    """An exception of the SDK's loop itself, between two requests, reaches the error hook once."""
    telemetry, calls = Telemetry(), Calls()
    gemini_otel.instrument(**telemetry.providers, **hooks(calls))

    class Stop(BaseException):
        """The SDK hands every Exception of a tool to the model, and this to the caller."""

    def get_weather(city: str = "Paris") -> str:
        """Say how the weather is."""
        raise Stop

    with pytest.raises(Stop):
        ask(client, "models", shape, "simulate:tool_call", tools=[get_weather])
    assert [name for name, _ in calls].count("error") == 1
    (marked,) = [span for span in telemetry.spans if "mine.error" in (span.attributes or {})]
    # Of a stream, the round is open while its tools run.
    assert marked.name.startswith("generate" if "stream" in shape else "automatic_function_calling")


def test_a_hook_that_raises(client: genai.Client, shape: str, caplog: pytest.LogCaptureFixture) -> None:
    """A hook that raises changes nothing for the caller, is logged once without the exception's text, and the span is complete."""

    def broken(span: Span, subject: Any) -> None:
        raise RuntimeError(str(subject))

    telemetry = Telemetry()
    gemini_otel.instrument(
        **telemetry.providers, request_hook=broken, response_hook=broken, error_hook=broken
    )
    with caplog.at_level(logging.WARNING):
        assert send(client, shape, "simulate:ok").error is None
        assert type(send(client, shape, "simulate:rate_limited").error).__name__ == "ClientError"
    ours = [record.getMessage() for record in caplog.records if record.name == "gemini_otel"]
    assert [next(n for n in ("request", "response", "error") if f"in {n}_hook" in text) for text in ours] == [
        "request",
        "response",
        "error",
    ]
    assert not any("simulate:" in text for text in ours)
    assert [(span.attributes or {})["gemini.response.outcome"] for span in telemetry.spans] == ["ok", "error"]


def test_a_hook_that_returns_a_coroutine(client: genai.Client, caplog: pytest.LogCaptureFixture) -> None:
    """A coroutine that a hook returns is closed, not left unawaited, and the log says so."""

    async def note(span: Span, subject: Any) -> None: ...

    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, request_hook=lambda *given: note(*given))  # noqa: PLW0108  # a coroutine function behind a plain one
    assert send(client, "call", "simulate:ok").error is None
    assert "request_hook" in caplog.text


def test_a_hook_that_calls_gemini(client: genai.Client) -> None:
    """A hook may call Gemini itself: that call is not traced and calls no hook."""
    telemetry, requests = Telemetry(), []

    def summarise(span: Span, request: Any) -> None:
        requests.append(request)
        client.models.generate_content(model=MODEL, contents="simulate:ok")

    gemini_otel.instrument(**telemetry.providers, request_hook=summarise)
    send(client, "call", "simulate:ok")
    assert (len(requests), len(telemetry.spans)) == (1, 1)


def test_sampled_out(client: genai.Client, shape: str) -> None:
    """Hooks are called for spans that are recorded, and for no others."""
    telemetry, calls = Telemetry(sampler=ALWAYS_OFF), Calls()
    gemini_otel.instrument(**telemetry.providers, **hooks(calls))
    send(client, shape, "simulate:ok")
    send(client, shape, "simulate:rate_limited")
    assert calls == []


def test_span_attributes(client: genai.Client, shape: str) -> None:
    """Attributes of the user's own are on every span from its start: requests, loops and tool runs."""
    tenant = iter(range(10))
    telemetry = Telemetry()
    gemini_otel.instrument(
        **telemetry.providers,
        span_attributes={"team": "search", "tags": ["a", "b"], "n": lambda: next(tenant)},
    )
    ask(client, "chats", shape, "simulate:tool_call", tools=[get_weather])
    found = [dict(span.attributes or {}) for span in telemetry.spans]
    assert len(found) == 4
    assert {(each["team"], each["tags"]) for each in found} == {("search", ("a", "b"))}
    assert sorted(each["n"] for each in found) == [0, 1, 2, 3]


def test_span_attributes_from_a_callable(client: genai.Client, caplog: pytest.LogCaptureFixture) -> None:
    """A callable gives the attributes of each span; what is not valid among them is left out and logged."""
    telemetry = Telemetry()
    given = {
        "team": "search",
        "gemini.x": 1,
        "gen_ai.request.model": "mine",
        "object": object(),
        "none": None,
        3: 4,
    }
    gemini_otel.instrument(**telemetry.providers, span_attributes=lambda: given)
    send(client, "call", "simulate:ok")
    assert telemetry.attributes["team"] == "search"
    assert telemetry.attributes["gen_ai.request.model"] == MODEL
    assert {"gemini.x", "object", "none", "3"} & set(telemetry.attributes) == set()
    assert "span_attributes" in caplog.text


@pytest.mark.parametrize("given", [lambda: 7, lambda: [1], lambda: 1 / 0, lambda: None])
def test_a_callable_that_fails(client: genai.Client, given: Any) -> None:
    """A callable that raises or gives something else costs its attributes only."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, span_attributes=given)
    assert send(client, "call", "simulate:ok").error is None
    assert telemetry.attributes["gemini.response.outcome"] == "ok"


def test_attributes_from_the_environment(client: genai.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """name=value pairs, comma-separated and percent-encoded, as in OTEL_RESOURCE_ATTRIBUTES."""
    monkeypatch.setenv("GEMINI_OTEL_SPAN_ATTRIBUTES", "team=search, tier=gold%2Cplus,")
    monkeypatch.setenv("GEMINI_OTEL_METRIC_ATTRIBUTES", "team=search")
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    send(client, "call", "simulate:ok")
    assert (telemetry.attributes["team"], telemetry.attributes["tier"]) == ("search", "gold,plus")
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert point.attributes["team"] == "search"


METRICS = (
    "gen_ai.client.operation.duration",
    "gen_ai.client.token.usage",
    "gen_ai.execute_tool.duration",
    "gemini.client.responses",
    "gemini.client.attempts_failed",
    "gemini.client.hints",
)


def test_attributes_by_name() -> None:
    """For people, attributes of the user's own are shown by name, and a callable by its own."""
    settings = load({"span_attributes": get_weather, "metric_attributes": {"a": 1, "b": bool}}, {})
    shown = {name: str(value) for name, value in vars(settings).items()}
    assert (shown["span_attributes"], shown["metric_attributes"]) == ("get_weather", "a, b")
    assert str(load({"span_attributes": {"a": 1}}, {}).span_attributes) == "a"


def test_metric_attributes(client: genai.Client, shape: str) -> None:
    """Dimensions of the user's own are on every metric, constant or as a callable gives them for each call."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, metric_attributes={"team": "search", "beta": lambda: True})
    ask(client, "models", shape, "simulate:tool_call", tools=[get_weather])
    send(client, shape, "simulate:rate_limited")
    for metric in METRICS:
        points = telemetry.points(metric)
        assert points, metric
        assert {(p.attributes["team"], p.attributes["beta"]) for p in points} == {("search", True)}, metric


def test_dimensions_are_bounded(client: genai.Client) -> None:
    """After 200 combinations the values that vary are _OTHER; the constants stay."""
    numbers = iter(range(1000))
    telemetry = Telemetry()
    gemini_otel.instrument(
        **telemetry.providers,
        metric_attributes={"team": "search", "user": lambda: next(numbers)},
        hints=False,
    )
    for _ in range(203):
        send(client, "call", "simulate:ok")
    points = telemetry.points("gemini.client.responses")
    assert len(points) == 201
    (other,) = [point for point in points if point.attributes["user"] == "_OTHER"]
    assert (other.value, other.attributes["team"]) == (3, "search")


def test_a_dimension_of_a_wrong_type(client: genai.Client) -> None:
    """A callable that gives no str, bool or int is _OTHER; one that raises is left out."""
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers, metric_attributes={"a": object, "b": lambda: 1 / 0})
    send(client, "call", "simulate:ok")
    (point,) = telemetry.points("gemini.client.responses")
    assert point.attributes["a"] == "_OTHER"
    assert "b" not in point.attributes
