"""The documents: their snippets run, their tables are complete, their links lead somewhere."""

from __future__ import annotations

import builtins
import importlib
import json
import re
import struct
import urllib.parse
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
import yaml
from registry import attributes, load

import gemini_otel
from gemini_otel import simulator
from gemini_otel._commands import demo as _demo
from gemini_otel._facts import names as _semconv
from gemini_otel._facts.outcomes import HEALTHY, OUTCOME_NAMES
from gemini_otel._settings.table import SETTINGS
from support import ROOT, Telemetry
from support.documents import DOCUMENTS, README, Snippet, snippets
from support.live import needs_live
from support.names import WRITTEN

GUIDE = ROOT / "docs" / "what-you-see.md"
SETTINGS_PAGE = ROOT / "docs" / "settings.md"

SNIPPETS = [
    pytest.param(each, id=each.id, marks=[needs_live] if "ssl_context" in each.code else [])
    for each in snippets("python")
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


LANGUAGES = {"python", "sh", "yaml", "json", "text"}


@pytest.mark.parametrize("snippet", list(snippets()), ids=lambda snippet: snippet.id)
def test_each_snippet_says_what_it_is(snippet: Snippet) -> None:
    """Each block of code names a language that is checked, or `text`."""
    assert snippet.language in LANGUAGES


@pytest.mark.parametrize("snippet", list(snippets("yaml", "json")), ids=lambda snippet: snippet.id)
def test_data_snippets_parse(snippet: Snippet) -> None:
    """YAML and JSON in documents parse, and hold something."""
    read = {"yaml": yaml.safe_load, "json": json.loads}[snippet.language]
    assert isinstance(read(snippet.code), (dict, list))


def table_rows(text: str, section: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    body = re.split(rf"^#+ {section}\n", text, flags=re.MULTILINE)[1]
    rows = re.split(r"^[^|]", body[body.index("\n|") + 1 :], maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


@pytest.fixture
def settings_table() -> ModuleType:
    """The tool that writes the table of settings."""
    return importlib.import_module("settings_table")


def test_the_settings_table(settings_table: ModuleType) -> None:
    """The table of settings says what the code does, in its order."""
    assert settings_table.main(["--check"]) == 0
    rows = table_rows(SETTINGS_PAGE.read_text(encoding="utf-8"), "Settings")
    assert [row[:2] for row in rows] == [
        [f"`{each.name}`", ", ".join(f"`{name}`" for name in each.variables) or "none"] for each in SETTINGS
    ]


def test_a_stale_settings_table(
    settings_table: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed table fails the check, and writing it repairs that and nothing else."""
    text = SETTINGS_PAGE.read_text(encoding="utf-8")
    stale = tmp_path / "settings.md"
    stale.write_text(text.replace("| `hints` |", "| `hunts` |"), encoding="utf-8")
    monkeypatch.setattr(settings_table, "PAGE", stale)
    assert settings_table.main(["--check"]) == 1
    assert settings_table.main([]) == 0
    assert stale.read_text(encoding="utf-8") == text


def test_content_is_kept_out_as_a_whole() -> None:
    """The patterns with which a Collector keeps captured content out match each attribute that may hold some."""
    production, content = (
        (ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("production.md", "content.md")
    )
    (snippet,) = re.findall(r"```yaml\n( +blocked_key_patterns:\n.*?)```", production, flags=re.DOTALL)
    patterns = yaml.safe_load(snippet)["blocked_key_patterns"]
    named = {name for row in table_rows(content, "Content") for name in re.findall(r"`([\w.]+)`", row[0])}
    told = {name for name in named if not any(re.search(pattern, name) for pattern in patterns)}
    assert len(named) == 10
    assert told == {_semconv.CONTENT_TRUNCATED}


def test_the_outcomes_table() -> None:
    """The table of outcomes has each of them, in the code's order."""
    rows = table_rows(GUIDE.read_text(encoding="utf-8"), "The outcome")
    assert [row[0] for row in rows] == [f"`{outcome}`" for outcome in OUTCOME_NAMES]


def test_the_collector_keeps_what_went_wrong() -> None:
    """The example Collector keeps each trace with an outcome that is not healthy, and the registry names every outcome."""
    yaml = pytest.importorskip("yaml")
    config = yaml.safe_load((ROOT / "examples" / "collector" / "config.yaml").read_text(encoding="utf-8"))
    (policy,) = (
        policy["string_attribute"]
        for policy in config["processors"]["tail_sampling"]["policies"]
        if policy["name"] == "bad-outcomes"
    )
    assert policy["key"] == _semconv.OUTCOME
    assert sorted(policy["values"]) == sorted({*OUTCOME_NAMES} - {*HEALTHY})
    assert attributes(load())[_semconv.OUTCOME]["examples"] == [*OUTCOME_NAMES]


def test_the_example_trace(telemetry: Telemetry, url: str) -> None:
    """The trace that the guide explains is one that the demo shows."""
    (scene,) = (each for each in _demo.SIMULATED if each.prompt == "simulate:daily_quota")
    _demo.send(_demo.simulated_client(url), _demo.MODEL, scene)
    span, (hint,), attempts = (
        telemetry.span,
        telemetry.events("gemini.hint"),
        telemetry.events("gemini.attempt"),
    )
    seen = {f"`{name}`": value for name, value in telemetry.attributes.items()}
    seen |= {f"its `{name}`": value for name, value in hint.items()}
    seen |= {
        "name": span.name,
        "status": f"{span.status.status_code.name}`, `{span.status.description}",
        "three events `gemini.attempt`": "`, `".join(
            str(each["http.response.status_code"]) for each in attempts
        ),
        "event `gemini.hint`": hint["gemini.hint.id"],
    }
    rows = table_rows(GUIDE.read_text(encoding="utf-8"), "Read one trace")
    assert [(field, value) for field, value in rows if value != f"`{seen.get(field)}`"] == []


def test_every_name_is_documented() -> None:
    """Each attribute, event and metric that we write stands in docs/telemetry.md under its exact name."""
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?:`|^### )([\w.]+)", page, re.MULTILINE))
    assert sorted(WRITTEN - documented) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_documented_name_exists(document: Path) -> None:
    """Each attribute, event and metric that a document names is one of ours, or on Jaeger's page a copy that its configuration makes."""
    text = document.read_text(encoding="utf-8")
    written = set(re.findall(r"`((?:gen_ai|gemini|http\.re\w+|server)\.[a-z_][a-z_.]*[a-z])`", text))
    if document.name == "jaeger.md":
        config = (ROOT / "examples" / "jaeger" / "config.yaml").read_text(encoding="utf-8")
        written -= set(re.findall(r"\{ key: ([\w.]+), from_attribute: gemini\.hint\.", config))
    assert sorted(written - WRITTEN - set(attributes(load()))) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Each relative link, picture and anchor of a document exists."""
    assert [link for link in links(document) if ":" not in link and not leads_somewhere(document, link)] == []


LOCAL = "http://localhost:", "http://127.0.0.1:"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_elsewhere(document: Path) -> None:
    """Each link to another site is well formed and secure, or to a port of the reader's own machine."""
    assert [link for link in links(document) if ":" in link and not well_formed(link)] == []


def well_formed(link: str) -> bool:
    if link.startswith(LOCAL):
        return True
    parts = urllib.parse.urlsplit(link)
    return parts.scheme == "https" and re.fullmatch(r"([a-z0-9-]+\.)+[a-z]+", parts.netloc) is not None


def links(document: Path) -> list[str]:
    """The targets of a document's links, outside of code."""
    text = re.sub(
        r"^( *)```.*?^\1```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"<(\w+:[^>\s]+)>", text)


PICTURES = {
    path: alt
    for document in DOCUMENTS
    for alt, path in re.findall(r"!\[([^\]]*)\]\((?:docs/)?([^)\s]+)\)", document.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("path", sorted(PICTURES))
def test_pictures(path: str) -> None:
    """Each picture that a document shows is of sane size, says nothing but what it shows, and is described for those who do not see it."""
    picture = (ROOT / "docs" / path).read_bytes()
    assert len(picture) < 300_000
    assert len(PICTURES[path]) > 40
    if path.endswith(".svg"):
        assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
        return
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    if path == "images/dashboard.png":  # the whole of a long page
        assert width == 1280
    else:
        assert 1600 <= width <= 3200
        assert height < width
    assert {kind for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf") if kind in picture} == set()


def test_every_picture_is_shown() -> None:
    """Each picture in docs/ stands in a document."""
    pictures = (path for kind in ("png", "svg") for path in (ROOT / "docs").rglob(f"*.{kind}"))
    assert {path.relative_to(ROOT / "docs").as_posix() for path in pictures} == set(PICTURES)


def test_the_readme_opens_with_a_trace() -> None:
    """Before its first section the README says what the package does, shows a trace with its hint, and has two commands."""
    opening = README.read_text(encoding="utf-8").partition("\n## ")[0]
    shown = [
        opening.index(each)
        for each in ("(docs/images/jaeger-trace.png)", "gemini-otel demo\n", "pytest -n auto\n")
    ]
    assert shown == sorted(shown)
    assert opening.index("(docs/images/jaeger-trace.png)") < opening.index("```")


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path) if path else document
    return target.exists() and (not anchor or anchor in anchors(target.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """The anchors of a page: one for each heading, as GitHub makes them, and those that it names itself."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


def test_the_readme_leads_to_every_page() -> None:
    """Each page in the site's navigation, whose first is the README, is linked from the README."""
    named = re.findall(r": (\S+\.md)", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    linked = {link.partition("#")[0].removeprefix("docs/") for link in links(README)}
    assert [page for page in named if page not in linked | {"index.md"}] == []


def test_the_commands_stand_on_one_line() -> None:
    """The README's first two commands run the demo and the tests, each from a fresh clone with Python and pip alone."""
    commands = re.findall(r"^```sh\n(.*?)\n```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    prepare = 'python3 -m venv .venv && .venv/bin/pip install -q -e ".[{extra}]" && .venv/bin/{command}'
    assert commands[:2] == [
        prepare.format(extra="demo", command="gemini-otel demo"),
        prepare.format(extra="test", command="pytest -n auto"),
    ]


def test_the_number_of_scenarios() -> None:
    """The simulator has at least as many scenarios as its page says."""
    promised = re.search(
        r"more than (\d+) scenarios", (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    )
    assert promised is not None
    assert len(simulator.SCENARIOS) > int(promised[1])
