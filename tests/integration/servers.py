"""Starts the real servers of the integration tests: on free ports, ready when handed out, stopped afterwards.

`install.sh` puts the programs into .servers/bin; what is not there is looked for on the PATH.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from support import ROOT

PROGRAMS = ROOT / ".servers" / "bin"
COLLECTOR_CONFIG = ROOT / "examples" / "collector" / "config.yaml"
JAEGER_CONFIG, JAEGER_UI = (ROOT / "examples" / "jaeger" / name for name in ("config.yaml", "ui.json"))
_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 10


def program(name: str) -> str | None:
    """The path of an installed program."""
    return shutil.which(name, path=PROGRAMS) or shutil.which(name)


def free_address() -> str:
    """An address on this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def get(url: str, **query: Any) -> Any:
    """The JSON that a server answers."""
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query, doseq=True)}", timeout=10) as answer:
        return json.load(answer)


def eventually(look: Callable[[], Any], seconds: float = 20) -> Any:
    """What `look` returns, as soon as that is something; else, after a while, what it returned last."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


class Jaeger(NamedTuple):
    """`otlp` takes OTLP over HTTP, `url` has the query API and the page."""

    otlp: str
    url: str

    def traces(self, **query: Any) -> list[Any]:
        """What a search finds, as the API gives it; `tags` is a dict."""
        if "tags" in query:
            query["tags"] = json.dumps(query["tags"])
        return list(get(f"{self.url}/api/traces", **{"limit": 1000, "lookback": "1h", **query})["data"])


class Prometheus(NamedTuple):
    """A Prometheus that scrapes every two seconds what `scrape` names."""

    url: str
    folder: Path

    def scrape(self, job: str, address: str) -> None:
        """Scrape http://address/metrics from now on."""
        targets = [{"targets": [address], "labels": {"job": job}}]
        new = self.folder / f"{job}.new"
        new.write_text(json.dumps(targets), encoding="utf-8")
        new.rename(self.folder / f"{job}.json")

    def query(self, promql: str) -> list[Any]:
        """The result of an instant query."""
        return list(get(f"{self.url}/api/v1/query", query=promql)["data"]["result"])


class Collector(NamedTuple):
    """`otlp` takes OTLP over HTTP, `prometheus` is the address where metrics are scraped."""

    otlp: str
    prometheus: str


@contextlib.contextmanager
def run_jaeger(folder: Path) -> Iterator[Jaeger]:
    """A Jaeger 2 that keeps its traces in memory, as they are sent."""
    otlp, query, health = free_address(), free_address(), free_address()
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (folder / "jaeger.yaml").write_text(json.dumps(_jaeger_config(otlp, query, health)), encoding="utf-8")
    with running(["jaeger", f"--config={folder}/jaeger.yaml"], folder, f"http://{health}/status"):
        yield Jaeger(f"http://{otlp}", f"http://{query}")


@contextlib.contextmanager
def run_shipped_jaeger(folder: Path, ui: Mapping[str, str], path: str | None = None) -> Iterator[Jaeger]:
    """A Jaeger with the shipped configuration, but for its ports; `ui` are further options of its page, `path` is another program."""
    otlp, query, health = free_address(), free_address(), free_address()
    here = {
        **{f"extensions.jaeger_query.ui.{name}": value for name, value in ui.items()},
        "receivers.otlp.protocols.grpc.endpoint": free_address(),
        "receivers.otlp.protocols.http.endpoint": otlp,
        "extensions.jaeger_query.http.endpoint": query,
        "extensions.jaeger_query.grpc.endpoint": free_address(),
        "extensions.healthcheckv2.http.endpoint": health,
    }
    command = [path or "jaeger", f"--config={JAEGER_CONFIG}"]
    command += [f"--set={name}={value}" for name, value in here.items()]
    with running(command, folder, f"http://{health}/status", {"JAEGER_UI": str(JAEGER_UI)}):
        yield Jaeger(f"http://{otlp}", f"http://{query}")


def _jaeger_config(otlp: str, query: str, health: str) -> dict[str, Any]:
    memory = {"backends": {"memory": {"memory": {"max_traces": 100_000}}}}
    page = {
        "storage": {"traces": "memory"},
        "http": {"endpoint": query},
        "grpc": {"endpoint": free_address()},
    }
    return {
        "extensions": {
            "jaeger_storage": memory,
            "jaeger_query": page,
            "healthcheckv2": {"use_v2": True, "http": {"endpoint": health}},
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": otlp}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}},
        },
    }


@contextlib.contextmanager
def run_prometheus(folder: Path, rules: Sequence[Path] = (), *options: str) -> Iterator[Prometheus]:
    """A Prometheus with an empty data base, which evaluates `rules` each second."""
    folder.mkdir(parents=True, exist_ok=True)
    address = free_address()
    config = {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [
            {
                "job_name": "files",
                "honor_labels": True,  # a Collector's series keep the service as their job
                "file_sd_configs": [{"files": [f"{folder}/*.json"], "refresh_interval": "1s"}],
            }
        ],
    }
    # JSON is YAML.
    (folder / "prometheus.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yaml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
        "--enable-feature=exemplar-storage",
        *options,
    ]
    with running(command, folder, f"http://{address}/-/ready"):
        yield Prometheus(f"http://{address}", folder)


@contextlib.contextmanager
def run_collector(folder: Path, config: Path = COLLECTOR_CONFIG, **environment: str) -> Iterator[Collector]:
    """A Collector with the shipped configuration, which hears of `environment` where to export to."""
    otlp, prometheus, health = free_address(), free_address(), free_address()
    listen = {
        "OTLP_GRPC_LISTEN": free_address(),
        "OTLP_HTTP_LISTEN": otlp,
        "PROMETHEUS_LISTEN": prometheus,
        "HEALTH_LISTEN": health,
        "OWN_METRICS": "none",
    }
    command = ["collector", f"--config={config}"]
    with running(command, folder, f"http://{health}/", {**listen, **environment}):
        yield Collector(f"http://{otlp}", prometheus)


@contextlib.contextmanager
def running(
    command: Sequence[str], folder: Path, ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A program, as soon as `ready` answers; its output is in `folder`."""
    name, *arguments = command
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{Path(name).name}.log"
    path = program(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: run tests/integration/install.sh")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [path, *arguments],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if not eventually(lambda: process.poll() is not None or _answers(ready), _SECONDS_TO_START):
            raise TimeoutError(f"{name} is not ready after {_SECONDS_TO_START} s:\n{_end_of(log)}")
        if process.poll() is not None:
            raise ChildProcessError(f"{name} ended with {process.returncode}:\n{_end_of(log)}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]
