"""Automatic function calling: one parent, its rounds and its tools, through models and chats, in every shape."""

import asyncio
import contextlib
import importlib.util
import inspect
import threading
from typing import Any

import pytest
from google import genai
from google.genai import chats, models, types
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from support import MODEL, SHAPES, Telemetry, hint_ids, make_client
from support.function_calling import ask, failing, get_weather, get_weather_async

VIA = ("models", "chats")


def by_start(telemetry: Telemetry) -> list[ReadableSpan]:
    return sorted(telemetry.spans, key=lambda span: span.start_time or 0)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.fixture(params=VIA)
def via(request: pytest.FixtureRequest) -> str:
    """Directly, or through a chat, the way the SDK recommends."""
    return str(request.param)


def test_the_tree(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """A loop is one INTERNAL parent with rounds and tool runs as children, in one trace and in order."""
    ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    loop, *children = by_start(telemetry)
    assert (loop.name, loop.kind.name) == (f"automatic_function_calling {MODEL}", "INTERNAL")
    assert [(span.name, span.kind.name) for span in children] == [
        (f"generate_content {MODEL}", "CLIENT"),
        ("execute_tool get_weather", "INTERNAL"),
        (f"generate_content {MODEL}", "CLIENT"),
        ("execute_tool get_weather", "INTERNAL"),
        (f"generate_content {MODEL}", "CLIENT"),
    ]
    for child in children:
        assert child.parent is not None
        assert child.parent.span_id == loop.get_span_context().span_id
        assert child.end_time <= loop.end_time  # type: ignore[operator]
    first, second = (attributes(span) for span in children if span.name.startswith("execute_tool"))
    assert first == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call-1",
    }
    assert second["gen_ai.tool.call.id"] == "call-2"
    assert [attributes(span)["gemini.response.outcome"] for span in children[::2]] == ["ok"] * 3
    (point,) = telemetry.points("gen_ai.execute_tool.duration")
    assert (point.count, dict(point.attributes)) == (
        2,
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"},
    )


def test_a_loop_whose_span_cannot_begin(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on without it, and its rounds and tool runs have their spans."""

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("gemini_otel._telemetry.user_calls.current_host", fail)
    ask(client, via, shape, "simulate:tool_call", tools=[get_weather])
    names = [span.name.partition(" ")[0] for span in by_start(telemetry)]
    assert names == ["generate_content", "execute_tool", "generate_content"]


def test_tokens_add_up_and_nothing_counts_twice(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """Ten rounds of 20 input tokens are 200 on the rounds, 200 on the parent, and 200 on the metric."""
    ask(client, via, shape, "simulate:tool_loop", tools=[get_weather])
    loop, *_ = by_start(telemetry)
    rounds = [attributes(span) for span in telemetry.spans if span.kind.name == "CLIENT"]
    assert len(rounds) == 10
    assert sum(each["gen_ai.usage.input_tokens"] for each in rounds) == 200
    assert attributes(loop)["gemini.usage.input_tokens"] == 200
    assert attributes(loop)["gemini.usage.output_tokens"] == 50
    names = [name for span in telemetry.spans for name in attributes(span) if "usage" in name]
    assert not [name for name in attributes(loop) if name in set(names) and names.count(name) > 1]
    tokens = {p.attributes["gen_ai.token.type"]: p.sum for p in telemetry.points("gen_ai.client.token.usage")}
    assert tokens == {"input": 200, "output": 50}
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert point.count == 10


def test_a_loop_that_stops_at_the_maximum(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """A loop that used up its rounds with a call pending says so, in attributes and as a hint."""
    limit = types.AutomaticFunctionCallingConfig(maximum_remote_calls=3)
    ask(client, via, shape, "simulate:tool_loop", tools=[get_weather], automatic_function_calling=limit)
    loop, *children = by_start(telemetry)
    found = attributes(loop)
    assert (found["gemini.afc.rounds"], found["gemini.afc.max_rounds"]) == (3, 3)
    assert found["gemini.afc.exhausted"] is True
    assert found["gemini.afc.tools"] == sum(span.name.startswith("execute_tool") for span in children)
    assert hint_ids(found) == ("afc.exhausted",)


def test_a_loop_that_ends_says_so(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """A loop that ended with an answer has the answer's outcome and no hint."""
    ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    found = attributes(by_start(telemetry)[0])
    assert found.pop("gen_ai.request.model") == MODEL
    assert {name: value for name, value in found.items() if not name.startswith("gemini.usage")} == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "automatic_function_calling",
        "gemini.afc.rounds": 3,
        "gemini.afc.max_rounds": 10,
        "gemini.afc.tools": 2,
        "gemini.response.outcome": "ok",
        "gemini.response.parts": ("text",),
    }


@pytest.mark.parametrize("config", [{}, {"tools": [types.Tool(google_search=types.GoogleSearch())]}])
def test_without_tools_to_run_there_is_one_span(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str, config: dict[str, Any]
) -> None:
    """A call or chat turn that has no Python function to run is exactly one span."""
    ask(client, via, shape, "simulate:ok", **config)
    assert telemetry.span.name == f"generate_content {MODEL}"
    assert telemetry.span.parent is None


def test_disabled_function_calling_is_one_span(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """With automatic function calling disabled there is no loop span."""
    off = types.AutomaticFunctionCallingConfig(disable=True)
    ask(client, via, shape, "simulate:tool_call", tools=[get_weather], automatic_function_calling=off)
    assert telemetry.span.name == f"generate_content {MODEL}"


def test_parallel_calls(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """Two calls in one answer are two tool runs, each with its own call id."""
    ask(client, via, shape, "simulate:parallel_tools", tools=[get_weather])
    tools = [attributes(span) for span in by_start(telemetry) if span.name.startswith("execute_tool")]
    assert [tool["gen_ai.tool.call.id"] for tool in tools] == ["call-1", "call-2"]


def test_text_and_a_call_in_one_answer(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """An answer with text and a call has both kinds of parts, and the call is run."""
    ask(client, via, shape, "simulate:text_and_tool", tools=[get_weather])
    _, first, tool, *_ = by_start(telemetry)
    assert attributes(first)["gemini.response.parts"] == ("text", "function_call")
    assert tool.name == "execute_tool get_weather"


def test_a_tool_that_raises(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """A failure that the SDK swallows is an ERROR on the tool's span, with the tool's own exception and no text of it."""
    ask(client, via, shape, "simulate:tool_call", tools=[failing])
    (tool,) = (span for span in telemetry.spans if span.name.startswith("execute_tool"))
    assert attributes(tool)["error.type"] == "LookupError"
    assert (tool.status.status_code.name, tool.status.description) == ("ERROR", "LookupError")
    assert [event.name for event in tool.events] == ["gemini.hint"]
    assert "secret" not in tool.to_json()
    loop = by_start(telemetry)[0]
    assert loop.status.status_code.name == "UNSET"
    (point,) = telemetry.points("gen_ai.execute_tool.duration")
    assert point.attributes["error.type"] == "LookupError"


def test_a_call_of_an_undeclared_tool(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """The SDK's KeyError reaches the caller, and the loop ends as an error that names the function, as its round does."""
    with pytest.raises(KeyError):
        ask(client, via, shape, "simulate:undeclared_tool", tools=[get_weather])
    loop, *children = by_start(telemetry)
    undeclared = attributes(children[-1])["gemini.response.undeclared_calls"]
    assert attributes(loop)["gemini.response.undeclared_calls"] == undeclared
    assert loop.status.status_code.name == "ERROR"
    assert attributes(loop)["error.type"] == "KeyError"
    assert attributes(loop)["gemini.response.outcome"] == "error"


def test_an_error_in_a_later_round(telemetry: Telemetry, url: str, via: str, shape: str) -> None:
    """A round that fails ends the loop as an error; the hint is on the round only."""
    from gemini_otel import simulator

    refused = simulator.SCENARIOS["daily_quota"].replies
    scenario = simulator.Scenario(
        "tool_then_quota", "x", simulator.SCENARIOS["tool_chain"].replies, after_tools=refused
    )
    with simulator.serve(scenarios=[scenario]) as address, pytest.raises(genai.errors.ClientError):
        ask(make_client(str(address)), via, shape, "simulate:tool_then_quota", tools=[get_weather])
    loop, *children = by_start(telemetry)
    assert attributes(loop)["error.type"] == "429"
    assert loop.status.description == "429 RESOURCE_EXHAUSTED"
    assert "gemini.hint.ids" not in attributes(loop)
    assert hint_ids(attributes(children[-1])) == ("http.429.rate_day",)


@pytest.mark.parametrize("shape", ["async_call", "async_stream"])
def test_async_tools_run_inline(telemetry: Telemetry, client: genai.Client, via: str, shape: str) -> None:
    """An async tool is a child of the loop, too."""
    ask(client, via, shape, "simulate:tool_call", tools=[get_weather_async])
    loop, *children = by_start(telemetry)
    (tool,) = (span for span in children if span.name == "execute_tool get_weather_async")
    assert tool.parent is not None
    assert tool.parent.span_id == loop.get_span_context().span_id


def test_spans_of_a_tool_are_its_children(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """What a tool does itself, also in a worker thread, is below its span; a nested Gemini call is a turn of its own."""
    tracer = telemetry.tracer_provider.get_tracer("tool")
    threads = []

    def nested(city: str = "Paris") -> str:
        """Ask another model."""
        threads.append(threading.current_thread())
        with tracer.start_as_current_span("work"):
            pass
        inner = make_client(client._api_client._http_options.base_url or "")
        return ask(inner, "models", "call", "simulate:tool_call", tools=[get_weather])[0].text or ""

    ask(client, via, shape, "simulate:tool_call", tools=[nested])
    spans = {span.get_span_context().span_id: span for span in telemetry.spans}
    (tool,) = (span for span in spans.values() if span.name == "execute_tool nested")
    children = [
        span.name for span in by_start(telemetry) if span.parent and spans.get(span.parent.span_id) is tool
    ]
    assert children == ["work", f"automatic_function_calling {MODEL}"]
    assert len({span.get_span_context().trace_id for span in spans.values()}) == 1
    if shape in ("call", "stream"):
        assert threads == [threading.main_thread()]  # an async call of a newer SDK runs it in a worker thread


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", lambda: None])
def test_a_tool_whose_result_cannot_be_serialised(client: genai.Client, via: str, value: object) -> None:
    """Whatever the SDK makes of such a result, it makes the same of it with us, and every span ends."""

    def odd(city: str = "Paris") -> object:
        """Give something odd."""
        return value

    def outcome() -> str:
        try:
            ask(client, via, "call", "simulate:tool_call", tools=[odd])
        except Exception as error:
            return type(error).__name__
        return "answered"

    import gemini_otel

    bare = outcome()
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        assert outcome() == bare
    finally:
        gemini_otel.uninstrument()
    assert telemetry.spans[-1].name.startswith("automatic_function_calling")


def test_a_tool_that_drops_the_client(telemetry: Telemetry, url: str) -> None:
    """A tool that lets go of the client in the middle of a loop leaves no span open."""
    holder = [make_client(url)]

    def drop(city: str = "Paris") -> str:
        """Drop the client."""
        holder.clear()
        return "gone"

    config = types.GenerateContentConfig(tools=[drop])
    chat = holder[0].chats.create(model=MODEL, config=config)
    with contextlib.suppress(RuntimeError):  # "the client has been closed", on newer SDKs
        chat.send_message("simulate:tool_call")
    loop, *_ = by_start(telemetry)
    assert loop.name.startswith("automatic_function_calling")
    assert all(span.end_time for span in telemetry.spans)


def test_one_chat_in_two_tasks(telemetry: Telemetry, url: str) -> None:
    """Two turns of one chat at once are two traces, each whole."""

    async def both() -> None:
        client = make_client(url)
        chat = client.aio.chats.create(
            model=MODEL, config=types.GenerateContentConfig(tools=[get_weather_async])
        )
        await asyncio.gather(*(chat.send_message("simulate:tool_chain") for _ in range(2)))
        if hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    asyncio.run(both())
    traces: dict[int, list[str]] = {}
    for span in telemetry.spans:
        traces.setdefault(span.get_span_context().trace_id, []).append(span.name.partition(" ")[0])
    assert len(traces) == 2
    for found in traces.values():
        assert found.count("automatic_function_calling") == 1
        assert found[-1] == "automatic_function_calling"
        assert found.count("generate_content") == found.count("execute_tool") + 1


def test_a_method_kept_from_before_still_gives_rounds(url: str) -> None:
    """A bound method that was taken before instrument() gives a span for each round, tools included."""
    import gemini_otel

    client = make_client(url)
    kept = client.models.generate_content
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        kept(
            model=MODEL,
            contents="simulate:tool_chain",
            config=types.GenerateContentConfig(tools=[get_weather]),
        )
    finally:
        gemini_otel.uninstrument()
    assert [span.name.partition(" ")[0] for span in by_start(telemetry)] == [
        "generate_content",
        "execute_tool",
        "generate_content",
        "execute_tool",
        "generate_content",
    ]


def test_patched_methods_look_as_before() -> None:
    """Signature, docstring, name and kind of every patched public method survive."""
    import gemini_otel

    methods = [
        (models.Models, "generate_content"),
        (models.Models, "generate_content_stream"),
        (models.AsyncModels, "generate_content"),
        (models.AsyncModels, "generate_content_stream"),
        (chats.Chat, "send_message"),
        (chats.Chat, "send_message_stream"),
        (chats.AsyncChat, "send_message"),
        (chats.AsyncChat, "send_message_stream"),
    ]

    def looks() -> list[tuple[Any, ...]]:
        found = (getattr(owner, name) for owner, name in methods)
        return [
            (
                inspect.signature(method),
                method.__doc__,
                method.__name__,
                method.__qualname__,
                inspect.iscoroutinefunction(method),
                inspect.isgeneratorfunction(method),
                inspect.isfunction(method) or callable(method),
            )
            for method in found
        ]

    bare = looks()
    gemini_otel.instrument()
    try:
        assert looks() == bare
    finally:
        gemini_otel.uninstrument()


def test_one_config_for_many_calls(telemetry: Telemetry, client: genai.Client) -> None:
    """A config object that is used again and again stays as it is, and its tool runs once for each call."""
    runs = []

    def count(city: str = "Paris") -> str:
        """Count."""
        runs.append(city)
        return "ok"

    config = types.GenerateContentConfig(tools=[count])
    for _ in range(300):
        client.models.generate_content(model=MODEL, contents="simulate:tool_call", config=config)
    assert len(runs) == 300
    assert config.tools == [count]
    assert sum(span.name == "execute_tool count" for span in telemetry.spans) == 300


def test_a_tool_that_ends_the_program(telemetry: Telemetry, client: genai.Client, via: str) -> None:
    """A BaseException of a tool passes through, and every span ends."""

    def leave(city: str = "Paris") -> str:
        """Leave."""
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(client, via, "call", "simulate:tool_call", tools=[leave])
    loop, _, tool = by_start(telemetry)
    assert attributes(tool)["error.type"] == "KeyboardInterrupt"
    assert attributes(loop)["error.type"] == "KeyboardInterrupt"


def test_repeated_tool_calls_are_flagged(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """The same call in round after round is found from the request's own history, on the round that shows it."""
    ask(client, via, shape, "simulate:tool_loop", tools=[get_weather])
    rounds = [attributes(span) for span in by_start(telemetry) if span.kind.name == "CLIENT"]
    detected = [each["gemini.repetition.detected"] for each in rounds]
    assert detected == [False] * 4 + [True] * 6
    assert rounds[-1]["gemini.repetition.kind"] == "tool_calls"


def test_the_caller_sees_what_the_bare_sdk_gives(client: genai.Client, via: str, shape: str) -> None:
    """Responses, chunks and the caller's current span are the same with and without us."""
    import gemini_otel

    bare = ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    telemetry = Telemetry()
    gemini_otel.instrument(**telemetry.providers)
    try:
        ours = ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    finally:
        gemini_otel.uninstrument()
    assert [[part.text for part in each.parts or ()] for each in ours] == [
        [part.text for part in each.parts or ()] for each in bare
    ]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_continuation_hops_are_counted(telemetry: Telemetry, client: genai.Client, shape: str) -> None:
    """Hops that the SDK adds are counted on the one round; without them CONTINUATION is an unfinished answer."""
    ask(client, "models", shape, "simulate:continuation")
    found = telemetry.attributes
    if hasattr(models.Models, "_generate_content_with_continuation"):
        assert found["gemini.response.continuation_count"] == 1
        assert found["gemini.response.outcome"] == "ok"
        assert "http.request.resend_count" not in found
    else:
        assert found["gemini.response.outcome"] == "incomplete"


def test_without_a_listener_tools_just_run(client: genai.Client, via: str, shape: str) -> None:
    """Instrumented without any provider, a function calling loop works as ever."""
    import gemini_otel

    gemini_otel.instrument()
    try:
        (*_, last) = ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    finally:
        gemini_otel.uninstrument()
    assert last.candidates[0].finish_reason == "STOP"


def test_metrics_without_traces(client: genai.Client, via: str, shape: str) -> None:
    """With a meter provider only, rounds and tool runs are measured, and no span is needed for it."""
    import gemini_otel

    telemetry = Telemetry()
    gemini_otel.instrument(meter_provider=telemetry.meter_provider)
    try:
        ask(client, via, shape, "simulate:tool_chain", tools=[get_weather])
    finally:
        gemini_otel.uninstrument()
    (rounds,) = telemetry.points("gen_ai.client.operation.duration")
    (tools,) = telemetry.points("gen_ai.execute_tool.duration")
    assert (rounds.count, tools.count) == (3, 2)


def test_an_answer_without_content_ends_the_loop(
    telemetry: Telemetry, client: genai.Client, via: str, shape: str
) -> None:
    """A blocked answer in a loop is one round, and the loop has its outcome."""
    ask(client, via, shape, "simulate:block_safety", tools=[get_weather])
    loop, only = (attributes(span) for span in by_start(telemetry))
    assert only["gemini.response.block_reason"] == "SAFETY"
    # An older SDK itself stops reading a stream at a chunk without parts.
    left_early = "stream" in shape and importlib.util.find_spec("google.genai._gaos") is None
    expected = "abandoned" if left_early else "blocked"
    assert loop["gemini.response.outcome"] == only["gemini.response.outcome"] == expected


def test_the_shapes_are_the_supported_ones() -> None:
    """The four shapes are covered."""
    assert set(SHAPES) == {"call", "async_call", "stream", "async_stream"}
