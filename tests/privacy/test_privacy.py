"""The privacy proof: words that nobody else uses go through every input, and nothing that is exported or logged has them."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types
from opentelemetry.exporter.otlp.proto.http import Compression

from gemini_otel._facts import guard as _guard
from support import MODEL, SHAPES, StaticCredentials, make_client, send
from support.function_calling import ask
from support.privacy import CAPTURES, REPLIES, SECRET, Exported, found


def get_weather(city: str = "ZyqxvTown") -> str:
    """Zyqxvdoc says how the weather is."""
    return f"Zyqxvresult for {city}"


def failing(zyqxvargument: str = "Zyqxvdefault") -> str:
    """Zyqxvdoc always fails."""
    raise LookupError(f"Zyqxvexception {zyqxvargument}")


FULL: dict[str, Any] = {
    "system_instruction": "Zyqxvinstruction",
    "stop_sequences": ["Zyqxvstop"],
    "response_mime_type": "application/json",
    "response_schema": types.Schema(
        type=types.Type.OBJECT,
        description="Zyqxvdescription",
        properties={"zyqxv_field": types.Schema(type=types.Type.STRING, enum=["Zyqxvenum"])},
    ),
    "http_options": types.HttpOptions(
        headers={"X-Secret": "Zyqxvheader"}, extra_body={"labels": {"a": "Zyqxvbody"}}
    ),
}


def history(prompt: str) -> list[Any]:
    """A conversation with a secret in every part of it."""
    return [
        types.UserContent(
            [
                types.Part(text="Zyqxvearlier"),
                types.Part.from_bytes(data=b"Zyqxvinline data", mime_type="image/png"),
                types.Part.from_uri(
                    file_uri="https://example.com/zyqxvfile.pdf", mime_type="application/pdf"
                ),
                types.Part(
                    inline_data=types.Blob(data=b"1", mime_type="text/plain", display_name="zyqxvname.txt")
                ),
            ]
        ),
        types.ModelContent(
            [
                types.Part(text="Zyqxvthought", thought=True, thought_signature=b"Zyqxvsignature"),
                types.Part.from_function_call(name="lookup", args={"zyqxv_key": "Zyqxvargument"}),
                types.Part.from_executable_code(code="print('Zyqxvcode')", language=types.Language.PYTHON),
                types.Part.from_code_execution_result(outcome=types.Outcome.OUTCOME_OK, output="Zyqxvoutput"),
            ]
        ),
        types.UserContent(
            [types.Part.from_function_response(name="lookup", response={"zyqxv_out": "Zyqxvresponse"})]
        ),
        types.UserContent(f"Zyqxvprompt {prompt}"),
    ]


SCENARIOS = (
    "ok",
    "thinking",
    "grounding_tool_use",
    "inline_image",
    "finish_malformed_function_call",
    "block_safety",
    "loop_text",
    "model_not_found",
    "invalid_key",
    "error_in_stream",
    "cut_stream",
    "rate_limited_twice",
    "continuation",
)


def generate(client: genai.Client, shape: str) -> None:
    for scenario in SCENARIOS:
        send(client, shape, history(f"simulate:{scenario}"), **FULL)
    for via in ("models", "chats"):
        for tool in (get_weather, failing):
            ask(
                client,
                via,
                shape,
                "Zyqxvprompt simulate:tool_call",
                tools=[tool],
                system_instruction="Zyqxvsystem",
            )


def clients(url: str) -> list[genai.Client]:
    """Secrets in key, URL, headers, project, location."""
    secret_url = url.replace("http://", "http://zyqxvuser:Zyqxvpassword@") + "?zyqxvparameter=Zyqxvvalue"
    options = types.HttpOptions(base_url=url, headers={"X-Client": "Zyqxvclient"})
    return [
        genai.Client(api_key="Zyqxvkey", http_options=options),
        genai.Client(api_key="Zyqxvkey", http_options=types.HttpOptions(base_url=secret_url)),
        genai.Client(
            vertexai=True,
            project="zyqxvproject",
            location="us-central1",
            credentials=StaticCredentials(),
            http_options=types.HttpOptions(base_url=url),
        ),
    ]


def other_methods(client: genai.Client, path: Path) -> None:
    """Each method that takes a text, a name or a file; many of them fail here, and what they raise has secrets, too."""
    file = path / "zyqxvfile.txt"
    file.write_text("Zyqxvcontent")
    cache = types.CreateCachedContentConfig(
        contents=["Zyqxvcontent"], system_instruction="Zyqxvsystem", display_name="Zyqxvdisplay"
    )
    batch: Any = [{"contents": [{"parts": [{"text": "Zyqxvbatch"}]}]}]
    vertex_model = "projects/zyqxvproject/locations/us-central1/publishers/google/models/gemini-2.5-flash"
    calls: list[Callable[[], object]] = [
        lambda: client.files.upload(file=file, config={"display_name": "Zyqxvdisplay"}),
        lambda: client.files.upload(file=path / "zyqxvmissing.txt"),
        lambda: client.caches.create(model=MODEL, config=cache),
        lambda: client.caches.get(name="projects/zyqxvproject/locations/x/cachedContents/1"),
        lambda: client.batches.create(model=MODEL, src=batch, config={"display_name": "Zyqxvdisplay"}),
        lambda: client.batches.create(model=MODEL, src="gs://zyqxvbucket/zyqxvobject"),
        lambda: client.file_search_stores.create(config={"display_name": "Zyqxvdisplay"}),
        lambda: client.models.embed_content(
            model=MODEL, contents="Zyqxvtext", config={"title": "Zyqxvtitle"}
        ),
        lambda: client.models.count_tokens(model=MODEL, contents="Zyqxvtext"),
        lambda: client.models.compute_tokens(model=MODEL, contents="Zyqxvtext"),
        lambda: client.models.generate_images(model="imagen-4", prompt="Zyqxvimage"),
        lambda: client.models.generate_videos(model="veo-3", prompt="Zyqxvvideo"),
        lambda: client.models.get(model=vertex_model),
        lambda: client.models.generate_content(model=vertex_model, contents="Zyqxvprompt"),
        lambda: client.models.generate_content(model="Tell me Zyqxvprompt", contents="Zyqxvprompt"),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"labels": {"zyqxvlabel": "zyqxvvalue"}}
        ),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"cached_content": "cachedContents/zyqxvcache"}
        ),
        lambda: client.models.generate_content(
            model=MODEL, contents="Zyqxvprompt", config={"temperature": "Zyqxvbad"}
        ),  # type: ignore[typeddict-item]
        lambda: client.models.generate_content(model=MODEL, contents=object()),  # type: ignore[arg-type]
    ]
    for call in calls:
        with contextlib.suppress(Exception):
            call()


def raising(*subjects: Any) -> Any:
    raise RuntimeError(chr(90) + "yqxvhook", subjects)


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_generate_content(url: str, exported: Exported, shape: str, settings: Any, secrets: Any) -> None:
    """Every input of generate_content, in each shape, with tools that return and tools that raise."""
    client = make_client(url, attempts=3)
    assert found(secrets, exported.of(lambda: generate(client, shape), **settings)) == []


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
def test_clients_and_other_methods(
    url: str, exported: Exported, tmp_path: Path, settings: Any, secrets: Any
) -> None:
    """Keys, URLs, headers, projects and labels, and the inputs of every other method."""

    def calls() -> None:
        for client in clients(url):
            other_methods(client, tmp_path)
            send(client, "stream", "Zyqxvprompt simulate:ok")
        send(make_client(url), "call", "simulate:finish_max_tokens")  # something that succeeds, with a hint

    assert found(secrets, exported.of(calls, **settings)) == []


@pytest.mark.parametrize(("settings", "secrets"), CAPTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_errors_that_repeat_the_request(
    echo: str, exported: Exported, shape: str, tmp_path: Path, settings: Any, secrets: Any
) -> None:
    """Errors whose message and details repeat the request word for word, as JSON and as a page."""

    def calls() -> None:
        for prompt in ("json", "plain"):
            send(make_client(echo, attempts=2), shape, history(prompt), **FULL)
        for client in clients(echo):
            other_methods(client, tmp_path)

    assert found(secrets, exported.of(calls, **settings)) == []


@pytest.mark.parametrize("settings", [{}, {"capture_content": True, "redact": raising}], ids=["off", "on"])
def test_hooks_that_raise(url: str, exported: Exported, settings: Any) -> None:
    """What hooks, callables and the redact function raise quotes the request; our log does not."""
    hooks = dict.fromkeys(("request_hook", "response_hook", "error_hook", "on_repetition"), raising)

    def calls() -> None:
        for scenario in ("ok", "rate_limited", "loop_text"):
            send(make_client(url), "stream", f"Zyqxvprompt simulate:{scenario}")

    spoiled = {"span_attributes": lambda: raising("x"), "metric_attributes": {"a": lambda: raising("x")}}
    assert found(SECRET, exported.of(calls, **hooks, **spoiled, **settings)) == []


@pytest.mark.parametrize("place", ["fields", "snake_case"])
def test_our_own_failures(url: str, exported: Exported, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where our own code fails on what it reads, the log says where, and not on what."""
    from gemini_otel._sdk.generate_content import content
    from gemini_otel._sdk.generate_content import operation as generate_content

    def fail(value: Any, *_: Any) -> Any:
        raise KeyError(chr(90) + "yqxv", value)

    def calls() -> None:
        for module in (generate_content, content):
            monkeypatch.setattr(module, "fields", fail)
        send(make_client(url), "call", "Zyqxvprompt simulate:finish_max_tokens")
        monkeypatch.undo()
        send(make_client(url), "call", "simulate:finish_max_tokens")

    monkeypatch.setattr(_guard, "_reported", set())
    assert found(SECRET, exported.of(calls)) == []


async def test_mcp(url: str, exported: Exported) -> None:
    """Arguments and results of MCP tools, and what an MCP server says when a tool fails."""
    pytest.importorskip("mcp")
    from support.mcp_tools import run

    def calls() -> None:
        for prompt in ("Zyqxvprompt simulate:tool_call", "Zyqxvprompt simulate:tool_loop"):
            asyncio.run(run(make_client(url), "chats", False, prompt))
        send(make_client(url), "call", "simulate:finish_max_tokens")

    assert found(REPLIES, await asyncio.to_thread(exported.of, calls)) == []


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_search_finds_what_is_there(
    url: str, caplog: pytest.LogCaptureFixture, compression: Compression
) -> None:
    """With capture on and nothing redacted, the secrets are found, compressed or not: the search can fail."""
    exported = Exported(caplog, compression)
    places = b"\n".join(
        found(SECRET, exported.of(lambda: generate(make_client(url), "call"), capture_content=True))
    )
    for secret in (
        "prompt",
        "instruction",
        "stop",
        "argument",
        "response",
        "code",
        "output",
        "thought",
        "result",
    ):
        assert f"Zyqxv{secret}".encode() in places, secret
