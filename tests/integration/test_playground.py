"""The playground: each of its files is checked by the program that reads it, or against its schema, without a container."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import needs

from servers import Collector, Prometheus, eventually, free_address, program, running
from support import ROOT, receiving

PLAYGROUND = ROOT / "examples" / "playground"
COMPOSE = PLAYGROUND / "compose.yaml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
TRAFFIC = [name for name, service in SERVICES.items() if "build" in service]


def read(path: str) -> Any:
    return yaml.safe_load((PLAYGROUND / path).read_text(encoding="utf-8"))


def test_compose_follows_its_schema() -> None:
    """compose.yaml is a valid compose file."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_images_are_pinned() -> None:
    """Each image has an exact version, also the one that the traffic's is made from."""
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(
        r"^FROM (\S+)$", (PLAYGROUND / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(images) == 6
    # The second line of Jaeger, the third of Prometheus and Tempo, the thirteenth of Grafana
    lines = {
        name: SERVICES[name]["image"].rpartition(":")[2].lstrip("v").split(".")[0]
        for name in ("jaeger", "prometheus", "tempo", "grafana")
    }
    assert lines == {"jaeger": "2", "prometheus": "3", "tempo": "3", "grafana": "13"}
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+(-[a-z-]+)?$", image)] == []


def test_no_image_is_built_twice() -> None:
    """Services that are built alike have images of their own: compose builds all at once, and the second of one name may fail."""
    built = [service.get("image", name) for name, service in SERVICES.items() if "build" in service]
    assert len(built) == len(set(built)) == 4


def test_versions_are_the_tested_ones() -> None:
    """The Collector is of the version that the tests build, Jaeger of the one that its page shows, which is the tests' line or a newer one."""
    modules = (ROOT / "tests/integration/collector/go.mod").read_text(encoding="utf-8")
    (collector,) = set(
        re.findall(r"opentelemetry-collector-contrib/connector/spanmetricsconnector v(\S+)", modules)
    )
    assert SERVICES["collector"]["image"].endswith(f":{collector}")
    page = (ROOT / "docs" / "jaeger.md").read_text(encoding="utf-8")
    assert SERVICES["jaeger"]["image"] in page
    assert SERVICES["jaeger"]["image"].rpartition(":")[2].startswith("2.")


def test_names_of_components_are_those_of_today() -> None:
    """The Collector warns of names that are only aliases any more: there are none."""
    config = yaml.safe_load((ROOT / "examples/collector/config.yaml").read_text(encoding="utf-8"))
    kinds = {name.partition("/")[0] for part in ("connectors", "exporters") for name in config[part]}
    assert kinds == {"forward", "span_metrics", "otlp_http", "prometheus"}


def test_jaeger(tmp_path: Path) -> None:
    """Jaeger takes its configuration and what its command sets over that."""
    needs("jaeger")
    (place,) = [target for _, target in mounts("jaeger")]
    inside("jaeger", tmp_path)
    health = free_address()
    command = [word.replace(place, f"{tmp_path}{place}") for word in SERVICES["jaeger"]["command"]]
    here = {  # the configuration has fixed ports
        "extensions.jaeger_query.ui.config_file": f"{tmp_path}{place}/ui.json",
        "receivers.otlp.protocols.grpc.endpoint": free_address(),
        "receivers.otlp.protocols.http.endpoint": free_address(),
        "extensions.jaeger_query.http.endpoint": free_address(),
        "extensions.jaeger_query.grpc.endpoint": free_address(),
        "extensions.healthcheckv2.http.endpoint": health,
    }
    command += [f"--set={name}={value}" for name, value in here.items()]
    with running(["jaeger", *command], tmp_path, f"http://{health}/status"):
        pass
    wrong = [word.replace("max_traces", "most_traces") for word in command]
    with (
        pytest.raises(ChildProcessError, match="most_traces"),
        running(["jaeger", *wrong], tmp_path, f"http://{health}/status"),
    ):
        pass


def test_ports() -> None:
    """Ports are open on this machine only, none twice."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    published = [port.split(":")[1] for port in ports]
    assert len(published) == len(set(published))
    other = set(re.findall(r"-p (\d+):", (ROOT / "docs" / "jaeger.md").read_text(encoding="utf-8")))
    assert other == {"16686", "4318"}
    assert not other & set(published)
    page = (ROOT / "docs" / "playground.md").read_text(encoding="utf-8")
    assert set(re.findall(r"localhost:(\d+)", page)) <= set(published)


def mounts(service: str) -> Iterator[tuple[Path, str]]:
    """The files and folders that a service sees of this repository, and where."""
    for volume in SERVICES[service].get("volumes", ()):
        source, target, mode = volume.split(":")
        assert mode == "ro"
        yield (PLAYGROUND / source).resolve(), target


@pytest.mark.parametrize("service", SERVICES)
def test_mounts_and_dependencies_exist(service: str) -> None:
    """What is mounted exists, and so do the services that are waited for, with a health check where they are to be healthy."""
    assert [str(source) for source, _ in mounts(service) if not source.exists()] == []
    for other, condition in SERVICES[service].get("depends_on", {}).items():
        wanted = {"service_healthy"} if "healthcheck" in SERVICES[other] else {"service_started"}
        assert {condition["condition"]} == wanted


def inside(service: str, root: Path) -> Path:
    """A folder with what the service's container sees of this repository."""
    for source, target in mounts(service):
        place = root / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place)
        else:
            shutil.copy(source, place)
    return root


def passes(name: str, *arguments: str) -> str:
    needs(name)
    done = subprocess.run([str(program(name)), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def option(service: str, name: str) -> str:
    """The value of an option in a service's command."""
    (value,) = [
        each.partition("=")[2]
        for each in SERVICES[service]["command"]
        if each.partition("=")[0].lstrip("-") == name
    ]
    return str(value)


def test_prometheus(tmp_path: Path) -> None:
    """Prometheus takes its configuration, where it finds the rules, and scrapes the Collector's port."""
    root = inside("prometheus", tmp_path)
    config = root / option("prometheus", "config.file").lstrip("/")
    assert "1 rule files found" in passes("promtool", "check", "config", str(config))
    assert read("prometheus.yaml")["scrape_configs"][0]["static_configs"] == [{"targets": ["collector:8889"]}]


def test_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Collector takes its configuration with the playground's environment, and exports to services of the playground."""
    for name, value in SERVICES["collector"]["environment"].items():
        monkeypatch.setenv(name, value)
    config = inside("collector", tmp_path) / "etc/otelcol-contrib/config.yaml"
    passes("collector", "validate", f"--config={config}")
    hosts = re.findall(r"ENDPOINT:-http://(\w+):4318", config.read_text(encoding="utf-8"))
    assert sorted(hosts) == ["jaeger", "tempo"]
    assert set(hosts) <= SERVICES.keys()


def test_tempo(tmp_path: Path) -> None:
    """Tempo's configuration is where its command looks, and lets it listen where the Collector sends to."""
    config = inside("tempo", tmp_path) / option("tempo", "config.file").lstrip("/")
    assert yaml.safe_load(config.read_text(encoding="utf-8")) == read("tempo.yaml")
    receivers = read("tempo.yaml")["distributor"]["receivers"]
    assert receivers == {"otlp": {"protocols": {"http": {"endpoint": "0.0.0.0:4318"}}}}


def test_data_sources() -> None:
    """Grafana's data sources are services of the playground, and lead from metrics to traces and back."""
    provisioned = read("grafana/datasources.yaml")
    assert provisioned["apiVersion"] == 1
    sources = {source["uid"]: source for source in provisioned["datasources"]}
    assert {uid: source["url"] for uid, source in sources.items()} == {
        "prometheus": "http://prometheus:9090",
        "tempo": "http://tempo:3200",
        "jaeger": "http://jaeger:16686",
    }
    assert [source["type"] for source in sources.values()] == list(sources)
    assert [uid for uid, source in sources.items() if source.get("isDefault")] == ["prometheus"]
    for link in sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]:
        assert link == {"name": "trace_id", "datasourceUid": "tempo"}
    assert read("tempo.yaml")["server"]["http_listen_port"] == 3200
    for uid in ("tempo", "jaeger"):
        assert sources[uid]["jsonData"]["tracesToMetrics"]["datasourceUid"] == "prometheus"


def test_grafana_knows_what_is_provisioned() -> None:
    """Grafana passes over keys that it does not know: there are none."""
    source = {"name", "type", "uid", "access", "url", "isDefault", "jsonData"}
    metrics = {"tracesToMetrics"}
    options = {
        "prometheus": {"timeInterval", "httpMethod", "manageAlerts", "exemplarTraceIdDestinations"},
        "tempo": metrics,
        "jaeger": metrics,
    }
    linked = {"datasourceUid", "spanStartTimeShift", "spanEndTimeShift", "tags", "queries"}
    for each in read("grafana/datasources.yaml")["datasources"]:
        assert each.keys() <= source
        assert each["jsonData"].keys() == options[each["type"]]
        assert each["jsonData"].get("tracesToMetrics", {}).keys() <= linked
    dashboards = read("grafana/dashboards.yaml")
    assert dashboards == {
        "apiVersion": 1,
        "providers": [{"name": "gemini", "type": "file", "options": {"path": "/var/lib/grafana/dashboards"}}],
    }


def test_queries_of_the_data_sources_parse(tmp_path: Path) -> None:
    """What Grafana asks Prometheus about a span is PromQL."""
    queries = [
        query["query"].replace("$$__tags", 'job="chat"')
        for source in read("grafana/datasources.yaml")["datasources"]
        for query in source["jsonData"].get("tracesToMetrics", {}).get("queries", ())
    ]
    assert len(queries) == 4
    rules = {
        "groups": [
            {"name": "q", "rules": [{"record": f"q{i}", "expr": query} for i, query in enumerate(queries)]}
        ]
    }
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rules), encoding="utf-8")
    passes("promtool", "check", "rules", str(file))


def test_dashboard_is_provisioned(tmp_path: Path) -> None:
    """Grafana finds the shipped dashboard, which is its home page, at a resolution that shows the first minute, and its data sources."""
    root = inside("grafana", tmp_path)
    (provider,) = read("grafana/dashboards.yaml")["providers"]
    (dashboard,) = (root / provider["options"]["path"].lstrip("/")).glob("*.json")
    shown = json.loads(dashboard.read_text(encoding="utf-8"))
    variables = shown["templating"]["list"]
    home = urllib.parse.urlsplit(SERVICES["grafana"]["environment"]["GF_USERS_HOME_PAGE"])
    assert home.path == f"/d/{shown['uid']}"
    chosen = dict(urllib.parse.parse_qsl(home.query))
    (resolution,) = [variable for variable in variables if variable["name"] == "resolution"]
    assert chosen["var-resolution"] == "15s"
    assert chosen["var-resolution"] in resolution["query"].split(",")
    assert int(SERVICES["chat"]["environment"]["OTEL_METRIC_EXPORT_INTERVAL"]) * 3 <= 15_000
    types = {variable["query"] for variable in variables if variable["type"] == "datasource"}
    assert types == {source["type"] for source in read("grafana/datasources.yaml")["datasources"]}


def test_the_home_page_has_data_within_a_minute() -> None:
    """From the first call on, each step to Grafana's page has an upper limit, and together they are less than a minute."""
    export = int(SERVICES["chat"]["environment"]["OTEL_METRIC_EXPORT_INTERVAL"]) / 1000
    collector = yaml.safe_load((ROOT / "examples/collector/config.yaml").read_text(encoding="utf-8"))
    batch = seconds(collector["processors"]["batch"]["timeout"].partition(":-")[2].rstrip("}"))
    spans = seconds(SERVICES["collector"]["environment"]["METRICS_FLUSH_INTERVAL"])
    scrape = seconds(read("prometheus.yaml")["global"]["scrape_interval"])
    home = SERVICES["grafana"]["environment"]["GF_USERS_HOME_PAGE"]
    refresh = seconds(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(home).query))["refresh"])
    assert 0 < max(export, spans) + 2 * batch + scrape + refresh < 60  # spans pass two batches
    # The first value of a series is shown at once: the panels add what a series begins with.
    panels = json.loads(
        (ROOT / "src/gemini_otel/_commands/dashboards/gemini.json").read_text(encoding="utf-8")
    )["panels"]
    counted = [
        target["expr"]
        for panel in panels
        for target in panel.get("targets", ())
        if re.search(r"\b(rate|increase)\(", target.get("expr", ""))
    ]
    assert counted
    assert [expr for expr in counted if '"begun"' not in expr] == []
    for service in TRAFFIC:
        (rate,) = [word for word in SERVICES[service]["command"] if "rate=" in word] or ["--rate=1"]
        assert float(rate.partition("=")[2]) >= 1  # calls a second


def seconds(duration: str) -> float:
    match = re.fullmatch(r"(\d+)(ms|s|m)", duration)
    assert match, duration
    return int(match[1]) * {"ms": 0.001, "s": 1, "m": 60}[match[2]]


def test_the_image_has_what_the_traffic_needs() -> None:
    """The Dockerfile copies what exists, and what its .dockerignore lets through."""
    dockerfile = (PLAYGROUND / "Dockerfile").read_text(encoding="utf-8")
    let_through = re.findall(
        r"^!(\S+)$", (PLAYGROUND / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE
    )
    copied = [
        path for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE) for path in line.split()
    ]
    assert sorted(copied) == sorted(let_through)
    assert [path for path in copied if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("service", TRAFFIC)
def test_traffic(service: str, collector: Collector, prometheus: Prometheus) -> None:
    """Each service plays its mix, as the playground starts it: all its metrics reach Prometheus through the Collector."""
    prometheus.scrape("collector", collector.prometheus)
    environment = {
        **os.environ,
        **SERVICES[service]["environment"],
        "OTEL_SERVICE_NAME": f"playground-{service}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp,
    }
    command = [sys.executable, str(PLAYGROUND / "traffic.py"), *SERVICES[service]["command"]]
    done = subprocess.run(
        [*command, "--rate=20", "--rounds=1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = f'sum(gemini_client_responses_total{{job="playground-{service}"}})'
    mix = sum(
        int(word.partition("=")[2]) for word in SERVICES[service]["command"] if not word.startswith("--")
    )
    assert eventually(lambda: prometheus.query(f"{made} >= {mix}"), 30), prometheus.query(made)


def test_traffic_says_what_is_wrong() -> None:
    """A scenario that does not exist is named."""
    command = [sys.executable, str(PLAYGROUND / "traffic.py"), "no_such_scenario=1"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "'no_such_scenario=1' is not a scenario" in refused.stderr


def test_traffic_stops() -> None:
    """Where it is stopped, as `docker compose down` does, it sends what is left and ends."""
    command = [sys.executable, str(PLAYGROUND / "traffic.py"), "ok=1", "--rate=5"]
    with receiving() as receiver:
        environment = {
            **os.environ,
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        process = subprocess.Popen(command, env=environment)
        try:
            assert eventually(receiver.spans, 30)
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
        assert receiver.metrics
