"""What helps people work on the project: tasks, generated files, the package, the forge."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import api_page
import check_package
import generate
import pytest
import yaml

import gemini_otel
from support import ROOT

WORDS = {"lint", "docs", "generate", "package", "tests", "integration", "drift"}


def test_every_task_has_a_word() -> None:
    """Each task is a session of nox, and CONTRIBUTING.md names it."""
    sessions = set(
        re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(
        re.findall(
            r"^ +\| `nox -s (\w+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert sessions >= WORDS
    assert named == WORDS


def test_everything_that_is_generated_is_checked() -> None:
    """Each tool that can say whether its file is stale is one of generate.py's, which CI asks."""
    tools = {
        path.stem for path in (ROOT / "tools").glob("*.py") if '"--check"' in path.read_text(encoding="utf-8")
    }
    assert tools - {"generate"} == {module for module, _ in generate.GENERATORS.values()}
    assert "tools/generate.py --check\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_generate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It checks and writes what is asked for, fails where one is stale, and knows what it cannot generate."""
    monkeypatch.setattr(api_page, "PAGE", tmp_path / "api.md")
    assert generate.main(["--check", "settings", "api"]) == 1
    assert generate.main(["api"]) == 0
    assert generate.main(["--check", "settings", "api"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "api.md is stale: run python tools/api_page.py"
    with pytest.raises(SystemExit):
        generate.main(["hnits"])
    assert "nothing named 'hnits' is generated; choose from: hints, " in capsys.readouterr().err


def test_the_reference_has_every_name() -> None:
    """Each public name of the package has an entry with its signature."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    names = [name for name in gemini_otel.__all__ if not name.startswith("__")]
    assert [name for name in names if f"\n### {name}\n" not in page] == []
    assert "\n`advise(error: BaseException, *, attempt: int = 1) -> Advice`\n" in page


def test_wrong_files_in_a_package(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing in a wheel or sdist, or too many, is named."""
    check_package.compare("some.whl", {"a", "b"}, {"a", "b"})
    assert capsys.readouterr().out == "some.whl: 2 files\n"
    with pytest.raises(check_package.WrongPackageError) as problem:
        check_package.compare("some.whl", {"a", "c"}, {"a", "b"})
    assert str(problem.value).splitlines()[1:] == ["  missing: b", "  too many: c"]
    with pytest.raises(check_package.WrongPackageError, match="python failed:\nbroken"):
        check_package.run("python", sys.executable, "-c", "raise SystemExit(print('broken') or 1)")


def test_what_a_wheel_should_hold() -> None:
    """A wheel should hold the package and its metadata, and nothing else of the repository."""
    expected = check_package.expected_wheel(
        {"src/gemini_otel/cli.py", "tests/a.py"}, "gemini_otel-1-py3-none-any.whl"
    )
    assert {path for path in expected if ".dist-info/" not in path} == {"gemini_otel/cli.py"}
    assert "gemini_otel-1.dist-info/licenses/LICENSE" in expected


def test_the_workflow() -> None:
    """The workflow of the forge runs what everybody runs, with rights to read only."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = [step.get("run") for job in workflow["jobs"].values() for step in job["steps"]]
    assert "bash .ci/run" in steps
    assert "python tools/check_package.py --keep dist" in steps
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.parametrize(
    "hook",
    yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"],
    ids=lambda hook: hook["id"],
)
def test_the_hooks_before_a_commit(hook: dict[str, str]) -> None:
    """Each hook calls what CI calls, from the environment that CI makes."""
    command = re.sub(r" --(?:fix|force-exclude|check)\b", "", hook["entry"])
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
