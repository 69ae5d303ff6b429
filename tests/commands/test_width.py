"""What commands print fits the terminal."""

from __future__ import annotations

import sys

import pytest

from gemini_otel import cli
from gemini_otel.simulator import LIVE_SCENARIOS, SCENARIOS


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize(
    "arguments", [["429"], ["429", "--full"], ["finish"], ["finish.safety"]], ids=" ".join
)
def test_explain(
    columns: int, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line of `explain` is wider than the terminal, apart from links, which are never broken."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert cli.main(["explain", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > columns and "https://" not in line] == []


def test_names_are_not_broken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A word with hyphens stays on one line."""
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert cli.main(["simulate", "--list"]) == 0
    assert not any(line.endswith("-") for line in capsys.readouterr().out.splitlines())


def test_a_pipe_gets_one_line_for_each_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs such as grep and awk read the list."""
    assert cli.main(["simulate", "--list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [*SCENARIOS, *LIVE_SCENARIOS]
