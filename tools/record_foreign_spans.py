"""Records the spans that other instrumentations write about the same Gemini calls, into tests/data/foreign/.

    PYTHONPATH=src python tools/record_foreign_spans.py official

Runs in an environment of its own for each source, with that package installed and this one not: the simulator alone is taken
from `src`. The calls are those of `CALLS`; what a source cannot make is left out. Stack traces, paths and times are not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gemini_otel import simulator

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "foreign"
MODEL = "gemini-2.5-flash"
LIMIT = 1024  # max_output_tokens of every call
# Scenario of the simulator, and whether it is streamed.
CALLS = (
    ("ok", False),
    ("ok", True),
    ("tool_call", False),
    ("finish_max_tokens", False),
    ("thoughts_ate_budget", False),
    ("thoughts_ate_budget", True),
    ("finish_safety", False),
    ("finish_recitation", False),
    ("finish_recitation", True),
    ("finish_malformed_function_call", False),
    ("finish_unknown", False),
    ("block_prohibited_content", False),
    ("block_prohibited_content", True),
    ("invalid_key", False),
    ("model_not_found", False),
    ("daily_quota", False),
    ("rate_limited", False),
    ("rate_limited", True),
    ("overloaded", False),
    ("deadline_exceeded", False),
    ("error_in_stream", True),
)
_LEFT_OUT = (
    "exception.stacktrace",
    "code.filepath",
    "code.file.path",
    "code.lineno",
    "code.line.number",
    "thread.id",
    "code.function",
    "duration",
    "logfire.json_schema",
    "logfire.exception.fingerprint",
)

Caller = Callable[[str, bool], None]
Source = Callable[[TracerProvider, str], Caller]


# --- google-genai, with any instrumentation


def _genai(url: str) -> Caller:
    from google import genai

    client = genai.Client(api_key="any", http_options={"base_url": url})
    config = {"max_output_tokens": LIMIT, "temperature": 0.5}

    def call(scenario: str, stream: bool) -> None:
        request: dict[str, Any] = {"model": MODEL, "contents": f"simulate:{scenario}", "config": config}
        if stream:
            for _ in client.models.generate_content_stream(**request):
                pass
        else:
            client.models.generate_content(**request)

    return call


def official(provider: TracerProvider, url: str) -> Caller:
    from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor

    GoogleGenAiSdkInstrumentor().instrument(tracer_provider=provider)
    return _genai(url)


def openinference(provider: TracerProvider, url: str) -> Caller:
    from openinference.instrumentation.google_genai import GoogleGenAIInstrumentor

    GoogleGenAIInstrumentor().instrument(tracer_provider=provider)
    return _genai(url)


def traceloop(provider: TracerProvider, url: str) -> Caller:
    from opentelemetry.instrumentation.google_generativeai import GoogleGenerativeAiInstrumentor

    GoogleGenerativeAiInstrumentor().instrument(tracer_provider=provider)
    return _genai(url)


def _logfire() -> Any:
    import logfire as package

    package.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[SimpleSpanProcessor(_exporter)],
        inspect_arguments=False,
    )
    return package


def logfire(provider: TracerProvider, url: str) -> Caller:
    _logfire().instrument_google_genai()
    return _genai(url)


# --- an agent of google-adk, which names its own client


def adk(provider: TracerProvider, url: str) -> Caller:
    os.environ |= {
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_KEY": "any",
        "GOOGLE_GENAI_USE_VERTEXAI": "false",
    }
    from google.adk.agents import LlmAgent, RunConfig
    from google.adk.agents.run_config import StreamingMode
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    trace.set_tracer_provider(provider)
    config = types.GenerateContentConfig(max_output_tokens=LIMIT, temperature=0.5)

    async def run(scenario: str, stream: bool) -> None:
        agent = LlmAgent(name="agent", model=MODEL, generate_content_config=config)
        runner = InMemoryRunner(agent=agent, app_name="app")
        session = await runner.session_service.create_session(app_name="app", user_id="user")
        message = types.Content(role="user", parts=[types.Part(text=f"simulate:{scenario}")])
        settings = RunConfig(
            streaming_mode=StreamingMode.SSE if stream else StreamingMode.NONE, max_llm_calls=3
        )
        events = runner.run_async(
            user_id="user", session_id=session.id, new_message=message, run_config=settings
        )
        async for _ in events:
            pass

    return lambda scenario, stream: asyncio.run(run(scenario, stream))


# --- the OpenAI client on Gemini's OpenAI-compatible endpoint, played by the answers that it gives

_FINISH = {
    "ok": "stop",
    "tool_call": "tool_calls",
    "finish_safety": "content_filter",
    "finish_recitation": "content_filter",
}
_FINISH |= {"finish_max_tokens": "length", "thoughts_ate_budget": "length"}
_QUOTA = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [
        {
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
            "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            "quotaValue": "50",
        }
    ],
}
_ERRORS: dict[str, tuple[int, str, str, list[Any]]] = {
    "invalid_key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", []),
    "model_not_found": (404, "NOT_FOUND", "models/gemini-0 is not found for API version v1main", []),
    "daily_quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan.",
        [_QUOTA],
    ),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", []),
    "deadline_exceeded": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", []),
}


class _Compatible(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        scenario = body["messages"][0]["content"].removeprefix("simulate:")
        if scenario in _ERRORS:
            code, status, message, details = _ERRORS[scenario]
            error = {"error": {"code": code, "message": message, "status": status, "details": details}}
            self._send(code, "application/json", json.dumps([error]))
        elif body.get("stream"):
            lines = [
                {"delta": {"role": "assistant", "content": "Hi"}},
                {"delta": {}, "finish_reason": _FINISH[scenario]},
            ]
            chunks = [self._answer("chat.completion.chunk", line, scenario) for line in lines]
            text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
            self._send(200, "text/event-stream", text)
        else:
            content = None if scenario == "thoughts_ate_budget" else "Hi"
            choice = {
                "message": {"role": "assistant", "content": content},
                "finish_reason": _FINISH[scenario],
            }
            self._send(200, "application/json", json.dumps(self._answer("chat.completion", choice, scenario)))

    def _answer(self, kind: str, choice: dict[str, Any], scenario: str) -> dict[str, Any]:
        visible = 0 if scenario == "thoughts_ate_budget" else 14
        usage = {"prompt_tokens": 10, "completion_tokens": visible, "total_tokens": 1034}
        head = {"id": "r-1", "object": kind, "created": 1, "model": MODEL, "usage": usage}
        return {**head, "choices": [{"index": 0, "finish_reason": None, **choice}]}

    def _send(self, code: int, kind: str, text: str) -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        """Say nothing."""


def _openai() -> Caller:
    import openai

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Compatible)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1beta/openai/"
    client = openai.OpenAI(api_key="any", base_url=url, max_retries=0)

    def call(scenario: str, stream: bool) -> None:
        if scenario not in {**_FINISH, **_ERRORS}:
            raise LookupError
        messages: Any = [{"role": "user", "content": f"simulate:{scenario}"}]
        answer = client.chat.completions.create(
            model=MODEL, messages=messages, max_tokens=LIMIT, stream=stream
        )
        if stream:
            for _ in answer:
                pass

    return call


def openai_v2(provider: TracerProvider, url: str) -> Caller:
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return _openai()


def openai_traceloop(provider: TracerProvider, url: str) -> Caller:
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return _openai()


def openai_openinference(provider: TracerProvider, url: str) -> Caller:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return _openai()


def openai_logfire(provider: TracerProvider, url: str) -> Caller:
    _logfire().instrument_openai()
    return _openai()


OPENTELEMETRY = "opentelemetry-instrumentation"
OFFICIAL = f"{OPENTELEMETRY}-google-genai"
OPENLLMETRY = f"{OPENTELEMETRY}-google-generativeai"
OPENINFERENCE = "openinference-instrumentation-google-genai"
# Source, its file, and the packages whose versions are noted.
SOURCES: dict[str, tuple[Source, str, tuple[str, ...]]] = {
    "official": (official, OFFICIAL, (OFFICIAL, "google-genai")),
    "openinference": (openinference, OPENINFERENCE, (OPENINFERENCE, "google-genai")),
    "traceloop": (traceloop, OPENLLMETRY, (OPENLLMETRY, "google-genai")),
    "logfire": (logfire, "logfire", ("logfire", "google-genai", OFFICIAL)),
    "adk": (adk, "google-adk", ("google-adk", "google-genai")),
    "openai_v2": (openai_v2, f"{OPENTELEMETRY}-openai-v2", (f"{OPENTELEMETRY}-openai-v2", "openai")),
    "openai_traceloop": (openai_traceloop, f"{OPENTELEMETRY}-openai", (f"{OPENTELEMETRY}-openai", "openai")),
    "openai_openinference": (
        openai_openinference,
        "openinference-instrumentation-openai",
        ("openinference-instrumentation-openai", "openai"),
    ),
    "openai_logfire": (openai_logfire, "logfire-openai", ("logfire", "openai")),
}
_exporter = InMemorySpanExporter()


def recorded(call: Caller) -> Iterator[dict[str, Any]]:
    for scenario, stream in CALLS:
        _exporter.clear()
        try:
            call(scenario, stream)
        except LookupError:
            continue
        except Exception as error:  # noqa: BLE001  # what the caller gets is part of the scenario
            print(f"{scenario}: {type(error).__name__}")
        spans = [_span(span) for span in _exporter.get_finished_spans()]
        yield {"scenario": scenario, "stream": stream, "spans": spans}


def _span(span: ReadableSpan) -> dict[str, Any]:
    scope = span.instrumentation_scope
    return {
        "name": span.name,
        "scope": scope.name if scope else None,
        "kind": span.kind.name,
        "attributes": _attributes(span.attributes),
        "events": [
            {"name": event.name, "attributes": _attributes(event.attributes)} for event in span.events
        ],
        "status": {"code": span.status.status_code.name, "description": span.status.description},
    }


def _attributes(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in sorted((attributes or {}).items()) if name not in _LEFT_OUT}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in SOURCES:
        print(f"usage: record_foreign_spans.py {' | '.join(SOURCES)}")
        return 2
    source, file, packages = SOURCES[arguments[0]]
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_exporter))
    with simulator.serve() as url:
        calls = list(recorded(source(provider, str(url))))
    versions = {name: importlib.metadata.version(name) for name in (*packages, "opentelemetry-sdk")}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{file}.json"
    path.write_text(json.dumps({"packages": versions, "calls": calls}, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {sum(len(call['spans']) for call in calls)} spans of {len(calls)} calls")
    with contextlib.suppress(Exception):
        provider.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
