"""`gemini-otel explain` with an error body on standard input, for programs, and in a terminal."""

import gzip
import io
import json
import sys
from typing import Any

import pytest

from gemini_otel import cli, explain
from gemini_otel._commands import presenting
from gemini_otel._commands.explain import body_attributes
from gemini_otel.hints import default_hints
from support import QUOTA, RECORDINGS


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, *options: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    status = cli.main(["explain", "-", *options])
    return status, *capsys.readouterr()


def test_a_body(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error body is explained with the numbers in it."""
    status, out, _ = run(monkeypatch, capsys, json.dumps(QUOTA))
    assert status == 0
    assert out.startswith("http.429.rate_minute (warning)\n")
    assert "\n  Seen: quota RequestsPerMinute, limit 10; the service asks to retry in 34 s\n" in out


def test_a_pipe_needs_no_dash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a code the body is read from a pipe; at a terminal nobody waits for input that was not announced."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(QUOTA)))
    assert cli.main(["explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "http.429.rate_minute"
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert cli.main(["explain"]) == 2
    assert capsys.readouterr().err.startswith("gemini-otel: give a code, such as MAX_TOKENS or 429")


@pytest.mark.parametrize(
    ("body", "hint_id"),
    [
        ([QUOTA], "http.429.rate_minute"),
        (QUOTA["error"], "http.429.rate_minute"),
        ({"error": {"code": "503"}}, "http.503.overloaded"),
        ({"error": {"status": "not_found"}}, "http.404.not_found"),
        ({"error": {"code": "rate_limit_exceeded"}}, "http.429.rate_minute"),
        ({"error": {"code": "internal_of_tomorrow", "message": "x"}}, "http.unknown"),
    ],
)
def test_shapes_of_a_body(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: Any, hint_id: str
) -> None:
    """A body may be in a list, without its envelope, and name its error by a word, as the Interactions API does."""
    _, out, _ = run(monkeypatch, capsys, json.dumps(body), "--json")
    assert json.loads(out)[0]["id"] == hint_id


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "{",
            "[" * 100_000,
            "{" * 100_000,
            "7",
            "[]",
            "{}",
            '{"error": 7}',
            '{"error": {"code": [1]}}',
            "\x00\xff\x01" * 1000,
        ),
        "All is well: no connection, no timeout.",
        "2026-01-01 10:00:00 INFO worker: next poll in 30 s (Timeout: 60), 503 rows, ValueError is fine",
        'Traceback (most recent call last):\n  File "shop.py", line 3, in total\n    int(price)\nValueError: invalid literal\n',
        "RuntimeError: out of paint\n",
        '{"level": "info", "status": 200, "message": "404 rows"}',
    ],
)
def test_no_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Anything else on standard input fails with one line that shows what an error looks like."""
    status, out, error = run(monkeypatch, capsys, text)
    assert (status, out) == (2, "")
    assert error.startswith(
        "gemini-otel: no known error was found on standard input. An error of the Gemini API looks like "
    )
    assert error.count("\n") == 1


_TRACEBACK = """Traceback (most recent call last):
  File "app.py", line 7, in <module>
    client.models.generate_content(model="gemini-2.5-flash", contents="hello")
"""


@pytest.mark.parametrize(
    ("text", "hint_id", "evidence"),
    [
        (
            "google.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED. {'error': {'code': 429, 'details': [{'quotaId': 'PerDay', 'quotaValue': '5'}]}}",
            "http.429.rate_day",
            "quota PerDay, limit 5",
        ),
        ("openai.RateLimitError: Error code: 429 - [{'error': {'code': 429}}]", "http.429.unspecified", None),
        ("httpx.ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "net.tls", None),
        ("httpx.ReadTimeout: The read operation timed out", "net.timeout", "exception ReadTimeout"),
        (
            "RuntimeError: x\n\nDuring handling of the above exception, another exception occurred:\n\nValueError: y\n",
            "sdk.invalid_request",
            None,
        ),
    ],
)
def test_the_text_of_an_exception(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    hint_id: str,
    evidence: str | None,
) -> None:
    """A traceback or a line of a log is read as well as the body that it quotes."""
    for given in (_TRACEBACK + text, f"2026-11-21 10:00 ERROR {text}"):
        status, out, _ = run(monkeypatch, capsys, given, "--json")
        assert status == 0
        first = json.loads(out)[0]
        assert first["id"] == hint_id
        assert evidence is None or evidence in first["evidence"]


def test_all_errors_of_a_log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """However long the log is, each is counted, the most frequent first; what stands below an exception may belong to it."""
    refused = "openai.RateLimitError: Error code: 429\n"
    invalid = "pydantic_core.ValidationError: 1 validation error for Config\nno_such_setting\n  Extra inputs are not permitted\n"
    log = refused + "INFO all is well\n" * 100_000 + refused + invalid
    _, out, _ = run(monkeypatch, capsys, log, "--json")
    assert [(hint["id"], hint["count"]) for hint in json.loads(out)] == [
        ("http.429.unspecified", 2),
        ("sdk.invalid_request", 1),
    ]
    _, out, _ = run(monkeypatch, capsys, log)
    assert out.startswith("http.429.unspecified (warning), 2 times\n")


def test_json_of_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints all entries of a code with all fields."""
    assert cli.main(["explain", "400", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in found] == [hint.id for hint in explain("400")]
    assert set(found[0]) == {
        *("id", "severity", "summary", "cause", "remedy", "retry", "reference", "evidence", "count"),
    }


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With rich, a terminal shows every field of each entry, with escape sequences."""
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "300")
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    hint = next(hint for hint in default_hints() if hint.id == "http.503.overloaded")
    presenting.show([presenting.Explained(hint, "model x")], full=True)
    shown = terminal.getvalue()
    assert "\x1b[" in shown
    for text in (hint.id, hint.summary, hint.cause, *hint.remedy, hint.reference, "model x"):
        assert text in shown


def test_a_terminal_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich a terminal gets plain text."""
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setattr(presenting.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["explain", "http.503.overloaded"]) == 0
    assert terminal.getvalue().startswith("http.503.overloaded (warning)\n")
    assert "\x1b[" not in terminal.getvalue()


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
def test_recorded_errors_are_explained() -> None:
    """Each recorded error body has a hint."""
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["status"] >= 400]
    assert len(rows) > 50
    for row in rows:
        attributes = body_attributes(row["response_body"])
        assert attributes is not None
        assert attributes["http.response.status_code"] == row["status"]
