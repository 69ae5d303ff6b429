"""`gemini-otel demo`: what it prints and what it exports."""

from __future__ import annotations

import importlib
import io
import logging
import re
import socket
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from gemini_otel import cli
from gemini_otel._commands import demo as _demo
from support import OtlpReceiver, plain


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def play(**options: Any) -> dict[str, str]:
    """Run the demo and return what it printed, by the title of the scene; the conclusion stands under ""."""
    output = io.StringIO()
    _demo.run(console=Console(file=output, width=200), **options)
    *scenes, last = re.split(r"^(.+?) ─+\n", output.getvalue(), flags=re.MULTILINE)[1:]
    texts = dict(zip(scenes[::2], [*scenes[1::2], last], strict=True))
    text, _, conclusion = last.partition("\n\n")
    return {**texts, scenes[-1]: text, "": conclusion}


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return play()


@pytest.mark.parametrize(
    ("title", "telling"),
    [
        ("A healthy call: no hint", ("  ok  ", " tokens in, ")),
        (
            "Thinking ate the budget",
            ("  truncated  MAX_TOKENS  ", "(1,010 thoughts)", "finish.max_tokens.thinking"),
        ),
        (
            "The answer was blocked, over HTTP 200",
            ("  blocked  SAFETY  ", "HARM_CATEGORY_", "finish.safety"),
        ),
        (
            "The model got stuck in a loop",
            (
                "  truncated  ",
                "repetition: text, ",
                "first chunk",
                "finish.max_tokens.repetition",
                "Provide the answer once",
            ),
        ),
        (
            "A tool that fails, in a loop of three rounds",
            (
                "automatic_function_calling",
                "3 of 10 rounds, 2 tool runs",
                "execute_tool get_weather",
                "LookupError",
            ),
        ),
        (
            "Rate-limited twice, then answered",
            ("  ok  ", "2 failed attempts (429)"),
        ),
        (
            "The daily quota is used up",
            ("  error  429 RESOURCE_EXHAUSTED", "3 failed attempts (429)", "http.429.rate_day", "limit 50"),
        ),
    ],
)
def test_every_scene_tells(printed: dict[str, str], title: str, telling: tuple[str, ...]) -> None:
    """Each scene prints its outcome, its facts and its hint."""
    assert [text for text in telling if text not in printed[title]] == []


def test_an_error_in_mid_stream_tells(printed: dict[str, str]) -> None:
    """The error inside a stream is told."""
    text = printed["Overloaded in the middle of a stream"]
    # An older SDK hands the error on as an empty chunk: for the caller, the stream just ends.
    assert ("  error  503 " in text and "http.503." in text) or (
        "  incomplete" in text and "stream.cut" in text
    )


def test_all_scenes_are_played(printed: dict[str, str]) -> None:
    """Each scene stands under its title, a healthy call gets no hint, and the last line counts what was seen."""
    assert [*printed] == [*(scene.title for scene in _demo.SIMULATED), ""]
    assert "what to do" not in printed["A healthy call: no hint"]
    assert re.fullmatch(
        r"13 spans, \d hints\. More about a code: gemini-otel explain MAX_TOKENS\n", printed[""]
    )


def test_otlp(receiver: OtlpReceiver) -> None:
    """With an endpoint, the same spans and their events arrive there under the demo's service name."""
    conclusion = play(otlp=receiver.endpoint)[""]
    assert conclusion.endswith(f"Exported to {receiver.endpoint}; the service is called gemini-otel-demo.\n")
    (resource,) = receiver.traces
    assert plain(resource.resource.attributes)["service.name"] == "gemini-otel-demo"
    spans = receiver.spans()
    assert (
        len(spans) == len(_demo.SIMULATED) + 5
    )  # three rounds, two tool runs and their parent are one scene
    hints = [
        plain(e.attributes)["gemini.hint.id"] for s in spans for e in s.events if e.name == "gemini.hint"
    ]
    assert {
        "finish.max_tokens.thinking",
        "finish.safety",
        "finish.max_tokens.repetition",
        "http.429.rate_day",
    } <= set(hints)


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1:{port}", "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/v1/traces"]
)
def test_spellings_of_an_endpoint(
    receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    """An endpoint is understood without a scheme, with a slash at its end and with the path for traces."""
    monkeypatch.setattr(_demo, "SIMULATED", _demo.SIMULATED[:1])
    play(otlp=spelling.format(port=receiver.server_port))
    assert len(receiver.spans()) == 1


def test_nothing_listens(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    unused_port: int,
) -> None:
    """With nothing at the endpoint, the traces are still printed, and the demo fails soon with one line and an empty log."""
    monkeypatch.setattr(_demo, "SIMULATED", _demo.SIMULATED[:1])
    level = logging.getLogger("opentelemetry.exporter").level
    started = time.monotonic()
    assert cli.main(["demo", "--otlp", f"http://127.0.0.1:{unused_port}"]) == 2
    assert time.monotonic() - started < 15
    captured = capsys.readouterr()
    assert "  ok  " in captured.out
    assert captured.err.startswith(
        f"gemini-otel: http://127.0.0.1:{unused_port}/v1/traces did not take the traces."
    )
    assert captured.err.count("\n") == 1
    assert caplog.records == []
    assert logging.getLogger("opentelemetry.exporter").level == level


def test_live_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key, the live demo is a ValueError that names the variable, and nothing is called."""
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    with pytest.raises(ValueError, match="set GEMINI_API_KEY"):
        _demo.run(live="gemini-2.5-flash")


def test_live(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live demo calls the given model where the environment's client leads."""
    monkeypatch.setenv("GEMINI_API_KEY", "test-key")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
    printed = play(live="gemini-2.5-pro")
    assert [*printed] == [*(scene.title for scene in _demo.LIVE), ""]
    assert "generate_content gemini-2.5-pro" in printed["A healthy call"]


def test_live_without_a_network(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    """Where the API cannot be reached, each scene still prints its trace."""
    monkeypatch.setenv("GEMINI_API_KEY", "test-key")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"http://127.0.0.1:{unused_port}")
    printed = play(live="gemini-2.5-pro")
    assert all("  error  " in printed[scene.title] and "net." in printed[scene.title] for scene in _demo.LIVE)


@pytest.fixture
def picture() -> ModuleType:
    """The tool that makes the pictures."""
    return importlib.import_module("pictures")


@pytest.mark.skipif(
    version("rich").startswith("13."),
    reason="rich 13 puts blanks of their own into other elements of the SVG",
)
def test_the_picture_is_fresh(picture: ModuleType) -> None:
    """The pictures of the terminal show what the demo prints, and the report of a simulated day."""
    assert picture.main(["--check"]) == 0


def test_a_stale_picture(picture: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or changed picture fails the check, and drawing it repairs that."""
    monkeypatch.setattr(picture, "DOCS", tmp_path / "docs")
    assert picture.main(["--check"]) == 1
    assert picture.main(["--terminal"]) == 0
    assert picture.main(["--check"]) == 0
    drawn = tmp_path / "docs" / "images" / "terminal-80-light.svg"
    drawn.write_text(drawn.read_text(encoding="utf-8").replace("quota", "Quota"), encoding="utf-8")
    assert picture.main(["--check"]) == 1
