"""The documents: their snippets run, their tables are complete, their links lead somewhere."""

from __future__ import annotations

import builtins
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from registry import attributes, load

import gemini_otel
from gemini_otel import _semconv, simulator
from gemini_otel._outcome import OUTCOMES
from gemini_otel._settings import SETTINGS
from live_support import needs_live
from support import ROOT

README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

# Read from the spans of others, never written.
FOREIGN = {_semconv.SYSTEM}
NAMES = {
    value
    for name, value in vars(_semconv).items()
    if name.isupper() and isinstance(value, str) and value not in FOREIGN | {_semconv.DEFAULT_PROFILE}
} | _semconv.METRICS


class Snippet(NamedTuple):
    """A block of Python in a document."""

    document: Path
    line: int
    code: str


def snippets() -> Iterator[Snippet]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield Snippet(document, text[: block.start(1)].count("\n"), block[1])


SNIPPETS = [
    pytest.param(
        each,
        id=f"{each.document.name}:{each.line}",
        marks=[needs_live] if "ssl_context" in each.code else [],
    )
    for each in snippets()
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippets_run(
    snippet: Snippet, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each Python snippet runs as it stands, and prints what its comments say."""
    for name, value in {"GEMINI_API_KEY": "test-key", "GOOGLE_GEMINI_BASE_URL": url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    code = compile("\n" * snippet.line + snippet.code, str(snippet.document), "exec")
    try:
        builtins.exec(code, {"__name__": "snippet"})
    finally:
        gemini_otel.uninstrument()
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"^ *print\(.*\)  # (.+)$", snippet.code, re.MULTILINE)
    assert [line for line in promised if line not in printed] == []


def table_rows(text: str, section: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    body = re.split(rf"^#+ {section}\n", text, flags=re.MULTILINE)[1]
    rows = re.split(r"^[^|]", body[body.index("\n|") + 1 :], maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


@pytest.fixture
def settings_table() -> ModuleType:
    """The tool that writes the README's table of settings."""
    spec = importlib.util.spec_from_file_location("settings_table", ROOT / "tools" / "settings_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_settings_table(settings_table: ModuleType) -> None:
    """The README's table of settings says what the code does, in its order."""
    assert settings_table.main(["--check"]) == 0
    rows = table_rows(README.read_text(encoding="utf-8"), "Settings")
    assert [row[:2] for row in rows] == [
        [f"`{each.name}`", ", ".join(f"`{name}`" for name in each.variables) or "none"] for each in SETTINGS
    ]


def test_a_stale_settings_table(
    settings_table: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed table fails the check, and writing it repairs that and nothing else."""
    text = README.read_text(encoding="utf-8")
    stale = tmp_path / "README.md"
    stale.write_text(text.replace("| `hints` |", "| `hunts` |"), encoding="utf-8")
    monkeypatch.setattr(settings_table, "README", stale)
    assert settings_table.main(["--check"]) == 1
    assert settings_table.main([]) == 0
    assert stale.read_text(encoding="utf-8") == text


def test_the_outcomes_table() -> None:
    """The README's table of outcomes has each of them, in the code's order."""
    rows = table_rows(README.read_text(encoding="utf-8"), "The outcome")
    assert [row[0] for row in rows] == [f"`{outcome}`" for outcome in OUTCOMES]


def test_every_name_is_documented() -> None:
    """Each attribute, event and metric that we write stands in docs/telemetry.md under its exact name."""
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?:`|^### )([\w.]+)", page, re.MULTILINE))
    assert sorted(NAMES - documented) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_documented_name_exists(document: Path) -> None:
    """Each attribute, event and metric that a document names is one of ours."""
    text = document.read_text(encoding="utf-8")
    written = set(re.findall(r"`((?:gen_ai|gemini|http\.re\w+|server)\.[a-z_][a-z_.]*[a-z])`", text))
    assert sorted(written - NAMES - set(attributes(load()))) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Each relative link, picture and anchor of a document exists."""
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path) if path else document
    return target.exists() and (not anchor or anchor in anchors(target.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """The anchors of a page: one for each heading, as GitHub makes them, and those that it names itself."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


def test_the_pages_exist() -> None:
    """The pages that the README promises are there."""
    assert (ROOT / "docs" / "hints.md").exists()
    assert (ROOT / "docs" / "demo.svg").exists()


def test_the_contents_name_every_section() -> None:
    """The README's contents lead to each of its sections."""
    text = README.read_text(encoding="utf-8")
    contents = text[text.index("**Contents:**") :].partition("\n\n")[0]
    listed = re.findall(r"\[([^\]]+)\]\(#", contents)
    assert listed == [each for each in re.findall(r"^## (.+)$", text, re.MULTILINE) if each != "License"]


def test_the_commands_stand_on_one_line() -> None:
    """The README's first two commands run the demo and the tests, each from a fresh clone with Python and pip alone."""
    commands = re.findall(r"^```sh\n(.*?)\n```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    prepare = 'python3 -m venv .venv && .venv/bin/pip install -q -e ".[{extra}]" && .venv/bin/{command}'
    assert commands[:2] == [
        prepare.format(extra="demo", command="gemini-otel demo"),
        prepare.format(extra="test", command="pytest -n auto"),
    ]


def test_the_number_of_scenarios() -> None:
    """The simulator has at least as many scenarios as the README says."""
    promised = re.search(r"more than (\d+) scenarios", README.read_text(encoding="utf-8"))
    assert promised is not None
    assert len(simulator.SCENARIOS) > int(promised[1])
