"""One word for each task, and the tests over the SDK's versions and transports.

nox -s lint                 linters, types, import contract
nox -s generate             writes all generated files; `-- --check` only says which are stale
nox -s docs                 builds the site
nox -s package              builds wheel and sdist and checks them
nox -s integration          the tests with a real Jaeger, Prometheus and Collector
nox                         the tests, every row: each SDK version with each transport it knows
nox -t short               what CI runs besides the README's command, which has the newest SDK with aiohttp
nox -s "tests(2.20.0, httpx)" -- tests/calls/test_streams.py
nox -s newest_python        the core tests on Python 3.14; skipped where tools/python314.py cannot have one
nox -s collector            a minute in which the garbage collector drops streams inside of a metric reader's locks
nox -s chaos                100,000 operations that no program would do, of three seeds, without us and with us
nox -s mutants              which small changes of the code no test notices; `-- --sample 200 --seed 2 --only hints/_search.py`
nox -s drift                what is new in the newest packages since the versions in tests/newest.txt
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / "tools"))
import python314

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"

NEWEST = "newest"
# An SDK version, a Python that it accepts, and its transports.
MATRIX = (
    ("1.32.0", "3.10", ("httpx", "aiohttp")),
    ("1.75.0", "3.10", ("httpx", "aiohttp")),
    ("2.0.1", "3.11", ("httpx", "aiohttp")),
    ("2.20.0", "3.12", ("httpx", "httpx2", "aiohttp")),
    ("2.34.0", "3.12", ("httpx", "httpx2", "aiohttp")),
    ("3.0.0", "3.13", ("httpx", "httpx2", "aiohttp")),
    (NEWEST, "3.13", ("httpx", "httpx2", "aiohttp")),
)
BEFORE_MCP_2 = ("1.32.0", "1.75.0", "2.0.1")  # they read fields that mcp 2 has renamed
OLDEST = MATRIX[0][0]
SHORT = {(OLDEST, "aiohttp"), ("2.20.0", "httpx"), (NEWEST, "httpx2")}
# Tests that do not depend on the SDK's version or transport run with the oldest version and, by the README's command, with
# the newest.
SDK_INDEPENDENT = (
    "tests/chaos",
    "tests/commands",
    "tests/console",
    "tests/fuzz",
    "tests/hints",
    "tests/project",
    "tests/repetition",
    "tests/simulator",
    "tests/calls/test_servers.py",
    "tests/errors/test_error_kinds.py",
    "tests/errors/test_error_texts.py",
    "tests/package/test_pytest_plugin.py",
    "tests/robustness/test_bad_back_end.py",
    "tests/robustness/test_bounds.py",
    "tests/robustness/test_patterns.py",
    "tests/telemetry/test_recordings.py",
)
# Tests that may depend on the version of Python: patching, the shapes of calls and their ends, threads, tasks and
# signatures.
CORE = (
    "tests/calls/test_answers.py",
    "tests/calls/test_attempts.py",
    "tests/calls/test_background.py",
    "tests/calls/test_endings.py",
    "tests/calls/test_streams.py",
    "tests/calls/test_turns.py",
    "tests/commands/test_explain.py",
    "tests/errors/test_errors.py",
    "tests/interactions/test_interactions.py",
    "tests/live",
    "tests/package/test_instrumentor.py",
    "tests/package/test_patching.py",
    "tests/package/test_public_api.py",
    "tests/robustness/test_guard.py",
    "tests/settings/test_settings.py",
    "tests/telemetry/test_hooks.py",
    "tests/telemetry/test_processor.py",
)
# A fault of the SDK, with or without us: its generated clients pass a constant of httpx to httpx2 as the timeout.
NOT_SENT = {
    ("2.34.0", "httpx2"): (
        "--ignore=tests/interactions/test_interactions.py",
        "--ignore=tests/interactions/test_interaction_content.py",
        "--ignore=tests/methods/test_generated.py",
        "--ignore=tests/methods/test_methods.py",
        "--deselect=tests/calls/test_background.py::test_an_interaction",
        "--deselect=tests/calls/test_server_tools.py::test_interactions",
        "--deselect=tests/methods/test_recorded_methods.py::test_every_recording",
        "--deselect=tests/methods/test_recorded_methods.py::test_every_streamed_interaction",
        "--deselect=tests/robustness/test_hostile.py::test_an_interaction_that_failed",
    )
}


def _interpreter(version: str) -> str:
    """The interpreter of a version, wherever this machine keeps it; its plain name if there is none that runs."""
    candidates = [found] if (found := shutil.which(f"python{version}")) else []
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run(  # noqa: S603
            [pyenv, "root"], check=True, capture_output=True, text=True
        ).stdout.strip()
        candidates[:0] = map(str, sorted(Path(root, "versions").glob(f"{version}.*/bin/python")))
    for candidate in candidates:
        tried = subprocess.run([candidate, "-c", "import venv"], check=False, capture_output=True)  # noqa: S603
        if tried.returncode == 0:
            return candidate
    return f"python{version}"


def _rows() -> list[object]:
    return [
        nox.param(
            sdk,
            transport,
            _interpreter(python),
            id=f"{sdk}, {transport}",
            tags=["short"] if (sdk, transport) in SHORT else [],
        )
        for sdk, python, transports in MATRIX
        for transport in transports
    ]


@nox.session
@nox.parametrize("sdk, transport, python", _rows())
def tests(session: nox.Session, sdk: str, transport: str) -> None:
    """The tests on one SDK version with one transport."""
    constraints = ["-c", "tests/oldest.txt"] if sdk == OLDEST else []
    package = "google-genai" if sdk == NEWEST else f"google-genai=={sdk}"
    extra = ["httpx2"] if transport == "httpx2" else []
    if sdk in BEFORE_MCP_2:
        extra.append("mcp<2")
    session.install("-q", "-e", ".[test]", package, *extra, *constraints)
    if transport != "aiohttp":  # the SDK's async client uses it wherever it is installed
        session.run("pip", "uninstall", "-q", "-y", "aiohttp")
    chosen = session.posargs or [
        "tests",
        *(f"--ignore={path}" for path in SDK_INDEPENDENT if sdk != OLDEST),
        *NOT_SENT.get((sdk, transport), ()),
        # Compared with a bare run, because older SDKs and their transports end in different ways.
        "--ignore=tests/chaos",
    ]
    environment = {"GOOGLE_GENAI_HTTP_CLIENT": "auto" if transport == "aiohttp" else transport}
    session.run("pytest", "-q", "-n", "auto", *chosen, env=environment)


@nox.session
def lint(session: nox.Session) -> None:
    """Linters, types, import contract."""
    session.install("-q", "-e", ".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("mypy", "--strict", "tests/package/typed_api.py")
    session.run("lint-imports")


@nox.session
def generate(session: nox.Session) -> None:
    """All generated files."""
    session.install("-q", "-e", ".[lint]", "google-genai")
    session.run("python", "tools/generate.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, in site/; fails for a link that leads nowhere."""
    session.install("-q", "-e", ".[docs]")
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def package(session: nox.Session) -> None:
    """Wheel and sdist: what is in them, and that they install."""
    session.install("-q", "hatchling", "twine")
    session.run("python", "tools/check_package.py")


@nox.session
def integration(session: nox.Session) -> None:
    """The tests with a real Jaeger, Prometheus and Collector, which are built or fetched first."""
    session.run("bash", "tests/integration/install.sh", external=True)
    session.install("-q", "-e", ".[integration]", "google-genai")
    session.run("pytest", "-q", *(session.posargs or ["tests/integration"]))


@nox.session
def fuzz(session: nox.Session) -> None:
    """The fuzz tests with more examples, which differ each time."""
    session.install("-e", ".[test]", "google-genai")
    session.run("pytest", "tests/fuzz", env={"GEMINI_OTEL_FUZZ": "fuzz"})


@nox.session
def collector(session: nox.Session) -> None:
    """A metric reader beside dropped streams, with the garbage collector at every allocation, for a minute."""
    session.install("-e", ".[test]", "google-genai")
    session.run("pytest", "tests/robustness/test_dropped.py", env={"GEMINI_OTEL_COLLECTOR_SECONDS": "60"})


@nox.session
def chaos(session: nox.Session) -> None:
    """100,000 operations of three seeds, bare and instrumented; `-- 7` takes one seed of your choice, `-- 7 1234` one
    operation.
    """
    session.install("-e", ".[test]", "google-genai")
    seeds, number = (*session.posargs, "", "")[:2]
    environment = {"CHAOS_SEEDS": seeds or "101,102,103", "CHAOS_OPERATIONS": "33334", "CHAOS_ONLY": number}
    session.run("pytest", "-q", "-n", "3", "tests/chaos", env=environment)


@nox.session
def mutants(session: nox.Session) -> None:
    """Mutation testing of a sample of the modules of a call's life, of errors and hints, each with its own tests."""
    session.install("-q", "-e", ".[test]", "google-genai", "cosmic-ray==8.7.0")
    session.run("python", "tools/mutants.py", *session.posargs)


@nox.session(python=False, tags=["short"])
def newest_python(session: nox.Session) -> None:
    """The core tests with the newest SDK on Python 3.14."""
    try:
        interpreter = python314.python()
    except python314.NotHereError as reason:
        session.skip(str(reason))
    environment = Path(".nox", "newest_python")
    python = environment / "bin" / "python"
    if not python.exists():
        session.run(str(interpreter), "-m", "venv", "--without-pip", str(environment), external=True)
    pip = (sys.executable, "-m", "pip", "--python", str(python))
    session.run(*pip, "install", "-q", "-e", ".[test]", "google-genai", external=True)
    session.run(str(python), "-m", "pytest", "-q", "-n", "auto", *(session.posargs or CORE), external=True)


@nox.session
def drift(session: nox.Session) -> None:
    """What is new in the newest packages since those that this release was tested with; `-- --update` takes their versions
    over.
    """
    session.install("-q", "--upgrade", "-e", ".[console]", "google-genai", "opentelemetry-sdk", "wrapt")
    session.install("-q", "aiohttp", "httpx", "packaging")
    session.run("python", "-W", "ignore", "tools/drift.py", *session.posargs)
