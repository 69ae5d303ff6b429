"""Makes the package emit everything that it can: all scenarios of the simulator in all shapes, tools, and requests with every option."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import importlib.util
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

from google import genai
from google.genai import types
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor

import gemini_otel
from gemini_otel import simulator
from gemini_otel.simulator import Reply, Scenario
from support import MODEL, Telemetry, make_client, make_vertex_client, send
from support.live_emissions import play_live
from support.mcp_tools import run as run_mcp_tool
from support.method_calls import EXAMPLES, Example

try:
    from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter as LogExporter
except ImportError:  # its name before 1.39
    from opentelemetry.sdk._logs.export import InMemoryLogExporter as LogExporter

TIERS = ("flex", "priority") if hasattr(types, "ServiceTier") else ()  # an older SDK cannot request one
HAS_LIVE = importlib.util.find_spec("trustme") is not None
_WORKERS = 8
_HANGING = "hang"  # the only scenario that never answers; a client may give up on it and on no other
_TIMEOUT = 500  # milliseconds, of a client that gives up
_PATIENCE = 60_000  # milliseconds; however busy the machine is, every answer is read to its end
_OPTIONS: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 40.0,
    "seed": 7,
    "system_instruction": "Be brief.",
    "max_output_tokens": 900,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.1,
    "candidate_count": 2,
    "stop_sequences": ["END"],
    "response_mime_type": "application/json",
    "response_schema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
    "thinking_config": types.ThinkingConfig(thinking_budget=100),
    "safety_settings": [
        types.SafetySetting(
            category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
            threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH,
        )
    ],
    "cached_content": "cachedContents/c1",
}
_MEDIA = ("image/png", "audio/wav", "video/mp4", "application/pdf")
_EVERY_MODALITY = Scenario(
    "every_modality",
    "prompt, answer and cache in every modality",
    (
        Reply(
            chunks=(
                {
                    "candidates": [
                        {
                            "content": {
                                "role": "model",
                                "parts": [
                                    {"text": "Here."},
                                    *({"inlineData": {"mimeType": each, "data": "AAAA"}} for each in _MEDIA),
                                ],
                            },
                            "finishReason": "STOP",
                            "avgLogprobs": -0.25,
                        }
                    ],
                    "modelStatus": {"modelStage": "DEPRECATED", "retirementTime": "2027-01-31T00:00:00Z"},
                    "usageMetadata": {
                        "cachedContentTokenCount": 50,
                        "cacheTokensDetails": [
                            {"modality": each, "tokenCount": 10}
                            for each in ("TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT")
                        ],
                    },
                },
            )
        ),
    ),
)


def _from_cache(reply: Reply) -> Reply:
    *chunks, last = reply.chunks
    usage = {**last.get("usageMetadata", {}), "cachedContentTokenCount": 7}
    return replace(reply, chunks=(*chunks, {**last, "usageMetadata": usage}))


_COUNTED_FROM_CACHE = Scenario(
    "counted_from_cache",
    "tokens of a cache are counted",
    (Reply(body={"totalTokens": 9, "cachedContentTokenCount": 4}),),
)
_ERROR_AFTER_TOOLS = Scenario(
    "error_after_tools",
    "a function call from a cached prompt, and then an error",
    (_from_cache(simulator.SCENARIOS["tool_call"].replies[0]),),
    after_tools=simulator.SCENARIOS["overloaded"].replies,
)
_SCENARIOS = (_EVERY_MODALITY, _COUNTED_FROM_CACHE, _ERROR_AFTER_TOOLS)


class Emissions(Telemetry):
    """Spans, metrics and log events of one profile."""

    def __init__(self) -> None:
        super().__init__()
        self.log_exporter = LogExporter()
        self.logger_provider = LoggerProvider()
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.log_exporter))

    @property
    def log_records(self) -> list[Any]:
        return [each.log_record for each in self.log_exporter.get_finished_logs()]

    @property
    def metrics(self) -> list[Any]:
        data = self.reader.get_metrics_data()
        return [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]


@functools.cache
def collect(profile: str) -> Emissions:
    """What is emitted under the names of this profile."""
    emissions = Emissions()
    gemini_otel.instrument(
        **emissions.providers,
        logger_provider=emissions.logger_provider,
        semconv=profile,
        cost=True,
        hint_level="info",
        hint_signal="both",
        capture_content="span_and_event",
        content_limit=1000,
        exception_events=True,
    )
    try:
        with simulator.serve(scenarios=_SCENARIOS) as url:
            _run_all(url)
        for situation in ("failed", "processing", "images_filtered", "images_partly_filtered"):
            with simulator.serve(situation) as url:
                _run_methods(make_client(str(url)), make_vertex_client(str(url)))
        if HAS_LIVE:
            with gemini_otel.prompt("voice", version="1"):
                play_live()
    finally:
        gemini_otel.uninstrument()
    return emissions


def _run_all(url: simulator.Simulator) -> None:
    client, vertex = make_client(str(url), attempts=2, timeout=_PATIENCE), make_vertex_client(str(url))
    hurried = make_client(str(url), attempts=2, timeout=_TIMEOUT)
    with concurrent.futures.ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(_run, (*_hanging(hurried), *_calls(client, vertex))))
    asyncio.run(_run_async(client, hurried))
    asyncio.run(
        _cancelled(make_client(str(url)), url)
    )  # a new client, because connections belong to an event loop
    asyncio.run(run_mcp_tool(make_client(str(url)), "models", False, "simulate:tool_call"))


def _run_methods(client: genai.Client, vertex: genai.Client) -> None:
    for call in _methods(client, vertex):
        _run(call)


def _run(call: Callable[[], object]) -> None:
    with suppress(Exception):  # most of the scenarios end in one
        call()


async def _run_async(client: genai.Client, hurried: genai.Client) -> None:
    limit = asyncio.Semaphore(_WORKERS)

    async def run(call: Coroutine[Any, Any, object]) -> None:
        async with limit:
            with suppress(Exception):
                await call

    calls = [
        call(hurried if scenario == _HANGING else client, scenario)
        for scenario in simulator.SCENARIOS
        for call in (_async_call, _async_stream)
    ]
    await asyncio.gather(*map(run, calls))
    for each in (client, hurried):
        await _close(each)


async def _close(client: genai.Client) -> None:
    if hasattr(client.aio, "aclose"):
        await client.aio.aclose()


async def _async_call(client: genai.Client, scenario: str) -> None:
    await client.aio.models.generate_content(model=MODEL, contents=f"Tell me. (simulate:{scenario})")


async def _async_stream(client: genai.Client, scenario: str) -> None:
    prompt = f"Tell me. (simulate:{scenario})"
    async for _ in await client.aio.models.generate_content_stream(model=MODEL, contents=prompt):
        pass


async def _cancelled(client: genai.Client, url: simulator.Simulator) -> None:
    """A call that is cancelled after its request has arrived and before anything answers it."""
    before = len(url.requests)
    task = asyncio.create_task(_async_call(client, _HANGING))
    while len(url.requests) == before:
        await asyncio.sleep(0.001)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await _close(client)


def _hanging(client: genai.Client) -> Iterator[Callable[[], object]]:
    for shape in ("call", "stream"):
        yield partial(send, client, shape, f"Tell me. (simulate:{_HANGING})")


def _calls(client: genai.Client, vertex: genai.Client) -> Iterator[Callable[[], object]]:
    for scenario in simulator.SCENARIOS.keys() - {_HANGING}:
        yield partial(send, client, "call", f"Tell me. (simulate:{scenario})")
        yield partial(send, client, "stream", f"Tell me. (simulate:{scenario})")
        yield partial(send, vertex, "call", f"Tell me. (simulate:{scenario})")
    yield partial(send, client, "stream", _media(), **_OPTIONS)
    yield partial(send, client, "call", "simulate:ok", thinking_config={"thinking_level": "LOW"})
    yield partial(_in_a_conversation, send, client, "call", _media(), **_OPTIONS)
    yield partial(_in_a_conversation, _with_tools, client, "tool_call", get_weather)
    for scenario in ("tool_call", "tool_loop", "tool_chain", "parallel_tools"):
        yield partial(_with_tools, client, scenario, get_weather)
    for tool in (fail, talk):
        yield partial(_with_tools, client, "tool_call", tool)
    yield partial(_with_tools, client, "error_after_tools", get_weather)
    yield partial(_with_tools, client, "undeclared_tool", get_weather)
    search = types.Tool(google_search=types.GoogleSearch())
    for scenario in ("grounding_tool_use", "url_not_read", "code_execution"):
        yield partial(send, client, "call", f"Tell me. (simulate:{scenario})", tools=[search])
    if hasattr(types, "ComputerUse"):
        computer = types.Tool(computer_use=types.ComputerUse())
        yield partial(send, client, "call", "Tell me. (simulate:tool_call)", tools=[computer])
    yield partial(send, client, "call", "Tell me. (simulate:ok)", tools=[search])
    for tier in TIERS:
        yield partial(send, client, "call", "Tell me. (simulate:ok)", service_tier=tier)
    capacity = {"headers": {"X-Vertex-AI-LLM-Request-Type": "shared"}}
    yield partial(send, vertex, "call", "Tell me. (simulate:ok)", http_options=capacity)
    yield partial(_abandoned, client)
    yield from _methods(client, vertex)
    if hasattr(client, "interactions"):
        yield from _interactions(client)


def _interactions(client: genai.Client) -> Iterator[Callable[[], object]]:
    """Interactions of models and of agents, and polls of their results."""
    scenarios = (
        "ok",
        "tool_call",
        "thinking",
        "loop_text",
        "grounding_tool_use",
        "url_not_read",
        "code_execution",
        "overloaded_once",
        "daily_quota",
        "invalid_key",
        "slow",
    )
    for scenario in (*scenarios, *(name for name in simulator.SCENARIOS if name.startswith("interaction_"))):
        prompt = f"Tell me. (simulate:{scenario})"
        for subject in ({"model": MODEL}, {"agent": "deep-research"}):
            create = partial(_interaction, client, "create", input=prompt, **subject)
            yield partial(_in_a_conversation, create, stream=True)
            yield partial(create, previous_interaction_id="v1_simulated")
        for method in ("get", "cancel", "delete"):
            yield partial(_in_a_conversation, _interaction, client, method, f"v1_simulate:{scenario}")
        yield partial(_interaction, client, "get", f"v1_simulate:{scenario}", stream=True)
    for subject in ({"model": MODEL}, {"agent": "deep-research"}):
        yield partial(_interaction, client, "create", input="simulate:ok", background=True, **subject)
        yield partial(_interaction, client, "create", input="simulate:ok", service_tier="flex", **subject)
        told: dict[str, Any] = {"system_instruction": "Be brief.", "tools": [{"type": "google_search"}]}
        yield partial(_interaction, client, "create", input="simulate:ok", **told, **subject)


def _interaction(client: genai.Client, method: str, *args: Any, **kwargs: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK says that interactions are experimental
        answer = getattr(client.interactions, method)(*args, **kwargs)
    if kwargs.get("stream"):
        list(answer)


def _methods(client: genai.Client, vertex: genai.Client) -> Iterator[Callable[[], object]]:
    """Every method that makes one call, and values that are returned only on request."""
    config = types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=64)
    for each in (client, vertex):
        texts = ["one", "word " * 9000]
        yield partial(each.models.embed_content, model="text-embedding-005", contents=texts, config=config)
        for scenario in ("daily_quota", "overloaded_once", "invalid_key", "embeddings_truncated"):
            text = f"simulate:{scenario}"
            yield partial(
                _in_a_conversation, each.models.embed_content, model="text-embedding-005", contents=text
            )
            yield partial(_in_a_conversation, each.models.count_tokens, model=MODEL, contents=text)
    yield partial(client.models.count_tokens, model=MODEL, contents="simulate:counted_from_cache")
    yield partial(vertex.batches.get, name="1")
    images = types.GenerateImagesConfig(number_of_images=2, include_rai_reason=True)
    yield partial(vertex.models.generate_images, model="imagen-4", prompt="A lighthouse.", config=images)
    for example in EXAMPLES:
        yield partial(_method, vertex if example.back_end == "vertex" else client, example)


def _method(client: genai.Client, example: Example) -> None:
    found: Any = attrgetter(example.method)(client)(**example.arguments)
    if example.method.endswith(".list"):
        list(found)


def _media() -> list[Any]:
    parts = [types.Part.from_bytes(data=b"abc", mime_type=each) for each in _MEDIA]
    return ["Describe these. (simulate:every_modality)", *parts]


def _in_a_conversation(call: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    with gemini_otel.conversation("order-4711"), gemini_otel.prompt("summary", version="3"):
        call(*args, **kwargs)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def talk(city: str) -> str:
    """Says more than is captured."""
    return "sunny " * 1000


def fail(city: str) -> str:
    """Fails."""
    raise ValueError(city)


def _with_tools(client: genai.Client, scenario: str, tool: Callable[..., str]) -> None:
    config = {"tool_config": {"function_calling_config": {"mode": "AUTO"}}}
    send(client, "call", f"Tell me. (simulate:{scenario})", tools=[tool], **config)


def _abandoned(client: genai.Client) -> None:
    stream = client.models.generate_content_stream(model=MODEL, contents="Tell me. (simulate:ok)")
    next(stream)
    stream.close()
