"""Builds wheel and sdist and checks them: `python tools/check_package.py`; `--keep DIRECTORY` leaves them there.

What is in them is compared with the files of the repository, the sdist builds the same wheel, twine accepts both, and the wheel works in
an environment where there is nothing else. Needs the extra `lint` and git.
"""

from __future__ import annotations

import argparse
import email
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
_PACKAGE = "src/gemini_otel/"
_ADDED = ("PKG-INFO",)  # hatchling adds these to the sdist
_METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
_DEPENDENCIES = {"opentelemetry-api", "opentelemetry-instrumentation", "wrapt"}
_TRIED = """
import sys, gemini_otel
assert gemini_otel.advise(TimeoutError()).retry
gemini_otel.explain("MAX_TOKENS")
with gemini_otel.simulator.serve() as url:
    print(gemini_otel.__version__, sys.prefix)
"""


class WrongPackageError(Exception):
    """A difference from what the package should be."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Builds wheel and sdist and checks them.")
    parser.add_argument(
        "--keep", metavar="DIRECTORY", type=Path, help="where to leave them, if they are right"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        try:
            built = check(Path(directory))
        except WrongPackageError as problem:
            print(problem, file=sys.stderr)
            return 1
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
            for path in built:
                shutil.copy(path, options.keep)
    return 0


def check(directory: Path) -> tuple[Path, Path]:
    """Build wheel and sdist into `directory` and check them; raises WrongPackageError."""
    wheel, sdist = build(ROOT, directory, "wheel"), build(ROOT, directory, "sdist")
    files = tracked()
    compare(wheel.name, wheel_files(wheel), expected_wheel(files, wheel.name))
    compare(sdist.name, sdist_files(sdist), {*files, *_ADDED})
    check_metadata(wheel)
    check_rebuilt(sdist, wheel, directory / "rebuilt")
    run("twine", sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    check_installed(wheel, directory / "environment")
    return wheel, sdist


def build(source: Path, directory: Path, kind: str) -> Path:
    """The wheel or sdist of a source tree."""
    before = set(directory.glob("*"))
    run("hatchling", sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(directory), cwd=source)
    (built,) = set(directory.glob("*")) - before
    return built


def tracked() -> set[str]:
    """The files of the repository, including those that are not committed yet."""
    listed = run("git", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def expected_wheel(files: set[str], wheel: str) -> set[str]:
    """The files of the package, and the metadata."""
    name, version, *_ = wheel.split("-")
    package = {path.removeprefix("src/") for path in files if path.startswith(_PACKAGE)}
    return package | {f"{name}-{version}.dist-info/{each}" for each in _METADATA}


def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def sdist_files(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        names = [PurePosixPath(member.name) for member in archive.getmembers() if member.isfile()]
    return {str(PurePosixPath(*name.parts[1:])) for name in names}


def compare(name: str, found: set[str], expected: set[str]) -> None:
    """Print how many files there are; raise if some are missing, or too many."""
    lines = [f"  missing: {path}" for path in sorted(expected - found)]
    lines += [f"  too many: {path}" for path in sorted(found - expected)]
    if lines:
        raise WrongPackageError("\n".join((f"{name} has not the files that it should have:", *lines)))
    print(f"{name}: {len(found)} files")


def check_metadata(wheel: Path) -> None:
    """The version is that of the package, the README is the description, and the core has three dependencies."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(path))
    needed = {
        line.partition(" ")[0].partition(">")[0]
        for line in metadata.get_all("Requires-Dist", ())
        if "extra ==" not in line
    }
    if needed != _DEPENDENCIES:
        raise WrongPackageError(f"{wheel.name} depends on {sorted(needed)}, not on {sorted(_DEPENDENCIES)}")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    if metadata.get_payload(decode=True).decode().strip() != readme.strip():  # type: ignore[union-attr]
        raise WrongPackageError(f"the description of {wheel.name} is not README.md")


def check_rebuilt(sdist: Path, wheel: Path, directory: Path) -> None:
    """Check that the sdist builds a wheel with the same files and contents."""
    directory.mkdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (source,) = directory.iterdir()
    rebuilt = build(source, directory, "wheel")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(rebuilt) as other:
        different = [name for name in one.namelist() if one.read(name) != other.read(name)]
        if different or one.namelist() != other.namelist():
            raise WrongPackageError(f"the wheel of {sdist.name} differs: {different}")


def check_installed(wheel: Path, environment: Path) -> None:
    """Check that it imports, explains and serves when only its dependencies are installed."""
    run("venv", sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = str(environment / "bin" / "python")
    run("pip", sys.executable, "-m", "pip", "--python", python, "install", "-q", str(wheel))
    run("pip check", sys.executable, "-m", "pip", "--python", python, "check")
    print(run("the package", python, "-I", "-W", "error", "-c", _TRIED).strip())
    explained = run("gemini-otel", str(environment / "bin" / "gemini-otel"), "explain", "429")
    if "http.429.rate_day" not in explained:
        raise WrongPackageError(f"gemini-otel explain 429 printed:\n{explained}")


def run(name: str, *command: str, cwd: Path | None = None) -> str:
    """The output of a command; raises with the whole output if the command fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise WrongPackageError(f"{name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
