"""Runs the tests of this folder, each beside the real packages that it is about, in environments of their own.

    python tests/coexistence/run.py [sdk1 | sdk2 | sdk3]

An environment is made of the versions in the file of its name, with the Python that runs this, and kept for the next time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TOOLS = ("hypothesis", "pytest", "pytest-asyncio", "pytest-timeout")
TESTS = {
    "sdk1": ("adk_1",),
    "sdk2": ("official", "adk", "logfire", "http_clients", "pydantic_ai", "llama_index"),
    "sdk3": ("openinference", "openllmetry", "langchain", "instructor", "langsmith"),
}


def python_of(environment: str) -> Path:
    """The interpreter of an environment that has what its file says."""
    folder = ROOT / f".venv-{environment}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    install = [python, "-m", "pip", "install", "-q", "-r", HERE / f"{environment}.txt"]
    subprocess.run([*install, "-e", f"{ROOT}[demo]", *TOOLS], check=True)
    return python


def test(environment: str) -> int:
    files = [HERE / f"test_{name}.py" for name in TESTS[environment]]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:logfire", "-p", "no:langsmith", "-o", "addopts="]
    options += ["-W", "default", "--disable-warnings"]  # what the packages warn of is their matter
    print(f"{environment}: {', '.join(TESTS[environment])}", flush=True)
    return subprocess.run(
        [python_of(environment), "-m", "pytest", *options, *files], cwd=ROOT, check=False
    ).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("environments", nargs="*", choices=[[], *TESTS], help="all by default")
    return max(test(environment) for environment in parser.parse_args().environments or TESTS)


if __name__ == "__main__":
    sys.exit(main())
