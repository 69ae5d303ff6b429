"""Takes the pictures of the dashboard and of the alerts again: `python tools/dashboard_pictures.py`. Takes two minutes.

Services with simulated traffic run side by side. A real Collector and a real Prometheus count their calls, and Grafana's own components draw
the shipped dashboard (tests/integration/renderer). It needs the programs of tests/integration/install.sh, the extras `integration` and
`pictures`, a Chromium, and Debian's package `prometheus`, which has the page of the alerts. The alerts fire after one second here, so that
the picture need not wait for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests")]

import yaml  # noqa: E402
from google.genai import types  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: E402
from opentelemetry.sdk.resources import Resource  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402
from PIL import Image  # noqa: E402
from record_series import SERVICES, play  # noqa: E402

import gemini_otel  # noqa: E402
from gemini_otel import simulator  # noqa: E402
from servers import Prometheus, free_address, program, run_collector, run_jaeger, run_prometheus  # noqa: E402
from support.live import live_client  # noqa: E402

SHIPPED = ROOT / "src" / "gemini_otel"
SHOWN = ("trip-planner", "broken-key", "rate-limited", "blocked", "looping", "tool-fails")
SECONDS = 90
WIDTH = 1280
MODEL = "gemini-3.5-flash"
VARIABLES = {
    "datasource": "Prometheus",
    "service": ".+",
    "model": ".*",
    "resolution": "5s",
    "tempo": "Tempo",
    "jaeger": "Jaeger",
    "trace_service": "trip-planner",
}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        run_jaeger(Path(name, "jaeger")) as jaeger,
        run_collector(
            Path(name),
            JAEGER_ENDPOINT=jaeger.otlp,
            TEMPO_ENDPOINT=f"http://{free_address()}",
            DECISION_WAIT="1s",
            METRICS_FLUSH_INTERVAL="2s",
        ) as collector,
        run_prometheus(Path(name, "prometheus"), [_impatient(Path(name))]) as prometheus,
    ):
        prometheus.scrape("collector", collector.prometheus)
        begun = time.time()
        running = [play(service, collector.otlp) for service in SERVICES if service.name in SHOWN]
        try:
            _speak(collector.otlp, begun + SECONDS)
            _draw(Path(name), prometheus, jaeger.url, begun)
        finally:
            for process in running:
                process.terminate()
                process.wait()


def _impatient(folder: Path) -> Path:
    rules = yaml.safe_load((SHIPPED / "_commands" / "alerts" / "gemini.yaml").read_text(encoding="utf-8"))
    for rule in (each for group in rules["groups"] for each in group["rules"] if "for" in each):
        rule["for"] = "1s"
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(rules), encoding="utf-8")
    return file


def _speak(otlp: str, end: float) -> None:
    """A service with Live sessions, grounded answers and embeddings, until the time `end`."""
    exporter = OTLPMetricExporter(f"{otlp}/v1/metrics")
    resource = Resource.create({"service.name": "voice"})
    metrics = MeterProvider([PeriodicExportingMetricReader(exporter, 1000)], resource)
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{otlp}/v1/traces")))
    gemini_otel.instrument(tracer_provider=traces, meter_provider=metrics, cost=True)
    with simulator.serve() as url:
        for number in itertools.count():
            if time.time() >= end:
                break
            with gemini_otel.prompt("greeting", version=str(number % 2)):
                asyncio.run(_talk(url))
            time.sleep(0.5)
    gemini_otel.uninstrument()
    traces.shutdown()
    metrics.shutdown()


async def _talk(url: simulator.Simulator) -> None:
    client = live_client(url)
    async with client.aio.live.connect(model=MODEL, config={"response_modalities": ["AUDIO"]}) as session:
        for text in ("simulate:live_audio", "simulate:live_audio", "simulate:live_interrupted"):
            await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text=text)]))
            async for _ in session.receive():
                pass
    for scenario, tool in (("grounding_tool_use", "google_search"), ("url_not_read", "url_context")):
        config = types.GenerateContentConfig(tools=[types.Tool.model_validate({tool: {}})])
        with contextlib.suppress(Exception):
            await client.aio.models.generate_content(
                model=MODEL, contents=f"simulate:{scenario}", config=config
            )
    await client.aio.models.embed_content(model="gemini-embedding-001", contents="The tide is out.")


def _draw(folder: Path, prometheus: Prometheus, jaeger: str, begun: float) -> None:
    board = json.loads((SHIPPED / "_commands" / "dashboards" / "gemini.json").read_text(encoding="utf-8"))
    *kept, last = (panel for panel in board["panels"] if panel["title"] != "Latest bad calls, in Tempo")
    board["panels"] = [*kept, {**last, "gridPos": {**last["gridPos"], "x": 0, "w": 24}}]  # no Tempo runs here
    file = folder / "gemini.json"
    file.write_text(json.dumps(board), encoding="utf-8")
    asked = {
        "dashboard": str(file),
        "prometheus": prometheus.url,
        "jaeger": jaeger,
        "from": round(begun * 1000),
        "to": round(time.time() * 1000),
        "variables": VARIABLES,
        "width": WIDTH,
    }
    whole = IMAGES / "dashboard.png"
    _run({**asked, "scale": 1, "pictures": {"": str(whole)}})
    parts = {
        "pictures": {"Top hints": str(IMAGES / "dashboard-hints.png")},
        "hover": {
            "panel": "Top hints",
            "text": "create a new key",
            "picture": str(IMAGES / "dashboard-remedy.png"),
        },
        "page": {
            "url": f"{prometheus.url}/classic/alerts",
            "unfold": "GeminiNothingSucceeds",
            "picture": str(IMAGES / "alerts.png"),
        },
    }
    _run({**asked, "scale": 1.5, **parts})
    for name, colours in (
        ("dashboard", 64),
        ("dashboard-hints", 128),
        ("dashboard-remedy", 128),
        ("alerts", 128),
    ):
        picture = IMAGES / f"{name}.png"
        image = Image.open(picture)
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=colours).save(picture, optimize=True)


def _run(asked: dict[str, Any]) -> None:
    subprocess.run(  # noqa: S603
        [str(program("draw-dashboard")), json.dumps(asked)],
        env={**os.environ, "CHROMIUM": str(program("chromium"))},
        stdout=subprocess.DEVNULL,
        check=True,
    )


if __name__ == "__main__":
    main()
