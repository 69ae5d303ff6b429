"""Runs tests in forks of a process that has already made the large imports, so that 200 mutants take minutes instead of hours.

Each bench is a copy of the repository with at most one changed module. A first run without a change records which test reaches which lines
and how long it takes; for a mutant, only the tests that reach its lines run. The first failure ends a run at once, without any teardown.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import pickle
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import pytest

SOURCE = Path("src/gemini_otel")
_SECONDS_FOR_A_TEST = 30
# Writes the result, and ends the fork.
End = Callable[[Any], NoReturn]
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "site", "dist", "build")
_LARGE_IMPORTS = (
    "aiohttp",
    "anyio.pytest_plugin",
    "hypothesis.strategies",
    "pytest_asyncio.plugin",
    "trio",
    "google.genai.live",
    "google.genai.types",
    "mcp.server.fastmcp",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._logs.export",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.test.globals_test",
    "coverage",
    "websockets.sync.client",
)


@dataclass
class Reach:
    """The duration of one test and the lines that it reaches, from the run without a change."""

    seconds: float = 0.0
    lines: dict[str, set[int]] = field(default_factory=dict)  # by module


@dataclass
class Run:
    """A fork that runs tests, and its result."""

    process: int
    ends_by: float
    outcome: Path
    begun: float = field(default_factory=time.monotonic)

    def ended(self) -> bool:
        if time.monotonic() > self.ends_by:
            self.kill()
        process, _ = os.waitpid(self.process, os.WNOHANG)
        if process:
            self._kill_what_is_left()
        return bool(process)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)

    def result(self) -> Any:
        """The fork's result; None if it was killed."""
        return pickle.loads(self.outcome.read_bytes()) if self.outcome.exists() else None  # noqa: S301  # our own file

    def _kill_what_is_left(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process, signal.SIGKILL)


class Bench:
    """A copy of the repository."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.copy = folder / "repository"
        self._restore: Callable[[], object] = bool
        shutil.copytree(root, self.copy, ignore=_NOT_COPIED)
        if (shared := root.parent / "shared").exists():
            (folder / "shared").symlink_to(shared.resolve())

    def reach(self, test_file: str, rows: Iterable[str]) -> Run:
        """Run each test of a file or folder once, and record which lines of these modules and folders it reaches."""
        files = [str(self.copy / SOURCE / row / ("" if row.endswith(".py") else "*")) for row in rows]
        return self._fork(lambda end: end(self._reached(test_file, files)), seconds=1200)

    def try_mutant(self, module: str, code: str, tests: list[str], seconds: float) -> Run:
        """Run the tests until one fails, and return its name; "" if all passed."""
        self._restore()
        path = self.copy / SOURCE / module
        for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            stale.unlink()
        original = path.read_text(encoding="utf-8")
        path.write_text(code, encoding="utf-8")
        self._restore = functools.partial(path.write_text, original, encoding="utf-8")
        return self._fork(
            lambda end: end(_first_failure(tests, end)), seconds=_SECONDS_FOR_A_TEST + 5 * seconds
        )

    def _fork(self, work: Callable[[End], object], seconds: float) -> Run:
        outcome = self.copy.parent / "outcome.pickle"
        outcome.unlink(missing_ok=True)
        sys.stdout.flush()
        process = os.fork()
        if not process:
            self._in_the_fork(work, outcome)
        return Run(process, time.monotonic() + seconds, outcome)

    def _in_the_fork(self, work: Callable[[End], object], outcome: Path) -> NoReturn:
        try:
            os.setsid()
            os.chdir(self.copy)
            os.environ["PYTHONPATH"] = str(self.copy / "src")
            sys.path.insert(0, str(self.copy / "src"))
            output = os.open(self.copy.parent / "output.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            work(functools.partial(_end, outcome))
        except BaseException:  # noqa: BLE001  # the process ends here
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(2)

    def _reached(self, test_file: str, files: list[str]) -> dict[str, Reach]:
        import coverage

        os.environ["COVERAGE_CORE"] = "ctrace"  # newer releases have no contexts
        measured = coverage.Coverage(data_file=None, config_file=False, include=files)
        recorder = _Recorder(measured)
        measured.start()
        _pytest([test_file], recorder)
        measured.stop()
        data = measured.get_data()
        for file in data.measured_files():
            module = Path(file).relative_to(self.copy / SOURCE).as_posix()
            for line, contexts in data.contexts_by_lineno(file).items():
                for test in recorder.tests.keys() & contexts:
                    recorder.tests[test].lines.setdefault(module, set()).add(line)
        return recorder.tests


def _end(outcome: Path, result: Any) -> NoReturn:
    outcome.write_bytes(pickle.dumps(result))
    os._exit(0)


class _Recorder:
    """A plugin that tells coverage which test is running. It ignores tests that fail, such as those that measure time,
    because coverage slows them down.
    """

    def __init__(self, measured: Any) -> None:
        self._measured = measured
        self.tests: dict[str, Reach] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tests[nodeid] = Reach()
        self._measured.switch_context(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._measured.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.tests.pop(report.nodeid, None)
        elif report.nodeid in self.tests:
            self.tests[report.nodeid].seconds += report.duration


class _Chosen:
    """A plugin that runs these tests in their order, until one fails."""

    def __init__(self, tests: list[str], end: End) -> None:
        self._end = end
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place),
            key=lambda item: self._place[item.nodeid],
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._end(report.nodeid)


def _first_failure(tests: list[str], end: End) -> str:
    import pytest

    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    code = _pytest(files, _Chosen(tests, end))
    return "" if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else "the import"


def _pytest(files: list[str], plugin: object) -> int:
    import pytest

    late = "ignore::pytest.PytestAssertRewriteWarning"  # plugins that a large import has loaded
    options = ("-q", "-p", "no:cacheprovider", "-W", late, f"--timeout={_SECONDS_FOR_A_TEST}")
    return int(pytest.main([*options, *files], plugins=[plugin]))


def load_large_imports() -> None:
    for name in _LARGE_IMPORTS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
