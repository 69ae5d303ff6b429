"""The shell commands in the documents run, page by page, as a reader would type them."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from support import ROOT, OtlpReceiver
from support.documents import Snippet, snippets
from support.trace_files import described, otlp_lines

_TOOL = r"\.venv/bin/([\w-]+)"
# What a command begins with that is not run here, and why. Its extras, files and tools must exist all the same.
NOT_RUN = {
    "python3 -m venv": "makes an environment and fetches packages; .ci/run does it by the README's second command",
    ". .venv/bin/activate": "these tests run in an environment already",
    "pip install": "fetches packages; .ci/run installs from the clone",
    ".venv/bin/": "works on the clone itself; .ci/run does the same",
    "bash .ci/run": "runs these tests",
    "bash tests/integration/install.sh": "builds servers; .ci/run does it",
    "docker ": "needs a container runtime",
    "gemini-otel alerts --operator | kubectl": "changes a Kubernetes cluster",
    "JAEGER_UI=examples/jaeger/ui.json ./jaeger": "runs until it is stopped; tests/integration/test_jaeger_page.py starts it so",
    "curl -s": "asks a Jaeger or a Tempo",
    "gemini-otel dashboard | jq": "sends the dashboard to a Grafana",
}
# Servers that a reader has on usual ports are elsewhere here, and what runs until Ctrl-C is interrupted.
INSTEAD = {
    "gemini-otel simulate --port 8000": "(timeout -s INT 3 gemini-otel simulate --port 0 || [ $? = 124 ])",
    "gemini-otel demo --otlp": "gemini-otel demo --otlp {back_end}",
    "http://localhost:4318": "{back_end}",
    "http://127.0.0.1:8000": "{simulator}",
}
# What a page says that its commands print.
PROMISED = {
    "quickstart.md": {"stdout": "The answer: None", "stderr": "thoughts 1010 of 1010 output tokens"},
    "console.md": {"stderr": "generate_content gemini-3.5-flash"},
}
APP = """\
from google import genai
client = genai.Client()
print(client.models.generate_content(model="gemini-3.5-flash", contents="Hello.").text)
"""
PAGES = {
    document.name: list(found) for document, found in groupby(snippets("sh"), key=attrgetter("document"))
}


def commands(snippet: Snippet) -> Iterator[str]:
    """The commands of a snippet, each on one line and without its comment."""
    for line in re.sub(r"\\\n|(?<=\|)\n", " ", snippet.code).splitlines():
        if command := re.sub(r"\s+# .*", "", line).strip():
            yield command


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


COMMANDS = [command for page in PAGES.values() for snippet in page for command in commands(snippet)]


@pytest.mark.parametrize("page", PAGES)
def test_commands_run(page: str, tmp_path: Path, url: str, receiver: OtlpReceiver) -> None:
    """The commands of a page succeed one after the other, in one shell; programs that they trace reach the back end."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    for file in snippets("python"):
        if file.document.name == page and file.title:
            (tmp_path / file.title).write_text(file.code, encoding="utf-8")
    calls = otlp_lines(
        [described({"gen_ai.request.model": "gemini-x", "gen_ai.operation.name": "chat"}, start=time.time())]
    )
    (tmp_path / "traces.jsonl").write_bytes(calls)
    (tmp_path / "traces.jsonl.gz").write_bytes(gzip.compress(calls))
    script = "\n".join(filter(is_run, (each for snippet in PAGES[page] for each in commands(snippet))))
    for given, here in INSTEAD.items():
        script = script.replace(given, here.format(back_end=receiver.endpoint, simulator=url))
    done = shell(script, tmp_path, url, receiver)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), (
        f"{script}\n{done.stdout}\n{done.stderr}"
    )
    for stream, text in PROMISED.get(page, {}).items():
        assert text in getattr(done, stream)
    exporters = re.findall(r"OTEL_TRACES_EXPORTER=(\S+)", script)
    if re.search(r"python app\.py|--otlp", script) and exporters[-1:] != ["gemini_console"]:
        assert receiver.traces


def shell(script: str, folder: Path, url: str, receiver: OtlpReceiver) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV_", "GEMINI_", "GOOGLE_", "OTEL_", "PYTEST_"))
    }
    environ = {
        "GEMINI_API_KEY": "any",
        "GOOGLE_GEMINI_BASE_URL": url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=folder,
        env=kept | environ,
        check=False,
    )


def test_promises_stand_on_their_pages() -> None:
    """What a page is said to promise stands there."""
    for name, texts in PROMISED.items():
        page = " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())
        assert [text for text in texts.values() if text not in page] == []


def test_nothing_is_left_out_in_vain() -> None:
    """Each reason for not running a command, and each replacement, is needed."""
    assert [each for each in NOT_RUN if not any(command.startswith(each) for command in COMMANDS)] == []
    run = "\n".join(filter(is_run, COMMANDS))
    assert [each for each in INSTEAD if each not in run] == []


def test_what_is_not_run_exists() -> None:
    """Of the commands that are not run, each extra is one of the package's, each path one of the clone's, each tool one of CI's or of an extra."""
    skipped = [command for command in COMMANDS if not is_run(command)]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = re.findall(r"^(\w+) = \[", project, re.MULTILINE)
    named = {
        extra
        for command in skipped
        for found in re.findall(r'"\.\[([\w,]+)\]"', command)
        for extra in found.split(",")
    }
    assert named - set(extras) == set()
    paths = {
        path for command in skipped for path in re.findall(r"\b(?:tests|tools)/[\w./]*\w|\.ci/run", command)
    }
    assert [path for path in paths if not (ROOT / path).exists()] == []
    installed = re.findall(r'"([\w-]+) [=>]=', project)  # tools of extras have the names of their packages
    pipeline = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    known = {"activate", "gemini-otel", *installed, *re.findall(_TOOL, pipeline)}
    assert {tool for command in skipped for tool in re.findall(_TOOL, command)} - known == set()
