"""Servers with several workers, processes, threads and event loops: each call is exported as one span and counted once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from google.genai import types

from support import MODEL, ROOT, OtlpReceiver, Telemetry, make_client, plain

APPLICATION = ROOT / "tests" / "support"
CALLS = 20

Serve = Callable[..., set[int]]


@pytest.fixture
def environment(url: str, receiver: OtlpReceiver) -> dict[str, str]:
    """Of a process that exports to `receiver`: each metric as what came since the last export, so that sums are counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "GEMINI_"))}
    return {
        **kept,
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
        "SERVED_GEMINI_URL": url,
        "PYTHONPATH": str(APPLICATION),
    }


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def serve(environment: dict[str, str], unused_port: int) -> Iterator[Serve]:
    """Start a server, send `CALLS` requests, stop it; the process ids of those that answered."""
    servers: list[subprocess.Popen[bytes]] = []

    def run(*command: str) -> set[int]:
        arguments = [argument.format(port=unused_port) for argument in command]
        server = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, cwd=APPLICATION)
        servers.append(server)
        wait_for(unused_port, server)
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda _: get(unused_port), range(CALLS))
            workers = set(map(int, answers))
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) in (0, -signal.SIGTERM)
        return workers

    yield run
    for server in servers:
        if server.poll() is None:
            server.kill()
            server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the port answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)  # a server in another process: nothing tells that it listens but the port itself
    raise TimeoutError(port)


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        return str(answer.read().decode())


def assert_each_once(receiver: OtlpReceiver, calls: int) -> None:
    """As many spans as calls, all different and whole, and the same count in each metric."""
    spans = receiver.spans()
    assert len(spans) == calls
    assert len({span.span_id for span in spans}) == calls
    assert {plain(span.attributes)["gemini.response.outcome"] for span in spans} == {"ok"}
    assert total(receiver, "gemini.client.responses") == calls
    assert total(receiver, "gen_ai.client.operation.duration") == calls


def total(receiver: OtlpReceiver, name: str) -> int:
    """The sum of a metric over all exports."""
    found = [
        metric
        for resource in receiver.metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
    ]
    counted = sum(point.as_int for metric in found for point in metric.sum.data_points)
    return counted + sum(point.count for metric in found for point in metric.histogram.data_points)


def test_gunicorn(serve: Serve, receiver: OtlpReceiver) -> None:
    """Two workers that are forked after the application was imported and instrumented."""
    workers = serve(
        "gunicorn", "--preload", "-w", "2", "-b", "127.0.0.1:{port}", "--log-level", "error", "served:wsgi"
    )
    assert len(workers) == 2
    assert_each_once(receiver, CALLS)


def test_gunicorn_threads(serve: Serve, receiver: OtlpReceiver) -> None:
    """Two workers that import the application themselves, with four threads each."""
    serve(
        "gunicorn",
        "-w",
        "2",
        "--threads",
        "4",
        "-b",
        "127.0.0.1:{port}",
        "--log-level",
        "error",
        "served:wsgi",
    )
    assert_each_once(receiver, CALLS)


def test_uvicorn(serve: Serve, receiver: OtlpReceiver) -> None:
    """Two spawned workers, each with an event loop, and streams."""
    serve("uvicorn", "--workers", "2", "--port", "{port}", "--log-level", "error", "served:asgi")
    assert_each_once(receiver, CALLS)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(
    environment: dict[str, str], receiver: OtlpReceiver, tmp_path: Path, method: str
) -> None:
    """Processes of `multiprocessing` beside their parent, which has instrumented before it starts them."""
    program = """
import multiprocessing, sys
import served
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    children = [context.Process(target=served.ask_often, args=(5,)) for _ in range(2)]
    for child in children:
        child.start()
    served.ask_often(3)
    for child in children:
        child.join()
        assert child.exitcode == 0
"""
    script = tmp_path / "program.py"
    script.write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, method],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_each_once(receiver, 2 * 5 + 3)


def test_threads(telemetry: Telemetry, url: str) -> None:
    """Sixteen threads with one client."""
    client = make_client(url)
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda _: client.models.generate_content(model=MODEL, contents="hello"), range(64)):
            pass
    assert_counted(telemetry, 64)


async def slowly(city: str = "Paris") -> str:
    """Say how the weather is, after a while."""
    await anyio.sleep(0.001)
    return f"sunny in {city}"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(telemetry: Telemetry, url: str, backend: str) -> None:
    """Tasks on either event loop; on trio the SDK needs an httpx client, because aiohttp has no trio."""
    if "httpx_async_client" not in types.HttpOptions.model_fields:
        pytest.skip("this release of the SDK takes no httpx client")

    async def ask(client: Any, shape: str) -> None:
        models = client.aio.models
        if shape == "call":
            await models.generate_content(model=MODEL, contents="hello")
        elif shape == "stream":
            async for _ in await models.generate_content_stream(model=MODEL, contents="hello"):
                pass
        else:
            config = types.GenerateContentConfig(tools=[slowly])
            await models.generate_content(model=MODEL, contents="simulate:tool_chain", config=config)

    async def main() -> None:
        async with httpx.AsyncClient(timeout=60) as http, anyio.create_task_group() as tasks:
            client = make_client(url, httpx_async_client=http)
            for shape in ("call", "stream", "tools"):
                for _ in range(10):
                    tasks.start_soon(ask, client, shape)

    anyio.run(main, backend=backend)
    rounds = [span for span in telemetry.spans if span.name == f"generate_content {MODEL}"]
    assert len(rounds) == 10 + 10 + 30
    assert_counted(telemetry, 50)
    assert len([span for span in telemetry.spans if span.name == "execute_tool slowly"]) == 20
    loops = {s.context.span_id for s in telemetry.spans if s.name.startswith("automatic_function_calling")}
    assert len(loops) == 10
    assert len([span for span in rounds if span.parent and span.parent.span_id in loops]) == 30


def assert_counted(telemetry: Telemetry, calls: int) -> None:
    ended = {span.context.span_id for span in telemetry.spans if span.name == f"generate_content {MODEL}"}
    assert len(ended) == calls
    assert sum(point.value for point in telemetry.points("gemini.client.responses")) == calls
    assert sum(point.count for point in telemetry.points("gen_ai.client.operation.duration")) == calls
