"""Runs the tests that ship with google-genai without and with the instrumentation: the outcomes must be the same.

    python tests/upstream/run.py [-n WORKERS]

Needs, beside this package: google-genai with aiohttp and httpx, pytest-asyncio, pytest-xdist, pytest-timeout, mcp, pillow,
pyyaml. Most of the SDK's tests need recordings that do not ship and fail either way; some 1,900 do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from google.genai import version as sdk_version

HERE = Path(__file__).parent
PICTURES = (
    "google.png bridge1.png google_homepage.png google.jpg checkerboard.png dog.jpg man.jpg segmentation_scribble.jpg "
    "skateboard_stop_sign.jpg"
)
FILES = "story.pdf animal.mp4 pixel.m4a audio.mp3 voice_sample.wav story.txt"


def tests_of_the_sdk() -> Path:
    import google.genai

    return Path(str(google.genai.__file__)).parent / "tests"


def provide_data(tests: Path) -> None:
    """The stub files that the tests open and that do not ship."""
    from PIL import Image

    data = tests / "data"
    data.mkdir(exist_ok=True)
    for name in PICTURES.split():
        if not (data / name).exists():
            Image.new("RGB", (16, 16)).save(data / name)
    for name in FILES.split():
        if not (data / name).exists():
            (data / name).write_bytes(b"stub")


def outcomes(mode: str, tests: list[str], workers: str, replays: str) -> dict[str, str]:
    """How each test ended: passed, failed or skipped."""
    report = Path(replays) / f"{mode}.xml"
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GOOGLE_", "GEMINI_", "OTEL_"))
        },
        "GEMINI_OTEL_SDK_TESTS": mode,
        "GOOGLE_API_KEY": "dummy-api-key",
        "GOOGLE_CLOUD_PROJECT": "project-id",
        "GOOGLE_CLOUD_LOCATION": "location",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": replays,
        "PYTHONPATH": str(HERE),
        "SSL_CERT_FILE": str(HERE.parent / "data/authority.pem"),  # short, as each client reads it
    }
    options = [
        "-q",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-p",
        "instrumented",
        "--mode=replay",
        "--timeout=60",
        "-W",
        "ignore",
        "--no-header",
    ]
    overrides = ["-o", "consider_namespace_packages=true", "-o", "asyncio_mode=auto", "-o", "addopts="]
    command = [
        sys.executable,
        "-m",
        "pytest",
        *tests,
        *options,
        *overrides,
        "-n",
        workers,
        f"--junitxml={report}",
    ]
    subprocess.run(command, env=environment, cwd=replays, check=False, stdout=subprocess.DEVNULL)
    return {
        f"{case.get('classname')}::{case.get('name')}": _outcome(case)
        for case in ET.parse(report).iter("testcase")
    }


def _outcome(case: ET.Element) -> str:
    kinds = {child.tag for child in case}
    return "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", dest="workers", default="2", help="worker processes (default %(default)s)")
    workers = parser.parse_args().workers
    tests = tests_of_the_sdk()
    provide_data(tests)
    with tempfile.TemporaryDirectory() as replays:
        bare = outcomes("bare", [str(tests)], workers, replays)
        ours = outcomes("instrumented", [str(tests)], workers, replays)
    different = sorted(name for name in bare.keys() | ours.keys() if bare.get(name) != ours.get(name))
    for name in different:
        print(f"{name}: {bare.get(name)} without, {ours.get(name)} with the instrumentation")
    print(f"google-genai {sdk_version.__version__}, bare: {dict(Counter(bare.values()))}")
    print(f"instrumented: {dict(Counter(ours.values()))}")
    passed = sum(outcome == "passed" for outcome in ours.values())
    print(f"{passed} passed, {len(different)} failed")
    return 1 if different or passed < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
