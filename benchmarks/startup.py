"""What `instrument()` costs a program at start-up, compared with what it has to import anyway: CPU time, measured in one
run.

    python benchmarks/startup.py [--rounds 15] [--json FILE]

Each figure is the minimum over several interpreters, which find compiled modules, as those of an installed program do. A
program that sends traces imports OpenTelemetry's SDK; the time of `instrument()` after that is reported as a multiple of
that import. If providers are set before, the span processor starts at once; without any, with the first call. `python -X
importtime` shows the modules one by one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

_PROVIDERS = """
trace.set_tracer_provider(opentelemetry.sdk.trace.TracerProvider())
metrics.set_meter_provider(opentelemetry.sdk.metrics.MeterProvider())
"""
_PROGRAM = """
import json, sys, time
begun = time.process_time()
import opentelemetry.sdk.trace
sdk = time.process_time() - begun
from opentelemetry import metrics, trace
import opentelemetry.sdk.metrics, opentelemetry.instrumentation.instrumentor
{providers}
modules = len(sys.modules)
begun = time.process_time()
import gemini_otel
gemini_otel.instrument()
print(json.dumps({{"sdk": sdk, "instrument": time.process_time() - begun, "modules": len(sys.modules) - modules}}))
"""
PROGRAMS = {
    "with providers": _PROGRAM.format(providers=_PROVIDERS),
    "without providers": _PROGRAM.format(providers=""),
}


def start(program: str) -> dict[str, float]:
    """Seconds of CPU in a fresh interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    rounds = [{name: start(program) for name, program in PROGRAMS.items()} for _ in range(options.rounds)]
    sdk = min(each["sdk"] for every in rounds for each in every.values())
    rows = []
    print(f"import of opentelemetry.sdk.trace: {sdk * 1e3:.1f} ms")
    for name in PROGRAMS:
        instrument = min(each[name]["instrument"] for each in rounds)
        modules = int(rounds[0][name]["modules"])
        print(
            f"instrument(), {name + ':':19}{instrument * 1e3:5.1f} ms, {instrument / sdk:.2f} of it; {modules} modules"
        )
        rows.append({"configuration": name, "ratio": instrument / sdk, "modules": modules})
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
