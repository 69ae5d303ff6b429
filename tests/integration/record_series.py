"""Records what Prometheus has of the simulator's traffic, for the tests of the alerts: `python tests/integration/record_series.py`.

Each service is a process of its own that plays a mix of scenarios (examples/playground/traffic.py); their metrics go through a
real Collector into a real Prometheus, and the samples it has stored go into tests/data/alerts.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(Path(__file__).parent)]

from servers import Prometheus, eventually, free_address, get, run_collector, run_prometheus  # noqa: E402

RECORDING = ROOT / "tests" / "data" / "alerts.json"
TRAFFIC = ROOT / "examples" / "playground" / "traffic.py"
METRICS = (
    "gemini_client_responses_total",
    "gemini_client_hints_total",
    "gen_ai_client_operation_duration_seconds_count",
    "gen_ai_client_operation_duration_seconds_bucket",
    "gen_ai_execute_tool_duration_seconds_count",
    "traces_span_metrics_calls_total",
)
LABELS = {"job", "gen_ai_request_model", "gen_ai_operation_name", "error_type", "le"}
LABELS |= {"gemini_response_outcome", "gemini_response_finish_reason", "gemini_repetition_kind"}
LABELS |= {"gemini_hint_id", "gemini_hint_severity", "gemini_error_kind", "http_response_status_code"}
LABELS |= {"gen_ai_tool_name"}
SCRAPE = 2  # seconds


class Service(NamedTuple):
    """A program by its name: what it calls, and how often it plays the mix."""

    name: str
    mix: str
    model: str = "gemini-3.5-flash"
    rounds: int = 8
    rate: int = 2  # calls a second
    options: tuple[str, ...] = ()


LOOPS = (
    "loop_text={0} loop_json_items={0} loop_newlines_json={0} loop_table_hyphens={0} loop_table_tokens={0}"
)
BLOCKS = (
    "block_safety={0} finish_safety={0} finish_recitation={0} finish_prohibited_content={0} finish_spii={0}"
)
SERVICES = (
    Service("healthy", "ok=15 thinking=2 cached=2 continuation=1"),
    Service("rate-limited", "ok=12 rate_limited=8"),
    Service("overloaded", "ok=12 overloaded=7 error_in_stream=1"),
    Service("quota", "ok=18 daily_quota=2"),
    Service("truncated", "ok=16 finish_max_tokens=2 thoughts_ate_budget=2"),
    Service("blocked", f"ok=10 {BLOCKS.format(2)}"),
    Service("looping", f"ok=14 {LOOPS.format(2)} tool_loop=2", rounds=6),
    Service("empty", "ok=16 empty_stop=2 finish_no_image=2"),
    Service("broken-key", "invalid_key=10", rounds=48, rate=6),
    Service("denied", "permission_denied=5 service_disabled=5", rounds=48, rate=6),
    Service("flaky-net", "ok=5 cut_before_headers=5 internal=5 deadline_exceeded=5"),
    Service("malformed", "ok=14 finish_malformed_function_call=3 finish_unexpected_tool_call=3"),
    Service("tool-fails", "tool_chain=10", rounds=12, options=("--broken-tool",)),
    Service(
        "trip-planner",
        "ok=30 long_stream=10 tool_chain=8 thinking=6 cached=6 thoughts_ate_budget=3 "
        "rate_limited_twice=2 overloaded_once=1 finish_malformed_function_call=1",
        rounds=2,
    ),
    Service("retiring", "ok=20", model="gemini-2.5-flash", rounds=2),
    Service("retired", "ok=18 model_not_found=2", model="gemini-2.0-flash", rounds=2),
    # A little of everything, always less than what an alert asks for; a single loop of tools would be more, it has many rounds.
    Service(
        "nearly",
        "ok=88 rate_limited=5 overloaded=5 finish_max_tokens=7 empty_stop=3 finish_no_image=3 "
        f"{BLOCKS.format(2)} {LOOPS.format(1)}",
        rounds=1,
    ),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        nowhere = dict.fromkeys(("JAEGER_ENDPOINT", "TEMPO_ENDPOINT"), f"http://{free_address()}")
        with (
            run_collector(Path(folder), METRICS_FLUSH_INTERVAL="1s", **nowhere) as collector,
            run_prometheus(Path(folder, "prometheus")) as server,
        ):
            server.scrape("collector", collector.prometheus)
            eventually(lambda: server.query("up == 1"))
            begun = time.time()
            playing = [play(service, collector.otlp) for service in SERVICES]
            for process in playing:
                if process.wait(300):
                    raise SystemExit(f"{process.args} ended with {process.returncode}")
            time.sleep(3 * SCRAPE)
            RECORDING.write_text(recorded(server, begun), encoding="utf-8")


def play(service: Service, otlp: str) -> subprocess.Popen[bytes]:
    """Start a service."""
    command = [
        sys.executable,
        str(TRAFFIC),
        "--model",
        service.model,
        "--rate",
        str(service.rate),
        "--rounds",
        str(service.rounds),
        *service.options,
    ]
    environment = {
        "OTEL_SERVICE_NAME": service.name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp,
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
    }
    return subprocess.Popen([*command, *service.mix.split()], env={**os.environ, **environment})


def recorded(server: Prometheus, begun: float) -> str:
    """The series, one a line: labels, and one value for each scrape, `_` where there was none yet."""
    end = time.time()
    series: dict[str, list[str]] = {}
    for metric in METRICS:
        found = get(
            f"{server.url}/api/v1/query_range", query=_joined(metric), start=begun, end=end, step=SCRAPE
        )
        for row in found["data"]["result"]:
            labels = json.dumps({"__name__": metric, **row["metric"]})
            values = {round((at - begun) / SCRAPE): value for at, value in row["values"]}
            series[labels] = [values.get(scrape, "_") for scrape in range(int((end - begun) / SCRAPE) + 1)]
    first = min(next(at for at, value in enumerate(values) if value != "_") for values in series.values())
    lines = (f'[{labels}, "{" ".join(series[labels][first:])}"]' for labels in sorted(series))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _joined(metric: str) -> str:
    """The series without the labels that no rule knows, such as ports, which differ from recording to recording."""
    return f"sum by ({', '.join(sorted(LABELS))}) ({metric})"


if __name__ == "__main__":
    main()
